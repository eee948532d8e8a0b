"""A neural network as a model of tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from headwork.base.recipes import Recipe, strictly
from headwork.base.sheets import Asked
from headwork.base.table import TableRead
from headwork.data.batches import ordered_batches
from headwork.data.table_questions import TableQuestions
from headwork.data.tokenizers import TextTokenizer
from headwork.data.weights import find_encoder
from headwork.models import config_of, kind_of
from headwork.models.programs.links import read_question
from headwork.models.programs.meant import Sheets, vocabulary_of
from headwork.models.programs.reply import Reply, reply_of
from headwork.models.size import as_large
from headwork.models.stored import load_tensors
from headwork.models.tabert import TabertConfig
from headwork.ops.threads import each_in_a_thread
from headwork.tasks.classify import in_blocks
from headwork.tasks.neural import PREDICT_TOKENS, Neural
from headwork.tasks.reading import fit_framed
from headwork.tasks.table import StoredTabler, Tabler
from headwork.tasks.table_reading import ReadTables, TableReader

BLOCK = 256
"""questions whose programs are in memory at once"""
LEAST = 3
"""training questions that a run of words must be in for the wide part to know it"""


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vocabulary: list[str]


class NeuralTabler(Neural, Tabler):
    """A tokenizer and a network; `network` takes a TableBatch and gives scores of programs, or (Q, C) logits."""

    def __init__(
        self,
        recipe: Recipe,
        classes: Sequence[str],
        tokenizer: TextTokenizer,
        vocabulary: dict[str, int],
        device: str,
    ):
        Tabler.__init__(self, recipe, classes)
        config: TabertConfig = config_of(recipe)
        reader = TableReader(tokenizer, config, vocabulary, judges=bool(classes))
        network = _network(recipe, tokenizer, vocabulary, classes)
        Neural.__init__(self, reader, network, device, outputs=len(classes))

    @classmethod
    def new(cls, recipe: Recipe, train: TableQuestions, *, seed: int, offline: bool, device: str) -> "NeuralTabler":
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        config, (model, _) = config_of(recipe), kind_of(recipe).load()
        encoder = find_encoder(config.pretrained, offline=offline) if config.pretrained else None
        if encoder is not None:
            recipe = msgspec.structs.replace(recipe, model={**recipe.model, **model.given_by(encoder)})
        tokenizer = fit_framed(_texts(train), tokens=config.tokens, encoder=encoder)
        words = [read_question(asked.text).words for asked in train.asked]
        vocabulary = vocabulary_of(words, least=LEAST, most=config.words)
        counts = {"vocabulary": tokenizer.vocabulary, "words": len(vocabulary), "classes": len(train.classes)}
        sized = as_large(recipe, lambda config: model(config, **counts))
        torch.manual_seed(seed)
        tabler = cls(sized, train.classes, tokenizer, vocabulary, device)
        if encoder is not None:
            tabler.network.load_pretrained(encoder)
        return tabler

    @classmethod
    def restore(cls, stored: StoredTabler, folder: Path, *, device: str) -> "NeuralTabler":
        tokenizer = TextTokenizer.load(folder / "tokenizer.json")
        kept = strictly(stored.settings, _Kept, f"{folder}: config.json").vocabulary
        vocabulary = {gram: place for place, gram in enumerate(kept)}
        tabler = cls(stored.recipe, stored.classes, tokenizer, vocabulary, device)
        load_tensors(tabler.network, folder / "model.safetensors")
        tabler.network.eval()
        return tabler

    def store(self, folder: Path) -> dict[str, Any]:
        self.save_network(folder)
        return {"vocabulary": list(self.reader.vocabulary)}

    @property
    def sheets(self) -> Sheets:
        return self.reader.sheets

    def reading(self, asked: Sequence[Asked]) -> TableRead:
        return self.reader.read(asked, programs=False).reading

    def replies(self, asked: Sequence[Asked]) -> list[Reply]:
        found: list[Reply] = []
        for block in in_blocks(asked, BLOCK):
            read = self.reader.read(block)
            scores = self.scores_of(read, self.fast)
            found += [
                reply_of(own, table.meant, self.sheets.view(one.sheet))
                for one, own, table in zip(block, scores, read.tables, strict=True)
                if table.meant is not None
            ]
        return found

    def scores_of(self, read: ReadTables, network: Any) -> list[np.ndarray]:
        """For each question the (P,) float64 scores of its programs."""
        network.eval()
        batches = ordered_batches(read.lengths, PREDICT_TOKENS, self.device)
        answers = each_in_a_thread(lambda places: network(read.batch(places).to(self.device)).double().cpu(), batches)
        found: dict[int, np.ndarray] = {}
        for places, scores in zip(batches, answers, strict=True):
            sizes = [len(meant.programs) for place in places if (meant := read.tables[place].meant) is not None]
            found |= dict(zip(places, (part.numpy() for part in scores.split(sizes)), strict=True))
        return [found[place] for place in range(len(read.tables))]


def _network(recipe: Recipe, tokenizer: TextTokenizer, vocabulary: dict[str, int], classes: Sequence[str]) -> Any:
    model, _ = kind_of(recipe).load()
    return model(config_of(recipe), vocabulary=tokenizer.vocabulary, words=len(vocabulary), classes=len(classes))


def _texts(train: TableQuestions) -> list[str]:
    """What a tokenizer is fitted on: questions, names and cells of the training side, each table once."""
    sheets = {id(asked.sheet): asked.sheet for asked in train.asked}.values()
    cells = [cell for sheet in sheets for row in (sheet.header, *sheet.rows) for cell in row]
    return [*(asked.text for asked in train.asked), *cells, "text | number | date"]
