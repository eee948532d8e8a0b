"""ELMo: its numbers against numpy, where its states begin, its outputs by name, and its place in a network."""

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.elmo_by_hand import layers_of, zeros
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats.elmo import options_of, places

CONFIG = ElmoConfig(
    width=3,
    places=9,
    filters=((1, 4), (2, 3), (4, 5)),
    highways=2,
    projection=4,
    hidden=6,
    layers=2,
    cell_clip=0.6,
    projection_clip=0.5,
)
SENTENCES = [
    "The bank of the river flooded .".split(),
    "Sie öffnete das unverschämt-lange Wort".split(),
    ["bank"],
    [],
    "The bank closed the account .".split(),
]
OTHERS = {
    "as published": {},
    "no skips": {"skip": False},
    "no clips": {"cell_clip": None, "projection_clip": None},
    "no highways": {"highways": 0},
    "no projection of words": {"filters": ((2, 1), (3, 3))},
    "tanh": {"activation": "tanh"},
    "three layers": {"layers": 3},
    "one layer": {"layers": 1},
}


def elmo(**changes) -> Elmo:
    """A random model in float64, its weights so large that clips and gates matter."""
    torch.manual_seed(0)
    made = Elmo(msgspec.structs.replace(CONFIG, **changes)).double()
    with torch.no_grad():
        for name, parameter in made.bilm.named_parameters():
            parameter.normal_(std=0.5 if name.endswith("bias") else 1.0)
    return made


def by_hand(made: Elmo, streams: list[list[list[str]]]) -> list[list[np.ndarray]]:
    """(L + 1, T, 2P) of each sentence of each stream, the states carried along it."""
    tensors = {name: place.detach().numpy() for name, place in places(made).items()}
    options = msgspec.to_builtins(options_of(made.config))
    found = []
    for stream in streams:
        states = zeros(options)
        found.append([layers_of(sentence, tensors, options, states) for sentence in stream])
    return found


@torch.no_grad()
@pytest.mark.parametrize("settings", OTHERS)
def test_every_layer_equals_a_version_in_numpy(settings: str):
    made = elmo(**OTHERS[settings])
    found = made.representations(SENTENCES).numpy()
    expected = np.concatenate([layers for [layers] in by_hand(made, [[sentence] for sentence in SENTENCES])], axis=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    if made.config.projection_clip:
        said = made.bilm(torch.randn(9, 4).double(), [9], made.bilm.zeros(1))[1]
        assert said.h.abs().max() == made.config.projection_clip and said.c.abs().max() == made.config.cell_clip


@torch.no_grad()
@pytest.mark.row("EL05")
def test_carried_states_equal_a_version_in_numpy():
    made = elmo()
    expected = by_hand(made, [SENTENCES[:3], SENTENCES[2:]])
    for number in range(3):
        rows = [SENTENCES[number], SENTENCES[2 + number]]
        found = made.representations(rows, state="carry").numpy()
        both = np.concatenate([expected[0][number], expected[1][number]], axis=1)
        np.testing.assert_allclose(found, both, rtol=0, atol=1e-12)


PLANTED = {
    "no forget bias": {"forget_bias": 0.0},
    "another cell clip": {"cell_clip": 0.7},
    "another projection clip": {"projection_clip": None},
    "no skips": {"skip": False},
    "another activation": {"activation": "tanh"},
    "words cut elsewhere": {"places": 8},
}


@torch.no_grad()
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_seen(mistake: str):
    right, wrong = elmo(), Elmo(msgspec.structs.replace(CONFIG, **PLANTED[mistake])).double()
    wrong.load_state_dict(right.state_dict())
    assert (right.representations(SENTENCES) - wrong.representations(SENTENCES)).abs().max() > 1e-3


@pytest.mark.row("EL05")
def test_reset_gives_the_same_bits_whatever_was_read_before():
    made = elmo()
    first = made.embed(SENTENCES)
    made.embed(SENTENCES[::-1], state="carry")
    made.warm_up(SENTENCES[:2])
    assert all(torch.equal(one, two) for one, two in zip(first, made.embed(SENTENCES), strict=True))


@pytest.mark.row("EL05")
def test_carried_the_same_sentence_gets_other_vectors_until_it_is_forgotten():
    made = elmo()
    [first], [second], [third] = (made.embed([SENTENCES[0]], state="carry") for _ in range(3))
    assert not torch.allclose(first, second) and not torch.equal(second, third)
    made.forget()
    assert torch.equal(made.embed([SENTENCES[0]], state="carry")[0], first)
    assert torch.equal(made.embed([SENTENCES[0]])[0], first)


@pytest.mark.row("EL05")
def test_rows_are_streams_that_wait_where_a_call_has_fewer():
    made = elmo()
    made.embed(SENTENCES[:3], state="carry")
    made.embed(SENTENCES[3:4], state="carry")
    later = made.embed(SENTENCES[:3], state="carry")
    for row, others in ((0, [SENTENCES[0], SENTENCES[3], SENTENCES[0]]), (2, [SENTENCES[2], SENTENCES[2]])):
        made.forget()
        for sentence in others:
            [alone] = made.embed([sentence], state="carry")
        torch.testing.assert_close(later[row], alone, rtol=0, atol=1e-12)


@pytest.mark.row("EL05")
def test_warm_begins_each_sentence_where_the_warm_up_ended():
    made = elmo()
    with pytest.raises(HeadworkError, match="give one to warm_up first"):
        made.embed(SENTENCES, state="warm")
    made.warm_up(SENTENCES[:2])
    warm = made.embed(SENTENCES, state="warm")
    assert all(torch.equal(one, two) for one, two in zip(warm, made.embed(SENTENCES, state="warm"), strict=True))
    for sentence, vectors in zip(SENTENCES, warm, strict=True):
        made.forget()
        for before in SENTENCES[:2]:
            made.embed([before], state="carry")
        torch.testing.assert_close(made.embed([sentence], state="carry")[0], vectors, rtol=0, atol=1e-12)
    assert not torch.allclose(warm[0], made.embed(SENTENCES)[0])


def test_an_unknown_beginning_is_refused():
    with pytest.raises(HeadworkError, match="cannot begin from 'cold'; expected one of reset, carry, warm"):
        elmo().embed(SENTENCES, state="cold")


@given(order=st.permutations(range(len(SENTENCES))), kept=st.integers(1, len(SENTENCES)))
@settings(max_examples=20)
def test_no_sentence_sees_its_neighbours(order: list[int], kept: int):
    made = elmo()
    whole = made.embed(SENTENCES)
    for place, vectors in zip(order[:kept], made.embed([SENTENCES[place] for place in order[:kept]]), strict=True):
        torch.testing.assert_close(vectors, whole[place], rtol=0, atol=1e-12)


def test_many_sentences_are_read_in_parts():
    made = elmo()
    many = SENTENCES * 30
    found, once = made.embed(many), made.embed(SENTENCES)
    assert len(found) == len(many)
    for number, vectors in enumerate(found):
        torch.testing.assert_close(vectors, once[number % len(SENTENCES)], rtol=0, atol=1e-12)


@torch.no_grad()
@pytest.mark.row("EL08")
def test_outputs_by_name():
    made = elmo()
    made.mix.scores.copy_(torch.tensor([0.5, -1.0, 2.0]))
    made.mix.gamma.fill_(1.5)
    layers = made.representations(SENTENCES)
    lengths = [len(sentence) for sentence in SENTENCES]
    found = {name: made.embed(SENTENCES, output=name) for name in made.outputs}
    assert list(found) == ["word_emb", "lstm_outputs1", "lstm_outputs2", "elmo", "default"]
    assert [len(vectors) for vectors in found["elmo"]] == lengths
    words = torch.cat(found["word_emb"])
    torch.testing.assert_close(torch.cat([words, words], dim=1), layers[0], rtol=0, atol=1e-12)
    assert torch.equal(torch.cat(found["lstm_outputs1"]), layers[1])
    assert torch.equal(torch.cat(found["lstm_outputs2"]), layers[2])
    shares = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64).softmax(0)
    mixed = 1.5 * sum(share * layer for share, layer in zip(shares, layers, strict=True))
    torch.testing.assert_close(torch.cat(found["elmo"]), mixed, rtol=0, atol=1e-12)


@pytest.mark.row("EL08")
def test_default_is_the_masked_mean_of_elmo():
    made = elmo()
    vectors = made.embed(SENTENCES)
    padded = nn.utils.rnn.pad_sequence(vectors, batch_first=True, padding_value=7.0)
    mask = torch.arange(padded.shape[1]) < torch.tensor([[len(each)] for each in vectors])
    summed = (padded * mask[..., None]).sum(1)
    expected = summed / mask.sum(1, keepdim=True).clamp(min=1)
    found = torch.stack(made.embed(SENTENCES, output="default"))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-15)
    assert not found[3].any()
    assert made.embed([], output="default") == made.embed([]) == made.embed([], state="carry") == []


@pytest.mark.row("EL08")
def test_an_unknown_output_is_refused():
    with pytest.raises(
        HeadworkError, match="'lstm_outputs3'; expected one of word_emb, lstm_outputs1, lstm_outputs2, e"
    ):
        elmo().embed(SENTENCES, output="lstm_outputs3")


@pytest.mark.row("EL04")
def test_there_is_no_table_of_words_but_of_the_layer_of_characters():
    made = elmo()
    with pytest.raises(HeadworkError, match=r"depends on the sentence around it.*context_free=True"):
        made.table(["bank"])
    found = made.table(["bank", "The"], context_free=True)
    torch.testing.assert_close(found[:1], made.embed([["bank"]], output="word_emb")[0], rtol=0, atol=1e-12)


@pytest.mark.row("EL04")
def test_a_word_in_two_sentences_is_equal_below_and_different_above():
    made = elmo()
    for output, same in (("word_emb", True), ("lstm_outputs1", False), ("lstm_outputs2", False), ("elmo", False)):
        river, _, _, _, account = made.embed(SENTENCES, output=output)
        assert SENTENCES[0][1] == SENTENCES[4][1] == "bank"
        assert torch.allclose(river[1], account[1]) == same, output


@pytest.mark.parametrize("wrong", ["a text", ["a text", "another"], [["a", 1]], [["a"], "b"]])
def test_what_is_no_list_of_words_is_refused(wrong):
    with pytest.raises(HeadworkError, match="split it into words"):
        elmo().embed(wrong)
    with pytest.raises(HeadworkError, match="split it into words"):
        elmo()(wrong)


class Tagger(nn.Module):
    """A linear layer on ELMo."""

    def __init__(self, below: Elmo):
        super().__init__()
        self.elmo = below
        self.head = nn.Linear(2 * below.config.projection, 2).double()

    def forward(self, sentences: list[list[str]]) -> torch.Tensor:
        return self.head(self.elmo(sentences))


@pytest.mark.row("EL10")
def test_in_a_network_gradients_reach_only_the_mix_of_a_frozen_one():
    tagger = Tagger(elmo())
    tagger.elmo.freeze()
    before = {name: tensor.clone() for name, tensor in tagger.state_dict().items()}
    optimizer = torch.optim.SGD(tagger.parameters(), lr=0.1)
    labels = torch.arange(sum(map(len, SENTENCES))) % 2
    nn.functional.cross_entropy(tagger(SENTENCES), labels).backward()
    reached = {name: p.grad.numel() for name, p in tagger.elmo.named_parameters() if p.grad is not None}
    assert reached == {"mix.scores": CONFIG.layers + 1, "mix.gamma": 1}
    assert all(p.grad.abs().min() > 0 for p in tagger.elmo.mix.parameters())
    optimizer.step()
    changed = {name for name, tensor in tagger.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"elmo.mix.scores", "elmo.mix.gamma", "head.weight", "head.bias"}


@pytest.mark.row("EL10")
def test_in_a_network_gradients_reach_all_of_one_that_is_free():
    tagger = Tagger(elmo())
    tagger(SENTENCES).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in tagger.parameters())
