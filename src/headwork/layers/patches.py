"""Pictures as texts of patches: what takes the place of token embeddings in a core that reads pictures.

    x = [first ; W p_1 ; … ; W p_n] + positions        p_i the pixels of a square, row after row from the upper left

Dosovitskiy et al. 2021, "An image is worth 16x16 words", section 3.1; `first` is a learned vector, whose last state
stands for the picture. With a norm behind them these are the embeddings of CLIP (Radford et al. 2021), else of ViT.

Axes: B pictures, C channels, S rows and columns of a picture, T = (S / patch)^2 + 1 tokens, D width.
"""

from dataclasses import dataclass

import msgspec
import torch
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.ops.dropout import drop

LARGEST = {"side": 10_000, "channels": 100}
"""far beyond any published one"""


@dataclass(frozen=True)
class PictureBatch:
    """(B, C, S, S) pictures, their pixels prepared as the model was trained with, and the tokens that each becomes."""

    pixels: Tensor
    tokens: int

    @property
    def lengths(self) -> tuple[int, ...]:
        return (self.tokens,) * len(self.pixels)

    def to(self, device: torch.device | str) -> "PictureBatch":
        return PictureBatch(self.pixels.to(device), self.tokens)


class Patches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How square pictures are cut; pixels that fill no whole patch are left out."""

    side: int
    """rows and columns of a picture"""
    patch: int
    """rows and columns of a patch"""
    channels: int = 3
    bias: bool = True
    """is there one in the linear map of a patch"""

    def __post_init__(self) -> None:
        for name, largest in LARGEST.items():
            if not 1 <= getattr(self, name) <= largest:
                raise ValueError(f"{name} is {getattr(self, name):,}; expected 1 to {largest:,}")
        if not 1 <= self.patch <= self.side:
            raise ValueError(f"patch is {self.patch:,} and side {self.side:,}; expected a patch from 1 to the side")

    @property
    def tokens(self) -> int:
        return (self.side // self.patch) ** 2 + 1

    def batch(self, pixels: Tensor) -> PictureBatch:
        """(B, C, S, S) pixels as a batch; HeadworkError where their shape is another."""
        if pixels.shape[1:] != (shape := (self.channels, self.side, self.side)):
            raise HeadworkError(f"pictures of {tuple(pixels.shape[1:])}, but the model reads {shape}")
        return PictureBatch(pixels, self.tokens)


class PatchEmbeddings(nn.Module):
    def __init__(self, patches: Patches, width: int, norm: nn.Module, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.patches = nn.Conv2d(patches.channels, width, patches.patch, patches.patch, bias=patches.bias)
        self.first = nn.Parameter(torch.randn(width) * 0.02)
        self.positions = nn.Embedding(patches.tokens, width)
        self.norm = norm

    def forward(self, batch: PictureBatch, types: None = None) -> Tensor:
        """(B T, D) as a core takes the tokens of texts, picture after picture."""
        return self.padded(batch.pixels).flatten(0, 1)

    def padded(self, pixels: Tensor) -> Tensor:
        """(B, C, S, S) to (B, T, D)."""
        found = self.patches(pixels).flatten(2).transpose(1, 2)
        first = self.first.expand(pixels.shape[0], 1, -1)
        x = torch.cat([first, found], dim=1) + self.positions.weight
        return drop(self.norm(x), self.dropout, self.training)
