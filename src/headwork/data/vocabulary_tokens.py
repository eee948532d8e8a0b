"""The tokens of a language model for a reader of texts: a vocabulary, with the two marks behind its last token."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

from headwork.base.about import bare
from headwork.base.language import START_ID, UNKNOWN_ID, TokenKind
from headwork.data.tokenizers import Encoded, TextTokenizer, with_marks
from headwork.data.vocabulary import Vocabulary, load_vocabulary

LANGUAGE_TOKENS = frozenset(get_args(TokenKind)) - {"words", "intensities"}
"""kinds that no tokenizer of texts has the name of"""


class VocabularyTokenizer:
    """What a reader asks of a tokenizer (`headwork.data.tokenizers.TextTokenizer`)."""

    before, after = (START_ID,), ()
    unknown = UNKNOWN_ID

    def __init__(self, known: Vocabulary):
        self.known = known
        self.marks = (known.size, known.size + 1)

    @property
    def vocabulary(self) -> int:
        return self.known.size + len(self.marks)

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        return [self._encoded(text) for text in texts]

    def _encoded(self, text: str) -> Encoded:
        said, places = bare(text)
        found = self.known.encode(said)
        starts = found.starts[1:].tolist()
        offsets = list(zip(starts, [*starts[1:], len(said)], strict=False))
        ids, offsets = with_marks(found.ids[1:].tolist(), offsets, places, self.marks)
        return Encoded([START_ID, *ids], [(0, 0), *offsets])

    def tokens(self, ids: Iterable[int]) -> list[str]:
        return [self.known.decode([token]) if token < self.known.size else "" for token in ids]

    def save(self, path: Path) -> None:
        self.known.save(path)


def load_tokens(path: Path, kind: str) -> TextTokenizer | VocabularyTokenizer:
    """What a reader has saved, by the name of its tokens."""
    return VocabularyTokenizer(load_vocabulary(path)) if kind in LANGUAGE_TOKENS else TextTokenizer.load(path)
