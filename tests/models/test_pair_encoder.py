"""One encoder for two texts: vectors that are compared, or one sequence, against transformers and formulas."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, recipe_names, with_settings
from headwork.models import config_of, kind_of
from headwork.models.pair_encoder import PairEncoder, PairEncoderConfig
from headwork.models.pretrained import core_config
from headwork.models.stored import load_tensors, save_tensors
from headwork.ops.packed import PairBatch, pack

VOCABULARY = 40
FIRST = [[2, 5, 6, 7, 3], [2, 4, 3], [2, 3], [2, 10, 11, 12, 13, 3], [2, 20, 21, 3], [2, 6, 30, 3]]
SECOND = [[2, 5, 6, 3], [2, 4, 9, 7, 3], [2, 8, 3], [2, 3], [2, 22, 20, 3], [2, 31, 5, 3]]
NETWORKS = [name for name in recipe_names("pair") if load_recipe(name, "pair").kind == "pair-encoder"]
SCRATCH = ("model.pretrained=", "model.tokens=wordpiece", "model.depth=-1", "model.freeze=nothing", "model.dropout=0.0")
APART = {
    "cosine": ("sbert", 1),
    "difference": ("sbert", 3),
}


def build(name: str, *settings: str, outputs: int = 3, seed: int = 0) -> PairEncoder:
    recipe = with_settings(load_recipe(name, "pair"), (*SCRATCH, *settings), size="tiny")
    torch.manual_seed(seed)
    return PairEncoder(config_of(recipe), vocabulary=VOCABULARY, outputs=outputs)


def batch_of(network: PairEncoder, first=FIRST, second=SECOND) -> PairBatch:
    """As a reader gives them: nothing opens a second text that stands behind the first."""
    return PairBatch(pack(first), pack([row[1:] if network.together else row for row in second]))


EVERY = [("sbert", 1), ("sbert", 3), ("minilm-cross", 1), ("minilm-cross", 3)]


@pytest.mark.parametrize("pooling", ["mean", "cls", "max", "last"])
@pytest.mark.parametrize("name, outputs", EVERY)
def test_a_batch_is_its_pairs(name: str, outputs: int, pooling: str):
    network = build(name, f"model.pooling={pooling}", outputs=outputs).double().eval()
    together = network(batch_of(network))
    alone = [network(batch_of(network, [one], [other])) for one, other in zip(FIRST, SECOND, strict=True)]
    assert together.shape == (len(FIRST), outputs)
    torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-12)


@pytest.mark.row("BE25")
@pytest.mark.parametrize("kind", APART)
def test_vectors_apart_are_compared_by_the_papers_formulas(kind: str):
    """Reimers and Gurevych 2019, section 3."""
    name, outputs = APART[kind]
    network = build(name, outputs=outputs).double().eval()
    u, v = (torch.stack([network.core(pack([row])).mean(0) for row in side]) for side in (FIRST, SECOND))
    if kind == "cosine":
        seen = ((u * v).sum(1) / (u.square().sum(1).sqrt() * v.square().sum(1).sqrt()))[:, None]
    else:
        seen = torch.cat([u, v, (u - v).abs()], 1)
    expected = seen @ network.head.weight.T + network.head.bias
    torch.testing.assert_close(network(batch_of(network)), expected, rtol=0, atol=1e-12)


@pytest.mark.row("BE25")
def test_a_cosine_does_not_ask_for_the_order_of_the_texts_and_a_cross_encoder_does():
    for name, same in (("sbert", True), ("minilm-cross", False)):
        network = build(name, outputs=1).double().eval()
        there, back = network(batch_of(network)), network(batch_of(network, SECOND, FIRST))
        assert torch.allclose(there, back, rtol=0, atol=1e-12) == same


@pytest.mark.row("BE25")
@torch.no_grad()
def test_texts_together_are_what_transformers_makes_of_them(published):
    case = published("bert", "Model")
    given = core_config(case.folder)
    config = PairEncoderConfig(
        pretrained=str(case.folder), published=given, tokens="bert", max_tokens=8, reads="together", pooling="cls"
    )
    network = PairEncoder(config, vocabulary=given.vocabulary, outputs=2)
    network.load_pretrained(case.folder)
    network.double().eval()
    batch = batch_of(network)
    for place, (one, other) in enumerate(zip(FIRST, SECOND, strict=True)):
        types = [0] * len(one) + [1] * (len(other) - 1)
        ids = torch.tensor([one + other[1:]])
        seen = case.model.double()(input_ids=ids, token_type_ids=torch.tensor([types])).last_hidden_state[0, 0]
        torch.testing.assert_close(network.encode(batch)[place], seen, rtol=0, atol=1e-9)
        plain = case.model.double()(input_ids=ids).last_hidden_state[0, 0]
        assert not torch.allclose(plain, seen, atol=1e-6)  # the segments are seen


@pytest.mark.row("BE13")
@torch.no_grad()
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_depth_takes_the_lowest_layers(published, depth: int):
    case = published("bert", "Model")
    given = core_config(case.folder)
    config = PairEncoderConfig(pretrained=str(case.folder), published=given, tokens="bert", max_tokens=8, depth=depth)
    network = PairEncoder(config, vocabulary=given.vocabulary, outputs=1)
    network.load_pretrained(case.folder)
    network.double().eval()
    for row in FIRST:
        states = case.model.double()(input_ids=torch.tensor([row]), output_hidden_states=True).hidden_states
        torch.testing.assert_close(network.vectors(pack([row])), states[depth].mean(1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name, outputs", EVERY)
def test_gradients_reach_every_parameter(name: str, outputs: int):
    network = build(name, outputs=outputs).double()
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    found = network(batch_of(network))
    loss = (found[:, 0] - labels).square().mean() if outputs == 1 else F.cross_entropy(found, labels)
    loss.backward()
    unreached = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not [name for name in unreached if name != "core.embeddings.types.weight"]


@pytest.mark.parametrize("name", ["sbert", "minilm-cross"])
def test_six_pairs_are_learnt_by_heart(name: str):
    network, labels = build(name), torch.tensor([0, 1, 2, 0, 1, 2])
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        F.cross_entropy(network(batch_of(network)), labels).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert torch.equal(network(batch_of(network)).argmax(1), labels)


def test_maps_are_shares_of_the_other_text():
    network = build("minilm-cross").double().eval()
    for maps, one, other in zip(network.maps(batch_of(network)), FIRST, SECOND, strict=True):
        assert maps.first.shape == (len(one), len(other) - 1) and maps.second.shape == (len(other) - 1, len(one))
        for each in maps:
            torch.testing.assert_close(each.sum(1), torch.ones(len(each), dtype=torch.float64))
    assert build("sbert").maps(batch_of(network)) is None


def test_dropout_leaves_a_cosine_alone():
    network = build("sbert", "model.dropout=0.9", outputs=1)
    network.core.eval()  # the layers' own dropout apart
    assert torch.equal(network(batch_of(network)), network(batch_of(network)))


@pytest.mark.parametrize("name, outputs", EVERY)
def test_stored_and_loaded_it_answers_with_the_same_bits(name: str, outputs: int, tmp_path):
    one, other = (build(name, outputs=outputs, seed=seed).eval() for seed in (0, 1))
    save_tensors(one, tmp_path / "model.safetensors")
    assert not torch.equal(one(batch_of(one)), other(batch_of(one)))
    load_tensors(other, tmp_path / "model.safetensors")
    assert torch.equal(one(batch_of(one)), other(batch_of(one)))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_recipe_has_settings_that_go_together(name: str):
    for size in PairEncoderConfig.SIZES:
        recipe = with_settings(load_recipe(name, "pair"), (), size=size)
        assert kind_of(recipe).neural and config_of(recipe).pretrained == "minilm"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("model.tokens=words",), "nothing would stand between"),
        (("model.compare=cosine",), "are not compared"),
        (("model.pretrained=minilm", "model.tokens=bert", "model.max_tokens=257"), "model.max_tokens=256"),
        (("model.depth=2",), "depth is 2"),
        (("model.pretrained=minilm", "model.tokens=bert", "model.depth=7"), "depth is 7"),
        (("model.pooling=median",), "pooling"),
    ],
)
def test_impossible_settings_are_refused(settings: tuple[str, ...], told: str):
    with pytest.raises(HeadworkError, match=told):
        build("minilm-cross", *settings)
