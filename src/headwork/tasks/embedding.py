"""Texts to vectors of length 1, whose products are cosines.

    v = z / |z|,  z the pooled states of a text (`headwork.models.encoder`)

The encoder is the published one that `minilm` names, the folder of a published or an imported encoder, whose files may
say how to pool (Reimers and Gurevych 2019, section 3), or a finished run that trained one: of a classifier or of a
bi-encoder.

Axes: n texts, D width.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.data.batches import ordered_batches
from headwork.data.published_tokens import load_published
from headwork.data.weights import find_encoder
from headwork.models.encoder import Encoder, EncoderConfig, embed, for_embedding
from headwork.models.pretrained import core_config, sentences_of
from headwork.models.published import Pooling
from headwork.tasks.classify import in_blocks, load_classifier
from headwork.tasks.pair import load_matcher
from headwork.tasks.reading import TextReader

MAX_TOKENS = 256
BATCH_TOKENS = 1024
BLOCK = 1024
"""texts between two words of progress"""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a published encoder reads a text; of a run this is settled."""

    pooling: Pooling | None = None
    """what its files say when not given, or the mean"""
    depth: int = -1
    """of its layers so many are taken, from the lowest; -1: all; 0: its embeddings alone"""
    max_tokens: int | None = None
    """256 when not given, or as many as it has positions"""


class Embedder:
    """An encoder and the tokenizer that goes with it."""

    def __init__(self, texts: TextReader, encoder: Encoder, *, device: str = "cpu", text_column: str | None = None):
        self.texts, self.encoder, self.device = texts, for_embedding(encoder.to(device)), device
        self.text_column = text_column
        self.cut = 0
        """different texts so far that were longer than it takes, and lost their end"""

    @property
    def width(self) -> int:
        return self.encoder.core.config.dim

    def vectors(self, texts: Sequence[str], progress: Callable[[float], None] = lambda share: None) -> np.ndarray:
        """(n, D) float32 of length 1, or zeros for a text without tokens. Equal texts have equal bits."""
        different = sorted(dict.fromkeys(texts), key=len)
        found = np.zeros((len(different), self.width), np.float32)
        for place, block in enumerate(in_blocks(different, BLOCK)):
            start = place * BLOCK
            found[start : start + len(block)] = self._block(block)
            if len(different) > BLOCK:
                progress((start + len(block)) / len(different))
        places = {text: place for place, text in enumerate(different)}
        return found[[places[text] for text in texts]]

    def _block(self, texts: Sequence[str]) -> np.ndarray:
        read = self.texts.read(texts)
        self.cut += read.cut.rows
        batches = ordered_batches(read.lengths, BATCH_TOKENS)
        found = embed(self.encoder, (read.batch(rows).to(self.device) for rows in batches)).float().cpu().numpy()
        out = np.empty_like(found)
        out[[row for rows in batches for row in rows]] = found
        return out


def open_embedder(name: str, reading: Reading | None = None, *, device: str = "cpu", offline: bool = False) -> Embedder:
    """The encoder of a run, of a folder, or `minilm`; HeadworkError where it makes no vectors of single texts."""
    run = Run(Path(name))
    if run.recipe_file.is_file():
        if reading not in (None, Reading()):
            raise HeadworkError(f"{name}: a run reads as it was trained; leave --pooling, --depth and --max-tokens out")
        return _trained(run, device)
    reading = reading or Reading()
    folder = find_encoder(name, offline=offline)
    said, core = sentences_of(folder), core_config(folder)
    try:
        config = EncoderConfig(
            pretrained=name,
            tokens="bert",
            pooling=reading.pooling or (said.pooling if said else "mean"),
            depth=reading.depth,
            max_tokens=reading.max_tokens or min(MAX_TOKENS, core.positions - core.position_offset),
            published=core,
        )
    except ValueError as error:
        raise HeadworkError(str(error)) from error
    tokenizer = load_published(folder)
    encoder = Encoder(config, vocabulary=tokenizer.vocabulary)
    encoder.load_pretrained(folder)
    return Embedder(TextReader(tokenizer, config.max_tokens, sentences=False), encoder, device=device)


def _trained(run: Run, device: str) -> Embedder:
    recipe = run.recipe()
    if not run.finished and not run.imported_file.is_file():
        raise HeadworkError(f"{run.folder}: this run is not finished; repeat the command that started it")
    if recipe.task == "classify" and recipe.kind == "encoder":
        classifier: Any = load_classifier(run.model)
        return Embedder(classifier.reader, classifier.network, device=device, text_column=classifier.text_column)
    if recipe.task == "pair" and recipe.model.get("reads", "apart") == "apart" and recipe.kind == "pair-encoder":
        matcher: Any = load_matcher(run.model)
        return Embedder(matcher.reader.texts, matcher.network, device=device)
    raise HeadworkError(
        f"{run.folder}: {recipe.name} (task {recipe.task}) makes no vectors of single texts; a run of an encoder does, "
        "such as minilm or sbert, and so does minilm itself"
    )
