"""How a marked word is found among pieces, also of long texts, and what is stored and loaded."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.ducks import write_ducks

from headwork.base.disambiguate import Inventory
from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.results import Cut
from headwork.data.marked import Occurrence, in_brackets
from headwork.data.senses import SenseCorpus, prepare_senses
from headwork.data.tokenizers import fit_bpe, fit_wordpiece, fit_words
from headwork.data.words import places_of_words
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats.elmo import write
from headwork.tasks.disambiguate import Disambiguator, load_disambiguator, new_disambiguator
from headwork.tasks.neural_disambiguate import NeighbourDisambiguator
from headwork.tasks.reading_marked import MarkedReader, beginning
from headwork.train.any import fit_any

TEXTS = ["unhappiness is the happiest happening of unhappy people"] * 20
SCRATCH = ("model.pretrained=", "model.tokens=wordpiece", "model.depth=-1", "model.freeze=nothing", "train.epochs=1")
INVENTORY = Inventory(["happening: a", "happening: b", "people: a", "people: b"])


@pytest.fixture(scope="module")
def ducks(tmp_path_factory: pytest.TempPathFactory) -> SenseCorpus:
    return prepare_senses(write_ducks(tmp_path_factory.mktemp("ducks") / "duck.csv"))


@pytest.fixture(scope="module")
def elmo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elmo")
    torch.manual_seed(0)
    write(Elmo(ElmoConfig(width=4, filters=((1, 8), (3, 16)), projection=8, hidden=16)), folder)
    return folder


def fitted(name: str, corpus: SenseCorpus, *settings: str) -> Disambiguator:
    recipe = load_recipe(name, "disambiguate")
    scratch = SCRATCH if recipe.model.get("pretrained") == "minilm" else ()
    recipe = with_settings(recipe, (*scratch, *settings), size="tiny")
    train = corpus.part("train")
    model = new_disambiguator(recipe, corpus.inventory, train.texts, seed=0)
    fit_any(model, train, corpus.part("dev"), seed=0)
    return model


@pytest.mark.row("BE15")
@pytest.mark.parametrize("fit", [fit_words, fit_wordpiece, fit_bpe])
def test_the_pieces_of_the_word_are_those_that_spell_it(fit):
    tokenizer = fit(TEXTS) if fit is fit_words else fit(TEXTS, size=300)
    reader = MarkedReader(tokenizer, 64, INVENTORY)
    items = [in_brackets(text, where="") for text in ("unhappy [people] of", "[happening]!", "the (happiest)[people]")]
    read = reader.read(items)
    for item, ids, (start, end) in zip(items, read.ids, read.spans, strict=True):
        spelt = "".join(tokenizer.tokens(ids[start:end])).replace("##", "").replace("Ġ", "")
        assert spelt == item.surface
    assert read.words.tolist() == [1, 0, 1] and read.cut.rows == 0
    batch = read.batch([2, 0])
    expected = [piece for row in (2, 0) for piece in read.ids[row][slice(*read.spans[row])]]
    assert batch.pieces.ids[batch.places].tolist() == expected
    assert batch.words.tolist() == [1, 1] and sum(batch.counts) == len(expected)


@given(start=st.integers(0, 60), length=st.integers(1, 4), behind=st.integers(0, 60), room=st.integers(5, 40))
def test_of_a_long_text_the_middle_is_read_around_the_word(start, length, behind, room):
    pieces = start + length + behind
    first = beginning(start, start + length, pieces, room)
    last = min(pieces, first + room)
    assert 0 <= first <= start and start + length <= last
    assert last - first == min(room, pieces), "all room is used"
    if first > 0 and last < pieces:
        assert abs((start - first) - (last - start - length)) <= 1


def test_what_does_not_fit_is_counted_and_the_word_stays():
    reader = MarkedReader(fit_words(TEXTS), 12, INVENTORY)
    text = " ".join(["the"] * 30)
    read = reader.read([in_brackets(f"{text} [people] {text}", where=""), in_brackets("the [people]", where="")])
    assert read.lengths == [12, 2] and read.cut == Cut(rows=1, tokens=49, of_tokens=63)
    (start, end), people = read.spans[0], reader.tokenizer.encode(["people"])[0].ids
    assert read.ids[0][start:end] == people and start in (5, 6)


def test_a_word_without_pieces_of_its_own_takes_the_nearest():
    reader = MarkedReader(fit_wordpiece(TEXTS, size=300), 12, Inventory(["\u200d: a", "\u200d: b"]))
    read = reader.read([Occurrence("happy \u200d people", 6, 7, "\u200d"), Occurrence("\u200d", 0, 1, "\u200d")])
    assert all(0 < start < end < len(ids) for (start, end), ids in zip(read.spans, read.ids, strict=True))


@pytest.mark.row("BE15")
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("most-frequent", ()),
        ("context", ()),
        ("static-neighbours", ()),
        ("sense-neighbours", ()),
        ("sense-neighbours", ("model.k=5", "model.layer=1")),
        ("elmo-neighbours", ()),
        ("minilm", ()),
    ],
)
def test_what_is_stored_answers_the_same(ducks, elmo, tmp_path, name, settings):
    model = fitted(name, ducks, *settings, *([f"model.pretrained={elmo}"] if "elmo" in name else []))
    model.temperature, model.columns = 1.5, ducks.asked_by
    items = ducks.part("test").items
    size = model.save(tmp_path)
    assert size == sum(file.stat().st_size for file in tmp_path.iterdir())
    loaded = load_disambiguator(tmp_path)
    assert np.array_equal(loaded.probabilities(items), model.probabilities(items))
    again, before = loaded.answer(items, near=3), model.answer(items, near=3)
    assert again.neighbours == before.neighbours and np.array_equal(before.probabilities, model.probabilities(items))
    assert loaded.chosen == model.chosen and loaded.columns == model.columns and loaded.parameters == model.parameters
    assert model.probabilities(items).sum(1) == pytest.approx(np.ones(len(items)))


@pytest.mark.row("BE15")
def test_the_neighbours_of_a_training_text_begin_with_itself(ducks):
    model, train = fitted("sense-neighbours", ducks), ducks.part("train")
    near = model.answer(train.items, near=2).neighbours
    assert near is not None
    for item, label, (first, second) in zip(train.items, train.labels, near, strict=True):
        assert first.item == item and first.label == label and first.cosine == pytest.approx(1, abs=1e-5)
        assert second.cosine <= first.cosine


@pytest.mark.row("BE15")
def test_vectors_of_words_that_do_not_see_the_text_are_at_the_majority(ducks):
    items = ducks.part("test").items
    frequent, static = (fitted(name, ducks).logits(items).argmax(1) for name in ("most-frequent", "static-neighbours"))
    assert np.array_equal(frequent, static)


def test_a_spelling_stands_for_the_word_that_it_did_in_training(ducks):
    model = fitted("most-frequent", ducks)
    model.learn_forms([in_brackets(f"[{form}]", where="", word="duck") for form in ("Ducks", "DUCK", "ducks")])
    assert model.forms == {"ducks": "duck"}
    asked = [model.known(in_brackets(f"the [{form}]", where="")) for form in ("Duck", "DUCKS", "drake")]
    assert [item.word for item in asked] == ["duck", "duck", "drake"]
    model.forms["duck"] = "drake"
    assert model.known(asked[0]).word == "duck", "a word is itself first"
    with pytest.raises(HeadworkError, match="'drake': no sense of this word"):
        model.logits(asked)


@pytest.mark.parametrize("file", ["memory.safetensors", "memory.json", "model.safetensors"])
def test_damaged_files_are_refused(ducks, tmp_path, file):
    fitted("sense-neighbours", ducks).save(tmp_path)
    whole = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HeadworkError):
        load_disambiguator(tmp_path)


def test_a_memory_of_other_texts_is_refused(ducks, tmp_path):
    model = fitted("sense-neighbours", ducks)
    model.items = list(model.items)[1:]  # type: ignore[attr-defined]
    model.save(tmp_path)
    with pytest.raises(HeadworkError, match="do not fit together"):
        load_disambiguator(tmp_path)


def test_elmo_gives_a_word_what_its_layers_say_of_it(ducks, elmo):
    """Layer by layer what ELMo itself gives whole texts under the names of the published module."""
    recipe = with_settings(load_recipe("elmo-neighbours", "disambiguate"), (f"model.pretrained={elmo}",))
    model = new_disambiguator(recipe, ducks.inventory, ducks.texts, seed=0)
    assert isinstance(model, NeighbourDisambiguator)
    model.network.layers = ("static", 1, "last", "all")
    items = ducks.part("test").items[:3]
    texts = [[item.text[start:end] for start, end in places_of_words(item.text, "parts")] for item in items]
    given = {
        name: model.network.elmo.embed(texts, output=name) for name in ("word_emb", "lstm_outputs1", "lstm_outputs2")
    }
    for row, (item, found) in enumerate(zip(items, model.at_layers(items), strict=True)):
        at = texts[row].index(item.surface)
        free, one, two = (given[name][row][at].numpy() for name in given)
        expected = [np.concatenate([free, free]), one, two, (one + two) / 2]
        assert found == pytest.approx(np.stack(expected), abs=1e-5)
