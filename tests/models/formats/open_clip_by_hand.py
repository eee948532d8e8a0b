"""CLIP with the names and shapes of OpenAI's and open_clip's files, built of torch's own attention."""

from collections.abc import Callable
from typing import Any

import torch
from tests.published import END
from torch import Tensor, nn
from torch.nn import functional as F

SIZES: dict[str, Any] = {
    "embed_dim": 10,
    "vision_cfg": {"image_size": 12, "layers": 2, "width": 16, "patch_size": 4, "head_width": 8},
    "text_cfg": {"context_length": 16, "vocab_size": END + 1, "width": 24, "heads": 3, "layers": 3},
}


def quick_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


class Mlp(nn.Module):
    def __init__(self, width: int, activation: Callable[[Tensor], Tensor]):
        super().__init__()
        self.c_fc, self.c_proj, self.activation = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), activation

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(self.activation(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, activation: Callable[[Tensor], Tensor]):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_1, self.ln_2, self.mlp = nn.LayerNorm(width), nn.LayerNorm(width), Mlp(width, activation)

    def forward(self, x: Tensor, hidden: Tensor | None) -> Tensor:
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, attn_mask=hidden, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, layers: int, *sizes):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(*sizes) for _ in range(layers))

    def forward(self, x: Tensor, hidden: Tensor | None = None) -> Tensor:
        for block in self.resblocks:
            x = block(x, hidden)
        return x


class Visual(nn.Module):
    def __init__(self, sizes: dict[str, int], out: int, activation: Callable[[Tensor], Tensor]):
        super().__init__()
        width, patch = sizes["width"], sizes["patch_size"]
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros((sizes["image_size"] // patch) ** 2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(sizes["layers"], width, width // sizes["head_width"], activation)
        self.proj = nn.Parameter(torch.zeros(width, out))

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x))[:, 0]) @ self.proj


class OpenClip(nn.Module):
    def __init__(self, *, quick: bool, sizes: dict[str, Any] = SIZES):
        super().__init__()
        activation, text = quick_gelu if quick else F.gelu, sizes["text_cfg"]
        self.visual = Visual(sizes["vision_cfg"], sizes["embed_dim"], activation)
        self.transformer = Transformer(text["layers"], text["width"], text["heads"], activation)
        self.token_embedding = nn.Embedding(text["vocab_size"], text["width"])
        self.positional_embedding = nn.Parameter(torch.zeros(text["context_length"], text["width"]))
        self.ln_final = nn.LayerNorm(text["width"])
        self.text_projection = nn.Parameter(torch.zeros(text["width"], sizes["embed_dim"]))
        self.logit_scale = nn.Parameter(torch.zeros(()))

    def forward(self, pixels: Tensor, ids: Tensor) -> Tensor:
        """(pictures, texts) logits; `ids` are filled up with zeros."""
        tokens = ids.shape[1]
        x = self.token_embedding(ids) + self.positional_embedding[:tokens]
        future = torch.full((tokens, tokens), float("-inf"), dtype=x.dtype).triu(1)
        x = self.ln_final(self.transformer(x, future))
        texts = x[torch.arange(len(x)), ids.argmax(1)] @ self.text_projection
        return self.logit_scale.exp() * F.normalize(self.visual(pixels)) @ F.normalize(texts).T
