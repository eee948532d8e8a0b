"""Pictures as documents: values in raster order, sides from files or cut, settings behind a colon."""

import shutil

import numpy as np
import pytest
from PIL import Image

from headwork.base.errors import HeadworkError
from headwork.data.picture_text import document_of, picture_of, prepare_documents
from headwork.data.running_text import RunningText


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path))
    (tmp_path / "digits").mkdir()
    np.savez(tmp_path / "digits" / "digits.npz", x_train=drawn(40, 4, 6), x_test=drawn(9, 4, 6, seed=1))
    (tmp_path / "photos").mkdir()
    for side, count in (("train", 12), ("test", 3)):
        folder = tmp_path / side
        folder.mkdir()
        for number, values in enumerate(drawn(count, 4, 4, 3, seed=count)):
            Image.fromarray(values).save(folder / f"{number:02}.png")
        shutil.make_archive(str(tmp_path / "photos" / side), "zip", folder)
        shutil.rmtree(folder)
    return tmp_path


def test_a_document_is_a_picture_in_raster_order() -> None:
    picture = drawn(3, 4, 3)
    document = document_of(picture)
    for y, x, channel in np.ndindex(picture.shape):
        assert ord(document[(y * 4 + x) * 3 + channel]) == picture[y, x, channel]
    np.testing.assert_array_equal(picture_of(document, (3, 4, 3)), picture)


def test_sides_of_an_npz_and_what_is_held_out(data) -> None:
    text = prepare_documents("digits:held_out=5")
    assert [len(text.part(side)) for side in ("train", "dev", "test")] == [38, 2, 5]
    kept, test = drawn(40, 4, 6), drawn(9, 4, 6, seed=1)
    assert text.part("dev")[1] == document_of(kept[39]) and text.part("test")[4] == document_of(test[4])
    facts = text.facts
    assert facts.picture == (4, 6, 1) and facts.unit == "dimensions"
    assert (facts.split.train, facts.split.test) == (38 * 24, 5 * 24)
    assert "of 9 pictures of test the first 5" in " ".join(facts.notes)
    assert facts.split_by == "dev cut from the end of train" and text.name == "digits-held_out-5"
    text.save(data / "kept")
    assert RunningText.load(data / "kept").sides == text.sides


def test_zips_of_sides_and_settings(data) -> None:
    text = prepare_documents("photos")
    assert text.facts.picture == (4, 4, 3) and len(text.part("test")) == 3
    small = prepare_documents("photos:side=2,channels=1")
    assert small.facts.picture == (2, 2, 1) and {len(each) for each in small.part("train")} == {4}
    assert sorted(text.part("train") + text.part("dev")) == sorted(map(document_of, drawn(12, 4, 4, 3, seed=12)))
    other = prepare_documents("photos", test=data / "photos" / "train.zip")
    assert len(other.part("test")) == 12


def test_a_text_is_still_a_text(tmp_path) -> None:
    (tmp_path / "book.txt").write_text("To be, or not to be. " * 500)
    assert prepare_documents(tmp_path / "book.txt").facts.picture is None


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("digits:size=3", "'size=3' is no setting"),
        ("digits:side=-1", "side is -1"),
        ("digits:channels=2", "channels is 2"),
        ("digits:held_out=0", "held_out is 0"),
        ("digits:side=x", "Expected `int`"),
        ("digit", "no such file"),
    ],
)
def test_what_is_refused(data, place, told) -> None:
    with pytest.raises(HeadworkError, match=told) as caught:
        prepare_documents(place)
    assert "\n" not in str(caught.value)


def test_several_arrays_are_named(data) -> None:
    np.savez(data / "two.npz", day=drawn(20, 3, 3), night=drawn(30, 3, 3))
    with pytest.raises(HeadworkError, match="array=day or night"):
        prepare_documents(data / "two.npz")
    text = prepare_documents(f"{data / 'two.npz'}:array=night,held_out=4")
    assert [len(text.part(side)) for side in ("train", "dev", "test")] == [26, 2, 2]
    np.savez(data / "few.npz", x=drawn(3, 3, 3))
    with pytest.raises(HeadworkError, match="too few"):
        prepare_documents(data / "few.npz")
    with pytest.raises(HeadworkError, match="--documents"):
        prepare_documents("digits", documents=True)
