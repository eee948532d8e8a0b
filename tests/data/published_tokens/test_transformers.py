"""Ids equal those of transformers' own classes, built from the same vocabularies, frames and all."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from tests.data.published_tokens import folders
from tests.data.published_tokens.folders import CHARSMAP, KINDS, write

from headwork.data.published_tokens import load_published
from headwork.data.published_tokens.protobuf import parse

PLAIN = [
    "",
    "low",
    "  Hello,  lower LOWEST! ",
    "naïve CAFÉ",
    "日本語low 日",
    "emoji 😀 ok",
    "he ll (a). 11, 1,0",
    "a\tb\nc",
]
Make = Callable[[ModuleType, dict[str, bytes]], object]


def pieces(contents: dict[str, bytes], name: str = "spiece.model") -> list[tuple[str, float]]:
    return [(piece.raw(1).decode(), piece.real(2, 0.0)) for piece in parse(contents[name]).messages(1)]


def words(**told: object) -> Make:
    def make(library: ModuleType, contents: dict[str, bytes]) -> object:
        listed = contents["vocab.txt"].decode().split("\n")[:-1]
        return library.BertTokenizer(vocab={token: place for place, token in enumerate(listed)}, **told)

    return make


def bytes_of(name: str, vocabulary: str, merges: str) -> Make:
    def make(library: ModuleType, contents: dict[str, bytes]) -> object:
        pairs = [tuple(line.split()) for line in contents[merges].decode().split("\n")[1:-1]]
        return getattr(library, name)(vocab=json.loads(contents[vocabulary]), merges=pairs)

    return make


def unigram(name: str) -> Make:
    def make(library: ModuleType, contents: dict[str, bytes]) -> object:
        # transformers takes what ends in a number and a comma down where it converts a file, not in the class
        scores = [(piece, score - 100 * (piece == "1,")) for piece, score in pieces(contents)]
        return getattr(library, name)(vocab=scores, _spm_precompiled_charsmap=CHARSMAP)

    return make


def fairseq(library: ModuleType, contents: dict[str, bytes]) -> object:
    known = pieces(contents, "sentencepiece.bpe.model")[3:]
    vocabulary = [*((token, 0.0) for token in ("<s>", "<pad>", "</s>", "<unk>")), *known, ("<mask>", 0.0)]
    return library.XLMRobertaTokenizer(vocab=vocabulary, _spm_precompiled_charsmap=CHARSMAP)


@pytest.mark.parametrize(
    ("kind", "told", "make"),
    [
        ("wordpiece", {}, words()),
        ("wordpiece", {"do_lower_case": False}, words(do_lower_case=False)),
        ("wordpiece", {"strip_accents": False}, words(strip_accents=False)),
        ("wordpiece", {"tokenize_chinese_chars": False}, words(tokenize_chinese_chars=False)),
        ("gpt2", {}, bytes_of("GPT2Tokenizer", "encoder.json", "vocab.bpe")),
        ("roberta", {}, bytes_of("RobertaTokenizer", "vocab.json", "merges.txt")),
        ("clip-two-files", {}, bytes_of("CLIPTokenizer", "vocab.json", "merges.txt")),
        ("albert", {}, unigram("AlbertTokenizer")),
        ("xlnet", {}, unigram("XLNetTokenizer")),
        ("xlm-roberta", {}, fairseq),
    ],
)
def test_ids_are_those_of_transformers(
    transformers: ModuleType, tmp_path: Path, kind: str, told: dict[str, object], make: Make
) -> None:
    contents = KINDS[kind]()
    theirs = make(transformers, contents)
    ours = load_published(write(tmp_path, {"tokenizer_config.json": json.dumps(told).encode(), **contents}))
    assert ours.vocabulary == len(theirs)
    for text, found in zip(PLAIN, ours.encode(PLAIN), strict=True):
        assert found.ids == theirs(text)["input_ids"], text
        assert ours.tokens(found.ids) == theirs.convert_ids_to_tokens(found.ids)


@pytest.mark.parametrize("name", ["bert_vocab", "gpt2_bpe"])
def test_ids_of_real_vocabularies(transformers: ModuleType, real_data: Path, tmp_path: Path, name: str) -> None:
    """Over a book, which has not been looked at while the readers were written."""
    fixtures = real_data / "fixtures"
    lines = (fixtures / "sentencepiece/botchan.txt").read_text(encoding="utf-8").splitlines()[::4]
    if name == "bert_vocab":
        contents = {"vocab.txt": (fixtures / name / "bert-base-uncased-vocab.txt").read_bytes()}
        theirs = words()(transformers, contents)
    else:
        contents = {file: (fixtures / name / file).read_bytes() for file in folders.gpt2()}
        theirs = bytes_of("GPT2Tokenizer", "encoder.json", "vocab.bpe")(transformers, contents)
    ours = load_published(write(tmp_path, contents))
    assert [found.ids for found in ours.encode(lines)] == theirs(lines)["input_ids"]
