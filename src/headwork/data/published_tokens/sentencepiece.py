"""SentencePiece: a file of pieces with the logarithms of their probabilities, the best cut of a text being

    argmax  sum over its pieces of score(piece)      over all ways to write the text in pieces     (unigram model)

Kudo 2018, "Subword Regularization", section 3; Kudo and Richardson 2018, "SentencePiece". The file is a message of
protocol buffers (https://github.com/google/sentencepiece, src/sentencepiece_model.proto).

Texts are made plain by the file's own table of characters; blanks become one, and "▁". Families go beyond that, and are
known by their special tokens:

    ALBERT [CLS] [SEP], XLNet <cls> <sep>   quotes are straight, accents taken off unless tokenizer_config.json keeps
                                            them, capitals too where it says so (ALBERT: unless it keeps them), and a
                                            comma behind a number is a piece of its own
    XLM-R                                   sentencepiece.bpe.model; the ids are fairseq's: <s> <pad> </s> <unk>, then
                                            the pieces behind the first three, then <mask>
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from headwork.data.published_tokens.charsmap import check_charsmap
from headwork.data.published_tokens.files import Told, read_bytes, read_told
from headwork.data.published_tokens.protobuf import Message, parse
from headwork.data.published_tokens.special import MARKS, behind, finished
from headwork.data.tokenizers import TextTokenizer

NORMAL, UNKNOWN, CONTROL, USER = 1, 2, 3, 4
KINDS = {NORMAL, UNKNOWN, CONTROL, USER}
UNIGRAM = 1
LOWERED = {"[CLS]": True, "<cls>": False}
"""the first special token of ALBERT and XLNet: whether texts are lower-cased where nothing says so"""
FAIRSEQ = "sentencepiece.bpe.model"
BLANK = "▁"
COMMA = re.compile(r".*\d,")
UNLIKELY = -100.0
"""added to the score of a piece that ends in a number and a comma"""


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    score: float
    kind: int


def read_sentencepiece(path: Path) -> TextTokenizer:
    file = parse(read_bytes(path))
    pieces = [_piece(message) for message in file.messages(1)]
    _check(pieces, file.message(2))
    special = {piece.text for piece in pieces if piece.kind in (UNKNOWN, CONTROL)}
    symbols = [piece.text for piece in pieces if piece.kind == USER and piece.text not in MARKS]
    family = next((token for token in LOWERED if token in special), None)
    told = read_told(path)
    if path.name == FAIRSEQ:
        pieces = _as_fairseq(pieces, read_told(path, "config.json").model_type)
    rare = UNLIKELY if family else 0.0
    scores = [(piece.text, piece.score + rare * bool(COMMA.fullmatch(piece.text))) for piece in pieces]
    unknown = next(place for place, piece in enumerate(pieces) if piece.kind == UNKNOWN)
    tokenizer = Tokenizer(models.Unigram(scores, unknown))
    tokenizer.normalizer = normalizers.Sequence([*_cleaning(family, told), *_plain(file.message(3))])
    prefix = "always" if file.message(3).integer(3, 1) else "never"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prefix, split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=prefix)
    if symbols:
        found = "|".join(map(re.escape, sorted(symbols, key=len, reverse=True)))
        tokenizer.pre_tokenizer = behind(tokenizer, pre_tokenizers.Split(Regex(found), "isolated"))
    return finished(tokenizer, special)


def _piece(message: Message) -> Piece:
    return Piece(message.raw(1).decode("utf-8"), message.real(2, 0.0), message.integer(3, NORMAL))


def _check(pieces: list[Piece], trained: Message) -> None:
    """Refuse what no unigram model of whole letters is."""
    if trained.integer(3, UNIGRAM) != UNIGRAM:
        raise ValueError("not a unigram model; of SentencePiece's models headwork reads this one alone")
    if trained.integer(24, 0):
        raise ValueError("blanks stand behind words, expected before them")
    if sum(piece.kind == UNKNOWN for piece in pieces) != 1:
        raise ValueError("not one piece that stands for what is unknown")
    for place, piece in enumerate(pieces):
        if piece.kind not in KINDS:
            raise ValueError(f"piece {place}, {piece.text!r}, is of kind {piece.kind}: unused, a byte or none")
        if not math.isfinite(piece.score):
            raise ValueError(f"piece {place}, {piece.text!r}, has the score {piece.score}")


def _as_fairseq(pieces: list[Piece], model: str | None) -> list[Piece]:
    if model not in (None, "xlm-roberta"):
        raise ValueError(
            f"a model of type {model!r}, which numbers its pieces in its own way; save tokenizer.json there"
        )
    if [piece.text for piece in pieces[:3]] != ["<unk>", "<s>", "</s>"]:
        raise ValueError("its first pieces are not <unk>, <s> and </s>")
    first = [Piece(text, 0.0, CONTROL) for text in ("<s>", "<pad>", "</s>")]
    return [*first, Piece("<unk>", 0.0, UNKNOWN), *pieces[3:], Piece("<mask>", 0.0, CONTROL)]


def _cleaning(family: str | None, told: Told) -> list[normalizers.Normalizer]:
    """What ALBERT and XLNet do to a text before SentencePiece sees it."""
    if family is None:
        return []
    steps: list[normalizers.Normalizer] = [normalizers.Replace(Regex(r"\s+"), " ")]
    steps += [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    if not told.keep_accents:
        steps += [normalizers.NFKD(), normalizers.StripAccents()]
    lower = LOWERED[family] if told.do_lower_case is None else told.do_lower_case
    return [*steps, normalizers.Lowercase()] if lower else steps


def _plain(rules: Message) -> list[normalizers.Normalizer]:
    """What SentencePiece itself does to a text."""
    if not rules.integer(5, 1):
        raise ValueError("blanks are no pieces, expected ▁ for them")
    steps = []
    if charsmap := rules.raw(2):
        check_charsmap(charsmap)
        steps.append(normalizers.Precompiled(charsmap))
    replaced = [(" ", BLANK)]
    if rules.integer(4, 1):
        replaced = [(r"\A +", ""), (" +", BLANK), (rf"{BLANK}+\z", "")]
    if rules.integer(3, 1):
        replaced.append((rf"\A{BLANK}", 2 * BLANK))  # the library puts none before a text that begins with one
    return [*steps, *(normalizers.Replace(Regex(found), new) for found, new in replaced)]
