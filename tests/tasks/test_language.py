"""Language models in use: a token is judged by what is before it, and drawn with the chances that are asked for."""

import numpy as np
import pytest
from scipy import stats

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.tasks.counted_language import CountedLanguageModel
from headwork.tasks.language import LanguageModel, Sampling, load_language_model, new_language_model
from headwork.tasks.neural_language import NeuralLanguageModel

DOCUMENTS = ["the cat sat on the mat. " * 40, "a dog! " * 30]
NEURAL = ["transformer", "transformer-xl", "lstm"]


def model_of(name: str, *settings: str) -> LanguageModel:
    recipe = with_settings(load_recipe(name, "language"), settings, size="tiny")
    model = new_language_model(recipe, DOCUMENTS, seed=0, device="cpu")
    if isinstance(model, CountedLanguageModel):
        model.fit(DOCUMENTS)
    return model


@pytest.mark.parametrize("name", ["ngram", *NEURAL])
@pytest.mark.parametrize("length", [2, 5, 16, 17, 100, 333, 700])
def test_every_token_is_judged_by_what_is_before_it(name, length) -> None:
    settings = {"ngram": [], "transformer-xl": ["model.context=16", "model.remembered=999"]}
    model = model_of(name, *settings.get(name, ["model.context=16"]))
    ids = model.vocabulary.encode((DOCUMENTS[0] + DOCUMENTS[1])[: length - 1]).ids
    (nats,) = model.nats([ids])
    assert nats.shape == (length - 1,) and (nats > 0).all()
    writer = model.writer(ids[:1].tolist())
    judged = []
    for token in ids[1:]:
        judged.append(-writer.log_probabilities[token])
        writer.add(int(token))
    # Where a network without memory reads half a segment again, and where streams begin, the past is shorter.
    sure = min(length - 1, 16 if name == "transformer" else 256)
    assert nats[:sure] == pytest.approx(judged[:sure], abs=1e-4)
    assert np.mean(nats) == pytest.approx(np.mean(judged), rel=0.05)


def test_a_token_within_a_text_has_half_a_context_before_it_at_least() -> None:
    model = model_of("transformer", "model.context=16")
    assert isinstance(model, NeuralLanguageModel)
    ids = model.vocabulary.encode(DOCUMENTS[0]).ids
    reading = model.read(ids)
    for place in (20, 100, 511):
        alone = model.writer(ids[(place // 8 - 1) * 8 : place + 1].tolist())
        assert reading.nats[place] == pytest.approx(-alone.log_probabilities[ids[place + 1]], abs=1e-4)


def test_pieces_that_are_read_apart_know_nothing_of_each_other() -> None:
    for name in NEURAL:
        model = model_of(name, "model.context=16")
        assert isinstance(model, NeuralLanguageModel)
        ids = model.vocabulary.encode(DOCUMENTS[0]).ids
        reading = model.read(ids, context=8, apart=True)
        writer = model.writer(ids[8:9].tolist())
        assert reading.nats[8] == pytest.approx(-writer.log_probabilities[ids[9]], abs=1e-4)


@pytest.mark.parametrize("name", ["ngram", *NEURAL])
def test_stored_and_loaded_it_writes_the_same(name, tmp_path) -> None:
    model = model_of(name)
    model.save(tmp_path)
    again = load_language_model(tmp_path)
    one, two = (m.generate("the ", tokens=60, sampling=Sampling(), seed=5).text for m in (model, again))
    assert one == two != model.generate("the ", tokens=60, sampling=Sampling(), seed=6).text


def test_what_is_heard_is_what_is_written() -> None:
    for tokens in ("characters", "bytes", "bpe", "words"):
        model = model_of("ngram", f"model.tokens={tokens}", "model.vocabulary=400")
        heard: list[str] = []
        written = model.generate("", tokens=30, sampling=Sampling(), seed=1, hear=heard.append)
        assert "".join(heard) == written.text and written.tokens == 30


def test_a_prompt_with_unknown_characters_is_refused() -> None:
    with pytest.raises(HeadworkError, match=r"never seen: 'é', 'ß'; .*tokens=bytes"):
        model_of("ngram").generate("thé maß", tokens=1, sampling=Sampling())


def test_a_prompt_longer_than_the_context_is_told() -> None:
    prompt = DOCUMENTS[0][:100]
    assert "only the last 8 count" in model_of("transformer", "model.context=16").note(prompt)
    assert not model_of("transformer-xl", "model.context=16").note(prompt)
    assert not model_of("ngram").note(prompt)


LOGS = np.log(np.array([0.05, 0.4, 0.1, 0.3, 0.15]))


@pytest.mark.row("GP07")
@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), [0.05, 0.4, 0.1, 0.3, 0.15]),
        (Sampling(top_k=2), [0, 4 / 7, 0, 3 / 7, 0]),
        (Sampling(top_p=0.69), [0, 4 / 7, 0, 3 / 7, 0]),
        (Sampling(top_p=0.71), [0, 8 / 17, 0, 6 / 17, 3 / 17]),
        (Sampling(temperature=0.5), [0.0025, 0.16, 0.01, 0.09, 0.0225]),
        (Sampling(temperature=0), [0, 1, 0, 0, 0]),
    ],
)
def test_tokens_are_drawn_with_the_chances_of_the_formula(sampling, expected) -> None:
    chance = np.random.default_rng(0)
    counts = np.bincount([sampling.draw(LOGS, chance) for _ in range(4000)], minlength=5)
    shares = np.array(expected) / sum(expected)
    assert (counts[shares == 0] == 0).all()
    if (shares > 0).sum() > 1:
        assert stats.chisquare(counts[shares > 0], 4000 * shares[shares > 0]).pvalue > 1e-3


@pytest.mark.parametrize("bad", [{"temperature": -1}, {"top_k": -1}, {"top_p": 0}, {"top_p": 1.5}])
def test_impossible_drawing_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="expected"):
        Sampling(**bad)
