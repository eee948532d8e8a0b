"""Several tasks on one encoder: the weights, what a task alone comes to, and a cut run that goes on to the bit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.train.conftest import make_examples

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe, load_recipe, with_settings
from headwork.data.corpus import Examples
from headwork.data.tagged import prepare_tagged
from headwork.ops.packed import pack
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.neural_tag import NeuralTagger
from headwork.tasks.tag import new_tagger
from headwork.train import fit as fit_module
from headwork.train.any import check_recipe, fit_any
from headwork.train.beside import parse_beside, weights_of
from headwork.train.classify import Classify
from headwork.train.config import TrainConfig, train_config
from headwork.train.fit import fit
from headwork.train.next_token import GoOn
from headwork.train.record import Fitted, Place
from headwork.train.sides import together

CLASSES = ["red", "green", "blue"]
FAST = ("train.epochs=3", "train.lr=0.003", "train.batch_tokens=512", "model.max_tokens=40")
CAUSAL = ("model.scope=causal", "model.pooling=last")


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Words and tags, which follow from the words."""
    path = tmp_path_factory.mktemp("tagged") / "mine.conll"
    chance = np.random.default_rng(0)
    words = {"red": "C", "blue": "C", "word1": "W", "word2": "W"}
    lines = [
        "\n".join(f"{word}\t{words[word]}" for word in chance.choice(list(words), chance.integers(3, 9)))
        for _ in range(60)
    ]
    path.write_text("\n\n".join(lines) + "\n")
    return path


def recipe_of(beside: str, *settings: str, task: str = "classify") -> Recipe:
    chosen = with_settings(load_recipe("transformer"), (*FAST, *settings), size="tiny")
    model = chosen.model if task == "classify" else {**chosen.model, "kind": "encoder-tagger"}
    return replace(chosen, task=task, model=model, train={**chosen.train, "beside": beside})


def learnt(
    train: Examples, dev: Examples, beside: str, *settings: str, folder: Path | None = None, cut_at: float = 2.0
) -> tuple[NeuralClassifier, Fitted]:
    recipe = recipe_of(beside, *settings)
    check_recipe(recipe)
    classifier = new(recipe, train)
    place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None

    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    return classifier, fit_any(classifier, train, dev, seed=3, place=place, progress=watch)


def new(recipe: Recipe, train: Examples) -> NeuralClassifier:
    return NeuralClassifier.new(recipe, CLASSES, train.texts, seed=0, offline=True, device="cpu")


class PowerCutError(Exception):
    pass


def same(one, other) -> bool:
    mine, its = one.network.state_dict(), other.network.state_dict()
    return mine.keys() == its.keys() and all(torch.equal(mine[name], its[name]) for name in mine)


@pytest.fixture(scope="module")
def small() -> tuple[Examples, Examples]:
    return make_examples(60), make_examples(20, seed=1)


@pytest.mark.row("BE09")
@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)), min_size=1, max_size=2), st.floats(0, 1))
def test_the_schedule_sums_to_one_and_is_a_line(ends, done):
    words = ", ".join(f"{name} {a:.9f}:{b:.9f}" for name, (a, b) in zip(("masked", "tag:x"), ends, strict=False))
    beside = parse_beside(words)
    found = weights_of("classify", beside, done)
    assert sum(found.values()) == pytest.approx(1, abs=1e-12) and min(found.values()) >= -1e-12
    for each, (a, b) in zip(beside, ends, strict=True):
        assert found[each.what] == pytest.approx(a * (1 - done) + b * done, abs=1e-8)


@pytest.mark.row("BE09")
@pytest.mark.parametrize("beside", ["masked 0", "tag:{} 0"])
def test_a_task_that_weighs_all_learns_what_it_would_learn_alone(small, tagged, beside: str):
    train, dev = small
    alone, plain = learnt(train, dev, "")
    beside_nothing, fitted = learnt(train, dev, beside.format(tagged))
    assert same(alone, beside_nothing)
    for one, other in zip(plain.points, fitted.points, strict=True):
        assert (one.train_loss, one.dev_loss, one.dev_accuracy) == (
            other.train_loss,
            other.dev_loss,
            other.dev_accuracy,
        )
    other, _ = learnt(train, dev, "masked 0.3")
    assert not same(alone, other)


@pytest.mark.row("BE09")
def test_a_step_is_the_weighed_sum_of_the_tasks_losses(small, tagged):
    """The gradient too, against each problem asked for its own loss by itself."""
    train, dev = small
    recipe = recipe_of(f"masked 0.5:0.1, tag:{tagged} 0.25", "model.dropout=0.0")
    model = new(recipe, train)
    config = train_config(recipe)
    main = Classify(model, train, dev, config, seed=3)
    whole = together(main, model, train, dev, parse_beside(config.beside), seed=3)
    whole.done = 0.5
    assert whole.weights == pytest.approx({"classify": 0.45, "masked": 0.3, "tag": 0.25})
    rows, first, parts = whole.batches(0)[0], 0, []
    for problem in whole.problems.values():
        parts.append([row - first for row in rows if first <= row < first + len(problem.lengths)])
        first += len(problem.lengths)
    assert all(parts) and len(whole.batches(0)) == len(main.batches(0))
    torch.manual_seed(1)
    whole.loss(rows).backward()
    table = model.network.core.embeddings.tokens.weight
    assert table.grad is not None
    found, table.grad = table.grad.clone(), None
    torch.manual_seed(1)
    for problem, own, weight in zip(whole.problems.values(), parts, (0.45, 0.3, 0.25), strict=True):
        (weight * problem.loss(own)).backward()
    assert table.grad is not None and torch.allclose(found, table.grad, atol=1e-7)
    assert whole.problems["tag"].network.core is model.network.core is whole.problems["masked"].network.core
    assert {row for epoch in range(9) for rows in whole.batches(epoch) for row in rows} == set(
        range(len(whole.lengths))
    )
    point = whole.look().tasks["masked"]
    assert point.weight == pytest.approx(0.3) and point.train_loss and point.dev_loss > 0
    assert whole.look().tasks["masked"].train_loss is None


@pytest.mark.row("BE09")
def test_a_cut_run_goes_on_to_the_bit(small, tagged, tmp_path, monkeypatch):
    train, dev = small
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    beside = f"next 1:0.2, tag:{tagged} 0:0.4"
    calm, whole = learnt(train, dev, beside, *CAUSAL)
    with pytest.raises(PowerCutError):
        learnt(train, dev, beside, *CAUSAL, folder=tmp_path, cut_at=0.5)
    again, fitted = learnt(train, dev, beside, *CAUSAL, folder=tmp_path)
    assert same(calm, again) and same(whole.beside["tag"], fitted.beside["tag"])
    assert [point.tasks for point in whole.points] == [point.tasks for point in fitted.points]
    for point in whole.points:
        assert sum(task.weight for task in point.tasks.values()) == pytest.approx(1)
    begins, ends = whole.points[0].tasks, whole.points[-1].tasks
    assert begins["next"].weight > ends["next"].weight > 0.2 and begins["tag"].weight < ends["tag"].weight < 0.4


def test_other_data_than_at_the_start_are_refused(small, tagged, tmp_path, monkeypatch):
    train, dev = small
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    (tmp_path / "a.conll").write_text(tagged.read_text())
    beside = f"tag:{tmp_path / 'a.conll'} 0.5"
    with pytest.raises(PowerCutError):
        learnt(train, dev, beside, folder=tmp_path, cut_at=0.5)
    (tmp_path / "a.conll").write_text(tagged.read_text().replace("word1\tW", "word1\tC"))
    with pytest.raises(HeadworkError, match="the data have changed"):
        learnt(train, dev, beside, folder=tmp_path)


def test_both_tasks_and_the_language_are_learnt(small, tagged):
    """Of one encoder: classes, tags and hidden words, each better than at the start."""
    train, dev = make_examples(120), make_examples(40, seed=1)
    settings = ("train.epochs=9", "train.lr=0.01", "model.tokens=words", "model.layers=1")
    classifier, fitted = learnt(train, dev, f"masked 0.5:0, tag:{tagged} 0.2", *settings)
    first, last = fitted.points[0].tasks, fitted.points[-1].tasks
    assert max(point.dev_accuracy for point in fitted.points) > 0.8
    assert last["tag"].dev_score > 0.95 and last["masked"].dev_loss < first["masked"].dev_loss
    tagger = fitted.beside["tag"]
    assert isinstance(tagger, NeuralTagger) and tagger.tag([["red", "word1"]]) == [["C", "W"]]
    assert tagger.network.core is classifier.network.core


def test_a_tagger_may_have_classes_beside_it(small, tmp_path, tagged):
    rows = [f'"{text}",{CLASSES[label]}' for text, label in zip(small[0].texts, small[0].labels, strict=True)]
    (tmp_path / "colours.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    corpus = prepare_tagged(tagged)
    recipe = recipe_of(f"classify:{tmp_path / 'colours.csv'} 0.3, masked 0.2", task="tag")
    check_recipe(recipe)
    tagger = new_tagger(recipe, corpus.facts.classes, corpus.part("train").items, seed=0)
    fitted = fit_any(tagger, corpus.part("train"), corpus.part("dev"), seed=0)
    assert fitted.beside["classify"].classes == sorted(CLASSES)
    assert fitted.points[-1].tasks.keys() == {"tag", "classify", "masked"}


def test_the_next_token_is_told_from_those_before(small):
    """Against the logits of each text by itself, one more token at a time."""
    train, dev = small
    recipe = recipe_of("next 0.5", *CAUSAL, "model.dropout=0.0")
    model = new(recipe, train)
    main = Classify(model, train, dev, train_config(recipe), seed=3)
    side = together(main, model, train, dev, parse_beside("next 0.5"), seed=3).problems["next"]
    assert isinstance(side, GoOn)
    ids = [side.train.ids[row] for row in (0, 5)]
    head: Any = side.network.masked
    core, nats = model.network.core, []
    for text in ids:
        for count in range(1, len(text)):
            state = core(pack([text[:count]]))[-1:]
            nats.append(-head(state, core.embeddings.tokens.weight).log_softmax(1)[0, text[count]].item())
    assert side.loss([0, 5]).item() == pytest.approx(np.mean(nats), rel=1e-4)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("masked", "'masked'; expected such as"),
        ("masked 2", "weights are from 0 to 1"),
        ("masked 0.6, next 0.5", "sum to 1.1 at the start"),
        ("masked 0:0.6, tag:x 0.2:0.5", "sum to 1.1 at the end"),
        ("masked 1, masked 0", "one of a kind"),
        ("tag 0.5", "expected such as"),
        ("masked:x 0.5", "expected such as"),
        ("masked 1:0:1", "expected such as"),
        ("masked 1.2.3", "expected such as"),
    ],
)
def test_words_that_say_nothing_are_refused(words: str, told: str):
    with pytest.raises(ValueError, match=told):
        parse_beside(words)
    with pytest.raises(HeadworkError, match=r"train\.beside"):
        train_config(recipe_of(words))


def test_what_cannot_be_learnt_together_is_refused(small):
    train, dev = small
    for name, task, settings, told in (
        ("bag", "classify", (), "is no Transformer encoder"),
        ("transformer", "classify", ("train.fit=logistic",), "takes no steps"),
        ("lstm", "language", (), "is for texts with classes and tagged words"),
    ):
        chosen = with_settings(load_recipe(name, task), ("train.beside=masked 0.5", *settings))
        with pytest.raises(HeadworkError, match=told):
            check_recipe(chosen)
    with pytest.raises(HeadworkError, match="let it look back only"):
        learnt(train, dev, "next 0.5")
    with pytest.raises(HeadworkError, match="classify is the task itself"):
        learnt(train, dev, "classify:stdlib 0.5")


def test_a_moving_weight_is_not_ended_by_patience(small):
    """While the language alone is learnt the task gets no better, and what follows is what it is for."""
    train, dev = small
    model = new(recipe_of("", "model.tokens=words"), train)
    config = TrainConfig(epochs=4, patience=1, lr=1e-30, batch_tokens=512, beside="masked 1:0")
    main = Classify(model, train, dev, config, seed=3)
    assert fit(main).stopped == "patience"
    assert fit(together(main, model, train, dev, parse_beside("masked 1:0"), seed=3)).stopped == "epochs"
