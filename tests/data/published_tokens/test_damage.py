"""Damaged and hostile files: a working tokenizer or one line that names a file of the folder, nothing else, soon."""

import base64
import gzip
import json
import resource
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.published_tokens import folders
from tests.data.published_tokens.folders import KINDS, ODD, SPECIAL_NAMES, write

from headwork.base.errors import HeadworkError
from headwork.data.published_tokens import files, load_published

PROBES = [*ODD, *SPECIAL_NAMES]


def outcome(contents: dict[str, bytes]) -> str:
    """What is said of a folder; "" where its tokenizer works on odd texts."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            tokenizer = load_published(write(Path(folder), contents))
        except HeadworkError as error:
            assert "\n" not in str(error)
            assert any(f"{folder}/{name}:" in str(error) for name in contents), error
            return str(error)
    special = {*tokenizer.before, *tokenizer.after}
    for text, found in zip(PROBES, tokenizer.encode(PROBES), strict=True):
        assert all(0 <= token < tokenizer.vocabulary for token in found.ids)
        assert all(0 <= start <= end <= len(text) for start, end in found.offsets)
        assert not special & set(found.ids[len(tokenizer.before) : len(found.ids) - len(tokenizer.after)])
        tokenizer.decode(found.ids)
    return ""


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> dict[str, bytes]:
    """A folder one of whose files has a few bytes flipped, cut, put in or repeated; a packed one also inside."""
    contents = KINDS[kind]()
    name = draw(st.sampled_from(sorted(contents)))
    packed = name.endswith(".gz") and draw(st.booleans())
    data = gzip.decompress(contents[name]) if packed else contents[name]
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        how = draw(st.sampled_from(["flip", "cut", "insert", "repeat", "end"]))
        if how == "flip" and start < len(data):
            data = data[:start] + bytes([data[start] ^ draw(st.integers(1, 255))]) + data[start + 1 :]
        elif how == "cut":
            data = data[:start] + data[end:]
        elif how == "insert":
            data = data[:start] + draw(st.binary(max_size=6) | st.text(max_size=3).map(str.encode)) + data[start:]
        elif how == "repeat":
            data = data[:end] + data[start:end] * draw(st.integers(1, 3)) + data[end:]
        elif how == "end":
            data = data[:start]
    return {**contents, name: gzip.compress(data, 1) if packed else data}


@pytest.mark.parametrize("kind", KINDS)
def test_changed_bytes(kind: str) -> None:
    check(kind, 12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_changed_bytes(kind: str) -> None:
    check(kind, 2_000)


def check(kind: str, examples: int) -> None:
    assert outcome(KINDS[kind]()) == ""

    @settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    @given(mutated(kind))
    def each(contents: dict[str, bytes]) -> None:
        outcome(contents)

    each()


def json_of(kind: str, name: str) -> dict:
    return json.loads(KINDS[kind]()[name])


def with_json(kind: str, name: str, value: object) -> dict[str, bytes]:
    return {**KINDS[kind](), name: json.dumps(value).encode()}


def library(**model: object) -> dict[str, bytes]:
    file = json_of("library", "tokenizer.json")
    return {"tokenizer.json": json.dumps({**file, "model": {**file["model"], **model}}).encode()}


def vocabulary(**ids: int) -> dict[str, bytes]:
    return with_json("roberta", "vocab.json", {**json_of("roberta", "vocab.json"), **ids})


def words_only(tokens: dict[str, int]) -> dict[str, object]:
    return {"type": "WordLevel", "unk_token": "[UNK]", "vocab": tokens}


DEEP = b"[" * 100_000 + b"]" * 100_000
LIBRARY = json_of("library", "tokenizer.json")


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ({"vocab.txt": b""}, r"vocab.txt: .*lacks \[PAD\], \[UNK\], \[CLS\], \[SEP\]"),
        ({"vocab.txt": b"[PAD]\n[UNK]\nword\n"}, r"vocab.txt: .*lacks \[CLS\], \[SEP\]"),
        ({"vocab.txt": folders.words()["vocab.txt"] + b"hello\n"}, "vocab.txt: .*no token has the id"),
        ({"vocab.txt": b"\n" + folders.words()["vocab.txt"]}, "vocab.txt: .*id 0 is empty"),
        ({"vocab.txt": b"\xff" + folders.words()["vocab.txt"]}, "vocab.txt: .*utf-8"),
        ({**folders.words(), "tokenizer_config.json": b"{"}, "tokenizer_config.json: "),
        ({**folders.words(), "tokenizer_config.json": b'{"do_lower_case": "yes"}'}, "tokenizer_config.json: "),
        ({**folders.words(), "tokenizer_config.json": DEEP}, "tokenizer_config.json: "),
        ({"vocab.json": folders.roberta()["vocab.json"]}, "merges.txt: no such file"),
        ({"encoder.json": folders.gpt2()["encoder.json"]}, "vocab.bpe: no such file"),
        ({**folders.roberta(), "vocab.json": DEEP}, "vocab.json: "),
        ({**folders.roberta(), "vocab.json": folders.roberta()["vocab.json"][:-9]}, "vocab.json: .*truncated"),
        ({**folders.roberta(), "vocab.json": b'{"a": 0.5}'}, "vocab.json: "),
        ({**folders.roberta(), "vocab.json": b'{"a": 0}'}, "vocab.json: .*lacks '!'"),
        (vocabulary(low=7), "vocab.json: .*no token has the id"),
        (vocabulary(more=-1), "vocab.json: "),
        (vocabulary(more=1 << 40), "vocab.json: "),
        (vocabulary(more=100_000), "vocab.json: .*no token has the id"),
        ({**folders.roberta(), "merges.txt": b"#version: 0.2\nl o\nx y z\n"}, "merges.txt: .*line 3: 'x y z'"),
        ({**folders.roberta(), "merges.txt": b"l o\nlow\n"}, "merges.txt: .*line 2: 'low'"),
        ({**folders.roberta(), "merges.txt": b"l o\nz z\n"}, "merges.txt: .*needs 'zz'"),
        ({**folders.roberta(), "merges.txt": b"l o\n\xff\n"}, "merges.txt: .*utf-8"),
        ({"bpe_simple_vocab_1.txt.gz": b"not packed"}, "gz: .*gzip"),
        ({"bpe_simple_vocab_1.txt.gz": folders.clip()["bpe_simple_vocab_16e6.txt.gz"][:-12]}, "gz: "),
        ({"bpe_simple_vocab_1.txt.gz": gzip.compress(b"#version: 0.2\nqq qq\n")}, "gz: .*needs 'qq'"),
        ({"bpe_simple_vocab_1.txt.gz": gzip.compress(b"#version: 0.2\nl o\nl o\n")}, "gz: .*no token has the id"),
        ({"one.model": b"", "two.model": b""}, "one.model and two.model are there"),
        ({"tokenizer.json": b""}, "tokenizer.json: "),
        ({"tokenizer.json": b"[1]"}, "tokenizer.json: "),
        ({"tokenizer.json": b"{}"}, "tokenizer.json: .*model"),
        ({"tokenizer.json": b'{"a":' * 50_000 + b"1" + b"}" * 50_000}, "tokenizer.json: "),
        ({"tokenizer.json": json.dumps({**LIBRARY, "normalizer": 5}).encode()}, "tokenizer.json: "),
        ({"tokenizer.json": json.dumps({**LIBRARY, "added_tokens": [1]}).encode()}, "tokenizer.json: "),
        ({"tokenizer.json": json.dumps({**LIBRARY, "added_tokens": [{"content": 1}]}).encode()}, "tokenizer.json: "),
        (library(unk_id=None), "tokenizer.json: .*no token is named as the unknown one"),
        (library(unk_id=10_000), "tokenizer.json: .*no token is named as the unknown one"),
        (library(vocab=[]), "tokenizer.json: .*no token is named as the unknown one"),
        (library(vocab=[["", 0.0], *LIBRARY["model"]["vocab"]]), "tokenizer.json: "),
        (
            library(vocab=[*LIBRARY["model"]["vocab"][:-2], ["▁", 0.0], ["<mask>", 0.0]]),
            "tokenizer.json: .*no token has",
        ),
        (library(**words_only({"a": 0, "[PAD]": 1})), r"tokenizer.json: .*'\[UNK\]' is not in the vocabulary"),
        (library(type="BPE", vocab={"a": 0}, merges=[], unk_token=None), "tokenizer.json: .*lacks '!'"),
        (library(type="BPE", vocab={"a": 0}, merges=[["a", "b"]], unk_token="a"), "tokenizer.json: .*out of vocab"),
        (library(type="Never"), "tokenizer.json: "),
        ({"readme.md": b""}, "no tokenizer in this folder; expected one of tokenizer.json, vocab.txt"),
    ],
)
def test_what_is_damaged_is_said(tmp_path: Path, contents: dict[str, bytes], said: str) -> None:
    with pytest.raises(HeadworkError, match=said) as raised:
        load_published(write(tmp_path, contents))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400 + len(str(tmp_path))


def test_a_table_of_characters_in_a_library_file(tmp_path: Path) -> None:
    """Also where it stands deep among other steps."""
    far = folders.CHARSMAP[:4] + (0x3FFFFF << 10).to_bytes(4, "little") + folders.CHARSMAP[8:]
    bad = base64.b64encode(far).decode()
    inner = {"type": "Precompiled", "precompiled_charsmap": bad}
    for normalizer in (inner, {"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": [inner]}]}):
        write(tmp_path, {"tokenizer.json": json.dumps({**LIBRARY, "normalizer": normalizer}).encode()})
        with pytest.raises(HeadworkError, match=r"tokenizer\.json: .*leads outside itself"):
            load_published(tmp_path)


def test_a_special_token_of_one_letter_is_refused(tmp_path: Path) -> None:
    """It cannot be told from the letter that a user writes."""
    added = [{**LIBRARY["added_tokens"][0], "content": "o", "id": 8}]
    write(tmp_path, {"tokenizer.json": json.dumps({**LIBRARY, "added_tokens": added}).encode()})
    with pytest.raises(HeadworkError, match="'o' becomes that special token"):
        load_published(tmp_path)


def test_a_file_that_unpacks_to_a_huge_one(tmp_path: Path) -> None:
    (tmp_path / "bpe_simple_vocab_1.txt.gz").write_bytes(gzip.compress(b"a b\n" * (1 << 26), 1))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with pytest.raises(HeadworkError, match="more than 67,108,864 bytes"):
        load_published(tmp_path)
    assert time.perf_counter() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10  # KiB


@pytest.mark.parametrize("kind", ["wordpiece", "library", "sentencepiece"])
def test_a_large_file_is_not_read(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, KINDS[kind]())
    monkeypatch.setattr(files, "FILE_BYTES", 100)
    with pytest.raises(HeadworkError, match="more than 100 bytes"):
        load_published(tmp_path)


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(HeadworkError, match="no tokenizer in this folder"):
        load_published(tmp_path / "nowhere")
    (tmp_path / "vocab.txt").mkdir()
    with pytest.raises(HeadworkError, match="no tokenizer in this folder"):
        load_published(tmp_path)
