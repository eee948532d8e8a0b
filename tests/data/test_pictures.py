"""Pictures come in as they are, whatever holds them; a bad or a hostile one is refused by its name, undecoded."""

import io
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from headwork.base.errors import HeadworkError
from headwork.base.limits import Limits
from headwork.data.pictures import Fit, png_of, read_arrays, read_picture, read_pictures


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def grey_png(values: np.ndarray, *, width: int | None = None, height: int | None = None, bits: int = 8) -> bytes:
    """The PNG specification by hand: one filter byte of 0 before each row."""
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width or values.shape[1], height or values.shape[0], bits, 0, 0, 0, 0)
    ends = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(ends)


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_folder_a_zip_and_a_file_hold_the_same_pictures(tmp_path) -> None:
    values = drawn(3, 5, 4)
    files = {f"{name}.png": grey_png(each) for name, each in zip("cab", values, strict=True)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.txt").write_text("no picture")
    for place in (tmp_path, packed(tmp_path / "all.zip", {**files, "read.me": b"none"})):
        found = read_pictures(place)
        assert found.names == ["a.png", "b.png", "c.png"]
        np.testing.assert_array_equal(found.values, values[[1, 2, 0]][..., None])
    np.testing.assert_array_equal(read_pictures(tmp_path / "c.png").values[0, ..., 0], values[0])


def test_colours_transparency_and_jpg(tmp_path) -> None:
    colour = drawn(6, 6, 3)
    Image.fromarray(colour).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(grey_png(drawn(6, 6)))
    clear = np.dstack([np.zeros((6, 6, 3), np.uint8), np.full((6, 6), 51, np.uint8)])
    Image.fromarray(clear).save(tmp_path / "c.png")
    smooth = np.repeat(np.linspace(0, 255, 6).astype(np.uint8)[:, None], 6, 1)
    Image.fromarray(smooth).save(tmp_path / "d.jpg", quality=95)
    found = read_pictures(tmp_path)
    np.testing.assert_array_equal(found.values[0], colour)
    np.testing.assert_array_equal(found.values[1], np.dstack([drawn(6, 6)] * 3))
    assert (found.values[2] == 204).all(), "a fifth of black over white"
    assert np.abs(found.values[3].astype(int) - smooth[..., None]).max() < 12
    grey = read_pictures(tmp_path, Fit(channels=1)).values
    np.testing.assert_allclose(grey[0, ..., 0], colour @ [0.299, 0.587, 0.114], atol=1)


def test_a_smaller_side_is_the_mean_of_squares(tmp_path) -> None:
    values = drawn(2, 8, 12, 1)
    np.savez(tmp_path / "a.npz", pictures=values, labels=np.arange(2))
    middle = values[:, :, 2:10, 0].reshape(2, 4, 2, 4, 2).mean((2, 4))
    (found,) = read_arrays(tmp_path / "a.npz", Fit(side=4)).values()
    np.testing.assert_allclose(found[..., 0], middle, atol=1)
    (tmp_path / "one.png").write_bytes(grey_png(values[0, ..., 0]))
    np.testing.assert_array_equal(read_picture(tmp_path / "one.png", (4, 4, 1)), found[0])
    assert read_picture(tmp_path / "one.png", (4, 4, 3)).shape == (4, 4, 3)


def test_arrays_of_an_npz(tmp_path) -> None:
    grey, colour = drawn(3, 4, 5), drawn(2, 4, 4, 3)
    np.savez_compressed(tmp_path / "a.npz", x_train=grey, colour=np.asfortranarray(colour), y=np.arange(3), f=grey / 2)
    found = read_arrays(tmp_path / "a.npz")
    assert list(found) == ["x_train", "colour"]
    np.testing.assert_array_equal(found["x_train"][..., 0], grey)
    np.testing.assert_array_equal(found["colour"], colour)


def refused(place: Path, told: str, read=read_pictures, **limits: int) -> None:
    with pytest.raises(HeadworkError, match=told) as caught:
        read(place, limits=Limits(**limits))
    assert "\n" not in str(caught.value)


def test_a_bad_picture_is_refused_by_its_name(tmp_path) -> None:
    good = grey_png(drawn(4, 4))
    bad = {"cut.png": good[:-30], "text.jpg": b"no picture", "empty.png": b"", "gif.png": b"GIF89a" + bytes(20)}
    for name, content in bad.items():
        refused(packed(tmp_path / "bad.zip", {"good.png": good, name: content}), name)
    (tmp_path / "deep.png").write_bytes(grey_png(drawn(4, 8), width=4, bits=16))
    refused(tmp_path / "deep.png", "8 bits")
    refused(packed(tmp_path / "sizes.zip", {"a.png": good, "b.png": grey_png(drawn(6, 5))}), "2 sizes.*side=4")
    refused(packed(tmp_path / "none.zip", {"a.txt": b""}), "no picture in it")
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    refused(tmp_path / "no.zip", "not a zip")
    refused(tmp_path / "absent.zip", "no such file")


def test_a_picture_that_would_fill_the_memory_is_not_decoded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    bomb = grey_png(np.zeros((10, 10), np.uint8), width=60_000, height=60_000)
    refused(packed(tmp_path / "a.zip", {"bomb.png": bomb}), "bomb.png: more than the limit of 16,777,216 pixels")
    refused(packed(tmp_path / "a.zip", {"a.png": grey_png(drawn(9, 9))}), "a.png: 81 pixels.*limit", pixels=80)


def test_many_pictures_are_limited(tmp_path) -> None:
    place = packed(tmp_path / "a.zip", {f"{number}.png": grey_png(drawn(4, 4)) for number in range(5)})
    refused(place, "5 rows", rows=4)
    refused(place, "80 unpacked bytes", unpacked_bytes=79)
    refused(place, "file bytes", file_bytes=50)


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_an_npz_is_read_without_pickles_and_within_limits(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("a.npz", x=np.array([Evil()], dtype=object))
    refused(tmp_path / "a.npz", "Python objects", read_arrays)
    assert not Path("executed").exists()
    np.savez("a.npz", labels=np.arange(4))
    refused(tmp_path / "a.npz", "no pictures", read_arrays)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 20, 4000, 4000)}
    )
    packed(tmp_path / "huge.npz", {"x.npy": header.getvalue()})
    refused(tmp_path / "huge.npz", "16,777,216,000,000 unpacked bytes", read_arrays)
    np.savez("b.npz", x=drawn(2, 4, 4))
    whole = Path("b.npz").read_bytes()
    Path("b.npz").write_bytes(whole[:-40])
    refused(tmp_path / "b.npz", "b.npz", read_arrays)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=4), st.sampled_from(["png", "zip", "npz"]))
def test_a_changed_file_gives_pictures_or_one_line(place: int, change: bytes, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{kind}"
        if kind == "png":
            path.write_bytes(png_of(drawn(5, 5, 3)))
        elif kind == "zip":
            packed(path, {"a.png": png_of(drawn(4, 4, 1)), "b.png": png_of(drawn(4, 4, 1))})
        else:
            np.savez(path, x=drawn(2, 4, 4))
        data = bytearray(path.read_bytes())
        place %= len(data)
        data[place : place + len(change)] = change
        path.write_bytes(data)
        try:
            (read_arrays if kind == "npz" else read_pictures)(path, limits=Limits(pixels=10_000))
        except HeadworkError as error:
            assert "\n" not in str(error)
