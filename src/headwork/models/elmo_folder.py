"""Where ELMo lies.

*options.json, *weights.hdf5                         as bilm-tf publishes it (headwork.models.formats.elmo)
config.json, char.dic, encoder.pkl, …                as ELMoForManyLangs does (…formats.elmo_many_languages)
config.json of the family elmo, model.safetensors    as `headwork import` writes it, in a run folder or by itself
"""

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import torch

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_json
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats import elmo as bilm
from headwork.models.formats import elmo_many_languages as languages
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.spelling import Lexicon


class Described(NamedTuple):
    """What an ELMo is before its weights."""

    config: ElmoConfig
    lexicon: Lexicon | None


class StoredElmo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """config.json."""

    family: Literal["elmo"] = "elmo"
    config: ElmoConfig
    lexicon: Lexicon | None = None


class _Kind(msgspec.Struct, frozen=True):
    family: object = None


def save(elmo: Elmo, folder: Path) -> None:
    """config.json and model.safetensors in `folder`."""
    write_json(folder / "config.json", StoredElmo(config=elmo.config, lexicon=elmo.lexicon))
    save_tensors(elmo, folder / "model.safetensors")


def describe(path: Path) -> Described:
    """The ELMo at `path`: a folder of any kind, or the options file of bilm-tf's."""
    if languages.is_here(path):
        return Described(*languages.read_settings(path))
    place = _place(path)
    if place is None:
        return Described(bilm.read_config(path), None)
    if read_json(place / "config.json", _Kind).family != "elmo":
        raise HeadworkError(f"{place}: holds another model than ELMo; name a folder that holds ELMo")
    stored = read_json(place / "config.json", StoredElmo)
    known = stored.lexicon
    if known and (len(known.characters), len(known.words)) != (stored.config.characters, stored.config.words):
        raise HeadworkError(f"{place}: the lexicon is not that of the settings; import the model again")
    return Described(stored.config, known)


def load(path: Path) -> Elmo:
    """The ELMo at `path`, all but its mix frozen; a file that does not fit is refused."""
    if languages.is_here(path):
        return languages.read(path)
    place = _place(path)
    if place is None:
        return bilm.read(path)
    (config, lexicon), file = describe(path), place / "model.safetensors"
    with torch.device("meta"):
        needed = sum(4 * value.numel() for value in Elmo(config, lexicon=lexicon).parameters())
    there = file.stat().st_size if file.is_file() else 0
    if there < needed:
        raise HeadworkError(f"{file}: {there:,} bytes, where its settings ask for {needed:,}; import it again")
    elmo = Elmo(config, lexicon=lexicon)
    load_tensors(elmo, file)
    elmo.freeze()
    return elmo


def take_over(elmo: Elmo, folder: Path) -> None:
    """Give `elmo` the weights of that in `folder`; one of other settings is refused."""
    loaded = load(folder)
    if (loaded.config, loaded.lexicon) != (elmo.config, elmo.lexicon):
        raise HeadworkError(
            f"{folder}: another ELMo than the settings in model.bilm and model.lexicon say; leave them out"
        )
    elmo.load_state_dict(loaded.state_dict())


def _place(path: Path) -> Path | None:
    """The folder with config.json, where there is one."""
    return next((place for place in (path / "model", path) if (place / "config.json").is_file()), None)
