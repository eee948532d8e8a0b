"""Hierarchical attention: what padding and neighbours may change, where it looks, and its two ablations."""

import random

import pytest
import torch
from torch import Tensor

from headwork.layers.recurrent import Recurrent
from headwork.models.han import Han, HanConfig
from headwork.ops.packed import TokenBatch, pack

VOCABULARY = 60
DOCUMENT = [[5, 6, 7], [8, 9], [10, 11, 12, 13]]
OTHERS = [[[20, 21]], [[30, 31, 32, 33, 34, 35, 36]] * 5, []]


def han(pool: str = "attention", classes: int = 2) -> Han:
    torch.manual_seed(0)
    config = HanConfig(width=16, hidden=8, pool=pool, dropout=0.1)
    return Han(config, vocabulary=VOCABULARY, classes=classes).double().eval()


def batch_of(documents: list[list[list[int]]]) -> TokenBatch:
    rows = [[token for sentence in document for token in sentence] for document in documents]
    return pack(rows, [[len(sentence) for sentence in document] for document in documents])


@pytest.mark.row("AT23")
@pytest.mark.parametrize("pool", ["attention", "mean", "max"])
@pytest.mark.parametrize("place", range(4))
def test_an_empty_sentence_changes_nothing(pool, place):
    model = han(pool)
    padded = [*DOCUMENT[:place], [], *DOCUMENT[place:]]
    assert torch.equal(model(batch_of([padded])), model(batch_of([DOCUMENT])))
    with_empty, without = model.weights(batch_of([padded])), model.weights(batch_of([DOCUMENT]))
    assert torch.equal(with_empty.tokens, without.tokens)
    assert with_empty.sentences.tolist()[place] == 0
    assert torch.equal(with_empty.sentences[with_empty.sentences > 0], without.sentences)


class ReadingEmptySentences(Han):
    """The mistake to be caught: an empty sentence takes a step at the sentence level."""

    def forward(self, batch: TokenBatch) -> Tensor:
        lengths = [length for document in batch.sentences for length in document]
        words = self.word_pool(self.words(self.embedding(batch.ids), lengths), lengths)
        per_document = list(map(len, batch.sentences))
        return self.head(self.sentence_pool(self.sentences(words, per_document), per_document))


@pytest.mark.row("AT23")
def test_a_model_that_reads_empty_sentences_would_be_caught():
    torch.manual_seed(0)
    model = ReadingEmptySentences(HanConfig(width=16, hidden=8), vocabulary=VOCABULARY, classes=2).double().eval()
    assert not torch.allclose(model(batch_of([[*DOCUMENT, []]])), model(batch_of([DOCUMENT])), atol=1e-6)


@pytest.mark.row("AT23")
@pytest.mark.parametrize("pool", ["attention", "mean", "max"])
def test_other_documents_change_nothing(pool):
    model = han(pool)
    alone, among = batch_of([DOCUMENT]), batch_of([*OTHERS, DOCUMENT, *OTHERS])
    torch.testing.assert_close(model(among)[3], model(alone)[0], rtol=0, atol=1e-12)
    start = sum(map(sum, among.sentences[:3]))
    here = model.weights(among).tokens[start : start + 9]
    torch.testing.assert_close(here, model.weights(alone).tokens, rtol=0, atol=1e-12)


@pytest.mark.row("AT23")
@pytest.mark.parametrize("pool", ["attention", "mean", "max"])
def test_weights_of_words_sum_to_those_of_their_sentence(pool):
    model, batch = han(pool), batch_of([DOCUMENT, *OTHERS])
    weights = model.weights(batch)
    lengths = [length for document in batch.sentences for length in document]
    sums = torch.stack([sentence.sum() for sentence in weights.tokens.split(lengths)])
    torch.testing.assert_close(sums, weights.sentences)
    per_document = [part.sum().item() for part in weights.sentences.split(list(map(len, batch.sentences)))]
    assert per_document == pytest.approx([1, 1, 1, 0])


def test_it_is_the_equations_of_the_paper():
    model = han()

    def attended(layer: Recurrent, pool, rows: Tensor) -> Tensor:
        h = layer(rows, [len(rows)])
        u = torch.tanh(h @ pool.projection.weight.T + pool.projection.bias)
        return torch.softmax(u @ pool.context, dim=0) @ h

    sentences = [attended(model.words, model.word_pool, model.embedding.table.weight[ids]) for ids in DOCUMENT]
    document = attended(model.sentences, model.sentence_pool, torch.stack(sentences))
    torch.testing.assert_close(model(batch_of([DOCUMENT]))[0], model.head.weight @ document + model.head.bias)


CLASSES, SIGNALS = 8, range(4, 20)


def signal_documents(seed: int, count: int) -> tuple[list[list[list[int]]], Tensor, list[int]]:
    """Five sentences of noise; one word, in one of them (the place returned), tells which of 8 classes it is."""
    chance = random.Random(seed)
    documents, labels, places = [], [], []
    for _ in range(count):
        document = [[chance.randrange(20, VOCABULARY) for _ in range(chance.randint(3, 6))] for _ in range(5)]
        label, place = chance.randrange(CLASSES), chance.randrange(5)
        document[place][chance.randrange(3)] = SIGNALS[2 * label + chance.randrange(2)]
        documents.append(document)
        labels.append(label)
        places.append(place)
    return documents, torch.tensor(labels), places


@pytest.mark.row("AT23")
def test_it_learns_to_look_at_the_sentence_and_the_word_that_tell(teach):
    model = han(classes=CLASSES).float()
    documents, labels, _ = signal_documents(0, 512)
    cut = [(batch_of(documents[i : i + 64]), labels[i : i + 64]) for i in range(0, 512, 64)]
    teach(model, cut, steps=96, lr=0.02)
    documents, labels, places = signal_documents(1, 200)
    batch = batch_of(documents)
    with torch.inference_mode():
        assert (model(batch).argmax(1) == labels).double().mean() > 0.95
        weights = model.weights(batch)
    sentences = weights.sentences.view(200, 5)
    assert (sentences.argmax(1) == torch.tensor(places)).double().mean() > 0.7
    assert sentences[range(200), places].mean() > 0.6
    is_signal = torch.isin(batch.ids, torch.tensor(SIGNALS))
    assert weights.tokens[is_signal].mean() > 0.5


@pytest.mark.row("AT24")
def test_the_mean_is_attention_with_zero_context_vectors():
    attention, mean, largest = han("attention"), han("mean"), han("max")
    for ablation in (mean, largest):
        own = ablation.state_dict().keys()
        ablation.load_state_dict({name: value for name, value in attention.state_dict().items() if name in own})
    batch = batch_of([DOCUMENT, *OTHERS])
    assert not torch.allclose(attention(batch), mean(batch), atol=1e-6)
    for pool in (attention.word_pool, attention.sentence_pool):
        torch.nn.init.zeros_(pool.context)
    assert torch.equal(attention(batch), mean(batch))
    assert torch.equal(attention.weights(batch).tokens, mean.weights(batch).tokens)
    assert not torch.allclose(mean(batch), largest(batch), atol=1e-6)


def test_it_refuses_texts_without_sentences():
    with pytest.raises(ValueError, match="sentences"):
        han()(pack([[5, 6]]))
