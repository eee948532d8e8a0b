"""BertSum beside its formulas written out in numpy, windows, segments, and what it refuses."""

import numpy as np
import pytest
import torch
from tests import bert_by_hand, presumm_by_hand

from headwork.models.bertsum import BertSum, BertSumConfig
from headwork.models.formats import presumm
from headwork.ops.packed import TokenBatch, pack

VOCABULARY, HEADS, LAYERS, INTER_HEADS = 40, 4, 2, 2
DOCUMENTS = [
    [[[2, 5, 6, 3], [2, 7, 3], [2, 8, 9, 10, 3]]],
    [[[2, 4, 3]]],
    [],
    [[[2, 11, 12, 13, 14, 3], [2, 7, 3]], [[2, 20, 21, 22, 3], [2, 5, 3], [2, 6, 6, 3]], [[2, 30, 31, 3]]],
]
"""documents of windows of sentences of ids"""


def network(*, layers: int = 2, **settings) -> BertSum:
    torch.manual_seed(0)
    config = BertSumConfig(
        tokens="wordpiece", dim=16, layers=LAYERS, heads=HEADS, ff=24, max_tokens=32,
        inter_layers=layers, inter_heads=INTER_HEADS, inter_ff=20, **settings,
    )  # fmt: skip
    found = BertSum(config, vocabulary=VOCABULARY)
    for weight in found.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return found.double().eval()


def batch_of(documents) -> TokenBatch:
    sentences = [[sentence for window in document for sentence in window] for document in documents]
    return pack(
        [[token for sentence in document for token in sentence] for document in sentences],
        [[len(sentence) for sentence in document] for document in sentences],
        [[sum(map(len, window)) for window in document] for document in documents],
    )


@pytest.mark.row("BE17")
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_probabilities_are_those_of_the_formulas(layers: int):
    model = network(layers=layers)
    tensors = {name: tensor.numpy() for name, tensor in presumm.write(model).items()}
    found = torch.sigmoid(model(batch_of(DOCUMENTS))).detach().numpy()
    sizes = {"layers": LAYERS, "heads": HEADS, "inter_layers": layers, "inter_heads": INTER_HEADS}
    if not layers:  # without layers over sentences nothing tells their places
        vectors = [bert_by_hand.bert(tensors, ids, kinds, layers=LAYERS, heads=HEADS, prefix="bert.model.")[firsts]
                   for ids, kinds, firsts in flat(DOCUMENTS)]  # fmt: skip
        normed = bert_by_hand.norm(tensors, "ext_layer.layer_norm", np.concatenate(vectors), 1e-6)
        expected = 1 / (1 + np.exp(-bert_by_hand.linear(tensors, "ext_layer.wo", normed)[:, 0]))
    else:
        expected = np.concatenate([presumm_by_hand.probabilities(tensors, one, **sizes) for one in DOCUMENTS if one])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.row("BE17")
def test_a_sentence_may_be_the_mean_of_its_tokens():
    model = network(pooling="mean")
    tensors = {name: tensor.numpy() for name, tensor in presumm.write(model).items()}
    expected = []
    for windows in filter(None, DOCUMENTS):
        vectors = []
        for ids, kinds, firsts in flat([windows]):
            states = bert_by_hand.bert(tensors, ids, kinds, layers=LAYERS, heads=HEADS, prefix="bert.model.")
            vectors += [part.mean(0) for part in np.split(states, firsts[1:])]
        expected.append(presumm_by_hand.between(tensors, np.stack(vectors), layers=2, heads=INTER_HEADS))
    found = torch.sigmoid(model(batch_of(DOCUMENTS))).detach().numpy()
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=0, atol=1e-10)


def flat(documents):
    for window in (window for document in documents for window in document):
        ids = [token for sentence in window for token in sentence]
        kinds = [place % 2 for place, sentence in enumerate(window) for _ in sentence]
        yield ids, kinds, np.cumsum([0, *map(len, window)])[:-1]


def test_a_document_is_scored_alike_alone_among_others_and_in_bounded_memory(monkeypatch):
    model = network()
    together = model(batch_of(DOCUMENTS))
    alone = torch.cat([model(batch_of([document])) for document in DOCUMENTS])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)
    monkeypatch.setattr("headwork.models.bertsum.AT_ONCE", 9)
    with torch.inference_mode():
        torch.testing.assert_close(model(batch_of(DOCUMENTS)), together, rtol=0, atol=1e-12)
        assert model(batch_of([[]])).shape == (0,)


def test_every_weight_learns_and_dropout_is_there():
    model = network().train()
    model(batch_of(DOCUMENTS)).sum().backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None] == []
    wet = network(dropout=0.5).train()
    assert not torch.equal(wet(batch_of(DOCUMENTS)), wet(batch_of(DOCUMENTS)))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"between": "tanh"}, "between is 'tanh'"),
        ({"long": "windows"}, "long is 'windows'"),
        ({"inter_heads": 5}, "heads that divide the width 128"),
        ({"inter_layers": -1}, "inter_layers is -1"),
        ({"tokens": "words"}, "tokens is 'words'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict, told: str):
    with pytest.raises(ValueError, match=told):
        BertSumConfig(**{"tokens": "wordpiece", **settings})
