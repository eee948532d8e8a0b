"""A recurrent language model: layers of LSTM over the text, with five kinds of dropout.

    h_t, c_t = LSTM(h_t-1, c_t-1, E[x_t]),   logits = E (P h_t) + b        Zaremba, Sutskever and Vinyals 2014

AWD-LSTM (Merity, Keskar and Socher 2018, "Regularizing and optimizing LSTM language models") leaves P out, for its last
layer is as wide as the embeddings, and drops in training

    weights    of U, from state to gates, alike for all texts and steps of a segment   (DropConnect, Wan et al. 2013)
    words      whole rows of E, the same in all texts of a segment                     (Gal and Ghahramani 2016)
    input, hidden, output    what is read, handed up, given out, with one mask for all steps of a text    (the same)

and adds to the loss  ar |m * h_t|^2 + tar |h_t - h_t-1|^2,  means over all places of the last layer, m its dropout
(Merity, McCann and Socher 2017). A rate of 0 leaves a kind out; with all at 0 the layers are torch's LSTM.

The state is handed on from segment to segment and set to zero where a document opens.

Axes: B texts, T tokens of a segment, D width of the embeddings, H width of a state, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from headwork.base.language import START_ID
from headwork.models.language import LanguageNetwork, Memory, NetworkSettings, Read
from headwork.ops.dropout import drop, drop_locked

DROPOUTS = ("weight_dropout", "word_dropout", "input_dropout", "hidden_dropout", "output_dropout")


class LanguageLstmConfig(NetworkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "hidden": 48, "context": 32},
        "small": {},
        "base": {"dim": 384, "hidden": 1024, "layers": 2},
    }
    OF_TRAINING: ClassVar[frozenset[str]] = NetworkSettings.OF_TRAINING | {*DROPOUTS, "ar", "tar"}

    hidden: int = 512
    layers: int = 1
    ends: Literal["projected", "narrow"] = "projected"
    """how states become as wide as the embeddings: by P, or by a last layer of that width"""
    weight_dropout: float = 0.0
    word_dropout: float = 0.0
    input_dropout: float = 0.0
    hidden_dropout: float = 0.0
    output_dropout: float = 0.0
    ar: float = 0.0
    tar: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in DROPOUTS:
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a rate from 0 to below 1")
        if self.ar < 0 or self.tar < 0:
            raise ValueError(f"ar is {self.ar}, tar {self.tar}; expected 0 or more of both")

    @property
    def widths(self) -> list[int]:
        """Of the embeddings, and of each layer's states."""
        last = self.dim if self.ends == "narrow" else self.hidden
        return [self.dim, *[self.hidden] * (self.layers - 1), last]


class LanguageLstm(LanguageNetwork):
    def __init__(self, config: LanguageLstmConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        self.table = nn.Embedding(vocabulary, config.dim)
        nn.init.normal_(self.table.weight, std=config.dim**-0.5)
        widths = zip(config.widths, config.widths[1:], strict=False)
        self.layers = nn.ModuleList(nn.LSTM(below, width, batch_first=True) for below, width in widths)
        self.narrow = nn.Linear(config.hidden, config.dim) if config.ends == "projected" else nn.Identity()
        self.head = self.new_head(self.table)

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        h, memory = self.states(ids, memory)
        states = self._locked(self._dropped(self.narrow(h)), self.config.output_dropout)
        return Read(states, memory, penalty=self._penalty(h, states))

    def states(self, ids: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
        """(B, T) to the (B, T, H) outputs of the last layer, and the state behind them."""
        x = self._locked(self._dropped(self._embedded(ids)), self.config.input_dropout)
        memory = memory or {
            f"{kind}.{number}": x.new_zeros(len(ids), width)
            for number, width in enumerate(self.config.widths[1:])
            for kind in "hc"
        }
        pieces, after = list(documents(ids)), {}
        for number in range(len(self.layers)):
            x = self._locked(self._dropped(x), self.config.hidden_dropout) if number else x
            x, h, c = self._layer(number, x, pieces, memory)
            after |= {f"h.{number}": h.detach(), f"c.{number}": c.detach()}
        return x, after

    def _embedded(self, ids: Tensor) -> Tensor:
        x, rate = self.table(ids), self.config.word_dropout
        return x * drop(x.new_ones(self.vocabulary, 1), rate)[ids] if rate and self.training else x

    def _layer(
        self, number: int, x: Tensor, pieces: Sequence[tuple[slice, Tensor]], memory: Memory
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, …) to the outputs of a layer and its two states behind them."""
        layer, said = cast(nn.LSTM, self.layers[number]), []
        of_input, of_state, *biases = layer.all_weights[0]
        weights = [of_input, drop(of_state, self.config.weight_dropout, self.training), *biases]
        state = {kind: memory[f"{kind}.{number}"] for kind in "hc"}
        for columns, opened in pieces:
            state = self.forget(state, opened)
            first = (state["h"][None], state["c"][None])
            y, h, c = torch.lstm(x[:, columns], first, weights, True, 1, 0.0, self.training, False, True)
            said.append(y)
            state = {"h": h[0], "c": c[0]}
        return torch.cat(said, 1), state["h"], state["c"]

    def _penalty(self, h: Tensor, given: Tensor) -> Tensor | None:
        ar, tar = self.config.ar, self.config.tar
        if not self.training or not (ar or tar):
            return None
        return ar * given.square().mean() + tar * h.diff(dim=1).square().mean()

    def _dropped(self, x: Tensor) -> Tensor:
        return drop(x, self.config.dropout, self.training)

    def _locked(self, x: Tensor, rate: float) -> Tensor:
        return drop_locked(x, rate, self.training)


def documents(ids: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Pieces of (B, T) tokens in which a document opens at the first place or not at all, and (B,) where one does."""
    opened = ids == START_ID
    cuts = sorted({0, *opened.any(0).nonzero().flatten().tolist()})
    for start, end in zip(cuts, [*cuts[1:], ids.shape[1]], strict=True):
        yield slice(start, end), opened[:, start]
