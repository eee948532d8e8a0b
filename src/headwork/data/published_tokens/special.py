"""The last step of every format: numbers that are whole, special tokens that are marked, and texts that stay texts.

A special token is never made of what a user writes. Where the model itself would find one, because its pieces are
letters like any other (SentencePiece gives "<s>" a score of 0, the best there is), texts are cut inside that word
beforehand: "<" | "s>". All other words are cut as they were.
"""

import re
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, pre_tokenizers

from headwork.data.tokenizers import FRAMES, PAD, UNKNOWN, TextTokenizer

MARKS = frozenset(
    {token for frame in FRAMES for token in (*frame.before, *frame.after)}
    | {PAD, UNKNOWN, "[MASK]", "<pad>", "<unk>", "<mask>", "<eop>", "<eod>"}
)
"""tokens that are special in every vocabulary that has them"""
NOWHERE = "\U0010fffd"
"""a letter that no vocabulary knows"""


def finished(tokenizer: Tokenizer, special: Iterable[str] = MARKS) -> TextTokenizer:
    """The tokenizer, where its ids are 0 … n-1; ValueError where they are not, or a token has no letters."""
    vocabulary = tokenizer.get_vocab()
    absent = set(range(len(vocabulary))).difference(vocabulary.values())
    if absent:
        raise ValueError(f"no token has the id {min(absent)}; does one stand there twice?")
    if "" in vocabulary:
        raise ValueError(f"the token of id {vocabulary['']} is empty")
    there = sorted(vocabulary.keys() & (MARKS | set(special)))
    tokenizer.add_special_tokens(there)
    found = TextTokenizer(tokenizer)  # from here on texts have no special tokens but those that the model makes
    reached = [token for token in there if _reached(tokenizer, token, vocabulary[token])]
    if reached:
        parts = "|".join(f"{re.escape(begin)}(?={re.escape(end)})" for begin, end in _cuts(reached, vocabulary))
        tokenizer.pre_tokenizer = behind(tokenizer, pre_tokenizers.Split(Regex(parts), "merged_with_previous"))
    for token in reached:
        if _reached(tokenizer, token, vocabulary[token]):
            raise ValueError(f"a text that holds {token!r} becomes that special token")
    return found


def behind(tokenizer: Tokenizer, last: pre_tokenizers.PreTokenizer) -> pre_tokenizers.PreTokenizer:
    """The way in which the tokenizer cuts texts, and then `last`."""
    first = tokenizer.pre_tokenizer
    return last if first is None else pre_tokenizers.Sequence([first, last])


def _reached(tokenizer: Tokenizer, token: str, number: int) -> bool:
    """Whether a text that holds the letters of a special token becomes it, as it would not were one of them unknown."""
    others = (NOWHERE + token[1:], token[:-1] + NOWHERE)
    return _becomes(tokenizer, token, number) and not all(_becomes(tokenizer, other, number) for other in others)


def _becomes(tokenizer: Tokenizer, word: str, number: int) -> bool:
    texts = [word, f"a {word} b", f"a{word}b"]
    return any(
        found == number and end - start >= len(word)
        for encoded in tokenizer.encode_batch(texts, add_special_tokens=False)
        for found, (start, end) in zip(encoded.ids, encoded.offsets, strict=True)
    )


def _cuts(tokens: Iterable[str], vocabulary: dict[str, int]) -> list[tuple[str, str]]:
    """Both parts of each token, cut beside a known letter where there is one: unknown neighbours stay one token."""
    cuts = []
    for token in tokens:
        known = [place for place in range(1, len(token)) if {token[place - 1], token[place]} & vocabulary.keys()]
        place = known[0] if known else 1
        cuts.append((token[:place], token[place:]))
    return sorted(cuts, key=lambda cut: -len(cut[0]))
