"""Learning from tables: the marginal likelihood against loops, the start, and a cut run that goes on to the bit."""

import math

import pytest
import torch
from tests.tasks.test_table import SMALL, questions

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.table_questions import TableQuestions
from headwork.models.table_linear import TableLinear, TableLinearConfig
from headwork.tasks.neural_table import NeuralTabler
from headwork.tasks.table import new_tabler
from headwork.train import fit as fit_module
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.record import Place
from headwork.train.table import Answer, marginal

CONFIG = TrainConfig(epochs=2, patience=99, lr=5e-3, batch_tokens=1500)


class PowerCutError(Exception):
    pass


def problem(*settings: str, labels: bool = False, config=CONFIG, train: TableQuestions | None = None) -> Answer:
    train = train or questions(10, labels=labels)
    recipe = with_settings(load_recipe("tabert", "table"), (*SMALL, *settings), size="tiny")
    made = new_tabler(recipe, train, seed=3)
    assert isinstance(made, NeuralTabler)
    return Answer(made, train, questions(3, 40, labels=labels), config, seed=3)


@pytest.mark.row("BE27")
def test_the_loss_is_the_logarithm_of_the_sum_over_right_programs():
    torch.manual_seed(0)
    sizes = [4, 1, 3]
    right = [torch.tensor([True, False, True, False]), torch.tensor([True]), torch.tensor([False, False, True])]
    scores = torch.randn(8, requires_grad=True)
    found = marginal(scores, right)
    expected, start = 0.0, 0
    for size, mask in zip(sizes, right, strict=True):
        powers = [math.exp(score) for score in scores[start : start + size].tolist()]
        hit = sum(power for power, is_right in zip(powers, mask.tolist(), strict=True) if is_right)
        expected -= math.log(hit / sum(powers)) / 3
        start += size
    assert found.item() == pytest.approx(expected, abs=1e-6)
    found.backward()
    assert scores.grad is not None and torch.isfinite(scores.grad).all()
    assert scores.grad[4] == pytest.approx(0, abs=1e-7)  # its only program is right: nothing to learn


@pytest.mark.parametrize("labels", [False, True])
def test_training_starts_from_the_log_linear_model(labels):
    learning = problem("model.start=linear", labels=labels)
    learning.start()
    train, dev = learning.train_questions, learning.dev_questions
    model = TableLinear(TableLinearConfig(words=300))
    if labels:
        model.fit_labels(train.asked, train.labels, classes=2, seed=3)
        found = torch.from_numpy(model.logits(dev.asked))
        assert torch.allclose(learning.tabler.logits_of(learning.dev, learning.network), found, atol=1e-4)
        return
    model.fit_answers(train.asked, train.right, seed=3)
    for mine, theirs in zip(learning.tabler.replies(dev.asked), model.replies(dev.asked), strict=True):
        assert mine.answers == theirs.answers
        assert mine.probability == pytest.approx(theirs.probability, abs=1e-4)


def test_what_training_spoils_is_not_kept():
    """The start is looked at, and stays the best where steps are far too large."""
    learning = problem("model.start=linear", config=TrainConfig(epochs=1, lr=3.0, batch_tokens=1500))
    fit(learning)
    model = TableLinear(TableLinearConfig(words=300))
    model.fit_answers(learning.train_questions.asked, learning.train_questions.right, seed=3)
    kept = learning.network.state_dict()
    assert torch.allclose(kept["wide_trait"], torch.from_numpy(model.weights["traits"]).float(), atol=1e-6)


def test_questions_that_no_program_answers_are_left_out_and_counted():
    train = questions(6)
    train.right[2] = ("something that stands nowhere",)
    learning = problem(train=train)
    assert 2 not in learning.chosen and len(learning.chosen) == 23 and learning.tabler.not_learnt == 1
    hopeless = questions(6)
    hopeless.right[:] = [("nowhere",)] * len(hopeless)
    with pytest.raises(HeadworkError, match="no program gives the right answer of any training question"):
        problem(train=hopeless)


def test_an_interrupted_fit_ends_with_the_same_bits(tmp_path, monkeypatch):
    settings = ("model.start=linear", "model.recover=0.1", "model.rows=2")
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)

    def run(folder=None, cut_at: float = 2.0):
        def watch(share: float) -> None:
            if share >= cut_at:
                raise PowerCutError

        learning = problem(*settings)
        place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
        fitted = fit(learning, place=place, progress=watch)
        return learning.network.state_dict(), [(p.step, p.train_loss, p.dev_loss) for p in fitted.points]

    calm, calm_points = run()
    with pytest.raises(PowerCutError):
        run(tmp_path, 0.5)
    weights, points = run(tmp_path)
    assert all(torch.equal(calm[key], weights[key]) for key in calm)
    assert points == calm_points


@pytest.mark.row("BE27")
def test_what_is_asked_is_learnt_from_answers_alone():
    """Without the log-linear start: the network by itself learns which program a question means."""
    train = questions(30)
    recipe = with_settings(load_recipe("tabert", "table"), SMALL, size="tiny")
    made = new_tabler(recipe, train, seed=0)
    assert isinstance(made, NeuralTabler)
    fit(Answer(made, train, questions(5, 60), TrainConfig(epochs=9, patience=12, lr=7e-3, batch_tokens=2000), seed=0))
    test = questions(10, 80)
    right = [reply.answers == answers for reply, answers in zip(made.replies(test.asked), test.right, strict=True)]
    assert sum(right) > 0.9 * len(right)
