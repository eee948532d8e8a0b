"""Pictures and their captions as a bitext: a source is the intensities of a picture, a target a caption of it.

A source of pairs is a folder, or the name of one below HEADWORK_DATA, with `train.zip` and `train.captions.jsonl` (also
.gz) and the same for dev and test: a line for each picture, {"image": name in the zip, "captions": [text, …]}. Settings
stand behind a colon, as in `flickr8k_64:side=32`. To learn from, each caption is a pair; a picture of the test side is
one pair, whose target holds all its captions as references.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.base.results import DataFacts, Split
from headwork.data.bitext import REFERENCES, Bitext, Pairs, fingerprint, prepare_bitext
from headwork.data.lines import read_lines
from headwork.data.picture_text import PictureSettings, document_of, picture_source
from headwork.data.pictures import read_pictures
from headwork.data.sets import folders
from headwork.data.split import SIDES, Side

ENDINGS = (".captions.jsonl", ".captions.jsonl.gz")


class Captioned(msgspec.Struct, frozen=True):
    """A line of a file of captions."""

    image: str
    captions: list[str]


class _Row(NamedTuple):
    picture: np.ndarray
    caption: str
    side: Side


def prepare_pairs(place: str | Path, *, limits: Limits = DEFAULT_LIMITS, **reading) -> Bitext:
    """The bitext of `place`, or its pictures with their captions as one."""
    found = picture_source(str(place))
    if found is None or not _captions_in(found[0], "train"):
        return prepare_bitext(place, limits=limits, **reading)
    for name in reading:
        raise HeadworkError(f"--{name}: the folder says which captions belong to which side; leave it out")
    folder, settings = found
    rows = [row for side in SIDES for row in _rows(folder, side, settings, limits)]
    return _bitext(str(place), rows)


def known_captions() -> list[str]:
    """The folders below HEADWORK_DATA that hold pictures with captions."""
    return [folder.name for folder in folders() if _captions_in(folder, "train")]


def _captions_in(folder: Path, side: Side) -> Path | None:
    return next((path for end in ENDINGS if (path := folder / f"{side}{end}").is_file()), None)


def _rows(folder: Path, side: Side, settings: PictureSettings, limits: Limits) -> Iterator[_Row]:
    captions, packed = _captions_in(folder, side), folder / f"{side}.zip"
    if captions is None:
        raise HeadworkError(f"{folder}: no {side}.captions.jsonl; each of train, dev and test has captions and a zip")
    pictures = read_pictures(packed, settings, limits)
    by_name = dict(zip(pictures.names, pictures.values, strict=True))
    found = list(_captioned(captions, limits))
    for number, each in enumerate(found if side == "train" else found[: settings.held_out], 1):
        if each.image not in by_name:
            raise HeadworkError(f"{captions}, line {number}: {each.image!r:.80} is not in {packed}")
        told = [" ".join(caption.split()) for caption in each.captions if caption.strip()]
        if not told:
            raise HeadworkError(f"{captions}, line {number}: no caption of {each.image!r:.80}; leave the line out")
        for caption in [REFERENCES.join(told)] if side == "test" else told:
            yield _Row(by_name[each.image], caption, side)


def _captioned(path: Path, limits: Limits) -> Iterator[Captioned]:
    for number, line in enumerate(read_lines(path, limits), 1):
        try:
            yield msgspec.json.decode(line, type=Captioned)
        except (msgspec.DecodeError, RecursionError) as error:
            wanted = '{"image": name, "captions": [text, …]}'
            raise HeadworkError(f"{path}, line {number}: expected {wanted} ({error})") from error


def _bitext(place: str, rows: list[_Row]) -> Bitext:
    shapes = {row.picture.shape for row in rows}
    if len(shapes) > 1:
        raise HeadworkError(f"{place}: the sides have pictures of {len(shapes)} sizes; bring them to one with :side=64")
    (height, width, channels) = next(iter(shapes))
    documents: dict[int, str] = {id(row.picture): "" for row in rows}
    for row in rows:  # a picture of several captions is one text in memory
        documents[id(row.picture)] = documents[id(row.picture)] or document_of(row.picture)
    sources, targets = [documents[id(row.picture)] for row in rows], [row.caption for row in rows]
    sides = [row.side for row in rows]
    facts = DataFacts(
        source=place,
        fingerprint=fingerprint(sources, targets, sides),
        text_column="picture",
        label_column="caption",
        rows=len(rows),
        classes=[],
        split=Split(**{side: sides.count(side) for side in SIDES}),
        dropped={},
        split_by="files",
        notes=[
            f"{len(documents):,} pictures of {height} x {width}, {channels} a pixel; of train and dev each caption is "
            "a pair, of test each picture with all its captions as references"
        ],
        picture=(height, width, channels),
    )
    return Bitext(facts, Pairs(sources, targets, np.arange(len(rows))), np.array(sides))
