"""Word vectors, learned from nothing or started from those of a pretrained encoder.

Axes: N tokens of all texts together, V words of the vocabulary, D width.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from headwork.base.errors import HeadworkError

WORD_VECTORS = "embeddings.word_embeddings.weight"


class WordEmbedding(nn.Module):
    """(N,) ids to (N, D) vectors, with dropout of their values."""

    def __init__(self, vocabulary: int, width: int, *, dropout: float):
        super().__init__()
        self.table = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.table.weight, std=width**-0.5)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor) -> Tensor:
        return self.dropout(self.table(ids))

    def load_pretrained(self, folder: Path) -> None:
        """Start from the word vectors of the encoder in `folder`; its other tensors are not read."""
        vectors = read_word_vectors(folder / "model.safetensors", shape=tuple(self.table.weight.shape))
        with torch.no_grad():
            self.table.weight.copy_(vectors)


def read_word_vectors(file: Path, *, shape: tuple[int, ...]) -> Tensor:
    """The (V, D) word vectors of a BERT-like encoder; another shape is refused before anything is read."""
    try:
        with safe_open(file, framework="pt") as tensors:
            if WORD_VECTORS not in tensors.keys():
                raise HeadworkError(f"{file}: no tensor {WORD_VECTORS}; word vectors come from a BERT-like encoder")
            vectors = tensors.get_slice(WORD_VECTORS)
            if tuple(vectors.get_shape()) != shape:
                raise HeadworkError(
                    f"{file}: {WORD_VECTORS} is {tuple(vectors.get_shape())}, the model asks for {shape}; set "
                    f"model.tokens=bert and model.width={vectors.get_shape()[-1]}"
                )
            return vectors[:]
    except (SafetensorError, OSError) as error:
        raise HeadworkError(f"{file}: not readable as safetensors ({error}); fetch the encoder again") from error
