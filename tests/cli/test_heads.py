"""headwork heads: sparse heads told from dense ones, and the path of their learned exponents."""

import json
import math

import pytest


@pytest.fixture(scope="module")
def runs(headwork, things, tmp_path_factory):
    """A Transformer with softmax and one with learned entmax, trained for a moment."""
    folder = tmp_path_factory.mktemp("heads")
    for name in ("transformer", "transformer-entmax"):
        done = headwork(
            "train", name, things, "-o", folder / name, "--size", "tiny", "--set", "train.epochs=2", "--offline"
        )
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.row("TR12")
def test_the_path_of_alpha_is_kept_for_each_head(runs):
    points = [json.loads(line) for line in (runs / "transformer-entmax/metrics.jsonl").read_text().splitlines()]
    assert len(points) == 2
    for point in points:
        assert len(point["alphas"]) == 2
        assert all(len(heads) == 2 and all(1 < alpha < 2 for alpha in heads) for heads in point["alphas"].values())
    assert points[0]["alphas"] != points[1]["alphas"]
    plain = [json.loads(line) for line in (runs / "transformer/metrics.jsonl").read_text().splitlines()]
    assert not any(point["alphas"] for point in plain)


@pytest.mark.row("TR13")
def test_layers_say_how_sparse_and_how_different_their_heads_are(headwork, things, runs):
    found = {
        name: json.loads(headwork("heads", runs / name, things, "--json").stdout)
        for name in ("transformer", "transformer-entmax")
    }
    for name, layers in found.items():
        assert len(layers) == 2
        for layer in layers:
            assert len(layer["density"]) == len(layer["entropy"]) == 2
            assert 0 <= layer["divergence"] <= math.log(2)
            assert (layer["alpha"] is None) == (name == "transformer")
    assert all(density == 1 for layer in found["transformer"] for density in layer["density"])
    assert all(0 < density <= 1 for layer in found["transformer-entmax"] for density in layer["density"])


@pytest.mark.row("TR13")
def test_the_table_has_a_line_a_layer(headwork, runs):
    done = headwork("heads", runs / "transformer-entmax", stdin="The good thing.\nAn odd one.\n")
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["layer", "heads", "density", "entropy", "divergence", "alpha"]
    assert len(lines) == 2


def test_a_model_without_heads_is_refused(here, things, tmp_path):
    here("train", "tfidf", things, "-o", tmp_path / "t")
    done = here("heads", tmp_path / "t", things)
    assert done.returncode == 2
    assert "has no layers of heads" in done.stderr and len(done.stderr.splitlines()) == 1
