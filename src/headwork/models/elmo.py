"""ELMo: what the layers of two language models, read forward and backward, say of each word of a sentence.

    h_0     = [w ; w]                        w the word from its characters (headwork.layers.character_cnn)
    h_j     = [forward_j ; backward_j]       the layers of the language models (headwork.layers.bilm)
    ELMo    = gamma sum_j softmax(s)_j h_j   in shares that a task learns (headwork.layers.scalar_mix)

Peters et al. 2018, "Deep contextualized word representations", section 3.

ELMo for many languages (Che et al. 2018, "Towards better UD parsing") reads characters of a language instead of bytes,
and beside them the vectors of its frequent words; a `Lexicon` numbers both.

A sentence is read between two marks, and the vectors of the marks are left out. The original keeps the states of its
LSTMs from batch to batch, in training and in use: row b of a batch goes on where row b of the batch before stopped. So
the same sentence gets other vectors at each call, the first of all differs most, and what stands in a file of its
vectors depends on the order in which they were made. `state` says where a sentence begins:

    reset    from zeros: the same words give the same vectors, whatever was read before; the default
    carry    where the sentence of the same row of the call before ended, as in the original; `forget` begins anew
    warm     where the text given to `warm_up` ended, each time: as reproducible as reset, without its cold start

Axes: B sentences, N words of all sentences together, T words of one, P width of a direction, L layers above the words.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.layers.bilm import Bilm
from headwork.layers.character_cnn import CharacterCnn
from headwork.layers.scalar_mix import ScalarMix
from headwork.ops.lstmp import State
from headwork.ops.packed import places_of, segment_mean
from headwork.ops.spelling import BYTES, CHARACTERS, CLOSING, OPENING, Entry, Lexicon, spelling, spelt

Sentences = Sequence[Sequence[str]]
Begins = Literal["reset", "carry", "warm"]

AT_ONCE = 64
"""sentences that are read together"""

LARGEST = {
    "width": 1024, "places": 1024, "highways": 16, "projection": 1 << 14, "hidden": 1 << 16, "layers": 32,
    "characters": 1 << 21, "words": 1 << 24, "word_width": 1 << 14,
}  # fmt: skip
"""far above what was published, so that the settings of a hostile file fill no memory"""


class ElmoConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings; the defaults are those of the original with 93.6 million weights."""

    width: int = 16
    """of a character's vector"""
    places: int = 50
    """characters of a word, its marks among them; what is longer is cut"""
    filters: tuple[tuple[int, int], ...] = ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024))
    """the window of some filters, and how many there are"""
    activation: Literal["relu", "tanh"] = "relu"
    highways: int = 2
    projection: int = 512
    """width of a word and of a direction's state"""
    hidden: int = 4096
    """cells of a layer in one direction"""
    layers: int = 2
    skip: bool = True
    """whether layers from the second on add what they read"""
    forget_bias: float = 1.0
    """added to what the forget gates get, beside their learned bias"""
    cell_clip: float | None = 3.0
    projection_clip: float | None = 3.0
    characters: int = CHARACTERS
    words: int = 0
    """that have vectors of their own, `word_width` wide"""
    word_width: int = 0
    project: Literal["as needed", "always"] = "as needed"
    """whether a linear layer follows the highways where their width is right already"""

    def __post_init__(self) -> None:
        for name, largest in LARGEST.items():
            least = {"highways": 0, "places": 3, "words": 0, "word_width": 0}.get(name, 1)
            if not least <= getattr(self, name) <= largest:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a number from {least} to {largest}")
        if not 1 <= len(self.filters) <= LARGEST["places"]:
            raise ValueError(f"filters has {len(self.filters)} entries; expected at least one window")
        if bool(self.words) != bool(self.word_width):
            raise ValueError(f"words is {self.words} and word_width {self.word_width}; expected both or neither")
        for window, count in self.filters:
            if not (1 <= window <= self.places and 1 <= count <= LARGEST["projection"]):
                raise ValueError(
                    f"filters has {count} of window {window}; expected 1 to {LARGEST['projection']} of a window from 1 "
                    f"to places={self.places}"
                )
        for name in ("cell_clip", "projection_clip"):
            limit = getattr(self, name)
            if limit is not None and not limit > 0:
                raise ValueError(f"{name} is {limit}; expected a number above 0, or none")


class Elmo(nn.Module):
    """Sentences, each a list of words, to vectors.

    `embed` gives vectors to look at and to keep: a (T, 2P) tensor for each sentence, or what else is asked for by name.
    Called as a layer of a network it gives the (N, 2P) mix of the layers, whose shares are trained with the network.
    """

    def __init__(
        self,
        config: ElmoConfig,
        *,
        norm: Literal["none", "token", "batch"] = "none",
        lexicon: Lexicon | None = None,
    ):
        """`norm`: of the layers, before they are mixed (`headwork.layers.scalar_mix`); `lexicon`: None spells bytes."""
        super().__init__()
        self.config, self.lexicon = config, lexicon
        self.numbered = nn.Embedding(config.words, config.word_width) if config.words else None
        self.words = CharacterCnn(
            config.characters,
            config.width,
            filters=config.filters,
            activation=config.activation,
            highways=config.highways,
            out=config.projection,
            beside=config.word_width,
            project=config.project,
        )
        self.bilm = Bilm(
            config.projection,
            layers=config.layers,
            hidden=config.hidden,
            projection=config.projection,
            skip=config.skip,
            forget_bias=config.forget_bias,
            cell_clip=config.cell_clip,
            projection_clip=config.projection_clip,
        )
        self.mix = ScalarMix(config.layers + 1, norm=norm)
        self.forget()
        self._warm: State | None = None

    @classmethod
    def load(cls, path: str | Path) -> "Elmo":
        """The published weights in a folder with `*options.json` and `*weights.hdf5`, or beside such an options file,
        in a folder of ELMoForManyLangs, or in one that `headwork import` wrote.

        All but the mix is frozen; `requires_grad_()` frees it.
        """
        from headwork.models.elmo_folder import load  # late: it imports this file

        return load(Path(path))

    def freeze(self) -> None:
        """Keep words and language models as they are in training, so that it reaches the mix alone."""
        self.words.requires_grad_(False)
        if self.numbered is not None:
            self.numbered.requires_grad_(False)
        self.bilm.requires_grad_(False)

    @property
    def outputs(self) -> tuple[str, ...]:
        """What `embed` can give."""
        layers = (f"lstm_outputs{number}" for number in range(1, self.config.layers + 1))
        return ("word_emb", *layers, "elmo", "default")

    def forward(self, sentences: Sentences, *, state: Begins = "reset") -> Tensor:
        """B sentences to the (N, 2P) mix for their words, sentence after sentence, with gradients."""
        return self.mix(self.representations(sentences, state=state))

    @torch.no_grad()
    def embed(self, sentences: Sentences, *, output: str = "elmo", state: Begins = "reset") -> list[Tensor]:
        """A tensor for each sentence, of the kind that the module of TensorFlow Hub gave under this name.

        word_emb                       (T, P) words from their characters, without context or states
        lstm_outputs1, lstm_outputs2   (T, 2P) the layers, forward beside backward
        elmo                           (T, 2P) the mix of all layers; in equal shares, unless others were trained
        default                        (2P,) the mean of `elmo` over the words; zeros where there are none
        """
        if output not in self.outputs:
            raise HeadworkError(f"no output of ELMo is called {output!r}; expected one of {', '.join(self.outputs)}")
        # In the original the rows of a batch are so many streams of text, so what is carried is not cut.
        together = max(len(sentences), 1) if state == "carry" else AT_ONCE
        found: list[Tensor] = []
        for start in range(0, len(sentences), together):
            part = sentences[start : start + together]
            packed, lengths = self._packed(part, output, state), [len(sentence) for sentence in part]
            found += segment_mean(packed, lengths) if output == "default" else packed.split(lengths)
        return found

    def _packed(self, sentences: Sentences, output: str, state: Begins) -> Tensor:
        """(N, D) vectors of one kind for all words."""
        if output == "word_emb":
            return self._spelt([self._entry(word) for word in chain(*_checked(sentences))])
        layers = self.representations(sentences, state=state)
        number = output.removeprefix("lstm_outputs")
        return layers[int(number)] if number.isdigit() else self.mix(layers)

    def representations(self, sentences: Sentences, *, state: Begins = "reset") -> Tensor:
        """(L + 1, N, 2P): the words without context, twice side by side, and what each layer says of them."""
        if not _checked(sentences):
            return self.mix.gamma.new_zeros(self.config.layers + 1, 0, 2 * self.config.projection)
        layers, after = self._read(sentences, self._first(state, len(sentences)))
        if state == "carry":
            self._carried = _over(self._carried, State(after.h.detach(), after.c.detach()))
        return layers

    def table(self, words: Sequence[str], *, context_free: bool = False) -> Tensor:
        """(N, P) vectors of words by themselves: `context_free` asks for the only part of ELMo that has such."""
        if not context_free:
            raise HeadworkError(
                "ELMo has no table of words: a word's vector depends on the sentence around it, so give whole "
                "sentences to embed; context_free=True gives the layer of characters alone, which sees no context"
            )
        return self.embed([words], output="word_emb")[0]

    def forget(self) -> None:
        """Let what is read next with `state="carry"` begin from zeros."""
        self._carried = self.bilm.zeros(0)

    @torch.no_grad()
    def warm_up(self, sentences: Sentences) -> None:
        """Read sentences one after another as one stream from zeros; `state="warm"` begins where the last one ended."""
        warm = self.bilm.zeros(1)
        for sentence in _checked(sentences):
            _, warm = self._read([sentence], warm)
        self._warm = warm

    def _first(self, state: Begins, texts: int) -> State:
        """(L, 2, B, …) states that so many sentences begin from."""
        zeros = self.bilm.zeros(texts)
        if state == "reset":
            return zeros
        if state == "carry":
            carried = State(self._carried.h.to(zeros.h), self._carried.c.to(zeros.c))
            return State(*(part[:, :, :texts] for part in _over(zeros, carried)))
        if state != "warm":
            raise HeadworkError(f"sentences cannot begin from {state!r}; expected one of reset, carry, warm")
        if self._warm is None:
            raise HeadworkError("state='warm' begins where a warm-up text ended; give one to warm_up first")
        return State(*(warm.to(zero).expand_as(zero) for warm, zero in zip(self._warm, zeros, strict=True)))

    def _read(self, sentences: Sentences, first: State) -> tuple[Tensor, State]:
        """(L + 1, N, 2P) of all words but the marks, and the states behind the sentences."""
        lexicon = self.lexicon
        opening, closing = (lexicon.opening, lexicon.closing) if lexicon else (Entry(OPENING), Entry(CLOSING))
        rows = [[opening, *map(self._entry, sentence), closing] for sentence in sentences]
        lengths = [len(row) for row in rows]
        words = self._spelt(list(chain(*rows)))
        layers, after = self.bilm(words, lengths, first)
        places = places_of(lengths, words.device)
        ends = torch.tensor(lengths, device=words.device).cumsum(0) - 1
        inner = (places > 0).index_fill(0, ends, False)
        return torch.cat([torch.cat([words, words], dim=1)[None], layers])[:, inner], after

    def _entry(self, word: str) -> Entry:
        return self.lexicon.entry(word, self.config.places) if self.lexicon else Entry(spelling(word))

    def _spelt(self, words: Sequence[Entry]) -> Tensor:
        """(N, P) vectors of words; one that stands there several times is looked at once."""
        number = {word: place for place, word in enumerate(dict.fromkeys(words))}
        device = self.mix.gamma.device
        marks = self.lexicon.marks if self.lexicon else BYTES
        characters = spelt([entry.spelling for entry in number], self.config.places, marks).to(device)
        numbers = torch.tensor([entry.number for entry in number], dtype=torch.int64, device=device)
        vectors = self.words(characters, None if self.numbered is None else self.numbered(numbers))
        return vectors[torch.tensor([number[word] for word in words], dtype=torch.int64, device=device)]


def _over(below: State, above: State) -> State:
    """States of texts, the first of them replaced."""
    texts = above.h.shape[2]
    return State(*(torch.cat([new, old[:, :, texts:].to(new)], 2) for new, old in zip(above, below, strict=True)))


def _checked(sentences: Sentences) -> Sentences:
    """Sentences that are lists of words, where one string is easily given in the place of a list."""
    for sentence in sentences if not isinstance(sentences, str) else [sentences]:
        odd = sentence if isinstance(sentence, str) else next((w for w in sentence if not isinstance(w, str)), None)
        if odd is not None:
            raise HeadworkError(f"ELMo reads lists of words, one for each sentence; found {odd!r}: split it into words")
    return sentences
