"""Texts to token ids and back to the characters that each token stands for.

`words`: lower-cased words and punctuation marks, numbered by how often the training texts have them.
`wordpiece`: pieces of words fitted on the training texts. Abbreviations of Hebrew stay whole in both, its points are
left out. `bpe`: pairs of bytes joined by how often they stand together, which write any text and give it back to the
letter. The last two stand between [CLS] and [SEP]. The tokens of a pretrained encoder are read by
`headwork.data.published_tokens`.

Devlin, Chang, Lee and Toutanova 2019, "BERT", section 3; Schuster and Nakajima 2012, "Japanese and Korean Voice
Search"; Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units", section 3.2;
Radford et al. 2019, section 2.2, for bytes. What a user writes never becomes a special token: "[SEP]" in a text is
three ordinary tokens.
"""

import os
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads do not survive a fork, and warn of it

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from headwork.base.about import OPEN, Place, bare
from headwork.base.errors import HeadworkError
from headwork.base.hebrew import GERESH, GERSHAYIM, POINTS

PAD, UNKNOWN, FIRST, LAST = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
PAD_ID, UNKNOWN_ID = 0, 1
"""of every tokenizer that is fitted here"""
LONGEST_WORD = 100
"""characters; a longer one is one unknown token"""
MARKS = (("[E]", "[/E]"), ("[unused0]", "[unused1]"))
"""around what a text is asked about (`headwork.base.about`): of what is fitted here, and left free by BERT"""
HEBREW = ((GERSHAYIM, "\u02ba"), (GERESH, "\u02b9"), (f"[{POINTS}]", ""))
"""marks of abbreviation become letters, which part no words"""


class Frame(NamedTuple):
    """The tokens that stand before and behind each text."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


FRAMES = (
    Frame((FIRST,), (LAST,)),  # BERT, ALBERT, and what is fitted here
    Frame(("<|startoftext|>",), ("<|endoftext|>",)),  # CLIP
    Frame((), ("<sep>", "<cls>")),  # XLNet
    Frame(("<s>",), ("</s>",)),  # RoBERTa, XLM-R
    Frame(),  # GPT-2
)
"""the first whose tokens are all in a vocabulary frames its texts"""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The tokens of one text; offsets are (start, end) in its characters, (0, 0) for those of the frame."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class EncodedWord(NamedTuple):
    """The tokens of one word, and the characters of its text at which it stands."""

    ids: list[int]
    start: int
    end: int


class TextTokenizer:
    """A fitted or loaded tokenizer; texts come out whole, neither cut nor padded."""

    def __init__(self, tokenizer: Tokenizer):
        tokenizer.encode_special_tokens = True
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        vocabulary = tokenizer.get_vocab()
        frame = next(frame for frame in FRAMES if vocabulary.keys() >= {*frame.before, *frame.after})
        self.before = tuple(vocabulary[token] for token in frame.before)
        self.after = tuple(vocabulary[token] for token in frame.after)
        self.marks = self._find_marks()

    def _find_marks(self) -> tuple[int, int] | None:
        known = self._tokenizer.get_vocab()
        return next(((known[one], known[other]) for one, other in MARKS if {one, other} <= known.keys()), None)

    def add_marks(self) -> None:
        """Tokens of their own for the marks, which no text is encoded to."""
        self._tokenizer.add_special_tokens(list(MARKS[0]))
        self.marks = self._find_marks()

    @property
    def vocabulary(self) -> int:
        """The number of different tokens."""
        return self._tokenizer.get_vocab_size()

    @property
    def unknown(self) -> int:
        """The token of what the vocabulary lacks; 0 where it lacks nothing."""
        known = self._tokenizer.get_vocab()
        return next((known[token] for token in (UNKNOWN, "<unk>") if token in known), 0)

    @property
    def mask(self) -> int:
        """The token that stands for a hidden one; the unknown one where the vocabulary has none for that."""
        known = self._tokenizer.get_vocab()
        return next((known[token] for token in ("[MASK]", "<mask>") if token in known), self.unknown)

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """The tokens of each text, the ids `before` and `after` around them; marks of the text are tokens, too."""
        before, after = [(0, 0)] * len(self.before), [(0, 0)] * len(self.after)
        bares = [bare(text) if self.marks and OPEN in text else None for text in texts]
        plain = [text if found is None else found.text for text, found in zip(texts, bares, strict=True)]
        encoded = []
        for each, found in zip(bares, self._tokenizer.encode_batch(plain, add_special_tokens=False), strict=True):
            ids, offsets = found.ids, found.offsets
            if each is not None and self.marks is not None:
                ids, offsets = with_marks(ids, offsets, each.places, self.marks)
            encoded.append(Encoded([*self.before, *ids, *self.after], [*before, *offsets, *after]))
        return encoded

    def encode_words(self, texts: Sequence[str]) -> list[list[EncodedWord]]:
        """The words of each text, as it is cut before its words become pieces."""
        found: list[list[EncodedWord]] = []
        for encoded in self._tokenizer.encode_batch(texts, add_special_tokens=False):
            words: dict[int | None, EncodedWord] = {}
            for number, token, (start, end) in zip(encoded.word_ids, encoded.ids, encoded.offsets, strict=True):
                before = words.get(number)
                ids, start = (before.ids, before.start) if before else ([], start)
                words[number] = EncodedWord([*ids, token], start, end)
            found.append(list(words.values()))
        return found

    def split(self, text: str) -> Iterator[str]:
        """The words that become pieces, as the vocabulary spells them: without capitals and accents, say."""
        return _split(self._tokenizer, text)

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """The written form of each token."""
        return [self._tokenizer.id_to_token(token) or UNKNOWN for token in ids]

    @property
    def frame(self) -> tuple[int, int]:
        """The one id that opens a text and the one that closes it."""
        if len(self.before) != 1 or len(self.after) != 1:
            raise HeadworkError("this tokenizer does not open and close texts; use one of bpe, wordpiece, bert")
        return self.before[0], self.after[0]

    def decode(self, ids: Iterable[int]) -> str:
        """The text that tokens stand for, without what opens and closes it."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)

    @property
    def json(self) -> str:
        """All of it, in the form of the tokenizers library."""
        return self._tokenizer.to_str()

    def save(self, path: Path) -> None:
        path.write_text(self.json, encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "TextTokenizer":
        try:
            return cls(Tokenizer.from_str(path.read_text(encoding="utf-8")))
        except Exception as error:  # the library raises nothing narrower
            raise HeadworkError(f"{path}: no tokenizer can be read from it ({error})") from error


def with_marks(
    ids: Sequence[int], offsets: Sequence[Place], places: Sequence[Place], marks: tuple[int, int]
) -> tuple[list[int], list[Place]]:
    """Tokens of a text without marks as those of the marked text, with the two marks around each place.

    A token that a place begins or ends within is inside. The offsets of a mark are empty.
    """
    edges = [edge for place in places for edge in place]
    told_ids, told_offsets, said = [], [], 0

    def say_mark() -> None:
        nonlocal said
        told_ids.append(marks[said % 2])
        told_offsets.append((edges[said] + said,) * 2)
        said += 1

    for token, (start, end) in zip(ids, offsets, strict=True):
        while said < len(edges) and (start >= edges[said] if said % 2 else end > edges[said]):
            say_mark()
        told_ids.append(token)
        told_offsets.append((start + bisect_right(edges, start), end + bisect_left(edges, end)))
    while said < len(edges):
        say_mark()
    return told_ids, told_offsets


def fit_words(texts: Iterable[str], *, size: int = 20_000, minimum: int = 2) -> TextTokenizer:
    """The `size` most frequent words of `texts` that stand there `minimum` times; [PAD] is 0, [UNK] is 1."""
    bare = _words()
    counts = Counter(word for text in texts for word in _split(bare, text))
    frequent = sorted((word for word in counts if counts[word] >= minimum), key=lambda word: (-counts[word], word))
    vocabulary = [PAD, UNKNOWN, *frequent[: size - 2]]
    bare.model = models.WordLevel({word: token for token, word in enumerate(vocabulary)}, unk_token=UNKNOWN)
    return TextTokenizer(bare)


def fit_whole_words(words: Iterable[str], *, size: int = 30_000, minimum: int = 2) -> TextTokenizer:
    """A token for each of the most frequent words, in small letters, whatever signs they hold; [PAD] is 0, [UNK] is 1.

    What it is given to encode are words, one by one.
    """
    counts = Counter(word.lower() for word in words)
    frequent = sorted((word for word in counts if counts[word] >= minimum), key=lambda word: (-counts[word], word))
    vocabulary = [PAD, UNKNOWN, *(word for word in frequent if word not in (PAD, UNKNOWN))][:size]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(vocabulary)}, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Lowercase()
    return TextTokenizer(tokenizer)


def fit_wordpiece(texts: Iterable[str], *, size: int = 8_000) -> TextTokenizer:
    """A WordPiece vocabulary of `size` tokens at most; [PAD] is 0, [UNK] 1, [CLS] 2, [SEP] 3.

    The most frequent pair of pieces becomes a piece, over and over. The same texts give the same ids, whatever their
    order.
    """
    splitter = _of_hebrew(wordpiece({UNKNOWN: 0}))
    words = Counter(word for text in texts for word in _split(splitter, text) if len(word) <= LONGEST_WORD)
    letters: Counter[str] = Counter()
    for word, count in words.items():
        letters.update(dict.fromkeys(word, count))
    alphabet = sorted(sorted(letters, key=lambda letter: (-letters[letter], letter))[: size // 4])
    spelt = {word: count for word, count in words.items() if not set(word).difference(alphabet)}
    pieces = _joined_pieces(spelt, alphabet, size)
    return TextTokenizer(_of_hebrew(wordpiece({piece: token for token, piece in enumerate([*SPECIAL, *pieces])})))


def fit_bpe(texts: Iterable[str], *, size: int = 8_000) -> TextTokenizer:
    """Byte pairs, `size` tokens at most (260 at least); [PAD] is 0, [UNK] 1, [CLS] 2, [SEP] 3.

    Words keep the blank before them, as in GPT-2, so that decoding gives the text back.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return TextTokenizer(tokenizer)


def wordpiece(
    vocabulary: dict[str, int], *, lowercase: bool = True, strip_accents: bool | None = None, chinese: bool = True
) -> Tokenizer:
    """The longest pieces that a word begins with, over and over; accents go with the capitals unless told otherwise."""
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=LONGEST_WORD))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=lowercase, strip_accents=strip_accents, handle_chinese_chars=chinese
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _joined_pieces(words: dict[str, int], alphabet: Sequence[str], size: int) -> list[str]:
    """The pieces of the words, those inside a word with ## before them, at most `size` less the special tokens.

    The library's WordPiece trainer numbers the letters inside words in the order of a hash map, so that two runs differ
    and break ties differently. Its trainer for plain pairs sorts them. So here such letters are written in a private
    alphabet while it trains.
    """
    inner = {ord(letter): 0xF0000 + place for place, letter in enumerate(alphabet)}
    plain = {private: letter for letter, private in inner.items()}
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL), min_frequency=2, limit_alphabet=2 * len(alphabet) + 1, show_progress=False
    )
    trained.train_from_iterator(
        (" ".join([word[0] + word[1:].translate(inner)] * count) for word, count in sorted(words.items())), trainer
    )
    in_order = sorted(trained.get_vocab().items(), key=lambda item: item[1])
    return [("##" if ord(piece[0]) in plain else "") + piece.translate(plain) for piece, _ in in_order]


def _words() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({PAD: 0, UNKNOWN: 1}, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _of_hebrew(tokenizer)


def _of_hebrew(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer, with what words of Hebrew need before all else."""
    rules = [normalizers.Replace(Regex(pattern), by) for pattern, by in HEBREW]
    tokenizer.normalizer = normalizers.Sequence([*rules, tokenizer.normalizer])  # pyright: ignore[reportArgumentType]
    return tokenizer


def _split(tokenizer: Tokenizer, text: str) -> Iterator[str]:
    """The normalised words that the tokenizer's model would be given."""
    normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
    return (word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
