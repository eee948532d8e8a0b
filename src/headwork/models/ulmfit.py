"""A language model that classifies: AWD-LSTM, three poolings of its states, two blocks.

    H = AWD-LSTM(tokens)        its last layer, `headwork.models.language_lstm`
    h = [h_T ; max_t h_t ; mean_t h_t]
    logits = W' drop(bn(relu(W drop(bn(h)) + b))) + b'

Howard and Ruder 2018, "Universal Language Model Fine-tuning for Text Classification", section 3.3. The language model
is learnt on the training texts first (train.language), or is one that was trained before (model.pretrained).

Axes: B texts, T tokens of the longest, N packed tokens of all texts, D width of the embeddings, C classes.
"""

from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.language import UNKNOWN_ID
from headwork.base.recipes import Recipe
from headwork.layers.pooling import LastPool, MaxPool, MeanPool
from headwork.models import Weights, config_of
from headwork.models.language_lstm import LanguageLstm, LanguageLstmConfig
from headwork.models.stored import load_tensors
from headwork.ops.dropout import drop
from headwork.ops.packed import TokenBatch


class UlmfitConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 24, "hidden": 32, "units": 16},
        "small": {},
        "base": {"dim": 400, "hidden": 1152},
    }

    pretrained: str = ""
    """the run of a language model (`headwork train awd-lstm`), or the folder of an imported one"""
    tokens: Literal["marked-words", "bpe", "characters", "bytes"] = "marked-words"
    max_tokens: int = 400
    dim: int = 96
    hidden: int = 192
    layers: int = 3
    units: int = 50
    """between the two blocks"""
    weight_dropout: float = 0.2
    word_dropout: float = 0.02
    input_dropout: float = 0.25
    hidden_dropout: float = 0.15
    dropout: float = 0.1
    """in front of the last layer; in front of the one before four times as much, at most 0.5"""

    @property
    def language(self) -> dict[str, Any]:
        """The settings of the language model in it."""
        names = ("dim", "hidden", "layers", "weight_dropout", "word_dropout", "input_dropout", "hidden_dropout")
        return {name: getattr(self, name) for name in names} | {"ends": "narrow", "tokens": self.tokens}


class _Stored(msgspec.Struct, frozen=True):
    recipe: Recipe | None = None


class Ulmfit(nn.Module):
    SENTENCES = False
    SEEN_AS = "share in the last, the largest and the mean state"

    def __init__(self, config: UlmfitConfig, *, vocabulary: int, classes: int):
        super().__init__()
        self.config = config
        self.encoder = LanguageLstm(LanguageLstmConfig(**config.language), vocabulary=vocabulary)
        self.encoder.head = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]  what foretells is left out
        self.pools = nn.ModuleList(pool(config.dim) for pool in (LastPool, MaxPool, MeanPool))
        self.first = Block(3 * config.dim, config.units, dropout=min(0.5, 4 * config.dropout))
        self.second = Block(config.units, classes, dropout=config.dropout)

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the language model in `folder` gives."""
        found = language_model_in(folder)
        return {name: getattr(found, name) for name in ("dim", "hidden", "layers", "tokens")}

    def load_pretrained(self, folder: Path) -> None:
        """Start from the language model in `folder`; the marks, which it does not know, have the mean of its words."""
        own = self.encoder.table.weight
        network = LanguageLstm(language_model_in(folder), vocabulary=len(own) - 2)
        load_tensors(network, folder / "model.safetensors")
        self.take(network)

    @torch.no_grad()
    def take(self, network: LanguageLstm) -> None:
        """The weights of a language model of this shape."""
        self.encoder.layers.load_state_dict(network.layers.state_dict())
        table, known = self.encoder.table.weight, network.table.weight
        table.copy_(torch.cat([known, known.mean(0).expand(len(table) - len(known), -1)]))

    @torch.no_grad()
    def give(self, network: LanguageLstm) -> None:
        """Its weights to a language model of this shape."""
        network.layers.load_state_dict(self.encoder.layers.state_dict())
        network.table.weight.copy_(self.encoder.table.weight[: network.vocabulary])

    def layer_groups(self) -> list[nn.Module]:
        """From the lowest to the highest, as they are thawed."""
        head = nn.ModuleList([self.first, self.second])
        return [self.encoder.table, *self.encoder.layers, head]

    def forward(self, batch: TokenBatch) -> Tensor:
        """(B, C) logits."""
        states = self._states(batch)
        pooled = torch.cat([pool(states, batch.lengths) for pool in self.pools], dim=1)
        return self.second(self.first(pooled).relu())

    def weights(self, batch: TokenBatch) -> Weights:
        """The mean of each token's shares in the three poolings."""
        states = self._states(batch)
        return Weights(torch.stack([pool.shares(states, batch.lengths) for pool in self.pools]).mean(0))  # pyright: ignore[reportCallIssue]

    def _states(self, batch: TokenBatch) -> Tensor:
        """(N, D); what is filled in behind a text comes too late to be heard."""
        if not len(batch.ids):
            return self.encoder.table.weight.new_zeros(0, self.config.dim)
        ids, mask = batch.padded(UNKNOWN_ID)
        return self.encoder.states(ids, None)[0][mask]


class Block(nn.Module):
    """W drop(bn(x)) + b; a batch of one text is normalised as in evaluation."""

    def __init__(self, width: int, out: int, *, dropout: float):
        super().__init__()
        self.norm, self.linear, self.dropout = nn.BatchNorm1d(width), nn.Linear(width, out), dropout

    def forward(self, x: Tensor) -> Tensor:
        norm = self.norm
        among_others = self.training and len(x) > 1
        x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, among_others, 0.1, norm.eps)
        return self.linear(drop(x, self.dropout, self.training))


def language_model_in(folder: Path) -> LanguageLstmConfig:
    """The settings of the AWD-LSTM in `folder`; another model is refused."""
    recipe = read_json(folder / "config.json", _Stored).recipe
    config = config_of(recipe) if recipe and recipe.kind == "language-lstm" else None
    if (
        config is None
        or config.ends != "narrow"
        or config.tokens not in UlmfitConfig.__annotations__["tokens"].__args__
    ):
        raise HeadworkError(
            f"{folder}: holds no AWD-LSTM over marked-words, bpe, characters or bytes; train one with `headwork train "
            "awd-lstm TEXT --set model.tokens=marked-words`, or import one"
        )
    return config
