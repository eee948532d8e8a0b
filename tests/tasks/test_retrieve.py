"""Models of search: libraries against the network itself, what is stored, and runs as encoders of `headwork search`."""

from pathlib import Path

import numpy as np
import pytest
import torch

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.recipes import encode_recipe, load_recipe, with_settings
from headwork.base.runs import Run
from headwork.data.pairs import PairExamples
from headwork.search.index import Index
from headwork.search.scored import Scored, open_scoring
from headwork.tasks.embedding import open_embedder
from headwork.tasks.neural_retrieve import NeuralRetriever
from headwork.tasks.retrieve import load_retriever, new_retriever

QUERIES = ["read the file", "close a socket", "", "read the file", "naïve 🙂"]
DOCUMENTS = ["def read_file(): ...", "def close(socket): ...", "x = 1", "", "é 東京", "def read_file(): ..."]
TWO = ("model.towers=two", "model.max_tokens=16")


def retriever(name: str, *settings: str) -> NeuralRetriever:
    recipe = with_settings(load_recipe(name, "retrieve"), settings, size="tiny")
    train = PairExamples(QUERIES * 4, np.zeros(20, np.int64), np.arange(20), DOCUMENTS[:5] * 4)
    made = new_retriever(recipe, train, seed=0)
    assert isinstance(made, NeuralRetriever)
    with torch.no_grad():
        for parameter in made.network.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.5)
    return made


def run_of(made: NeuralRetriever, folder: Path) -> Path:
    run = Run(folder)
    made.save(run.model)
    write_text(run.recipe_file, encode_recipe(made.recipe))
    write_text(run.result_file, "{}")
    return folder


@pytest.mark.row("BE26")
@pytest.mark.parametrize("name", ["nbow", "codebert"])
def test_a_library_says_the_cosines_of_both_towers(name, tmp_path):
    made = retriever(name, *TWO, *(["model.denoising=false"] if name == "codebert" else []))
    found = made.index(DOCUMENTS).scores(QUERIES)
    assert found.shape == (5, 6) and found.dtype == np.float64
    pairs = [(query, document) for query in QUERIES for document in DOCUMENTS]
    queries, documents = made.network.eval().both(made.reader.read(pairs).batch(range(len(pairs))))
    expected = (queries * documents).sum(1).detach().numpy().reshape(5, 6)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.array_equal(found[0], found[3]) and np.array_equal(found[:, 0], found[:, 5])
    again = load_retriever(run_of(made, tmp_path / "run") / "model")
    np.testing.assert_array_equal(again.index(DOCUMENTS).scores(QUERIES), found)
    embedder = open_embedder(str(tmp_path / "run"))
    index = Index(embedder, embedder.vectors(DOCUMENTS), DOCUMENTS)
    for query, row in zip(QUERIES, found, strict=True):
        hits = list(index.search([query], 6))
        assert [hit.row for hit in hits] == sorted(range(6), key=lambda place: (-row[place], place))
        np.testing.assert_allclose([hit.score for hit in hits], np.sort(row)[::-1], atol=1e-6)
    assert open_scoring(str(tmp_path / "run")) is None and embedder.text_column == "document"


def test_a_run_that_mixes_words_in_is_asked_as_it_scores(tmp_path):
    made = retriever("codebert", "model.max_tokens=16", "model.words=bm25")
    made.share = 0.25
    opened = open_scoring(str(run_of(made, tmp_path / "run")))
    assert opened is not None and opened.share == 0.25
    told = []
    hits = list(Scored.of(opened, DOCUMENTS, None, told.append).search(["read the file"], 3))
    (row,) = made.index(DOCUMENTS).scores(["read the file"])
    assert [hit.row for hit in hits] == np.argsort(-row, kind="stable")[:3].tolist()
    assert [hit.score for hit in hits] == sorted(row, reverse=True)[:3] and hits[0].place is None
    with pytest.raises(HeadworkError, match="no model here"):
        load_retriever(tmp_path)
    (tmp_path / "run" / "model" / "config.json").write_text('{"recipe": 1}')
    with pytest.raises(HeadworkError, match="damaged"):
        load_retriever(tmp_path / "run" / "model")
