"""CLIP: a tower for pictures and one for texts, whose vectors point alike where they belong together.

    u = unit(W_p norm(h_first))       h = core(patches of the picture), the state of its first token
    v = unit(W_t norm(h_end))         h = core(tokens of the text), causal; the state of the token that ends it
    logits = exp(s) u · v             s is learned, and kept where exp(s) is at most 100

Radford et al. 2021, "Learning transferable visual models from natural language supervision", section 2. A picture is
classified by names that were never used as labels: each name is a text, and the softmax over them the answer.

Axes: B texts or pictures, N packed tokens of all, D width of a tower, E width of the vectors.
"""

import math
from pathlib import Path

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.files import read_json, write_json
from headwork.layers.contrastive import contrastive_loss
from headwork.layers.patches import Patches, PictureBatch
from headwork.layers.transformer import Core, CoreConfig
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.packed import TokenBatch, pad, segment_first

LARGEST_SCALE = 100.0


class ClipConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of both towers, and of what joins them."""

    texts: CoreConfig
    pictures: CoreConfig
    width: int
    """of the vectors that both towers share"""
    end: int | None = None
    """the token that ends a text, at its first place; none: the token with the largest number"""

    def __post_init__(self) -> None:
        if self.pictures.patches is None or self.texts.patches is not None:
            raise ValueError("expected one tower that reads pictures and one that reads texts")
        if not 1 <= self.width <= 1_000_000:
            raise ValueError(f"width is {self.width:,}; expected 1 to 1,000,000")

    @property
    def patches(self) -> Patches:
        """How pictures are cut."""
        assert self.pictures.patches is not None
        return self.pictures.patches


class Clip(nn.Module):
    def __init__(self, config: ClipConfig) -> None:
        super().__init__()
        self.config = config
        self.texts = Core(config.texts)
        self.pictures = Core(config.pictures)
        self.text_projection = nn.Linear(config.texts.dim, config.width, bias=False)
        self.picture_projection = nn.Linear(config.pictures.dim, config.width, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(self, pictures: PictureBatch, texts: TokenBatch) -> Tensor:
        """(pictures, texts) logits."""
        return self.logits(self.embed_pictures(pictures), self.embed_texts(texts))

    def logits(self, pictures: Tensor, texts: Tensor) -> Tensor:
        """(pictures, texts) from the unit vectors of both."""
        return self.logit_scale.exp() * pictures @ texts.T

    def embed_pictures(self, batch: PictureBatch) -> Tensor:
        """(B, E) unit vectors."""
        return F.normalize(self.picture_projection(segment_first(self.pictures(batch), batch.lengths)), dim=1)

    def embed_texts(self, batch: TokenBatch) -> Tensor:
        """(B, E) unit vectors."""
        states = pad(self.texts(batch), batch.lengths)
        return F.normalize(self.text_projection(self.ends(states, batch.padded(fill=-1)[0])), dim=1)

    def ends(self, states: Tensor, ids: Tensor) -> Tensor:
        """(B, T, D) states of padded texts to the (B, D) of the tokens that end them."""
        found = ids if self.config.end is None else (ids == self.config.end).int()
        places = found.argmax(1)[:, None, None].expand(-1, 1, states.shape[2])
        return states.gather(1, places).squeeze(1)

    def loss(self, pictures: PictureBatch, texts: TokenBatch) -> Tensor:
        """Of a batch of pictures, each with its text."""
        with torch.no_grad():
            self.logit_scale.clamp_(max=math.log(LARGEST_SCALE))
        return contrastive_loss(self.embed_pictures(pictures), self.embed_texts(texts), self.logit_scale.exp())


def save(model: Clip, folder: Path) -> None:
    """config.json and model.safetensors in `folder`."""
    write_json(folder / "config.json", model.config)
    save_tensors(model, folder / "model.safetensors")


def load(folder: Path) -> Clip:
    """What `save` wrote; a file that does not fit is refused."""
    model = Clip(read_json(folder / "config.json", ClipConfig))
    load_tensors(model, folder / "model.safetensors")
    return model.eval()
