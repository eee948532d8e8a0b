"""Learning from examples without end: exact resume, and the tasks that must come out."""

import dataclasses
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
import pytest
import torch
from msgspec import structs
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.files import write_json
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import Identity, Run
from headwork.compare.algorithm.trial import check, trial
from headwork.compare.work import Settings
from headwork.data.drawn import prepare_drawn
from headwork.report.views import write_run_report
from headwork.tasks.algorithm import Learner
from headwork.train import algorithm as algorithm_module
from headwork.train import fit as fit_module
from headwork.train.algorithm import Learn
from headwork.train.config import train_config
from headwork.train.fit import fit
from headwork.train.record import Fitted, Place


class PowerCutError(Exception):
    pass


def run(
    name: str, data: str, folder: Path | None = None, *, settings: tuple[str, ...] = (), cut_at: float = 2.0, seed=0
) -> tuple[Learner, Fitted]:
    """Learn from what is in `folder`; the power is cut when the share `cut_at` is done."""

    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    recipe = with_settings(load_recipe(name, "algorithm"), ("train.batch_tokens=100", *settings), size="tiny")
    drawn = prepare_drawn(data)
    learner = Learner.new(recipe, drawn.generator, seed=seed)
    place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
    return learner, fit(Learn(learner, drawn, train_config(recipe), seed=seed), place=place, progress=watch)


def weights_of(learner: Learner) -> dict[str, Tensor]:
    return learner.network.state_dict()


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def short_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algorithm_module, "EPOCH", 4)
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("name", "data"),
    [("ntm", "copy:longest=3"), ("reader-hard", "marked-patch:longest=2"), ("pointer", "delaunay:longest=4")],
)
@pytest.mark.parametrize("cuts", [(0.02,), (0.3, 0.31, 0.9), (0.5, 0.999)])
def test_an_interrupted_fit_ends_with_the_same_bits(name, data, cuts, tmp_path, short_epochs):
    settings = ("train.epochs=3", "train.curriculum=0.3")
    calm, calm_fitted = run(name, data, settings=settings)
    for cut_at in cuts:
        with pytest.raises(PowerCutError):
            run(name, data, tmp_path, settings=settings, cut_at=cut_at)
    learner, fitted = run(name, data, tmp_path, settings=settings)
    assert same(weights_of(calm), weights_of(learner))
    told = [(point.step, point.train_loss, point.dev_loss, point.dev_accuracy) for point in fitted.points]
    assert told == [(p.step, p.train_loss, p.dev_loss, p.dev_accuracy) for p in calm_fitted.points]
    assert len(told) == 3


def test_a_resumed_run_that_drew_other_batches_is_noticed(tmp_path, short_epochs, monkeypatch):
    settings = ("train.epochs=3",)
    calm, _ = run("lstm", "copy:longest=3", settings=settings)
    with pytest.raises(PowerCutError):
        run("lstm", "copy:longest=3", tmp_path, settings=settings, cut_at=0.5)
    monkeypatch.setattr(Learn, "batches", lambda self, epoch: [[index] for index in range(4)])
    assert not same(weights_of(calm), weights_of(run("lstm", "copy:longest=3", tmp_path, settings=settings)[0]))


def test_no_batch_is_drawn_twice(short_epochs):
    drawn = prepare_drawn("copy:longest=3")
    recipe = load_recipe("lstm", "algorithm")
    problem = Learn(Learner.new(recipe, drawn.generator, seed=0), drawn, train_config(recipe), seed=0)
    assert [problem.batches(epoch) for epoch in range(3)] == [
        [[0], [1], [2], [3]], [[4], [5], [6], [7]], [[8], [9], [10], [11]],
    ]  # fmt: skip


def test_longer_inputs_join_when_the_longest_so_far_are_answered(short_epochs, monkeypatch):
    scores = iter([0.9, 0.5, 0.85, 0.85])
    drawn = prepare_drawn("copy:longest=3")
    learner = Learner.new(load_recipe("lstm", "algorithm"), drawn.generator, seed=0)
    config = msgspec.structs.replace(train_config(learner.recipe), curriculum=0.8)
    problem = Learn(learner, drawn, config, seed=0)
    answer = learner.answer

    def graded(examples):
        # What joined before, or has not joined yet, must not count.
        right = next(scores) if examples.length == problem.joined[-1] else 1.0
        return dataclasses.replace(answer(examples), score=np.full(len(examples), right))

    monkeypatch.setattr(learner, "answer", graded)
    assert list(problem.joined) == [1]
    for joined in ([1, 2], [1, 2], [1, 2, 3], [1, 2, 3]):
        problem.look()
        assert list(problem.joined) == joined
        lengths = {drawn.train(0, number, 20, problem.joined).length for number in range(40)}
        assert lengths == set(joined)


@pytest.mark.row("ME08")
def test_the_softmax_comes_back_once_when_the_loss_on_dev_has_stopped_falling(short_epochs, monkeypatch):
    losses = iter([0.9, 0.7, 0.8, 0.6, 0.6, 0.61, 0.2, 0.5, 0.5, 0.5])
    drawn = prepare_drawn("stories:longest=2")
    learner = Learner.new(load_recipe("memory-network", "algorithm"), drawn.generator, seed=0)
    config = msgspec.structs.replace(train_config(learner.recipe), linear_start=2)
    problem = Learn(learner, drawn, config, seed=0)
    answer = learner.answer
    means: dict[int, float] = {}

    def graded(examples):
        if examples is drawn.dev[0]:
            means[0] = next(losses)
        return dataclasses.replace(answer(examples), nats=np.full(len(examples), means[0]))

    monkeypatch.setattr(learner, "answer", graded)
    for linear in [True] * 6 + [False] * 4:
        problem.loss([0])
        assert bool(learner.network.linear) == linear
        look = problem.look()
        # What is kept of this look is what the steps before it learned, the last one before the softmax too.
        assert look.linear == bool(learner.network.linear) == linear
        assert look.rank[0] == float(not linear)


@pytest.fixture
def level(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The loss on dev never falls; the list holds the score of the next look and of those behind it."""
    answer, scores = Learner.answer, [0.5] * 6
    look = Learn.look

    def graded(self, examples):
        count = len(examples)
        return dataclasses.replace(answer(self, examples), nats=np.ones(count), score=np.full(count, scores[0]))

    def looked(self):
        found = look(self)
        scores.pop(0)
        return found

    monkeypatch.setattr(Learner, "answer", graded)
    monkeypatch.setattr(Learn, "look", looked)
    return scores


@pytest.mark.row("ME08")
@pytest.mark.parametrize("cuts", [(0.1,), (0.53,), (0.97,), (0.2, 0.4, 0.7)])
def test_a_linear_start_is_resumed_to_the_same_bits(cuts, tmp_path, short_epochs, level):
    """Cut before the first look, when the softmax is about to come back (after the third of six), and on both sides."""
    settings, data = ("train.linear_start=2", "train.epochs=6"), "stories:longest=3"
    calm, calm_fitted = run("memory-network", data, settings=settings)
    for cut_at in cuts:
        level[:] = [0.5] * 6
        with pytest.raises(PowerCutError):
            run("memory-network", data, tmp_path, settings=settings, cut_at=cut_at)
    level[:] = [0.5] * 6
    learner, fitted = run("memory-network", data, tmp_path, settings=settings)
    assert same(weights_of(calm), weights_of(learner)) and not learner.network.linear
    told = [(point.linear, point.train_loss) for point in fitted.points]
    assert told == [(point.linear, point.train_loss) for point in calm_fitted.points]
    assert [linear for linear, _ in told] == [True] * 3 + [False] * 3


@pytest.mark.row("ME08")
def test_weights_from_before_the_softmax_are_kept_until_there_are_others(short_epochs, level):
    """Though they score higher; a training that ends before it keeps them, and the rule they were learned under."""
    level[:] = [0.9, 0.8, 0.1]
    settings = ("train.linear_start=1", "train.epochs=3")
    learner, fitted = run("memory-network", "stories:longest=3", settings=settings)
    assert [point.linear for point in fitted.points] == [True, True, False]
    assert not learner.network.linear
    level[:] = [0.9, 0.1]
    ended, _ = run("memory-network", "stories:longest=3", settings=("train.linear_start=1", "train.epochs=2"))
    assert ended.network.linear


@pytest.mark.row("ME08")
def test_a_run_tells_of_its_linear_start_and_of_the_score_behind_it(tmp_path, short_epochs, level):
    level[:] = [0.9, 0.8, 0.1, 0.2]
    settings = ("train.linear_start=1", "train.epochs=3", "train.batch_tokens=100")
    recipe = with_settings(load_recipe("memory-network", "algorithm"), settings, size="tiny")
    drawn, folder = prepare_drawn("stories:longest=3"), Run(tmp_path)
    drawn.save(folder.folder)
    identity = Identity(recipe_sha256="", data_fingerprint="", seed=0, budget_seconds=None)
    device = Settings(budget_seconds=None, device="cpu", offline=True)
    result = trial(folder, recipe, drawn, identity, device, lambda share: None)
    assert result.dev_accuracy == pytest.approx(0.1)
    assert [point.linear for point in folder.metrics()] == [True, True, False]
    write_json(folder.result_file, result)
    told = write_run_report(folder).read_text()
    assert "Of 12 steps the first 8 were taken without the softmax over the memories" in told


@pytest.mark.row("ME08")
def test_a_linear_start_is_refused_where_there_is_no_softmax_to_leave_out():
    check(with_settings(load_recipe("memory-network", "algorithm"), ("train.linear_start=2",)))
    with pytest.raises(HeadworkError, match="softmax over memories, and lstm is none"):
        check(with_settings(load_recipe("lstm", "algorithm"), ("train.linear_start=2",)))
    with pytest.raises(HeadworkError, match="linear_start is for generated sets"):
        train_config(with_settings(load_recipe("text-cnn"), ("train.linear_start=2",)))


def test_seeds_draw_other_weights_and_other_examples(short_epochs):
    one, other = (run("lstm", "copy:longest=3", settings=("train.epochs=1",), seed=seed)[0] for seed in (0, 1))
    assert not same(weights_of(one), weights_of(other))


@pytest.mark.row("ME01")
def test_copying_one_vector_is_learned_in_seconds():
    _, fitted = run("ntm", "copy:longest=1,width=2", settings=("train.epochs=3", "train.lr=1e-2"))
    assert max(point.dev_accuracy for point in fitted.points) > 0.9


@pytest.mark.row("AT17")
def test_hard_attention_finds_the_marked_patch():
    learner, _ = run("reader-hard", "marked-patch:longest=3", settings=("train.epochs=3", "train.batch_tokens=600"))
    for examples in prepare_drawn("marked-patch:longest=3").dev:
        answered = learner.answer(examples)
        assert answered.found is not None and answered.found.mean() > 0.95
        assert answered.score.mean() > 0.95


def well_trained(name: str, data: str, seconds: float, *settings: str) -> tuple[Learner, Fitted]:
    recipe = with_settings(load_recipe(name, "algorithm"), settings)
    drawn = prepare_drawn(data)
    learner = Learner.new(recipe, drawn.generator, seed=0)
    problem = Learn(learner, drawn, train_config(recipe), seed=0)
    return learner, fit(problem, budget_seconds=seconds)


def mean_by_length(learner: Learner, data: str, of: str = "score") -> dict[int, float]:
    found: dict[int, list[float]] = {}
    for examples in prepare_drawn(data).test:
        found.setdefault(examples.length, []).append(float(getattr(learner.answer(examples), of).mean()))
    return {length: sum(each) / len(each) for length, each in found.items()}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("ME01")
def test_copying_is_learned_and_goes_on_beyond_the_lengths_of_training():
    learner, _ = well_trained("ntm", "copy", 600)
    scores = mean_by_length(learner, "copy")
    assert scores[10] > 0.99 and scores[20] > 0.9
    plain, _ = well_trained("lstm", "copy", 600)
    assert mean_by_length(plain, "copy")[20] < scores[20]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("AT34")
@pytest.mark.parametrize("data", ["add-two-numbers", "find-the-maximum"])
def test_attention_finds_the_places_that_the_answer_rests_on(data):
    learner, _ = well_trained("reader", data, 300)
    longest = max(learner.generator.lengths)
    assert mean_by_length(learner, data, "found")[longest] >= 0.95
    assert mean_by_length(learner, data)[longest] > 0.9


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("ME07")
def test_learning_to_learn_beats_the_nearest_neighbour():
    learner, _ = well_trained("snail", "episodes", 300)
    nearest = {
        examples.length: learner.generator.guesses(examples)["nearest"].score.mean()
        for examples in prepare_drawn("episodes").test
    }
    scores = mean_by_length(learner, "episodes")
    assert all(scores[length] > nearest[length] for length in learner.generator.lengths)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("ME06")
def test_tours_are_shorter_than_by_the_order_of_the_input():
    learner, _ = well_trained("pointer", "tsp", 300)
    chance = {
        examples.length: learner.generator.guesses(examples)["chance"].score.mean()
        for examples in prepare_drawn("tsp").test
    }
    scores = mean_by_length(learner, "tsp")
    assert all(scores[length] > chance[length] for length in scores)
    assert scores[5] > 0.95


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("ME03")
def test_a_network_thinks_longer_about_harder_vectors():
    learner, _ = well_trained("act", "parity", 600)
    scores, thoughts = mean_by_length(learner, "parity"), mean_by_length(learner, "parity", "thoughts")
    assert scores[1] > 0.9
    assert thoughts[6] > thoughts[1]


def at_rate(name: str, seed: int, rate: float) -> float:
    """The best score on dev of twelve narrow blocks of equal size, without warm-up."""
    settings = ("layers=12", "dim=24", "heads=2", "ff=48")
    trained = ("batch_tokens=300", "schedule=constant", "warmup=0", "epochs=2", f"lr={rate}")
    chosen = (*(f"model.{each}" for each in settings), *(f"train.{each}" for each in trained))
    recipe = structs.replace(with_settings(load_recipe(name, "algorithm"), chosen), parameters=60_000)
    drawn = prepare_drawn("t-maze:longest=10,junctions=2")
    learner = Learner.new(recipe, drawn.generator, seed=seed)
    fitted = fit(Learn(learner, drawn, train_config(recipe), seed=seed))
    return max(point.dev_accuracy for point in fitted.points)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("LC11")
def test_a_deep_stack_bears_a_rate_with_gates_at_which_it_learns_nothing_without():
    """The order of the norm is what saves it: without gates it bears the rate too (trxl-i), and more surely."""
    scores = {name: [at_rate(name, seed, 1e-2) for seed in range(3)] for name in ("gtrxl", "trxl-i", "trxl")}
    assert median(scores["gtrxl"]) > 0.8 and min(scores["trxl-i"]) > 0.8
    assert max(scores["trxl"]) < 0.6 and max(scores["trxl"]) + 0.2 < min(scores["gtrxl"])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("LC28")
def test_a_wish_for_a_high_return_beats_the_cloning_of_mixed_walkers():
    for seed in range(3):
        means = {}
        for name in ("decision-transformer", "behaviour-cloning"):
            recipe = with_settings(load_recipe(name, "algorithm"), ("train.epochs=4",))
            drawn = prepare_drawn("grid-world")
            learner = Learner.new(recipe, drawn.generator, seed=seed)
            fit(Learn(learner, drawn, train_config(recipe), seed=seed))
            means[name] = mean_by_length(learner, "grid-world")
        for length in learner.generator.lengths[1::2]:
            assert means["decision-transformer"][length] > 0.95
            assert means["behaviour-cloning"][length] < 0.85


@pytest.mark.row("LC28")
def test_what_counts_is_what_is_earned_by_acting(monkeypatch):
    """Not the actions that a model would have taken on the way of another."""
    drawn = prepare_drawn("grid-world")
    recipe = with_settings(load_recipe("decision-transformer", "algorithm"), (), size="tiny")
    learner = Learner.new(recipe, drawn.generator, seed=0)
    examples = drawn.dev[-1]
    asked = []
    decide = learner._decide
    monkeypatch.setattr(learner, "_decide", lambda inputs: asked.append(inputs) or decide(inputs))
    answered = learner.answer(examples)
    assert len(asked) == 10
    for place, told in enumerate(asked):
        assert (answered.answers[:, 3 * place + 1] == decide(told)[:, -1]).all()
    assert (answered.score == drawn.generator.score(examples, answered.answers)).all()
    assert (answered.whole == drawn.generator.right(examples, answered.answers).all(1)).all()
