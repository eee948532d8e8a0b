"""ELMo in a tagger: its layers in learnt shares beside words and letters, read sentence by sentence, frozen."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.conll import Sentence
from headwork.data.tagged import TaggedExamples
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats.elmo import write
from headwork.tasks.neural_tag import NeuralTagger
from headwork.tasks.tag import load_tagger, new_tagger
from headwork.train.any import fit_any

SMALL = ElmoConfig(width=6, places=12, filters=((1, 8), (2, 12)), highways=1, projection=8, hidden=12)
SENTENCES = [["Ada", "lives", "in", "York", "."], ["Bob", "sleeps", "."], ["York"]] * 2
TAGS = ["O", "B-PER", "B-LOC"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    place = tmp_path_factory.mktemp("elmo")
    write(Elmo(SMALL), place)
    return place


def tagger_of(folder: Path, *settings: str) -> NeuralTagger:
    recipe = with_settings(load_recipe("elmo", "tag"), (f"model.pretrained={folder}", *settings), size="tiny")
    made = new_tagger(recipe, TAGS, SENTENCES, seed=0)
    assert isinstance(made, NeuralTagger)
    return made


@torch.no_grad()
@pytest.mark.row("EL10")
@pytest.mark.parametrize("letters", [0, 24])
def test_words_letters_and_the_mix_stand_beside_each_other(folder: Path, letters: int):
    made = tagger_of(folder, f"model.letters={letters}")
    network = made.network.eval()
    network.mix.scores.copy_(torch.tensor([0.3, -0.8, 0.6]))
    network.mix.gamma.fill_(1.4)
    batch = made.reader.read(SENTENCES[:3]).batch([0, 1, 2])
    elmo, expected = Elmo.load(folder), []
    for words in SENTENCES[:3]:
        bottom = elmo.embed([words], output="word_emb")[0]
        layers = [torch.cat([bottom, bottom], dim=1)]
        layers += [elmo.embed([words], output=f"lstm_outputs{number}")[0] for number in (1, 2)]
        shares = torch.tensor([0.3, -0.8, 0.6]).softmax(0)
        expected.append(1.4 * sum(share * layer for share, layer in zip(shares, layers, strict=True)))
    found = network._words(batch)
    torch.testing.assert_close(found[:, -16:], torch.cat(expected), rtol=0, atol=1e-5)
    assert found.shape[1] == 32 + (32 if letters else 0) + 16
    torch.testing.assert_close(found[:, :32], network.embedding(batch.pieces.ids))


@pytest.mark.row("EL10")
def test_of_elmo_only_the_shares_learn(folder: Path):
    made = tagger_of(folder)
    batch = made.reader.read(SENTENCES).batch(range(len(SENTENCES)))
    F.cross_entropy(made.network.train()(batch), torch.arange(18) % 3).backward()
    learns = {name for name, weight in made.network.named_parameters() if weight.grad is not None}
    assert not any(name.startswith("elmo.") for name in learns)
    assert made.network.mix.scores.grad.any() and made.network.mix.gamma.grad.any()
    assert made.network.embedding.table.weight.grad.any()


def test_a_sentence_alone_is_tagged_as_among_others_and_so_is_what_was_stored(folder: Path, tmp_path: Path):
    made = tagger_of(folder)
    together = made.logits(SENTENCES[:3])
    alone = np.concatenate([made.logits([words]) for words in SENTENCES[:3]])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    made.save(tmp_path / "model")
    loaded = load_tagger(tmp_path / "model")
    assert np.array_equal(loaded.logits(SENTENCES[:3]), together) and loaded.parameters == made.parameters


@pytest.mark.row("EL10")
def test_names_are_learnt_over_it(folder: Path):
    words = [["Ada", "lives", "in", f"X{n}ville"] for n in range(12)]
    made = tagger_of(folder, "train.epochs=12", "train.patience=12", "train.lr=0.02", "model.dropout=0.1")
    tags = ("B-PER", "O", "O", "B-LOC")
    train = TaggedExamples([Sentence(" ".join(each), tuple(each), (), tags, ()) for each in words], np.arange(12), TAGS)
    fit_any(made, train, train, seed=0)
    assert made.tag([["Ada", "lives", "in", "X99ville"]]) == [["B-PER", "O", "O", "B-LOC"]]


def test_it_must_be_told_where_elmo_is():
    with pytest.raises(HeadworkError, match="no folder of encoder weights called 'elmo'"):
        new_tagger(load_recipe("elmo", "tag"), TAGS, SENTENCES, seed=0)


def test_the_published_one_tags(real_data: Path):
    made = tagger_of(real_data / "fixtures" / "elmo_bilm_tf")
    assert made.logits(SENTENCES[:2]).shape == (8, 3)
