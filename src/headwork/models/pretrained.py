"""What an encoder may start from: a published folder, an imported one, or a run that trained an encoder here.

Their config.json tells them apart: a `model_type`, a `family`, or a `recipe`.
"""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.recipes import Recipe
from headwork.layers.transformer import Core, CoreConfig
from headwork.layers.vertical import Vertical
from headwork.models import config_of, kind_of
from headwork.models import published as imported
from headwork.models.formats import family_of, read_published, read_settings
from headwork.models.formats.sentences import read_sentences
from headwork.models.published import OverRows, Published, PublishedConfig, Sentences
from headwork.models.stored import load_tensors


class _Kind(msgspec.Struct, frozen=True):
    model_type: str = ""
    family: str = ""
    recipe: Recipe | None = None


class _Run(msgspec.Struct, frozen=True):
    """What a run's config.json says of its network."""

    recipe: Recipe
    vocabulary: int
    classes: list[str]


def core_config(folder: Path) -> CoreConfig:
    """The settings of the encoder in `folder`; HeadworkError where there is none."""
    kind = read_json(folder / "config.json", _Kind)
    if kind.family == "elmo":
        raise HeadworkError(
            f"{folder}: holds ELMo, from which the recipe elmo starts; name the folder of a Transformer"
        )
    if kind.recipe is not None:
        return _network(folder).core.config
    core = imported.read_config(folder).core if kind.family else read_settings(folder)
    if core.patches is not None:
        raise HeadworkError(f"{folder}: an encoder of pictures, where one of texts is needed; name the folder of one")
    return core


def sentences_of(folder: Path) -> Sentences | None:
    """How the files of the encoder in `folder` say that a text becomes a vector, where they do."""
    kind = read_json(folder / "config.json", _Kind)
    return imported.read_config(folder).sentences if kind.family else read_sentences(folder)


def own_settings(core: CoreConfig) -> dict[str, Any]:
    """Those in which a core differs from the defaults, as a recipe holds them."""
    defaults = CoreConfig(vocabulary=0)
    return {
        name: getattr(core, name) for name in core.__struct_fields__ if getattr(core, name) != getattr(defaults, name)
    }


def load_core(core: Core, folder: Path) -> None:
    """Fill `core` with the weights of the encoder in `folder`; HeadworkError names what differs.

    A core of fewer layers takes the lowest ones.
    """
    asked, found = core.config, core_config(folder)
    if asked.layers < found.layers:
        found = msgspec.structs.replace(found, layers=asked.layers)
    for name in CoreConfig.__struct_fields__:
        if name not in ("dropout", "attention_dropout") and getattr(asked, name) != getattr(found, name):
            raise HeadworkError(
                f"{folder}: {name} is {getattr(found, name)!r} there, but the model asked for has "
                f"{getattr(asked, name)!r}; name the folder of the right model"
            )
    weights = _model(folder).core.state_dict()
    core.load_state_dict({name: weights[name] for name in core.state_dict()})


def load_decoder(folder: Path) -> Published:
    """The published or imported decoder in `folder`."""
    kind = read_json(folder / "config.json", _Kind)
    if kind.recipe is not None or not core_config(folder).causal:
        raise HeadworkError(f"{folder}: holds no published decoder; name the folder of one, such as GPT-2")
    return _model(folder)


def vertical_of(folder: Path) -> OverRows | None:
    """The layers between rows that the encoder in `folder` brings, where it does."""
    kind = read_json(folder / "config.json", _Kind)
    return imported.read_config(folder).over_rows if kind.family else None


def load_vertical(vertical: Vertical, folder: Path) -> None:
    """Fill layers of the shape of `vertical_of` with the weights in `folder`; nothing where it brings none."""
    if vertical_of(folder) is not None and (its := imported.load(folder).vertical) is not None:
        vertical.load_state_dict(its.state_dict())


class Alone(NamedTuple):
    """An encoder with no head but its masked one, and the names of those that were left behind."""

    encoder: Published
    left: list[str]


def encoder_alone(folder: Path) -> Alone:
    """The encoder in `folder`, with its masked head where it has one, else with its pooler."""
    found = _model(folder)
    given = found.config if isinstance(found, Published) else None
    family = given.family if given else family_of(found.core.config)
    if family is None:
        raise HeadworkError(f"{folder}: its layers are those of no published family; name an encoder that has some")
    config = PublishedConfig(
        family=family,
        core=found.core.config,
        pooler=given.pooler if given and not given.masked else "none",
        masked=given is not None and given.masked,
        masked_layer=given is None or given.masked_layer,
        padding=given.padding if given else None,
        sentences=given.sentences if given else None,
    )
    alone = Published(config)
    weights = found.state_dict()
    alone.load_state_dict({name: weights[name] for name in alone.state_dict()})
    left = sorted({name.partition(".")[0] for name in weights.keys() - alone.state_dict().keys()})
    return Alone(alone.eval(), left)


def _model(folder: Path) -> Any:
    kind = read_json(folder / "config.json", _Kind)
    if kind.recipe is not None:
        network = _network(folder)
        load_tensors(network, folder / "model.safetensors")
        return network
    return imported.load(folder) if kind.family else read_published(folder)


def _network(folder: Path) -> Any:
    """The untrained network of a run."""
    run = read_json(folder / "config.json", _Run)
    if run.recipe.kind != "encoder":
        raise HeadworkError(f"{folder}: holds {run.recipe.name}, which is no encoder; name the folder of one")
    model, _ = kind_of(run.recipe).load()
    return model(config_of(run.recipe), vocabulary=run.vocabulary, classes=len(run.classes))
