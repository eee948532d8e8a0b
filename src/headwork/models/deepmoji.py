"""Two BiLSTMs, a skip around both, and attention.

    x_i = tanh(E[w_i]),   h = BiLSTM(x),   h' = BiLSTM(h),   s_i = [h'_i ; h_i ; x_i]
    r = sum_i softmax_i(w · s_i) s_i,   logits = A r + b

Felbo et al. 2017, "Using millions of emoji occurrences to learn any-domain representations for detecting sentiment,
emotion and sarcasm", section 3.2. `gates` says which LSTM: that of Keras at the time, or the one of the papers. A run
that was trained on other labels gives its weights, all but the head, to a new one (`pretrained`), whose layers then
thaw along a chain (`train.unfreeze`). Size base has the published widths: a text has 2,304 features.

Axes: B texts, N tokens of all texts together, D width of a token, H width of a direction, C classes.
"""

from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn

from headwork.attention.context import ContextAttention
from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.recipes import Recipe
from headwork.layers.embeddings import WordEmbedding
from headwork.layers.recurrent import CellName, Recurrent
from headwork.models import Weights, config_of
from headwork.models.stored import load_tensors
from headwork.ops.dropout import drop
from headwork.ops.packed import TokenBatch

CELLS: dict[str, CellName] = {"hard": "hard-lstm", "logistic": "lstm"}


class DeepMojiConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"width": 24, "hidden": 24},
        "small": {},
        "base": {"width": 256, "hidden": 512},
    }

    pretrained: str = ""
    """the run of a deepmoji on other labels"""
    tokens: Literal["words", "wordpiece", "bert"] = "words"
    """bert: those of the run that it starts from"""
    max_tokens: int = 256
    width: int = 100
    hidden: int = 100
    """of a direction"""
    gates: Literal["hard", "logistic"] = "hard"
    dropout: float = 0.3
    """of the embeddings, and in front of the head"""

    def __post_init__(self) -> None:
        if bool(self.pretrained) > (self.tokens == "bert"):
            raise ValueError(f"tokens is {self.tokens!r} and pretrained {self.pretrained!r}; set model.tokens=bert")


class _Stored(msgspec.Struct, frozen=True):
    recipe: Recipe | None = None
    model: Any = None
    """of a run with several labels, the same one level below"""
    vocabulary: int = 0
    classes: list[str] = []


class DeepMoji(nn.Module):
    SENTENCES = False
    SEEN_AS = "attention"

    def __init__(self, config: DeepMojiConfig, *, vocabulary: int, classes: int):
        super().__init__()
        self.config, hidden = config, config.hidden
        self.embedding = WordEmbedding(vocabulary, config.width, dropout=0.0)
        self.lower = Recurrent(CELLS[config.gates], config.width, hidden=hidden)
        self.upper = Recurrent(CELLS[config.gates], 2 * hidden, hidden=hidden)
        self.pool = PlainAttention(4 * hidden + config.width)
        self.head = nn.Linear(4 * hidden + config.width, classes)

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the run in `folder` gives."""
        config = config_of(_stored(folder).recipe)  # pyright: ignore[reportArgumentType]
        return {name: getattr(config, name) for name in ("width", "hidden", "gates")}

    def load_pretrained(self, folder: Path) -> None:
        """Take over all but the head."""
        stored = _stored(folder)
        vocabulary, classes = len(self.embedding.table.weight), len(stored.classes)
        other = DeepMoji(self.config, vocabulary=vocabulary, classes=classes)
        load_tensors(other, folder / "model.safetensors")
        own = {name: value for name, value in other.state_dict().items() if not name.startswith("head.")}
        self.load_state_dict(own, strict=False)

    def layer_groups(self) -> list[nn.Module]:
        """From the lowest to the highest, as they are thawed."""
        return [self.embedding, self.lower, self.upper, self.pool, self.head]

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits."""
        return self.head(drop(self.encode(batch), self.config.dropout, self.training))

    def encode(self, batch: TokenBatch) -> Tensor:
        """(B, 4H + D): the features of each text."""
        return self.pool(self._annotations(batch), batch.lengths)

    def weights(self, batch: TokenBatch) -> Weights:
        return Weights(self.pool.shares(self._annotations(batch), batch.lengths))

    def _annotations(self, batch: TokenBatch) -> Tensor:
        """(N, 4H + D)"""
        x = drop(self.embedding(batch.ids).tanh(), self.config.dropout, self.training)
        lower = self.lower(x, batch.lengths)
        return torch.cat([self.upper(lower, batch.lengths), lower, x], dim=1)


class PlainAttention(ContextAttention):
    """A learned vector asks the annotations as they are."""

    def keys(self, annotations: Tensor) -> Tensor:
        return annotations


def _stored(folder: Path) -> _Stored:
    """What config.json says of the classifier in `folder`, with one label a text or several."""
    found = read_json(folder / "config.json", _Stored)
    if found.recipe is None and isinstance(found.model, dict):
        found = msgspec.convert(found.model, _Stored)
    if found.recipe is None or found.recipe.kind != "deepmoji":
        raise HeadworkError(f"{folder}: holds no deepmoji; name the run of one")
    return found
