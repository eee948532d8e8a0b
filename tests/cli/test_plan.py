"""headwork plan: what runs, why, and what falls back."""

import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("transformer",), "runs (texts of one length together; 0.0 MB) > fused"),
        (("transformer", "--training", "--tokens", "64"), "> dense (scores and weights written out;"),
        (("transformer-entmax", "--training"), "> dense (fallback: scores and weights written out; not fused: "),
        (("transformer-window",), "> windows"),
        (("transformer-favor", "--ragged"), "> linear"),
        (("bilstm-attention", "--training"), "pool: segments"),
        (("han",), "word_pool and 1 more like it: segments"),
    ],
)
def test_each_model_says_what_it_runs(headwork, words, told):
    done = headwork("plan", *words, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("tfidf",), "tfidf has no attention"),
        (("text-cnn",), "no attention"),
        (("transformer", "--tokens", "5000"), "set model.max_tokens"),
        (("transformer", "--set", "model.normaliser=entmaxx"), "expected one of softmax"),
        (("transformer", "--set", "model.scope=window"), "window needs back"),
        (("minilm", "--set", "model.normaliser=sparsemax"), "an attention of its own"),
        (("transfomer",), "transformer"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_line(here, words, told):
    done = here("plan", *words)
    assert done.returncode == 2
    assert not done.stdout
    assert told in done.stderr and len(done.stderr.splitlines()) == 1
