"""An encoder as an ONNX graph, whose numbers of texts, tokens and pictures are free."""

import contextlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.exchange.padded import PaddedClassifier, PaddedClip, PaddedPictures, PaddedPublished
from headwork.models.clip import Clip
from headwork.models.published import Published

NEEDED = ("onnx", "onnxscript")


def write_onnx(model: Any, path: Path) -> None:
    """`model` is a published one, which says all that its heads say, a CLIP, or a classifier, which gives `logits`."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise HeadworkError(f"ONNX needs {' and '.join(absent)}; install headwork[onnx]")
    padded = _padded(model).eval()
    examples, free = zip(*padded.inputs.values(), strict=True)
    with _quiet():
        program = torch.onnx.export(
            padded,
            examples,
            dynamo=True,
            verbose=False,
            input_names=list(padded.inputs),
            output_names=padded.names,
            dynamic_shapes=free,
        )
    assert program is not None
    write_atomically(path, program.save)


def _padded(model: Any) -> Any:
    if isinstance(model, Clip):
        return PaddedClip(model)
    if isinstance(model, Published):
        return PaddedPublished(model) if model.config.core.patches is None else PaddedPictures(model)
    return PaddedClassifier(model.network, temperature=model.temperature)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of libraries that are not there, and of its own deprecations."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
