"""Texts to vectors of length 1, whose products are cosines.

    v = z / |z|,  z the pooled states of a text (`headwork.models.encoder`)

The encoder is the published one that `minilm` names, the folder of a published or an imported encoder, whose files may
say how to pool (Reimers and Gurevych 2019, section 3), or a finished run that trained one: of a classifier, of a
bi-encoder or of search.
"""

from pathlib import Path
from typing import Any

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.data.published_tokens import load_published
from headwork.data.weights import find_encoder
from headwork.models import kind_of
from headwork.models.encoder import Encoder, EncoderConfig
from headwork.models.pretrained import core_config, sentences_of
from headwork.models.published import Pooling
from headwork.tasks.classify import load_classifier
from headwork.tasks.embedder import Embedder
from headwork.tasks.pair import load_matcher
from headwork.tasks.reading import TextReader
from headwork.tasks.retrieve import load_retriever

MAX_TOKENS = 256


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a published encoder reads a text; of a run this is settled."""

    pooling: Pooling | None = None
    """what its files say when not given, or the mean"""
    depth: int = -1
    """of its layers so many are taken, from the lowest; -1: all; 0: its embeddings alone"""
    max_tokens: int | None = None
    """256 when not given, or as many as it has positions"""


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
    if recipe.task == "retrieve" and kind_of(recipe).neural:
        retriever: Any = load_retriever(run.model, device=device)
        return retriever.documents
    raise HeadworkError(
        f"{run.folder}: {recipe.name} (task {recipe.task}) makes no vectors of single texts; a run of an encoder does, "
        "such as minilm or sbert, and so does minilm itself"
    )
