"""ELMo as ELMoForManyLangs publishes it (Che et al. 2018): a folder for each language.

    config.json             names, as `config_path`, the file of the settings
    char.dic  word.dic      a character or a word, a tab, its number; where nothing stands, U+3000 is meant
    token_embedder.pkl      what torch saved: words from their characters and numbers
    encoder.pkl             the language models read forward and backward

`places` is the table of names. A tensor of the files is made of blocks of rows, each a view of a parameter, some with
the other sign, for a highway's gate there opens for what is carried. So one table reads, writes and says what shapes to
expect. The settings are looked for beside config.json alone, whatever path it names.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, cast

import msgspec
import torch
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.base.files import write_json, write_text
from headwork.layers.highway import Highway
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats.files import read_pickled, write_pickled
from headwork.models.formats.table import AGAIN
from headwork.ops.spelling import Lexicon

CONFIG, CHARACTERS, WORDS = "config.json", "char.dic", "word.dic"
EMBEDDER, ENCODER = "token_embedder.pkl", "encoder.pkl"
SETTINGS = "cnn_50_100_512_4096_sample.json"
"""the settings of all that was published, which their folders name and do not hold"""
NOTHING = "\u3000"
MOST_BYTES = 1 << 26
"""of a list of characters or words"""
GATES = (0, 2, 1, 3)
"""input, forget, cell, output there; where each stands among ours"""


class Encoder(msgspec.Struct, frozen=True):
    name: Literal["elmo"] = "elmo"
    projection_dim: int = 512
    dim: int = 4096
    n_layers: int = 2
    cell_clip: float | None = 3.0
    proj_clip: float | None = 3.0


class TokenEmbedder(msgspec.Struct, frozen=True):
    name: Literal["cnn"] = "cnn"
    activation: Literal["relu", "tanh"] = "relu"
    filters: tuple[tuple[int, int], ...] = ElmoConfig().filters
    n_highway: int = 2
    word_dim: int = 100
    char_dim: int = 50
    max_characters_per_token: int = 50


class Settings(msgspec.Struct, frozen=True):
    """What the settings say of the architecture; what they say of the training beside it is not read."""

    encoder: Encoder
    token_embedder: TokenEmbedder

    def config(self, *, characters: int, words: int) -> ElmoConfig:
        encoder, embedder = self.encoder, self.token_embedder
        return ElmoConfig(
            width=embedder.char_dim,
            places=embedder.max_characters_per_token,
            filters=embedder.filters,
            activation=embedder.activation,
            highways=embedder.n_highway,
            projection=encoder.projection_dim,
            hidden=encoder.dim,
            layers=encoder.n_layers,
            forget_bias=0.0,
            cell_clip=encoder.cell_clip or None,  # there 0 is no clip
            projection_clip=encoder.proj_clip or None,
            characters=characters,
            words=words,
            word_width=embedder.word_dim,
            project="always",
        )


class _Pointer(msgspec.Struct, frozen=True):
    config_path: str


class Block(NamedTuple):
    """Rows of a published tensor: those of `place`, times `sign`."""

    place: Tensor
    sign: int = 1


class Places(NamedTuple):
    """Of each file its tensors by name, as blocks of rows."""

    embedder: dict[str, list[Block]]
    encoder: dict[str, list[Block]]


def is_here(folder: Path) -> bool:
    """Does config.json name a file of settings?"""
    try:
        return isinstance(msgspec.json.decode((folder / CONFIG).read_bytes(), type=_Pointer), _Pointer)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return False


def read(folder: Path) -> Elmo:
    """HeadworkError names the setting that is unknown, or the tensor that is missing, left over or wrongly shaped."""
    config, lexicon = read_settings(folder)
    with torch.device("meta"):
        shapes = places(Elmo(config))
    found = [_fitting(folder / file, expected) for file, expected in zip((EMBEDDER, ENCODER), shapes, strict=True)]
    elmo = Elmo(config, lexicon=lexicon)
    with torch.no_grad():
        for tensors, blocks in zip(found, places(elmo), strict=True):
            for name, tensor in tensors.items():
                parts = tensor.split([len(block.place) for block in blocks[name]])
                for part, block in zip(parts, blocks[name], strict=True):
                    block.place.copy_(block.sign * part)
    elmo.freeze()
    return elmo


def read_settings(folder: Path) -> tuple[ElmoConfig, Lexicon]:
    """The settings alone, and the characters and words that it knows."""
    settings = _settings(folder)
    words = _numbers(folder / WORDS) if settings.token_embedder.word_dim else {}
    try:
        lexicon = Lexicon(characters=_numbers(folder / CHARACTERS), words=words)
        return settings.config(characters=len(lexicon.characters), words=len(words)), lexicon
    except ValueError as error:
        raise HeadworkError(f"{folder}: {error}; expected a language of ELMoForManyLangs") from error


def write(elmo: Elmo, folder: Path) -> None:
    """A language as it is published; the mix of the layers has no place there."""
    config, lexicon = elmo.config, elmo.lexicon
    if lexicon is None or config.forget_bias or not config.skip or config.project != "always":
        raise HeadworkError("only an ELMo with the characters of a language has the form of ELMoForManyLangs")
    settings = Settings(
        Encoder(
            projection_dim=config.projection,
            dim=config.hidden,
            n_layers=config.layers,
            cell_clip=config.cell_clip,
            proj_clip=config.projection_clip,
        ),
        TokenEmbedder(
            activation=config.activation,
            filters=config.filters,
            n_highway=config.highways,
            word_dim=config.word_width,
            char_dim=config.width,
            max_characters_per_token=config.places,
        ),
    )
    write_json(folder / CONFIG, _Pointer(SETTINGS))
    write_json(folder / SETTINGS, settings)
    for file, numbers in ((CHARACTERS, lexicon.characters), (WORDS, lexicon.words)):
        write_text(folder / file, "".join(f"{entry}\t{number}\n" for entry, number in numbers.items()))
    for file, blocks in zip((EMBEDDER, ENCODER), places(elmo), strict=True):
        tensors = {
            name: torch.cat([block.sign * block.place.detach() for block in parts]) for name, parts in blocks.items()
        }
        write_pickled(tensors, folder / file)


def places(elmo: Elmo) -> Places:
    words = elmo.words
    embedder = {"char_emb_layer.embedding.weight": [Block(words.table.weight)]}
    if elmo.numbered is not None:
        embedder["word_emb_layer.embedding.weight"] = [Block(elmo.numbered.weight)]
    for i, convolution in enumerate(cast(list[nn.Conv1d], list(words.convolutions))):
        embedder |= _linear(f"convolutions.{i}", convolution)
    for i, highway in enumerate(cast(list[Highway], list(words.highways))):
        for name in ("weight", "bias"):
            ours = getattr(highway.transform, name), getattr(highway.gate, name)
            embedder[f"highways._layers.{i}.{name}"] = [Block(ours[0]), Block(ours[1], -1)]
    embedder |= _linear("projection", words.project)
    encoder: dict[str, list[Block]] = {}
    for i, layer in enumerate(elmo.bilm.projected()):
        for direction, name in enumerate(("forward", "backward")):
            of_tokens, of_states = layer.weight[direction].split([elmo.config.projection] * 2)
            cell = f"{name}_layer_{i}"
            encoder[f"{cell}.input_linearity.weight"] = _gates(of_tokens)
            encoder[f"{cell}.state_linearity.weight"] = _gates(of_states)
            encoder[f"{cell}.state_linearity.bias"] = _gates(layer.bias[direction])
            encoder[f"{cell}.state_projection.weight"] = [Block(layer.projection[direction].T)]
    return Places(embedder, encoder)


def _linear(name: str, module: nn.Module) -> dict[str, list[Block]]:
    return {f"{name}.{each}": [Block(getattr(module, each))] for each in ("weight", "bias")}


def _gates(ours: Tensor) -> list[Block]:
    """(…, 4H) with the gates side by side, as rows in their order."""
    gates = ours.chunk(4, dim=-1)
    return [Block(gates[place].T if ours.dim() == 2 else gates[place]) for place in GATES]


def _settings(folder: Path) -> Settings:
    path = folder / CONFIG
    try:
        named = msgspec.json.decode(path.read_bytes(), type=_Pointer).config_path
        path = folder / (Path(named.replace("\\", "/")).name or SETTINGS)
        if path.name == SETTINGS and not path.is_file():
            return Settings(Encoder(), TokenEmbedder())
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except OSError as error:
        raise HeadworkError(f"{path}: cannot be read ({error.strerror}); it must lie beside {CONFIG}") from error
    except (ValueError, RecursionError) as error:
        raise HeadworkError(f"{path}: {error}; expected the settings of ELMoForManyLangs") from error


def _numbers(path: Path) -> dict[str, int]:
    """A list of characters or words, whose numbers are those from 0 on."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise HeadworkError(f"{path}: more than {MOST_BYTES:,} bytes; {AGAIN}")
        numbers = dict(_entries(path.read_bytes().decode("utf-8")))
    except OSError as error:
        raise HeadworkError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise HeadworkError(f"{path}: {error}; expected an entry, a tab and its number in each line") from error
    if sorted(numbers.values()) != list(range(len(numbers))):
        raise HeadworkError(f"{path}: its {len(numbers):,} numbers are not those from 0 on; {AGAIN}")
    return numbers


def _entries(text: str) -> Iterator[tuple[str, int]]:
    for line in text.split("\n"):
        if line.strip():
            entry, _, number = line.strip().rpartition("\t")
            if not number.isascii() or not number.isdigit() or len(number) > 9:
                raise ValueError(f"no number in {line[:40]!r}")
            yield entry or NOTHING, int(number)


def _fitting(path: Path, expected: Mapping[str, list[Block]]) -> dict[str, Tensor]:
    """The file's tensors, all of them those that are expected."""
    found = read_pickled(path)
    for name in found:
        if name not in expected:
            raise HeadworkError(f"{path}: tensor {name!r} has no place in the model; {AGAIN}")
    for name, blocks in expected.items():
        if name not in found:
            raise HeadworkError(f"{path}: tensor {name!r} is missing; {AGAIN}")
        shape = (sum(len(block.place) for block in blocks), *blocks[0].place.shape[1:])
        tensor = found[name]
        if tuple(tensor.shape) != shape:
            raise HeadworkError(f"{path}: tensor {name!r} has shape {tuple(tensor.shape)}, expected {shape}; {AGAIN}")
        if not tensor.is_floating_point():
            raise HeadworkError(f"{path}: tensor {name!r} is of type {tensor.dtype}, expected floating point; {AGAIN}")
    return found
