"""Learning spans: the loss against loops, which windows are learnt from, and a cut run that goes on to the bit."""

import math

import numpy as np
import pytest
import torch

from headwork.base.recipes import load_recipe, with_settings
from headwork.data.questions import Asked, Questions
from headwork.data.squad import Answer as Given
from headwork.tasks.neural_span import NeuralAnswerer
from headwork.tasks.span import new_answerer
from headwork.tasks.span_windows import NOTHING
from headwork.train import fit as fit_module
from headwork.train import span as span_module
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.record import Place
from headwork.train.span import Answer, both_ends, strangers

NAMES = "Ada Boris Clara Dora Emil Franz Greta Hana".split()
TOWNS = "Paris Rome Oslo Bern Kyiv Lima Cairo Delhi".split()
CONFIG = TrainConfig(epochs=2, patience=99, lr=5e-3, batch_tokens=400)
SMALL = ("model.max_tokens=48", "model.question_tokens=12", "model.stride=16", "model.dropout=0.0")


class PowerCutError(Exception):
    pass


def people(count: int, seed: int, *, silent: int = 0, filler: int = 0) -> Questions:
    """Where somebody lives, among three people; the last `silent` questions are about somebody else."""
    chance = np.random.default_rng(seed)
    asked, answers = [], []
    for number in range(count):
        names, towns = (list(chance.choice(pool, 4, replace=False)) for pool in (NAMES, TOWNS))
        lines = [f"{name} lives in {town}." for name, town in zip(names[:3], towns, strict=False)]
        passage = " ".join(lines) + " nothing more" * filler
        which = 3 if number >= count - silent else int(chance.integers(3))
        asked.append(Asked(f"Where does {names[which]} live?", passage))
        start = passage.index(lines[which]) + len(f"{names[which]} lives in ") if which < 3 else 0
        answers.append((Given(towns[which], start),) if which < 3 else ())
    ids = [str(number) for number in range(count)]
    return Questions(asked, answers, [""] * count, ids, np.arange(count))


def problem(name: str = "two-way-lstm", *settings: str, train=None, config=CONFIG, seed: int = 3) -> Answer:
    train = train or people(60, 0)
    recipe = with_settings(load_recipe(name, "span"), (*SMALL, *settings), size="tiny")
    answerer = new_answerer(recipe, train, seed=seed)
    assert isinstance(answerer, NeuralAnswerer)
    return Answer(answerer, train, people(20, 1), config, seed=seed)


def test_the_loss_is_the_mean_of_both_ends_over_a_window_and_no_answer():
    torch.manual_seed(0)
    sizes, targets = [3, 5, 2], torch.tensor([[1, 2], [0, 0], [1, 1]])
    logits = torch.randn(10, 2, requires_grad=True)
    found = both_ends(logits, sizes, targets)
    expected, start = 0.0, 0
    for size, target in zip(sizes, targets.tolist(), strict=True):
        for end in (0, 1):
            own = logits[start : start + size, end].detach().double()
            expected -= math.log(own.exp()[target[end]] / own.exp().sum()) / 6
        start += size
    assert found.item() == pytest.approx(expected, abs=1e-6)
    found.backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


def test_learnt_from_are_all_windows_with_the_answer_and_some_without():
    train = people(40, 0, silent=8, filler=30)
    found = problem("two-way-lstm", "model.others=0.5", train=train)
    targets = found.train.targets([*train.answers, *[()] * (len(found.train.questions) - len(train))])
    holding = [place for place, target in enumerate(targets) if target != NOTHING]
    assert set(holding) <= set(found.chosen) and found.chosen == sorted(set(found.chosen))
    assert found.targets.tolist() == [list(targets[place]) for place in found.chosen]
    without = [place for place in found.chosen if targets[place] == NOTHING]
    of_silent = [found.train.of[place] for place in without if 32 <= found.train.of[place] < 40]
    assert sorted(of_silent) == list(range(32, 40))
    assert len(without) - 8 == round(0.5 * len(holding))
    none = problem("two-way-lstm", "model.others=0.0", train=train)
    assert len(none.chosen) == len(holding) + 8


def test_a_stranger_is_a_passage_without_the_answer():
    train = people(40, 0, silent=5)
    found = strangers(train, np.random.default_rng(0))
    assert set(found) <= set(range(35)) and len(found) > 25
    for row, one in found.items():
        assert one.question == train.asked[row].question
        assert train.answers[row][0].text not in one.passage


def test_answers_that_fit_no_window_are_counted():
    train = people(10, 0)
    long = train.asked[0].passage
    train.answers[0] = (Given(long, 0),)
    learning = problem(train=people(60, 0))
    tight = with_settings(
        load_recipe("two-way-lstm", "span"),
        ("model.max_tokens=18", "model.question_tokens=10", "model.stride=4"),
        size="tiny",
    )
    answerer = new_answerer(tight, train, seed=0)
    assert answerer.unlearnable(train) == 1 and learning.answerer.unlearnable(people(10, 0)) == 0


def test_answers_may_be_as_long_as_nearly_all_of_training():
    train = people(60, 0)
    learning = problem(train=train)
    lengths = [
        len(found.ids) - 2
        for found in learning.answerer.reader.tokenizer.encode([given[0].text for given in train.answers])
    ]
    assert learning.answerer.longest == sorted(lengths)[59]  # of 60 answers 99 in 100 are all
    assert problem("two-way-lstm", "model.answer_tokens=9").answerer.longest == 9


@pytest.mark.parametrize("name", ["two-way-lstm", "transformer"])
def test_an_interrupted_fit_ends_with_the_same_bits(name, tmp_path, monkeypatch):
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        learning = problem(name)
        place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
        fitted = fit(learning, place=place, progress=watch)
        return learning.network.state_dict(), [(p.step, p.train_loss, p.dev_loss) for p in fitted.points]

    calm, calm_points = run()
    with pytest.raises(PowerCutError):
        run(tmp_path, 0.5)
    weights, points = run(tmp_path)
    assert all(torch.equal(calm[key], weights[key]) for key in calm)
    assert points == calm_points


def test_a_look_is_the_f1_of_what_is_found_in_a_sample(monkeypatch):
    monkeypatch.setattr(span_module, "LOOK_WINDOWS", 7)
    learning = problem()
    assert len(learning.dev_questions) == len(learning.dev.windows) == 7
    look = learning.look()
    answers = learning.answerer.answer(learning.dev_questions.asked)
    right = [text == given[0].text for text, given in zip(answers, learning.dev_questions.answers, strict=True)]
    assert look.accuracy >= np.mean(right) and look.rank == (look.accuracy, -look.loss)


@pytest.mark.slow
@pytest.mark.row("BE11")
def test_who_lives_where_is_learnt():
    """The town is told by the name before it: no town and no place is right by itself."""
    train, dev = people(600, 0, silent=100), people(60, 1, silent=15)
    recipe = with_settings(load_recipe("two-way-lstm", "span"), SMALL, size="tiny")
    answerer = new_answerer(recipe, train, seed=0)
    assert isinstance(answerer, NeuralAnswerer)
    config = TrainConfig(epochs=40, patience=40, lr=4e-3, batch_tokens=600)
    fit(Answer(answerer, train, dev, config, seed=0))
    answerer.abstains = True
    test = people(100, 2, silent=25)
    towns = [given[0].text if given else "" for given in test.answers]
    assert np.mean(np.array(answerer.answer(test.asked)) == towns) > 0.9
