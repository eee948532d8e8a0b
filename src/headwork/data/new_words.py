"""Words that a WordPiece vocabulary breaks into pieces, and the same vocabulary with some of them whole.

    what a word saves = times it stands in the texts · (pieces - 1)

A word is what the vocabulary is asked for: between blanks and signs, without capitals and accents where it has none. A
new one is taken whole wherever a word begins with it, as WordPiece takes the longest piece first. A word that the
vocabulary cannot write at all is one unknown token, and counts as if it were two.

Devlin et al. 2019, "BERT", whose vocabularies keep slots [unused0] … for such words.

Axes: n texts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from tokenizers import Tokenizer

from headwork.base.errors import HeadworkError
from headwork.data.published_tokens.special import finished
from headwork.data.tokenizers import LONGEST_WORD, TextTokenizer

FEWEST_TIMES = 3
"""a word that the texts hold less often is not taken"""
SLOT = re.compile(r"\[unused(\d+)\]")


class NewWord(NamedTuple):
    word: str
    times: int
    pieces: tuple[int, ...]
    """of the old vocabulary"""

    @property
    def saved(self) -> int:
        """Tokens, were it one."""
        return self.times * max(1, len(self.pieces) - 1)


def check_wordpiece(tokenizer: TextTokenizer, where: str) -> None:
    kind = _parts(tokenizer)["model"]["type"]
    if kind != "WordPiece":
        raise HeadworkError(
            f"{where}: its vocabulary is of the kind {kind}, to which no words can be added; name an encoder with "
            "WordPiece, such as BERT, DistilBERT or minilm"
        )


def new_words(tokenizer: TextTokenizer, texts: Sequence[str], *, tokens: int) -> list[NewWord]:
    """The words that save most, at most `tokens` of them; numbers are none."""
    times = Counter(word for text in texts for word in tokenizer.split(text))
    often = [word for word in times if times[word] >= FEWEST_TIMES and len(word) <= LONGEST_WORD]
    often = sorted(word for word in often if not word.isnumeric())
    own = slice(len(tokenizer.before), -len(tokenizer.after) or None)
    encoded = zip(often, tokenizer.encode(often), strict=True)
    found = [NewWord(word, times[word], tuple(each.ids[own])) for word, each in encoded]
    broken = [each for each in found if len(each.pieces) > 1 or tokenizer.unknown in each.pieces]
    return sorted(broken, key=lambda each: (-each.saved, each.word))[:tokens]


def slots_of(tokenizer: TextTokenizer) -> list[int]:
    """The numbers of the tokens that the vocabulary keeps free, in their order."""
    names = tokenizer.tokens(range(tokenizer.vocabulary))
    free = [(int(slot[1]), place) for place, name in enumerate(names) if (slot := SLOT.fullmatch(name))]
    return [place for _, place in sorted(free)]


def with_words(tokenizer: TextTokenizer, words: Sequence[str], *, places: Sequence[int]) -> TextTokenizer:
    """The same tokenizer, in whose vocabulary each of `words` is the token of that number.

    What stood at the place of a slot is gone; every other token keeps its number.
    """
    parts = _parts(tokenizer)
    taken = set(places)
    kept = {token: number for token, number in parts["model"]["vocab"].items() if number not in taken}
    parts["model"]["vocab"] = kept | dict(zip(words, places, strict=True))
    parts["added_tokens"] = [token for token in parts["added_tokens"] if token["id"] not in taken]
    return finished(Tokenizer.from_str(msgspec.json.encode(parts).decode()))


def fragments(tokenizer: TextTokenizer, texts: Sequence[str]) -> np.ndarray:
    """(n, 4) of each text its words, their tokens, the words of several, and those that hold an unknown one."""
    unknown = tokenizer.unknown
    counted = [
        (
            len(words),
            sum(len(word.ids) for word in words),
            sum(len(word.ids) > 1 for word in words),
            sum(unknown in word.ids for word in words),
        )
        for words in tokenizer.encode_words(texts)
    ]
    return np.array(counted, dtype=np.float64).reshape(-1, 4)


def _parts(tokenizer: TextTokenizer) -> dict[str, Any]:
    return msgspec.json.decode(tokenizer.json)
