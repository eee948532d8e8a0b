"""A published causal decoder, with its own tokens, as a language model that writes and scores texts.

Its keys and values are kept, so that each token is read once; where all its places are taken, it reads the last half of
them again.

Axes: t tokens of a document, V vocabulary.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from headwork.attention.memory.cache import Cache
from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.data.tokenizers import TextTokenizer
from headwork.data.vocabulary import Encoded, PairVocabulary
from headwork.models import published
from headwork.models.language_settings import LanguageSettings
from headwork.models.published import Published
from headwork.ops.linear import Linear, Precision, dtype_of, for_inference, frozen
from headwork.tasks.language import LanguageModel, Writer

START = "<|endoftext|>"
"""stands between the texts that GPT-2 was trained on (Radford et al. 2019)"""


class PublishedVocabulary(PairVocabulary):
    """The tokens of a published decoder; a text begins behind START, where there is such a token."""

    def __init__(self, tokenizer: TextTokenizer):
        super().__init__(tokenizer)
        names = tokenizer.tokens(range(tokenizer.vocabulary))
        self.start = names.index(START) if START in names else None

    def encode(self, text: str) -> Encoded:
        (found,) = self.tokenizer.encode([text])
        own = slice(len(self.tokenizer.before), len(found.ids) - len(self.tokenizer.after))
        opened = [] if self.start is None else [self.start]
        starts = [0] * len(opened) + [start for start, _ in found.offsets[own]]
        return Encoded(np.array([*opened, *found.ids[own]], dtype=np.int64), np.array(starts, dtype=np.int64))


class PublishedLanguageModel(LanguageModel):
    reserved = 0

    def __init__(self, model: Published, tokenizer: TextTokenizer, device: str):
        core = model.config.core
        self.recipe = Recipe(name=model.config.family, title=model.config.family, paper="", task="language")
        self.vocabulary: PublishedVocabulary = PublishedVocabulary(tokenizer)
        self.config = LanguageSettings(tokens="bpe", context=core.positions - core.position_offset)
        self.model, self.device = model, device
        self.ends = self.vocabulary.start
        self.compute_in("fp32")

    def compute_in(self, precision: Precision) -> None:
        """From now on; a text that waits for its weights is written faster where they are rounded."""
        dtype, table = dtype_of(precision, self.device), self.model.core.embeddings.tokens.weight
        head = Linear(table.shape[1], table.shape[0], bias=False, device="meta")
        head.weight = table
        self._core, self._head = for_inference(self.model.core.to(self.device), dtype), frozen(head, dtype)

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.model.parameters())

    def store(self, folder: Path) -> None:
        published.save(self.model, folder)

    def nats(self, documents: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [self._nats(torch.as_tensor(document)) for document in documents]

    def writer(self, ids: Sequence[int]) -> Writer:
        """A prompt is read without START before it, as the model was published; nothing else begins with it."""
        if not ids:
            raise HeadworkError(f"{self.recipe.name} has no token to begin with; give a --prompt")
        return _Writing(self, ids[1:] if len(ids) > 1 and ids[0] == self.vocabulary.start else ids)

    def note(self, prompt: str) -> str:
        tokens = len(self.vocabulary.encode(prompt).ids)
        if tokens <= self.context:
            return ""
        half = self.context // 2
        return f"the prompt has {tokens:,} tokens and the model reads {self.context}: only the last {half} count"

    @torch.inference_mode()
    def log_probabilities(self, ids: Sequence[int], caches: list[Cache], *, last: int = 0) -> torch.Tensor:
        """(t, V) of what follows each of the tokens, in double precision; they stand behind those in the caches.

        last: of so many tokens at the end alone; 0: of all of them.
        """
        states = self._core.further(torch.tensor([list(ids)], device=self.device), caches)[0]
        return self._head(states[-last:]).double().log_softmax(-1).cpu()

    def caches(self) -> list[Cache]:
        return [Cache() for _ in self._core.layers]

    def _nats(self, ids: torch.Tensor) -> np.ndarray:
        """(t - 1,) of pieces that share half of their tokens, so that half a context is known at least."""
        found, half = np.zeros(len(ids) - 1), self.context // 2
        for first in range(0, max(len(ids) - 1 - half, 1), half):
            piece = ids[first : first + self.context + 1]
            chances = self.log_probabilities(piece[:-1].tolist(), self.caches())
            losses = -chances.gather(1, piece[1:, None]).squeeze(1).numpy()
            new = half if first else 0
            found[first + new : first + len(losses)] = losses[new:]
        return found


class _Writing(Writer):
    def __init__(self, model: PublishedLanguageModel, ids: Sequence[int]):
        self.model, self.caches = model, model.caches()
        self.recent: list[int] = []
        self._read(ids)

    def add(self, token: int) -> None:
        self._read([token])

    def _read(self, ids: Sequence[int]) -> None:
        context = self.model.context
        self.recent = [*self.recent, *ids][-context:]
        if self.caches[0].length + len(ids) > context:
            ids, self.caches = self.recent[-(context // 2) :], self.model.caches()
        (last,) = self.model.log_probabilities(ids, self.caches, last=1)
        self.log_probabilities = last.numpy()


def load_published_language(folder: Path, *, device: str = "cpu") -> PublishedLanguageModel:
    """The decoder in the model folder of what was imported; another model is refused."""
    model = published.load(folder)
    if not model.config.core.causal:
        raise HeadworkError(f"{folder.parent}: an encoder, which writes no text")
    return PublishedLanguageModel(model, TextTokenizer.load(folder / "tokenizer.json"), device)
