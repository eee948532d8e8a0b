"""Files that are either whole or not there: write under a temporary name, flush to disk, rename."""

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from headwork.base.errors import HeadworkError

T = TypeVar("T")


@contextlib.contextmanager
def told_plainly(path: Path, doing: str) -> Iterator[None]:
    """Turn the operating system's refusals (full disk, read-only folder, …) into one line for the user."""
    try:
        yield
    except OSError as error:
        cause = {
            errno.ENOSPC: "the disk is full; free some space and run the same command again",
            errno.EDQUOT: "the disk quota is used up; free some space and run the same command again",
            errno.EACCES: "no permission; choose another folder with -o",
            errno.EPERM: "no permission; choose another folder with -o",
            errno.EROFS: "the file system is read-only; choose another folder with -o",
            errno.ENOTDIR: "a part of this path is a file; choose another folder with -o",
            errno.ENOENT: "this place takes no files; choose another with -o",
            errno.EISDIR: "a folder stands where a file is needed; choose another name with -o",
            errno.EEXIST: "a file stands where a folder is needed; choose another folder with -o",
        }.get(error.errno or 0)
        if cause is None:
            raise
        raise HeadworkError(f"cannot {doing} {path}: {cause}") from error


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place so that a crash leaves old or new."""
    with told_plainly(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, value: object) -> None:
    """Any msgspec-encodable value as indented JSON."""
    encoded = msgspec.json.format(msgspec.json.encode(value), indent=1)
    write_atomically(path, lambda temporary: temporary.write_bytes(encoded + b"\n"))


def read_json(path: Path, kind: type[T]) -> T:
    """Decode `path` strictly as `kind`; a missing or damaged file is a HeadworkError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError as error:
        raise HeadworkError(f"{path}: no such file; is this a finished run folder?") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HeadworkError(f"{path}: damaged ({error}); make it again with the command that wrote it") from error


def read_config(folder: Path, kind: type[T]) -> T:
    """config.json of a stored model, in the `model` folder of a run."""
    if not (folder / "config.json").is_file():
        raise HeadworkError(f"{folder}: no model here (config.json is missing); name a finished run folder")
    return read_json(folder / "config.json", kind)


def sha256(path: Path) -> str:
    """Hex digest of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
