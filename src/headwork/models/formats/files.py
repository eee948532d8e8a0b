"""The tensors of a published folder, in any of the files that hold them; nothing in them is executed.

model.safetensors                   one file
model.safetensors.index.json        {"weight_map": {tensor: file}}, several of them
pytorch_model.bin, *.pth, *.pkl     what torch saves: numbers and a pickle, of which only tensors are unpickled
"""

import io
import pickletools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import IO, Any

import msgspec
import torch
from safetensors.torch import load_file
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.base.tensors import safetensors_header

ZIP = b"PK\x03\x04"
WHOLE, INDEX, PICKLED = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"
AGAIN = f"convert it elsewhere to {WHOLE}, or get it again"
KEPT = re.compile(r"collections\.OrderedDict|torch\._utils\._rebuild_(tensor|tensor_v2|parameter)|torch\.\w+Storage")
"""what tensors are made of"""
DEFAULTING = "collections.defaultdict"
RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}
"""modules by the names that older Python had for them, which torch writes"""
OLD_PICKLES = 4
"""a file that is no zip begins with so many: two numbers, the machine, and what was saved"""


class _Index(msgspec.Struct, frozen=True):
    weight_map: dict[str, str]


def settings_in(folder: Path, kind: type, file: str = "config.json") -> Any:
    """What the folder's file of settings says, as `kind`; HeadworkError where it does not say it."""
    path = folder / file
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise HeadworkError(f"{path}: {error}; expected the folder of a published encoder") from error


def read_tensors(folder: Path) -> tuple[Path, dict[str, Tensor]]:
    """The file that was found first, and its tensors; HeadworkError where there is none or it is damaged."""
    if (folder / INDEX).is_file() and not (folder / WHOLE).is_file():
        return folder / INDEX, _shards(folder / INDEX)
    if (folder / PICKLED).is_file() and not (folder / WHOLE).is_file():
        return folder / PICKLED, read_pickled(folder / PICKLED)
    return folder / WHOLE, _safe(folder / WHOLE)


def read_file(path: Path) -> dict[str, Tensor]:
    """The tensors of one file, pickled unless its name says otherwise."""
    return _safe(path) if path.suffix == ".safetensors" else read_pickled(path)


def _safe(path: Path) -> dict[str, Tensor]:
    safetensors_header(path)
    return load_file(path)


def _shards(path: Path) -> dict[str, Tensor]:
    try:
        places = msgspec.json.decode(path.read_bytes(), type=_Index).weight_map
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise HeadworkError(f"{path}: not an index of weights ({error}); copy the folder again") from error
    for file in places.values():
        if file != Path(file).name or not file.endswith(".safetensors"):
            raise HeadworkError(f"{path}: names {file!r}, which is no safetensors file beside it")
    tensors: dict[str, Tensor] = {}
    for file in sorted(set(places.values())):
        tensors |= {name: tensor for name, tensor in _safe(path.parent / file).items() if places.get(name) == file}
    absent = sorted(places.keys() - tensors.keys())
    if absent:
        raise HeadworkError(f"{path}: tensor {absent[0]!r} is not in the file {places[absent[0]]}; copy it again")
    return tensors


def read_pickled(path: Path, *, within: str = "state_dict") -> dict[str, Tensor]:
    """The tensors that torch has saved; `within` names the entry that holds them in files which hold more."""
    found = _unpickled(path)
    if isinstance(found, dict) and isinstance(inner := found.get(within), dict):
        found = inner
    return _named_tensors(path, found)


def _unpickled(path: Path) -> Any:
    """What torch has saved, as far as it can be read without running code."""
    try:
        with path.open("rb") as file:
            zipped = file.read(len(ZIP)) == ZIP  # as torch tells it; older files are no zips
        if zipped:
            _check_archive(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except HeadworkError:
        raise
    except Exception as error:  # damaged bytes lead the unpickler to almost any
        told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise HeadworkError(f"{path}: no weights can be read from it without running code ({told}); {AGAIN}") from error


def _named_tensors(path: Path, found: Any) -> dict[str, Tensor]:
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in found.items()
    ):
        raise HeadworkError(f"{path}: holds more than named tensors; {AGAIN}")
    size = path.stat().st_size
    for name, tensor in found.items():
        if tensor.layout != torch.strided or tensor.numel() * tensor.element_size() > size:
            raise HeadworkError(f"{path}: tensor {name!r} is larger than the file, or sparse; {AGAIN}")
    return found


def read_beside_objects(path: Path, *, within: str, beside: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """As `read_pickled`, of a file that also holds objects; `within` names the tensors.

    No class of the file is imported: whatever it names is a husk, which keeps what it is given and does nothing. The
    second is what the object called `beside` was given.
    """
    husks: list[Any] = [
        (Husk if name != DEFAULTING else _table, name) for name in _names_in(path) if not KEPT.fullmatch(name)
    ]
    with torch.serialization.safe_globals(husks):
        found = _unpickled(path)
    if not isinstance(found, dict) or not isinstance(found.get(within), dict):
        raise HeadworkError(f"{path}: no table of tensors called {within!r} in it; {AGAIN}")
    values = found.get(beside)
    return _named_tensors(path, found[within]), values.given if isinstance(values, Husk) else {}


class Husk:
    """Stands for an object of any class that a file names."""

    def __init__(self, *arguments: object) -> None:
        self.given: dict[str, Any] = {}

    def __setstate__(self, state: object) -> None:
        self.given = dict(state) if isinstance(state, dict) else {}


def _table(*arguments: object) -> dict[Any, Any]:
    return {}


def _names_in(path: Path) -> set[str]:
    """The classes and functions that the pickles of a file name, read without obeying any instruction."""
    try:
        if not zipfile.is_zipfile(path):
            with path.open("rb") as stream:
                return {name for _ in range(OLD_PICKLES) for name in _named(stream)}
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if PurePath(name).name == "data.pkl"]
            return {name for each in inside for name in _named(io.BytesIO(archive.read(each)))}
    except Exception as error:  # damaged bytes lead the parser to almost any
        raise HeadworkError(f"{path}: no weights can be read from it ({error}); {AGAIN}") from error


def _named(stream: IO[bytes]) -> Iterator[str]:
    """What the next pickle names."""
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name == "GLOBAL":
            module, _, name = str(argument).partition(" ")
            yield f"{RENAMED.get(module, module)}.{name}"


def _check_archive(path: Path) -> None:
    """Refuse a zip that holds code, or that unpacks to more than it is."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if any(PurePath(entry.filename).name == "constants.pkl" for entry in entries):
        raise HeadworkError(
            f"{path}: a TorchScript archive, which holds code; open it elsewhere with torch.jit.load and save its "
            "state_dict() in the place of it"
        )
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise HeadworkError(f"{path}: holds compressed entries, which no published file does; {AGAIN}")


def write_pickled(tensors: dict[str, Tensor], path: Path) -> None:
    """What `read_pickled` reads, for libraries that read nothing else."""
    write_atomically(path, lambda temporary: torch.save(tensors, temporary))
