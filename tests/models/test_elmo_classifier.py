"""ELMo as features: read sentence by sentence, mixed for the task, frozen; with and without it on the same seed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.explain.maps import attention_of
from headwork.models import config_of
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.elmo_classifier import ElmoClassifier
from headwork.models.formats.elmo import write
from headwork.tasks.classify import load_classifier, new_classifier
from headwork.tasks.planning import plan_recipe
from headwork.train.any import fit_any

SMALL = ElmoConfig(width=6, places=12, filters=((1, 8), (2, 12), (3, 12)), highways=1, projection=12, hidden=20)
TEXTS = ["The good thing. It was good all day.", "A bad thing! The Bank was closed.", "good", "", "It was bad."]
FEATURES = ["none", "input", "output", "both"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published ELMo with random weights."""
    torch.manual_seed(3)
    place = tmp_path_factory.mktemp("elmo")
    write(Elmo(SMALL), place)
    return place


def classifier_of(folder: Path, *settings: str) -> Any:
    recipe = with_settings(load_recipe("elmo"), (f"model.pretrained={folder}", *settings), size="tiny")
    made: Any = new_classifier(recipe, ["no", "yes"], TEXTS * 2, seed=0)
    with torch.no_grad():
        for mix in made.network.mixes.values():
            mix.scores.copy_(torch.tensor([0.3, -0.8, 0.6]))
            mix.gamma.fill_(1.4)
    made.network.eval()
    return made


def batch_of(made: Any, texts: list[str] = TEXTS) -> Any:
    return made.reader.read(texts).batch(range(len(texts)))


def by_hand(folder: Path) -> Tensor:
    """(N, 2P) ELMo of the words of TEXTS, each sentence by itself, in the shares of `classifier_of`."""
    elmo = Elmo.load(folder)
    sentences = [
        "The good thing .",
        "It was good all day .",
        "A bad thing !",
        "The Bank was closed .",
        "good",
        "It was bad .",
    ]
    vectors = []
    for sentence in sentences:
        words = [sentence.split()]
        layers = [F.pad(elmo.embed(words, output="word_emb")[0], (0, 0))]
        layers[0] = torch.cat([layers[0], layers[0]], dim=1)
        layers += [elmo.embed(words, output=f"lstm_outputs{number}")[0] for number in (1, 2)]
        shares = torch.tensor([0.3, -0.8, 0.6]).softmax(0)
        vectors.append(1.4 * sum(share * layer for share, layer in zip(shares, layers, strict=True)))
    return torch.cat(vectors)


@torch.no_grad()
@pytest.mark.row("EL03")
@pytest.mark.parametrize("features", FEATURES)
def test_elmo_joins_where_it_is_asked_to(folder: Path, features: str):
    made = classifier_of(folder, f"model.features={features}", "model.pool=mean")
    network, batch, vectors = made.network, batch_of(made), by_hand(folder)
    given = [network.embedding.table(batch.ids)] + [vectors] * (features in ("input", "both"))
    states = network.recurrent(torch.cat(given, dim=1), batch.lengths)
    said = torch.cat([states] + [vectors] * (features in ("output", "both")), dim=1)
    means = torch.stack(
        [part.mean(0) if len(part) else said.new_zeros(said.shape[1]) for part in said.split(batch.lengths)]
    )
    torch.testing.assert_close(network(batch), network.head(means), rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.row("EL03")
def test_without_word_vectors_elmo_is_all_that_is_read(folder: Path):
    made = classifier_of(folder, "model.width=0", "model.pool=max")
    states = made.network.recurrent(by_hand(folder), batch_of(made).lengths)
    torch.testing.assert_close(made.network._annotations(batch_of(made)), states, rtol=0, atol=1e-5)


@torch.no_grad()
def test_words_are_read_as_they_are_written(folder: Path):
    made = classifier_of(folder)
    unknown = batch_of(made, ["Unheardof", "unheardof", "Unheardof"])
    assert len(set(unknown.ids.tolist())) == 1, "all of them are unknown to the own vocabulary"
    one, two, three = made.network(unknown)
    assert torch.equal(one, three) and not torch.allclose(one, two)


@torch.no_grad()
@pytest.mark.parametrize("features", FEATURES)
def test_a_batch_is_its_texts(folder: Path, features: str):
    made = classifier_of(folder, f"model.features={features}")
    network = made.network.double()
    alone = torch.cat([network(batch_of(made, [text])) for text in TEXTS])
    torch.testing.assert_close(network(batch_of(made)), alone, rtol=0, atol=1e-10)
    assert network(batch_of(made, ["", ""])).isfinite().all()


@pytest.mark.row("EL02")
@pytest.mark.row("EL03")
@pytest.mark.parametrize("features", FEATURES)
def test_gradients_reach_the_mixes_and_the_tasks_own_weights_alone(folder: Path, features: str):
    made = classifier_of(folder, f"model.features={features}", "model.dropout=0")
    network = made.network
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.5)
    F.cross_entropy(network(batch_of(made)), torch.tensor([0, 1, 0, 1, 1])).backward()
    optimizer.step()
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {name for name in before if not name.startswith("elmo.")}
    assert {name.split(".")[1] for name in moved if name.startswith("mixes.")} == set(
        {"none": (), "input": ("input",), "output": ("output",), "both": ("input", "output")}[features]
    )
    of_elmo = [p for name, p in network.named_parameters() if name.startswith("elmo.")]
    assert not any(p.requires_grad or p.grad is not None for p in of_elmo), "or the trainer would keep copies of them"


def spelt_rows(rows: int, seed: int) -> Examples:
    """Two invented words each, of which hardly one comes twice; the label says whether they are of capitals."""
    chance = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    texts = [" ".join("".join(chance.choice(list("abcdefghij"), 5)) for _ in range(2)) for _ in labels]
    return Examples(
        [text.upper() if label else text for text, label in zip(texts, labels, strict=True)], labels, labels
    )


@pytest.mark.row("EL03")
def test_with_and_without_elmo_on_the_same_seed(folder: Path):
    accuracy = {}
    for features in ("none", "input"):
        recipe = with_settings(
            load_recipe("elmo"),
            (
                f"model.pretrained={folder}",
                f"model.features={features}",
                "train.epochs=30",
                "train.lr=0.01",
                "model.dropout=0.1",
            ),
            size="tiny",
        )
        train, test = spelt_rows(200, 0), spelt_rows(100, 1)
        made: Any = new_classifier(recipe, ["no", "yes"], train.texts, seed=0)
        fit_any(made, train, test, seed=0)
        accuracy[features] = (made.logits(test.texts).argmax(1) == test.labels).mean()
        if features == "input":
            assert sum(made.network.shares()["input"]) == pytest.approx(1)
            assert made.network.mixes["input"].gamma.item() != 1
            own = Elmo.load(folder).state_dict()
            assert all(torch.equal(value, own[name]) for name, value in made.network.elmo.state_dict().items())
    assert accuracy["input"] > 0.9 > 0.65 > accuracy["none"], accuracy


def test_stored_and_loaded_it_stands_without_its_elmo(tmp_path: Path):
    torch.manual_seed(0)
    write(Elmo(SMALL), tmp_path / "elmo")
    made = classifier_of(tmp_path / "elmo", "model.features=both")
    made.save(tmp_path / "model")
    for file in (tmp_path / "elmo").iterdir():
        file.unlink()
    loaded: Any = load_classifier(tmp_path / "model")
    assert np.array_equal(loaded.logits(TEXTS), made.logits(TEXTS))


def test_words_have_weights_and_are_drawn(folder: Path):
    made = classifier_of(folder)
    seen = made.look(TEXTS)
    assert [len(look.tokens) for look in seen] == [10, 9, 1, 0, 4]
    assert all(sum(span.weight for span in look.tokens) == pytest.approx(1, abs=1e-5) for look in seen if look.tokens)
    [words] = attention_of(made, TEXTS[0]).maps
    assert words.values.shape == (1, 10)


def test_a_plan_needs_no_weights():
    small = ("model.features=none",)
    assert plan_recipe(with_settings(load_recipe("elmo"), small, size="tiny"), [20, 3], training=True, device="cpu")


def test_what_cannot_be_is_refused(folder: Path, tmp_path: Path, minilm_folder: Path):
    with pytest.raises(HeadworkError, match=r"no folder of encoder weights called 'elmo'; .* model\.pretrained"):
        new_classifier(load_recipe("elmo"), ["no", "yes"], TEXTS, seed=0)
    with pytest.raises(HeadworkError, match="holds another model than ELMo"):
        classifier_of(minilm_folder)
    with pytest.raises(HeadworkError, match="width is 0 and features 'output'"):
        config_of(with_settings(load_recipe("elmo"), ("model.width=0", "model.features=output")))
    write(Elmo(replace(SMALL, projection=10)), tmp_path)
    with pytest.raises(HeadworkError, match=r"another ELMo than the settings in model"):
        classifier_of(folder).network.load_pretrained(tmp_path)


@pytest.mark.parametrize("size", ["tiny", "small", "base"])
def test_every_size_can_be_made(size: str):
    config = config_of(with_settings(load_recipe("elmo"), ("model.features=none",), size=size))
    assert isinstance(ElmoClassifier(config, vocabulary=30, classes=2), nn.Module)
