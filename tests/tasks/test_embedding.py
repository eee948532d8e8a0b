"""Vectors of texts are those of sentence-transformers, and runs that cannot make any are refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.search.conftest import write_encoder

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.recipes import encode_recipe, load_recipe, with_settings
from headwork.base.runs import Run
from headwork.data.pairs import Pair, PairExamples, prepare_pairs
from headwork.exchange.importing import import_model
from headwork.measure.correlation import spearman
from headwork.models.formats.sentences import write_sentences
from headwork.models.published import Sentences
from headwork.tasks.embedding import Reading, open_embedder
from headwork.tasks.pair import Target, new_matcher

TEXTS = [
    *("A dog sleeps on the sofa.", "The puppy is napping.", "Stocks fell on Monday.", "naïve façade", "日本語", ""),
    *("word " * 400, "A dog sleeps on the sofa.", "¿qué?", "x" * 300),
]
LETTERS = ["a b c", "hae lou xyz q", "e", "k " * 14, "a b c"]
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def sentence_transformers():
    return pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")


@pytest.mark.row("BE13")
def test_minilm_is_what_sentence_transformers_makes_of_it(minilm_folder: Path, sentence_transformers):
    peer = sentence_transformers.SentenceTransformer(str(minilm_folder), device="cpu")
    embedder = open_embedder("minilm", offline=True)
    found = embedder.vectors(TEXTS)
    np.testing.assert_allclose(found, peer.encode(TEXTS), atol=2e-6)
    assert np.array_equal(found[0], found[7]) and embedder.cut == 1


@pytest.mark.row("BE13")
@pytest.mark.parametrize("pooling", ["mean", "cls", "max", "last"])
@pytest.mark.parametrize("place", ["published", "imported"])
def test_a_folder_says_how_to_pool(published, sentence_transformers, tmp_path: Path, pooling, place: str):
    case = published("bert", "Model")
    folder = tmp_path / "model"
    folder.mkdir()
    for file in case.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    write_sentences(folder, Sentences(pooling=pooling, unit=True), width=16)
    peer = sentence_transformers.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    if place == "imported":
        import_model(str(folder), Run(tmp_path / "run"))
    found = open_embedder(str(folder if place == "published" else tmp_path / "run"), Reading())
    np.testing.assert_allclose(found.vectors(LETTERS), peer.encode(LETTERS), atol=2e-6)
    other = open_embedder(str(folder), Reading(pooling="cls" if pooling == "mean" else "mean"))
    assert np.abs(other.vectors(LETTERS) - found.vectors(LETTERS)).max() > 1e-4


@pytest.mark.row("BE13")
def test_word_vectors_alone_do_not_know_their_neighbours(published):
    case = published("bert", "Model")
    words = open_embedder(str(case.folder), Reading(depth=0))
    table, states = case.model.embeddings, []
    for text in LETTERS:
        ids = torch.tensor([words.texts.read([text]).ids[0]])
        states.append(torch.nn.functional.normalize(table(input_ids=ids)[0].mean(0), dim=0).detach().numpy())
    np.testing.assert_allclose(words.vectors(LETTERS), states, atol=1e-6)


def matcher_run(folder: Path, name: str, outputs: int) -> Run:
    words = ("model.pretrained=", "model.tokens=wordpiece", "model.freeze=nothing")
    recipe = with_settings(load_recipe(name, "pair"), words, size="tiny")
    pairs = PairExamples(LETTERS, np.arange(5.0), np.arange(5), LETTERS[::-1])
    target = Target(classes=("x", "y")) if outputs == 2 else Target()
    matcher = new_matcher(recipe, target, pairs, seed=0)
    run = Run(folder)
    matcher.save(run.model)
    write_text(run.recipe_file, encode_recipe(recipe))
    write_text(run.result_file, "{}")
    return run


@pytest.mark.row("BE25")
def test_a_bi_encoders_scores_are_the_cosines_of_its_vectors(tmp_path: Path):
    run = matcher_run(tmp_path / "run", "sbert", 1)
    from headwork.tasks.pair import load_matcher

    matcher, found = load_matcher(run.model), open_embedder(str(run.folder)).vectors(LETTERS)
    pairs = [Pair(one, other) for one, other in zip(LETTERS, LETTERS[2:] + LETTERS[:2], strict=True)]
    head = matcher.network.head
    cosines = (found * found[[2, 3, 4, 0, 1]]).sum(1)
    np.testing.assert_allclose(matcher.logits(pairs)[:, 0], cosines * head.weight.item() + head.bias.item(), atol=1e-5)


def test_a_classifiers_column_and_longest_text_go_along(tmp_path: Path):
    embedder = open_embedder(str(write_encoder(tmp_path / "run")))
    assert embedder.text_column == "saying"
    long, short = "the a dog cat sleeps runs on under table house", "the a dog cat sleeps runs"
    found = embedder.vectors([long, short])
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    assert embedder.cut == 1


def test_what_makes_no_vectors_of_single_texts_is_refused(tmp_path: Path):
    cross = matcher_run(tmp_path / "cross", "minilm-cross", 2)
    unfinished = write_encoder(tmp_path / "unfinished", finished=False)
    recipe = Run(tmp_path / "bag")
    write_text(recipe.recipe_file, encode_recipe(load_recipe("bag")))
    write_text(recipe.result_file, "{}")
    for name, told in (
        (cross.folder, "minilm-cross .task pair. makes no vectors of single texts"),
        (recipe.folder, "bag .task classify. makes no vectors"),
        (unfinished, "is not finished"),
        (tmp_path, "no config.json"),
        ("minilmm", "did you mean 'minilm'"),
    ):
        with pytest.raises(HeadworkError, match=told):
            open_embedder(str(name), offline=True)
    with pytest.raises(HeadworkError, match="leave --pooling"):
        open_embedder(str(write_encoder(tmp_path / "run")), Reading(pooling="cls"))


@pytest.mark.parametrize(
    ("reading", "told"), [(Reading(depth=4), "depth is 4"), (Reading(max_tokens=21), "20 positions")]
)
def test_a_reading_that_the_encoder_has_no_room_for_is_refused(published, reading: Reading, told: str):
    with pytest.raises(HeadworkError, match=told):
        open_embedder(str(published("bert", "Model").folder), reading)


@pytest.mark.slow
@pytest.mark.row("BE25")
def test_on_stsb_the_published_cosine_ranks_as_sentence_transformers_does(
    real_data, minilm_folder: Path, sentence_transformers
):
    """Untrained MiniLM: a Spearman correlation of at least 0.80, equal to the peer's to three digits."""
    test = prepare_pairs("stsb").part("test")
    peer = sentence_transformers.SentenceTransformer(str(minilm_folder), device="cpu")

    def correlation(encode) -> float:
        first, second = encode(test.texts), encode(test.seconds)
        return spearman((first * second).sum(1).astype(float), test.labels)

    ours = correlation(open_embedder("minilm", offline=True).vectors)
    words = correlation(open_embedder("minilm", Reading(depth=0), offline=True).vectors)
    assert ours >= 0.80 and words < ours - 0.1
    assert ours == pytest.approx(correlation(peer.encode), abs=5e-4)
