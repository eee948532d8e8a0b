"""Translation: a tokenizer of both languages, a network, and what it writes for a text.

Stored as `model/{config.json, model.safetensors, tokenizer.json}`; nothing in these files is executed.

Axes: B texts, M packed target tokens, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import numpy as np
import torch
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.files import read_config, write_atomically, write_json
from headwork.base.recipes import Recipe
from headwork.data.batches import ordered_batches
from headwork.data.bitext import Pairs
from headwork.data.grid import place_names, places_of
from headwork.data.long import together
from headwork.data.sentences import sentence_starts
from headwork.data.tokenizers import PAD_ID, UNKNOWN_ID, TextTokenizer, fit_bpe, fit_wordpiece
from headwork.models import config_of, kind_of
from headwork.models.size import as_large
from headwork.models.stored import load_tensors, save_tensors
from headwork.models.translation import Picture, TextSettings, TranslationModel
from headwork.ops.linear import for_inference
from headwork.ops.packed import TokenBatch, pack
from headwork.tasks.decoding import Search, write

WRITE_TOKENS = 2048
"""padded source tokens of a batch when writing, beams not counted"""
GREEDY = Search()
LONGER, MORE = 1.5, 20
"""a translation has at most so many times its source's tokens, and so many more"""
CAPTION = 60
"""most tokens of a caption"""


Read = list[int] | np.ndarray
"""a source: ids, or the (K, P) pixels of the places of a picture"""


class StoredTranslator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """model/config.json."""

    recipe: Recipe
    languages: tuple[str, str]


class Translation(NamedTuple):
    text: str
    log_probability: float
    tokens: int
    """written, the closing one too"""
    pieces: int = 1
    """that the source was translated in"""


class Alignment(NamedTuple):
    """Where each written token looks: (written, source) weights, the closing tokens included."""

    source: list[str]
    target: list[str]
    weights: Tensor


@dataclass(frozen=True)
class ReadPairs:
    """Token ids of pairs; `target` opens and closes each text, `source` closes it, or has the places of a picture."""

    source: list[Read]
    target: list[list[int]]

    @property
    def lengths(self) -> list[int]:
        """What a pair costs: the tokens of both sides."""
        return [len(source) + len(target) for source, target in zip(self.source, self.target, strict=True)]

    def batch(self, rows: Sequence[int]) -> tuple[TokenBatch, TokenBatch, Tensor]:
        """The sources, what is fed in of the targets, and the (M,) tokens to be written behind each."""
        written = [self.target[row] for row in rows]
        answers = torch.tensor([token for text in written for token in text[1:]], dtype=torch.int64)
        return packed([self.source[row] for row in rows]), pack([text[:-1] for text in written]), answers


class Translator:
    """A recipe, two languages, a tokenizer and a network."""

    def __init__(self, recipe: Recipe, languages: tuple[str, str], tokenizer: TextTokenizer, device: str):
        self.recipe, self.languages, self.tokenizer, self.device = recipe, languages, tokenizer, device
        self.config: TextSettings = config_of(recipe)
        model, _ = kind_of(recipe).load()
        self.network: Any = model(self.config, vocabulary=tokenizer.vocabulary).to(device)
        self._fast: Any = None

    @property
    def text_column(self) -> str:
        """The column that it translates from."""
        return self.languages[0]

    @classmethod
    def new(
        cls,
        recipe: Recipe,
        languages: tuple[str, str],
        train: Pairs,
        *,
        seed: int,
        device: str = "cpu",
        picture: Picture | None = None,
    ) -> "Translator":
        """A tokenizer fitted on the training pairs, and weights drawn from `seed`; `picture`: what sources are."""
        recipe = _reading(recipe, picture)
        settings: TextSettings = config_of(recipe)
        fit = {"bpe": fit_bpe, "wordpiece": fit_wordpiece}[settings.tokens]
        tokenizer = fit([*(() if picture else train.sources), *train.targets], size=settings.vocabulary)
        model, _ = kind_of(recipe).load()
        sized = as_large(recipe, lambda config: model(config, vocabulary=tokenizer.vocabulary))
        torch.manual_seed(seed)
        return cls(sized, languages, tokenizer, device)

    @classmethod
    def load(cls, folder: Path, *, device: str = "cpu") -> "Translator":
        """The translator stored in `folder` (the `model` folder of a run); anything damaged is refused."""
        stored = read_config(folder, StoredTranslator)
        translator = cls(stored.recipe, stored.languages, TextTokenizer.load(folder / "tokenizer.json"), device)
        load_tensors(translator.network, folder / "model.safetensors")
        translator.network.eval()
        return translator

    def save(self, folder: Path) -> int:
        """Store the translator and return the bytes it takes."""
        folder.mkdir(parents=True, exist_ok=True)
        save_tensors(self.network, folder / "model.safetensors")
        write_atomically(folder / "tokenizer.json", self.tokenizer.save)
        write_json(folder / "config.json", StoredTranslator(recipe=self.recipe, languages=self.languages))
        return sum(file.stat().st_size for file in folder.iterdir() if file.name != "README.md")

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def changed(self) -> None:
        """The network's weights are new: forget the copy that only writes."""
        self._fast = None

    def read(self, pairs: Pairs) -> ReadPairs:
        return ReadPairs(self._ids_of(pairs.sources), [encoded.ids for encoded in self.tokenizer.encode(pairs.targets)])

    def _ids_of(self, sources: Sequence[str]) -> list[Read]:
        picture = self.config.picture
        if picture is None:
            return [encoded.ids[1:] for encoded in self.tokenizer.encode(sources)]
        found = {source: places_of(source, picture, self.config.grid) for source in dict.fromkeys(sources)}
        return [found[source] for source in sources]

    def read_sources(self, texts: Sequence[str]) -> list[list[Read]]:
        """What is to be translated, as the network reads it: of each its pieces, one where it takes the whole."""
        return [self._pieces(text, read) for text, read in zip(texts, self._ids_of(texts), strict=True)]

    def _pieces(self, text: str, read: Read) -> list[Read]:
        """Whole sentences, as many as the network takes at once; only a longer one is broken."""
        most = self.config.max_tokens
        if len(read) <= most or self.config.picture:
            return [read]
        sentences = [text[start:end] for start, end in pairwise([0, *sentence_starts(text), len(text)])]
        tokens = [len(each.ids) - 2 for each in self.tokenizer.encode(sentences)]
        pieces = ["".join(sentences[start:end]).strip() for start, end in together(tokens, most - 1)]
        return [part for each in self.tokenizer.encode(pieces) for part in _broken(each.ids[1:], most)]

    def translate(self, texts: Sequence[str], search: Search = GREEDY) -> list[Translation]:
        """The best translation found for each text, in order; an empty text has an empty one."""
        asked = [(row, text) for row, text in enumerate(texts) if self.config.picture or text.strip()]
        pieces = self.read_sources([text for _, text in asked])
        places = [(row, part) for (row, _), parts in zip(asked, pieces, strict=True) for part in parts]
        written: list[list[tuple[int, Translation]]] = [[] for _ in texts]
        for batch in ordered_batches([len(part) for _, part in places], WRITE_TOKENS, self.device):
            for place, found in zip(batch, self.write([places[place][1] for place in batch], search), strict=True):
                written[places[place][0]].append((place, found))
        return [_whole([found for _, found in sorted(each)]) for each in written]

    def write(self, sources: Sequence[Read], search: Search) -> list[Translation]:
        """Translations of one batch of token ids."""
        if self._fast is None:
            self._fast = for_inference(self.network.eval())
        first, last = self.tokenizer.frame
        most = min(self.config.max_tokens, CAPTION if self.config.picture else self.config.max_tokens)
        hypotheses = write(
            cast(TranslationModel, self._fast),
            packed(sources).to(self.device),
            search,
            first=first,
            last=last,
            longest=[min(most, int(LONGER * len(ids)) + MORE) for ids in sources],
            banned=(PAD_ID, UNKNOWN_ID),
        )
        return [
            Translation(self.tokenizer.decode(best.ids), best.log_probability, len(best.ids) + 1)
            for best in (found[0] for found in hypotheses)
        ]

    @torch.inference_mode()
    def align(self, text: str, translation: str) -> Alignment:
        """Where the network looks while it writes `translation`, which need not be its own.

        Raises HeadworkError for a model without attention, and for a text that it takes in pieces.
        """
        if not self.network.LOOKS:
            raise HeadworkError(f"{self.recipe.name} ({self.recipe.title}) has no attention to draw")
        self.network.eval()
        source, target = self.batches(text, translation)
        (weights,) = self.network.alignment(source, target)
        # Behind each token that is fed in stands the next one, which is what its row is about.
        written = [*target.ids[1:].tolist(), self.tokenizer.frame[1]]
        picture = self.config.picture
        looked = place_names(self.config.grid) if picture else self.words(source.ids.tolist())
        return Alignment(looked, self.words(written), weights.float().cpu())

    def batches(self, text: str, translation: str) -> tuple[TokenBatch, TokenBatch]:
        """One pair as the network takes it: the source, and what is fed in of the target."""
        ((source, *more),) = self.read_sources([text])
        if more:
            raise HeadworkError(
                f"a text that {self.recipe.name} translates in {1 + len(more)} pieces; an alignment is of one, "
                f"at most {self.config.max_tokens} tokens"
            )
        (encoded,) = self.tokenizer.encode([translation])
        return packed([source]).to(self.device), pack([encoded.ids[:-1][: self.config.max_tokens]]).to(self.device)

    def words(self, ids: Sequence[int]) -> list[str]:
        """Tokens as people read them; the closing one is a full stop in a circle."""
        _, last = self.tokenizer.frame
        return ["⊙" if token == last else self.tokenizer.decode([token]).strip() or "·" for token in ids]


def _broken(ids: list[int], most: int) -> list[list[int]]:
    """A closed source in closed ones of at most `most` tokens."""
    if len(ids) <= most:
        return [ids]
    return [[*ids[start:-1][: most - 1], ids[-1]] for start in range(0, len(ids) - 1, most - 1)]


def _whole(pieces: Sequence[Translation]) -> Translation:
    """The translation of a text from those of its pieces."""
    return Translation(
        " ".join(piece.text for piece in pieces),
        sum(piece.log_probability for piece in pieces),
        sum(piece.tokens for piece in pieces),
        len(pieces),
    )


def packed(sources: Sequence[Read]) -> TokenBatch:
    """Sources of one kind as a batch, in which a place of a picture has its pixels in place of an id."""
    places = [source for source in sources if isinstance(source, np.ndarray)]
    if not places:
        return pack([list(source) for source in sources])
    return TokenBatch(torch.from_numpy(np.concatenate(places)), tuple(map(len, places)))


def _reading(recipe: Recipe, picture: Picture | None) -> Recipe:
    """The recipe with what the data decide."""
    reads, found = config_of(recipe).reads, "pictures" if picture else "texts"
    if reads != found:
        raise HeadworkError(f"recipe {recipe.name}: it reads {reads}, and the data are {found}; choose another recipe")
    if picture is None:
        return recipe
    return msgspec.structs.replace(recipe, model={**recipe.model, "picture": list(picture)})


def in_blocks(texts: Sequence[str], size: int = 64) -> Iterator[Sequence[str]]:
    """Texts that are translated together: a reader of the output waits for no more."""
    for start in range(0, len(texts), size):
        yield texts[start : start + size]
