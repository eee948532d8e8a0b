"""The bytes of a text file on their way in: unpacked, counted and checked to be UTF-8 while they are read.

Nothing is unpacked to disk or held as a whole, so a small file that unpacks to a huge one is stopped at the limit.
"""

import codecs
import gzip
import io
import zlib
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits


def check_file(path: Path, limits: Limits) -> None:
    """Refuse what is missing, no ordinary file, empty or larger than the limit."""
    try:
        if not path.exists():
            raise HeadworkError(f"{path}: no such file")
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "a device or a pipe"
            raise HeadworkError(f"{path}: {kind}, not a file; name a file of rows")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if size == 0:
        raise HeadworkError(f"{path}: the file is empty; expected a header and rows")
    limits.check("file_bytes", size, str(path))


def open_text(path: Path, limits: Limits) -> io.BufferedReader:
    """The bytes of `path`, unpacked where its name ends in .gz.

    Reading raises HeadworkError at a byte that is not UTF-8 (naming the line), at a damaged archive, and past
    `limits.unpacked_bytes`.
    """
    try:
        file = gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    return io.BufferedReader(_Checked(path, file, limits), buffer_size=1 << 17)


def _unreadable(path: Path, error: Exception) -> HeadworkError:
    return HeadworkError(f"{str(path)!r}: cannot be read ({getattr(error, 'strerror', None) or error})")


class _Checked(io.RawIOBase):
    """A file that counts and checks what is read from it."""

    def __init__(self, path: Path, file: io.BufferedIOBase, limits: Limits):
        self._path = path
        self._file = file
        self._limits = limits
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._bytes = 0
        self._lines = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            piece = self._file.read(len(buffer))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise HeadworkError(
                f"{self._path}: a damaged or cut off gzip file ({error}); copy or pack it again"
            ) from error
        except OSError as error:
            raise _unreadable(self._path, error) from error
        self._bytes += len(piece)
        if self._bytes > self._limits.unpacked_bytes:
            raise self._limits.exceeded("unpacked_bytes", str(self._path))
        self._check_utf8(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def _check_utf8(self, piece: bytes) -> None:
        try:
            self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            line = self._lines + error.object.count(b"\n", 0, error.start) + 1
            raise HeadworkError(
                f"{self._path}, line {line}: byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as "
                "UTF-8 (for Latin-1: iconv -f latin1 -t utf-8)"
            ) from error
        self._lines += piece.count(b"\n")

    def close(self) -> None:
        self._file.close()
        super().close()
