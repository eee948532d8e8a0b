"""Texts to sentence embeddings with all-MiniLM-L6-v2: headwork, and sentence-transformers with its defaults."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwork.ops.linear import Precision
    from headwork.ops.packed import TokenBatch


class Headwork:
    """Texts sorted by length, packed into batches of about 1,024 tokens, a thread each; larger ones on a GPU."""

    def __init__(self, precision: "Precision" = "fp32", device: str = "cpu") -> None:
        from headwork.data.published_tokens import load_published
        from headwork.data.weights import find_encoder
        from headwork.models.encoder import EncoderClassifier, EncoderConfig, for_embedding
        from headwork.tasks.reading import TextReader

        config = EncoderConfig(pretrained="minilm", tokens="bert")
        folder = find_encoder("minilm", offline=True)
        self.reader = TextReader(load_published(folder), config.max_tokens, sentences=False)
        model = EncoderClassifier(config, vocabulary=self.reader.tokenizer.vocabulary, classes=1)
        model.load_pretrained(folder)
        self.device = device
        self.model = for_embedding(model.to(device), precision)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) unit vectors."""
        from headwork.models.encoder import embed

        places, batches = self.batches(texts)
        vectors = embed(self.model, batches).cpu().numpy()
        out = np.empty_like(vectors)
        out[places] = vectors
        return out

    def batches(self, texts: Sequence[str]) -> "tuple[list[int], list[TokenBatch]]":
        """The texts' places in the order of the batches, and the batches."""
        from headwork.data.batches import ordered_batches

        read = self.reader.read(texts)
        batches = ordered_batches(read.lengths, 1024, self.device)
        return [row for rows in batches for row in rows], [read.batch(rows).to(self.device) for rows in batches]


class SentenceTransformers:
    def __init__(self, device: str = "cpu", *, dtype: str = "float32", rows: int = 32) -> None:
        from sentence_transformers import SentenceTransformer

        from headwork.data.weights import find_encoder

        folder = find_encoder("minilm", offline=True)
        self.model = SentenceTransformer(str(folder), device=device, model_kwargs={"torch_dtype": dtype})
        self.rows = rows

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 384) unit vectors."""
        return self.model.encode(list(texts), batch_size=self.rows)


SIDES = {"headwork": Headwork, "sentence-transformers": SentenceTransformers}
