"""What an imported model of pictures says of new ones."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from headwork.base.errors import HeadworkError
from headwork.compare.asked import Asked
from headwork.compare.work import Answering
from headwork.data.pictures import each_picture
from headwork.tasks.pictures import PictureModel

BLOCK = 16
"""pictures answered together"""

Prepared = tuple[str, np.ndarray]
"""the name of a picture, and its (channels, rows, columns) as the model wants them"""


def pictures_asked(model: PictureModel, asked: Asked) -> Iterator[Prepared]:
    """Those of the file, the zip or the folder."""
    if asked.image is None or asked.file is not None or asked.texts != (None, None) or asked.columns != (None, None):
        raise HeadworkError(
            "the model reads pictures; give one, a zip or a folder of them with --image and nothing else"
        )
    path, limits = Path(asked.image), asked.limits
    return ((name, model.pixels.of(picture, f"{path}: {name}", limits)) for name, picture in each_picture(path, limits))


def answers(
    model: PictureModel, pictures: Iterable[Prepared], *, labels: str | None = None, prompt: tuple[str, ...] = ()
) -> Iterator[dict[str, Any]]:
    """{"image", "label", "probabilities"} of each; `labels` are names with commas between them."""
    classifier = model.classifier([name.strip() for name in labels.split(",")] if labels else [], prompt)
    found = iter(pictures)
    while block := list(islice(found, BLOCK)):
        for (name, _), chances in zip(block, classifier.probabilities([each for _, each in block]), strict=True):
            yield {
                "image": name,
                "label": classifier.classes[int(chances.argmax())],
                "probabilities": dict(zip(classifier.classes, chances.tolist(), strict=True)),
            }


PICTURES = Answering(
    open=PictureModel, asked=pictures_asked, answers=answers, answering=frozenset({"labels", "prompt"})
)
