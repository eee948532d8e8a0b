"""Pickled vocabularies: what Python pickles of a list of words is read, by any protocol, and nothing is ever run."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.data import pickled_words
from headwork.data.pickled_words import read_words, write_words

WORDS = ["xxunk", "xxpad", "the", "Ärger", "日本", "🙂", "", "\n", "xxfake", "xxfake", "a" * 300, "it's"]
MARK = Path("headwork-was-run")
"""in the working folder, which is the test's own"""


class Runs:
    def __reduce__(self) -> tuple:
        return (Path.touch, (MARK,))


class Words(list):
    """What libraries have in the place of a list."""


@pytest.mark.parametrize("protocol", range(1, pickle.HIGHEST_PROTOCOL + 1))
def test_every_binary_protocol_is_read(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "vocab.pkl"
    path.write_bytes(pickle.dumps(WORDS, protocol))
    assert read_words(path) == WORDS
    many = [f"word{number}" for number in range(2_500)]
    path.write_bytes(pickle.dumps([*many, *many], protocol))
    assert read_words(path) == [*many, *many]


@settings(max_examples=50)
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=30))
def test_what_is_written_python_reads(words: list[str], tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("words") / "vocab.pkl"
    write_words(path, words)
    assert pickle.loads(path.read_bytes()) == words == read_words(path)  # noqa: S301


def _itself() -> list:
    words: list = ["a"]
    words.append(words)
    return words


HOSTILE = {
    "code": [Runs()],
    "code in the place of the list": Runs(),
    "a class of a library": Words(["a"]),
    "a dict": {"the": 1},
    "a tuple of lists": (["a"], ["b"]),
    "a list in the list": ["a", ["b"]],
    "a number": ["a", 1],
    "bytes": ["a", b"b"],
    "nothing at all": None,
    "itself in itself": _itself(),
    "half a surrogate pair": ["\ud800"],
}


@pytest.mark.parametrize("protocol", [0, 2, 4, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize("name", HOSTILE)
def test_anything_else_is_refused_and_never_run(
    name: str, protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "vocab.pkl"
    path.write_bytes(pickle.dumps(HOSTILE[name], protocol))
    with pytest.raises(HeadworkError, match=r"vocab\.pkl: .*expected a pickled list of words and nothing else"):
        read_words(path)
    assert not MARK.exists()


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vocab.pkl"
    with pytest.raises(HeadworkError, match="cannot be read"):
        read_words(path)
    path.write_bytes(pickle.dumps(WORDS))
    monkeypatch.setattr(pickled_words, "MOST_BYTES", 10)
    with pytest.raises(HeadworkError, match="more than the 10 of any vocabulary"):
        read_words(path)


WHOLE = pickle.dumps(WORDS, 4)


@settings(max_examples=300)
@given(place=st.integers(0, len(WHOLE) - 1), change=st.binary(max_size=8), end=st.integers(1, 2 * len(WHOLE)))
def test_any_change_of_bytes_gives_words_or_one_line(place: int, change: bytes, end: int, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("words") / "vocab.pkl"
    path.write_bytes((WHOLE[:place] + change + WHOLE[place + len(change) :])[:end])
    try:
        words = read_words(path)
    except HeadworkError as error:
        assert "\n" not in str(error)
        return
    assert all(isinstance(word, str) for word in words)


def test_a_word_that_says_it_is_long_fills_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "vocab.pkl"
    path.write_bytes(b"\x80\x04](\x8d" + (1 << 40).to_bytes(8, "little") + b"abc")
    with pytest.raises(HeadworkError, match="not a whole pickle"):
        read_words(path)
