"""Learning to translate: smoothed loss, the Noam schedule, averaged weights, and a cut run that goes on to the bit."""

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.bitext import Pairs
from headwork.tasks.decoding import Search
from headwork.tasks.translate import Translator
from headwork.train import fit as fit_module
from headwork.train.config import TrainConfig, train_config
from headwork.train.fit import fit
from headwork.train.record import Place
from headwork.train.schedules import noam
from headwork.train.translate import Translate

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()
CONFIG = TrainConfig(epochs=3, patience=99, lr=5e-3, batch_tokens=400, label_smoothing=0.1, average=2)


class PowerCutError(Exception):
    pass


def reversals(count: int, seed: int, longest: int = 7) -> Pairs:
    """Sentences of words, and the same words from the last to the first."""
    random = np.random.default_rng(seed)
    sources = [list(random.choice(WORDS, random.integers(2, longest + 1))) for _ in range(count)]
    return Pairs([" ".join(s) for s in sources], [" ".join(s[::-1]) for s in sources], np.arange(count))


TRAIN, DEV = reversals(120, 0), reversals(30, 1)


def new(name: str, *settings: str, train: Pairs = TRAIN) -> Translator:
    words = tuple(f"model.{word}" for word in ("vocabulary=300", *settings))
    recipe = with_settings(load_recipe(name, "translate"), words, size="tiny")
    return Translator.new(recipe, ("forth", "back"), train, seed=0)


def run(name: str, folder=None, cut_at: float = 2.0, config: TrainConfig = CONFIG):
    def watch(share: float) -> None:
        if share >= cut_at:
            raise PowerCutError

    translator = new(name)
    place = Place(folder / "plan.json", folder / "state.safetensors") if folder else None
    fitted = fit(Translate(translator, TRAIN, DEV, config, seed=3), place=place, progress=watch)
    return translator.network.state_dict(), fitted


@pytest.mark.parametrize("name", ["bahdanau", "transformer"])
def test_an_interrupted_fit_ends_with_the_same_bits(name, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    calm, calm_fitted = run(name)
    for cut_at in (0.1, 0.5, 0.9):
        with pytest.raises(PowerCutError):
            run(name, tmp_path, cut_at)
    weights, fitted = run(name, tmp_path)
    assert all(torch.equal(calm[key], weights[key]) for key in calm)
    told = [[(p.step, p.train_loss, p.dev_loss) for p in each.points] for each in (fitted, calm_fitted)]
    assert told[0] == told[1]


@pytest.mark.row("TR07")
def test_the_loss_is_smoothed_cross_entropy_over_the_tokens_to_be_written() -> None:
    """Against the smoothed distribution written out: q = (1 - s) one-hot + s / V, KL(q, p) plus the entropy of q."""
    translator = new("transformer", "dropout=0.0")
    problem = Translate(translator, TRAIN, DEV, CONFIG, seed=0)
    rows = [0, 5, 9]
    found = problem.loss(rows)
    source, target, answers = problem.train.batch(rows)
    log_p = translator.network(source, target).log_softmax(1)
    vocabulary = log_p.shape[1]
    q = 0.9 * F.one_hot(answers, vocabulary) + 0.1 / vocabulary
    divergence = F.kl_div(log_p, q, reduction="batchmean")
    entropy = -(q * q.log()).sum(1).mean()
    torch.testing.assert_close(found, divergence + entropy, rtol=1e-5, atol=1e-6)
    assert len(answers) == sum(len(problem.train.target[row]) - 1 for row in rows)


@pytest.mark.row("TR07")
@pytest.mark.parametrize("width", [64, 512])
def test_noam_is_the_papers_rate(width: int) -> None:
    """d^-0.5 min(s^-0.5, s w^-1.5), its largest value taken out as the recipe's rate."""
    warmup = 40
    largest = (width * warmup) ** -0.5
    for step in (1, 7, 40, 41, 400):
        rate = width**-0.5 * min(step**-0.5, step * warmup**-1.5)
        assert largest * noam(step - 1, 400, warmup / 400) == pytest.approx(rate)


@pytest.mark.row("TR07")
def test_final_weights_are_the_mean_of_the_last_looks_where_that_is_better(monkeypatch) -> None:
    seen = []
    keep = fit_module.remember
    monkeypatch.setattr(fit_module, "remember", lambda *given: (keep(*given), seen.append(list(given[0]))))
    translator = new("transformer", "dropout=0.0")
    config = replace(CONFIG, epochs=8, average=3, schedule="constant", lr=1e-2, label_smoothing=0.0)
    problem = Translate(translator, TRAIN, DEV, config, seed=0)
    fitted = fit(problem)
    last = seen[-1]
    assert len(last) == 3
    mean = {key: sum(weights[key] for weights in last) / 3 for key in last[0]}
    final = dict(translator.network.named_parameters())
    assert all(torch.allclose(final[key], mean[key], atol=1e-7) for key in final if final[key].requires_grad)
    assert problem.look().loss < min(point.dev_loss for point in fitted.points)


def test_pairs_that_are_too_long_are_left_out_and_counted() -> None:
    translator = new("bahdanau", "max_tokens=7")
    problem = Translate(translator, TRAIN, DEV, CONFIG, seed=0)
    kept = [max(len(s), len(t)) for s, t in zip(problem.train.source, problem.train.target, strict=True)]
    assert max(kept) <= 7
    assert problem.left_out == len(TRAIN) - len(kept) > 0
    with pytest.raises(HeadworkError, match=r"raise model\.max_tokens"):
        Translate(new("bahdanau", "max_tokens=2"), TRAIN, DEV, CONFIG, seed=0)


def exact(translator: Translator, pairs: Pairs) -> float:
    written = translator.translate(pairs.sources, Search(beam=1))
    return sum(each.text == target for each, target in zip(written, pairs.targets, strict=True)) / len(pairs)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.row("AT04", "ME04", "AT01")
def test_attention_reverses_and_looks_where_it_must_and_one_vector_does_not_hold_long_texts() -> None:
    """Without attention quality falls with length; with it the alignment is the anti-diagonal."""
    train, dev, test = (reversals(count, seed, longest=16) for count, seed in ((3000, 0), (200, 1), (300, 2)))
    found = {}
    for name in ("rnn", "bahdanau"):
        translator = new(name, "width=64", "hidden=64", "dropout=0.0", train=train)
        config = replace(train_config(translator.recipe), epochs=25, patience=25, lr=5e-3, label_smoothing=0.0)
        fit(Translate(translator, train, dev, config, seed=0))
        short = [place for place, source in enumerate(test.sources) if len(source.split()) <= 6]
        long = [place for place, source in enumerate(test.sources) if len(source.split()) >= 12]
        found[name] = translator, exact(translator, test[short]), exact(translator, test[long])
    assert found["bahdanau"][2] >= 0.95
    assert found["rnn"][1] - found["rnn"][2] > 0.3
    assert found["bahdanau"][2] - found["rnn"][2] > 0.3
    hits = total = 0
    translator = found["bahdanau"][0]
    for source, target in list(zip(test.sources, test.targets, strict=True))[:50]:
        drawn = translator.align(source, target)
        words = len(source.split())
        if len(drawn.source) != words + 1 or len(drawn.target) != words + 1:
            continue  # some word is written in pieces
        hits += sum(int(drawn.weights[place].argmax()) == words - 1 - place for place in range(words))
        total += words
    assert total > 100
    assert hits / total >= 0.95


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.row("TR02")
def test_the_transformer_learns_to_copy() -> None:
    train, dev, test = (reversals(count, seed, longest=10) for count, seed in ((2000, 0), (100, 1), (200, 2)))
    train, dev, test = (Pairs(each.sources, each.sources, each.rows) for each in (train, dev, test))
    translator = new("transformer", "dim=64", "dropout=0.0", train=train)
    config = replace(train_config(translator.recipe), epochs=40, patience=40, label_smoothing=0.0)
    fit(Translate(translator, train, dev, config, seed=0))
    assert exact(translator, test) >= 0.95
