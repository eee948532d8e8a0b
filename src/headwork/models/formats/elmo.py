"""ELMo as bilm-tf publishes it: settings in `*options.json`, weights in `*weights.hdf5`.

`places` is the table of names: each tensor of the file is a view of a parameter in the file's layout, so that one table
reads, writes and says what shapes to expect. Everything is compared before a weight is read: names, links, kinds of
numbers, shapes, and the bytes that the settings ask for with those that the file has. Nothing is executed, and no other
file is opened on behalf of this one.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically, write_json
from headwork.layers.highway import Highway
from headwork.models.elmo import Elmo, ElmoConfig

OPTIONS, WEIGHTS = "options.json", "weights.hdf5"
"""how the names of the two files end"""
AGAIN = "is it the file of another model, or damaged?"


class LstmOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dim: int
    projection_dim: int
    n_layers: int = 1
    use_skip_connections: bool = False
    cell_clip: float | None = None
    proj_clip: float | None = None


class CharacterOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dim: int


class CharCnnOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    embedding: CharacterOptions
    filters: tuple[tuple[int, int], ...]
    max_characters_per_token: int
    n_characters: Literal[261, 262] = 262
    """262 counts the row that the original's batches are filled up with; options written in training do not"""
    n_highway: int | None = None
    activation: Literal["relu", "tanh"] = "relu"


class Options(msgspec.Struct, frozen=True):
    """What options.json says of the architecture; what it may say of the training beside it is not read."""

    lstm: LstmOptions
    char_cnn: CharCnnOptions
    bidirectional: bool = True

    def config(self) -> ElmoConfig:
        lstm, characters = self.lstm, self.char_cnn
        if not self.bidirectional:
            raise ValueError("bidirectional is false; ELMo reads in both directions")
        if lstm.projection_dim >= lstm.dim:
            raise ValueError(f"projection_dim is {lstm.projection_dim} and dim {lstm.dim}; expected it to be smaller")
        return ElmoConfig(
            width=characters.embedding.dim,
            places=characters.max_characters_per_token,
            filters=characters.filters,
            activation=characters.activation,
            highways=characters.n_highway or 0,
            projection=lstm.projection_dim,
            hidden=lstm.dim,
            layers=lstm.n_layers,
            skip=lstm.use_skip_connections,
            cell_clip=lstm.cell_clip,
            projection_clip=lstm.proj_clip,
        )


def options_of(config: ElmoConfig) -> Options:
    """The settings in the words of the file, where a forget gate gets 1 beside its bias without a word."""
    default = ElmoConfig()
    for name in ("forget_bias", "characters", "words", "project"):
        value, only = getattr(config, name), getattr(default, name)
        if value != only:
            raise HeadworkError(f"{name} is {value}; the format of ELMo has no place for another than {only}")
    return Options(
        LstmOptions(
            dim=config.hidden,
            projection_dim=config.projection,
            n_layers=config.layers,
            use_skip_connections=config.skip,
            cell_clip=config.cell_clip,
            proj_clip=config.projection_clip,
        ),
        CharCnnOptions(
            embedding=CharacterOptions(config.width),
            filters=config.filters,
            max_characters_per_token=config.places,
            n_highway=config.highways,
            activation=config.activation,
        ),
    )


def places(elmo: Elmo) -> dict[str, Tensor]:
    """Each tensor of the file, by its name, as a view of what it fills."""
    words = elmo.words
    found: dict[str, Tensor] = {"char_embed": words.table.weight}
    for i, convolution in enumerate(cast(list[nn.Conv1d], list(words.convolutions))):
        found[f"CNN/W_cnn_{i}"] = convolution.weight.permute(2, 1, 0)[None]
        found[f"CNN/b_cnn_{i}"] = cast(Tensor, convolution.bias)
    for i, highway in enumerate(cast(list[Highway], list(words.highways))):
        for name, linear in (("carry", highway.gate), ("transform", highway.transform)):
            found[f"CNN_high_{i}/W_{name}"] = linear.weight.T
            found[f"CNN_high_{i}/b_{name}"] = linear.bias
    if isinstance(words.project, nn.Linear):
        found["CNN_proj/W_proj"] = words.project.weight.T
        found["CNN_proj/b_proj"] = words.project.bias
    for i, layer in enumerate(elmo.bilm.projected()):
        for direction in range(2):
            cell = f"RNN_{direction}/RNN/MultiRNNCell/Cell{i}/LSTMCell"
            found[f"{cell}/W_0"] = layer.weight[direction]
            found[f"{cell}/B"] = layer.bias[direction]
            found[f"{cell}/W_P_0"] = layer.projection[direction]
    return found


def is_published(folder: Path) -> bool:
    """Does a folder look like one of bilm-tf, and like no other?"""
    return any(folder.glob(f"*{OPTIONS}")) and not (folder / "config.json").is_file()


def read_config(path: Path) -> ElmoConfig:
    """The settings alone, from where `read` takes the model."""
    return _config(_options(path))


def read(path: Path) -> Elmo:
    """The model in a folder with one options file and one weights file, or beside the options file at `path`.

    HeadworkError names the setting that is unknown, or the tensor that is missing, left over or wrongly shaped.
    """
    options = _options(path)
    config, weights = _config(options), _one(options.parent, WEIGHTS)
    with torch.device("meta"):
        shapes = {name: tuple(place.shape) for name, place in places(Elmo(config)).items()}
    needed, there = 4 * sum(int(np.prod(shape)) for shape in shapes.values()), weights.stat().st_size
    if there < needed:
        raise HeadworkError(f"{weights}: {there:,} bytes, where the options ask for {needed:,} of weights; {AGAIN}")
    hdf5 = _hdf5()
    try:
        with hdf5.File(weights, "r") as file:
            tensors = _fitting(hdf5, file, shapes, str(weights))
            elmo = Elmo(config)
            with torch.no_grad():
                for name, place in places(elmo).items():
                    place.copy_(torch.from_numpy(tensors[name][...]))
    except HeadworkError:
        raise
    except Exception as error:  # the library raises nothing narrower
        cause = " ".join(str(error).split())
        raise HeadworkError(f"{weights}: not readable as hdf5 ({cause}); {AGAIN}") from error
    elmo.freeze()
    return elmo


def write(elmo: Elmo, folder: Path) -> None:
    """The model as bilm-tf publishes it; its mix has no place in that format, and belongs to the task."""
    hdf5 = _hdf5()

    def fill(temporary: Path) -> None:
        with hdf5.File(temporary, "w") as file:
            for name, place in places(elmo).items():
                file[name] = place.detach().cpu().numpy().astype(np.float32)

    write_json(folder / OPTIONS, options_of(elmo.config))
    write_atomically(folder / WEIGHTS, fill)


def _hdf5() -> Any:
    try:
        import h5py  # late: an extra, and only this format needs it
    except ImportError as error:
        raise HeadworkError("the weights of ELMo are an hdf5 file: pip install 'headwork[hdf5]'") from error
    return h5py


def _options(path: Path) -> Path:
    return _one(path, OPTIONS) if path.is_dir() else path


def _one(folder: Path, ending: str) -> Path:
    """The one file of a folder whose name ends so."""
    found = sorted(folder.glob(f"*{ending}"))
    if len(found) != 1:
        names = ", ".join(each.name for each in found) or "none"
        raise HeadworkError(f"{folder}: expected one file *{ending} of ELMo, found {names}")
    return found[0]


def _config(path: Path) -> ElmoConfig:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Options).config()
    except OSError as error:
        raise HeadworkError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise HeadworkError(f"{path}: {error}; expected the options of ELMo as bilm-tf writes them") from error


def _fitting(hdf5: Any, file: Any, shapes: Mapping[str, tuple[int, ...]], where: str) -> dict[str, Any]:
    """The file's datasets by name, all of them those that are expected; none is read."""
    found = dict(_datasets(hdf5, file, "", shapes, where))
    for name, shape in shapes.items():
        if name not in found:
            raise HeadworkError(f"{where}: tensor {name!r} is missing; {AGAIN}")
        dataset = found[name]
        if dataset.shape != shape:
            raise HeadworkError(f"{where}: tensor {name!r} has shape {dataset.shape}, expected {shape}; {AGAIN}")
        if dataset.dtype != np.float32:
            raise HeadworkError(f"{where}: tensor {name!r} is of type {dataset.dtype}, expected float32; {AGAIN}")
        _check_storage(hdf5, dataset, f"{where}: tensor {name!r}")
    return found


def _datasets(
    hdf5: Any, group: Any, above: str, shapes: Mapping[str, tuple[int, ...]], where: str
) -> Iterator[tuple[str, Any]]:
    """Each dataset with its whole name. Only names that are expected are followed, so a circle of groups ends."""
    for key in group:
        name = above + key
        if not isinstance(group.get(key, getlink=True), hdf5.HardLink):
            raise HeadworkError(f"{where}: {name!r} is a link to another place; {AGAIN}")
        entry = group[key]
        if isinstance(entry, hdf5.Group) and any(each.startswith(f"{name}/") for each in shapes):
            yield from _datasets(hdf5, entry, f"{name}/", shapes, where)
        elif isinstance(entry, hdf5.Dataset) and name in shapes:
            yield name, entry
        else:
            raise HeadworkError(f"{where}: {name!r} has no place in the model; {AGAIN}")


def _check_storage(hdf5: Any, dataset: Any, what: str) -> None:
    """The numbers must lie in this file as they are: no other file, no filter that unpacks, no place without bytes."""
    plain = dataset.id.get_create_plist().get_layout() == hdf5.h5d.CONTIGUOUS and not dataset.external
    if not plain or dataset.id.get_storage_size() != dataset.nbytes:
        raise HeadworkError(f"{what} is compressed, in pieces or in another file; expected one block of plain numbers")
