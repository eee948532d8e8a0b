"""Published encoders and decoders, found by the `model_type` of their config.json; nothing is executed.

A family is a module with `STEM`, the beginning of its class names in config.json, `Settings`, the struct of its
config.json, `table(core)`, the names of its tensors, and `PURPOSES`, where it names its classes otherwise than BERT.
"""

from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import torch
from safetensors.torch import save_file

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically, write_json
from headwork.layers.transformer import CoreConfig
from headwork.models.formats import albert, bert, distilbert, gpt2, roberta, vit, xlnet
from headwork.models.formats.files import read_tensors, settings_in
from headwork.models.formats.sentences import read_sentences, write_sentences
from headwork.models.formats.table import Table, checked_sizes, convert, fill, publish
from headwork.models.published import Published, PublishedConfig, heads_of

FORMATS: dict[str, ModuleType] = {
    "bert": bert,
    "roberta": roberta,
    "albert": albert,
    "distilbert": distilbert,
    "gpt2": gpt2,
    "xlnet": xlnet,
    "vit": vit,
}

PURPOSES = {
    frozenset({"masked", "order"}): "ForPreTraining",
    frozenset({"masked"}): "ForMaskedLM",
    frozenset({"classes"}): "ForSequenceClassification",
    frozenset({"tags"}): "ForTokenClassification",
    frozenset({"span"}): "ForQuestionAnswering",
    frozenset(): "Model",
}
"""by the heads of a model: the end of its class name in config.json"""


class _Family(msgspec.Struct, frozen=True):
    model_type: str
    architectures: list[str] | None = None
    id2label: dict[str, str] | None = None
    pad_token_id: int | None = None


def read_settings(folder: Path) -> CoreConfig:
    """The settings that a published folder's config.json asks for; HeadworkError where no core has them."""
    try:
        return checked_sizes(settings_in(folder, FORMATS[_family(folder).model_type].Settings).core())
    except ValueError as error:
        raise HeadworkError(f"{folder}: {error}") from error


def read_published(folder: Path) -> Published:
    """The model in a published folder (config.json and its weights), in fp32.

    HeadworkError names the setting that no core has, or the tensor that is missing, left over or wrongly shaped.
    """
    family, core = _family(folder), read_settings(folder)
    path, found = read_tensors(folder)
    tensors = convert(found, _table(family, core), str(path))
    heads = heads_of(tensors)
    its = FORMATS[family.model_type].Settings
    labelled = heads["classes"] or heads["tags"]
    config = PublishedConfig(
        family=family.model_type,
        core=core,
        pooler=its.POOLER if "pooler.weight" in tensors else "none",
        pooling=its.POOLING,
        labels=_labels(family, labelled),
        padding=family.pad_token_id,
        sentences=read_sentences(folder),
        **heads,
    )
    with torch.device("meta"):
        model = Published(config)
    fill(model, tensors, str(path))
    return model.eval()


def write_published(model: Published, folder: Path) -> None:
    """config.json and model.safetensors in `folder`, as transformers writes and reads them."""
    config = model.config
    if config.over_rows is not None:
        raise HeadworkError("no published class but TaBERT's own has layers between the rows of tables")
    family = FORMATS[config.family]
    heads = set(config.heads)
    purpose = {**PURPOSES, **getattr(family, "PURPOSES", {})}.get(frozenset(heads))
    if purpose is None:
        raise HeadworkError(f"no published class has the heads {', '.join(sorted(heads))} together")
    told: dict[str, Any] = {
        "model_type": config.family,
        "architectures": [family.STEM + purpose],
        **msgspec.to_builtins(family.Settings.of(config.core)),
    }
    if config.padding is not None:
        told["pad_token_id"] = config.padding
    if config.labels:
        told["id2label"] = {str(place): label for place, label in enumerate(config.labels)}
        told["label2id"] = {label: place for place, label in enumerate(config.labels)}
    tensors = publish(model.state_dict(), _without(family.table(config.core), heads), prefixed=purpose != "Model")
    write_json(folder / "config.json", told)
    write_atomically(folder / "model.safetensors", lambda file: save_file(tensors, file, {"format": "pt"}))
    if config.sentences is not None:
        write_sentences(folder, config.sentences, width=config.core.dim)


def family_of(core: CoreConfig) -> str | None:
    """The first family that has such a core; None where none has."""
    plain = msgspec.structs.replace(core, dropout=0.0, attention_dropout=0.0)
    for name, family in FORMATS.items():
        try:
            its = family.Settings.of(plain).core()
        except ValueError:  # what config.json of this family cannot say
            continue
        if msgspec.structs.replace(its, dropout=0.0, attention_dropout=0.0) == plain:
            return name
    return None


def _table(family: _Family, core: CoreConfig) -> Table:
    tagging = any(name.endswith("ForTokenClassification") for name in family.architectures or ())
    return _without(FORMATS[family.model_type].table(core), {"tags"} if tagging else set())


def _without(table: Table, heads: set[str]) -> Table:
    """Classes and tags share their names in a file, so that only one of them can be meant."""
    other = "classes" if "tags" in heads else "tags"
    return table._replace(heads={name: group for name, group in table.heads.items() if name != other})


def _labels(family: _Family, rows: int) -> tuple[str, ...]:
    """The names of the classes, in order; none where the file names them otherwise than by number."""
    named = family.id2label or {}
    return tuple(named[str(row)] for row in range(rows)) if named.keys() == {str(row) for row in range(rows)} else ()


def _family(folder: Path) -> _Family:
    family = settings_in(folder, _Family)
    if family.model_type not in FORMATS:
        raise HeadworkError(f"{folder}: a model of type {family.model_type!r}; headwork reads {', '.join(FORMATS)}")
    return family
