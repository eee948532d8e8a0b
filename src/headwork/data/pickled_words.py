"""A list of words in a pickle, which is how fastai stores a vocabulary: read step by step, and nothing of it is run.

A pickle is a program for a small machine. Of its instructions these are obeyed, by a machine of our own that knows one
list and strings alone: make an empty list, push a string, append, remember a string and push it again, stop. Whatever
would import, call or build anything else is refused.
"""

import pickletools
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically

MOST_BYTES = 1 << 26
"""of the file"""
STRINGS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
REMEMBERING = {"PUT", "BINPUT", "LONG_BINPUT"}
REMEMBERED = {"GET", "BINGET", "LONG_BINGET"}
EXPECTED = "expected a pickled list of words and nothing else"


class _Refused(Exception):
    """Why a file is no list of words."""


def read_words(path: Path) -> list[str]:
    """The words; HeadworkError where the file holds anything but one list of strings."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise HeadworkError(
                f"{path}: {path.stat().st_size:,} bytes, more than the {MOST_BYTES:,} of any vocabulary"
            )
        return _obeyed(path.read_bytes())
    except OSError as error:
        raise HeadworkError(f"{path}: cannot be read ({error.strerror})") from error
    except HeadworkError:
        raise
    except _Refused as refusal:
        raise HeadworkError(f"{path}: {refusal}; {EXPECTED}") from refusal
    except Exception as error:  # damaged bytes lead the parser to almost any
        told = " ".join(str(error).split())[:200]
        raise HeadworkError(f"{path}: not a whole pickle ({told}); {EXPECTED}") from error


def _obeyed(content: bytes) -> list[str]:
    words: list[str] | None = None
    waiting: list[str] = []
    seen: dict[object, str | None] = {}
    """what is remembered; None is the list itself"""
    last: str | None = None
    marked = False
    for opcode, argument, _ in pickletools.genops(content):
        name = opcode.name
        if name in ("PROTO", "FRAME"):
            continue
        if name == "EMPTY_LIST" and words is None:
            words, last = [], None
        elif words is None:
            raise _Refused(f"begins with {name}")
        elif name == "MARK" and not marked and not waiting:
            marked = True
        elif name in STRINGS or (name in REMEMBERED and seen.get(argument) is not None):
            last = argument if name in STRINGS else seen[argument]
            assert last is not None
            waiting.append(_sound(last))
        elif name == "MEMOIZE":
            seen[len(seen)] = last
        elif name in REMEMBERING:
            seen[argument] = last
        elif (name == "APPENDS" and marked) or (name == "APPEND" and not marked and len(waiting) == 1):
            words += waiting
            waiting, marked, last = [], False, None
        elif name == "STOP" and not waiting and not marked:
            return words
        else:
            raise _Refused(f"holds {name}")
    raise _Refused("has no end")


def _sound(word: str) -> str:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _Refused(f"holds {word!r}, which is no text") from error
    return word


def write_words(path: Path, words: list[str]) -> None:
    """The pickle of a list of words, in the second protocol."""
    strings = (word.encode("utf-8") for word in words)
    body = b"".join(b"X" + len(string).to_bytes(4, "little") + string for string in strings)
    write_atomically(path, lambda temporary: temporary.write_bytes(b"\x80\x02](" + body + b"e."))
