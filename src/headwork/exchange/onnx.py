"""An encoder as an ONNX graph, whose numbers of texts and tokens are free."""

import contextlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically
from headwork.exchange.padded import PaddedClassifier, PaddedPublished
from headwork.models.published import Published

NEEDED = ("onnx", "onnxscript")
INPUTS = ["input_ids", "attention_mask"]


def write_onnx(model: Any, path: Path) -> None:
    """`model` is a published one, which says all that its heads say, or a classifier, which gives its `logits`."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise HeadworkError(f"ONNX needs {' and '.join(absent)}; install headwork[onnx]")
    padded: nn.Module
    if isinstance(model, Published):
        padded = PaddedPublished(model)
        outputs = padded.names
    else:
        padded, outputs = PaddedClassifier(model.network, temperature=model.temperature), ["logits"]
    ids, mask = (torch.ones(2, 3, dtype=torch.int64) for _ in range(2))  # one tensor twice would be one input
    texts, tokens = torch.export.Dim("texts"), torch.export.Dim("tokens", max=_room(padded))
    with _quiet():
        program = torch.onnx.export(
            padded.eval(),
            (ids, mask),
            dynamo=True,
            verbose=False,
            input_names=INPUTS,
            output_names=outputs,
            dynamic_shapes=({0: texts, 1: tokens}, {0: texts, 1: tokens}),
        )
    assert program is not None
    write_atomically(path, program.save)


def _room(padded: Any) -> int | None:
    embeddings = padded.core.core.embeddings
    return None if embeddings.positions is None else embeddings.room


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
