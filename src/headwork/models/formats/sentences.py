"""The folder of a sentence-transformers model: an encoder, a pooling, and what follows them.

    modules.json              [{path, type}, …], a module after another
    1_Pooling/config.json     which states of a text become its vector
    2_Dense/…                 a linear layer and its activation, here the classes of a classifier
    2_Normalize               vectors of length 1

The types are looked up in a table of ours; nothing is imported by their names.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from safetensors.torch import save_file
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically, write_json
from headwork.models.published import Pooling, Sentences

MODULES = "modules.json"
PREFIX = "sentence_transformers.models."
POOLINGS: dict[Pooling, str] = {
    "mean": "pooling_mode_mean_tokens",
    "cls": "pooling_mode_cls_token",
    "last": "pooling_mode_lasttoken",
    "max": "pooling_mode_max_tokens",
}
ACTIVATIONS = {
    "none": "torch.nn.modules.linear.Identity",
    "tanh": "torch.nn.modules.activation.Tanh",
    "relu": "torch.nn.modules.activation.ReLU",
}


class Dense(NamedTuple):
    weight: Tensor
    bias: Tensor
    activation: Literal["none", "tanh", "relu"] = "none"


class _Module(msgspec.Struct, frozen=True):
    path: str
    type: str


def read_sentences(folder: Path) -> Sentences | None:
    """What modules.json asks for behind the encoder, None where there is none; other modules are refused by name."""
    path = folder / MODULES
    if not path.is_file():
        return None
    modules = _decoded(path, list[_Module])
    kinds = [module.type.rpartition(".")[2] for module in modules]
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        raise HeadworkError(
            f"{path}: modules {', '.join(kinds)}; headwork reads a Transformer, a Pooling and perhaps a Normalize"
        )
    where = folder / Path(modules[1].path).name / "config.json"
    modes = _modes(_decoded(where, dict[str, Any]))
    chosen: list[Pooling] = [pooling for pooling in POOLINGS if [pooling] == modes]
    if not chosen:
        raise HeadworkError(f"{where}: pools by {', '.join(modes)}; headwork pools by one of {', '.join(POOLINGS)}")
    return Sentences(pooling=chosen[0], unit=len(kinds) == 3)


def _modes(settings: dict[str, Any]) -> list[str]:
    """The poolings that are asked for: by a name or names, or by flags as in older files."""
    told = settings.get("pooling_mode", [])
    if told:
        names = {"lasttoken": "last"}
        return [names.get(str(mode), str(mode)) for mode in (told if isinstance(told, list) else [told])]
    ours: dict[str, str] = {key: name for name, key in POOLINGS.items()}
    return [ours.get(key, key) for key, on in settings.items() if key.startswith("pooling_mode_") and on is True]


def write_sentences(folder: Path, sentences: Sentences, *, width: int, dense: Sequence[Dense] = ()) -> None:
    """modules.json and the folders it names, beside the encoder's files."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    modules += [(f"{place}_Dense", "Dense") for place in range(2, 2 + len(dense))]
    modules += [(f"{len(modules)}_Normalize", "Normalize")] if sentences.unit else []
    pooling = {key: name == sentences.pooling for name, key in POOLINGS.items()}
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, **pooling})
    for (path, _), layer in zip(modules[2:], dense, strict=False):
        rows, columns = layer.weight.shape
        settings = {"in_features": columns, "out_features": rows, "bias": True}
        told = {**settings, "activation_function": ACTIVATIONS[layer.activation]}
        write_json(folder / path / "config.json", told)
        tensors = {"linear.weight": layer.weight.contiguous(), "linear.bias": layer.bias.contiguous()}
        write_atomically(folder / path / "model.safetensors", lambda file, tensors=tensors: save_file(tensors, file))
    if sentences.unit:
        (folder / modules[-1][0]).mkdir(exist_ok=True)
    entries = [
        {"idx": place, "name": str(place), "path": path, "type": PREFIX + kind}
        for place, (path, kind) in enumerate(modules)
    ]
    write_json(folder / MODULES, entries)


def _decoded(path: Path, kind: type) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise HeadworkError(f"{path}: {error}; expected a folder of sentence-transformers") from error
