"""Files are whole or not there."""

import errno
import os
from pathlib import Path

import msgspec
import pytest

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, told_plainly, write_atomically, write_json


def test_a_write_that_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    write_json(target, {"whole": True})

    def breaks_off(temporary: Path) -> None:
        temporary.write_text("half")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_atomically(target, breaks_off)
    assert read_json(target, dict) == {"whole": True}
    assert os.listdir(tmp_path) == ["result.json"]  # noqa: PTH208 (hidden files count too)


@pytest.mark.parametrize(
    ("code", "told"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission")]
)
def test_refusals_of_the_system_are_one_line(code: int, told: str) -> None:
    with pytest.raises(HeadworkError, match=told), told_plainly(Path("out"), "write"):
        raise OSError(code, "as the system says it")


def test_other_errors_of_the_system_are_bugs() -> None:
    with pytest.raises(OSError, match="interrupted"), told_plainly(Path("out"), "write"):
        raise OSError(errno.EINTR, "interrupted")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"name": 3}', b'{"other": "x"}'])
def test_damaged_json_is_refused(tmp_path: Path, content: bytes) -> None:
    class Named(msgspec.Struct):
        name: str

    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(HeadworkError, match=r"x\.json"):
        read_json(path, Named)
