"""A bag of words is linear, so it can be checked by taking words out."""

import torch

from headwork.models.bag import Bag, BagConfig
from headwork.ops.packed import pack


def bag() -> Bag:
    torch.manual_seed(0)
    return Bag(BagConfig(width=8), vocabulary=20, classes=3).double().eval()


def test_a_text_answers_with_the_mean_of_its_words():
    model = bag()
    words = model(pack([[5], [6], [7]]))
    torch.testing.assert_close(model(pack([[5, 6, 7, 7]]))[0], (words[0] + words[1] + 2 * words[2]) / 4)


def test_order_does_not_matter():
    torch.testing.assert_close(bag()(pack([[5, 6, 7]])), bag()(pack([[7, 5, 6]])))


def test_weights_are_what_a_word_adds_over_the_mean_of_the_classes():
    model, text = bag(), [4, 9, 11, 9, 3]
    chosen = model(pack([text]))[0].argmax()
    adds = []
    for word in text:
        logits = model(pack([[word]]))[0] - model.head.bias
        adds.append(max(0.0, (logits[chosen] - logits.mean()).item()))
    expected = torch.tensor(adds, dtype=torch.float64) / sum(adds)
    torch.testing.assert_close(model.weights(pack([text])).tokens, expected)
