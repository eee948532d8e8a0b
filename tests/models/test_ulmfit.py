"""ULMFiT: states of torch's LSTM, three poolings, and a language model that comes in and learns the texts first."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from headwork.base.about import CLOSE, OPEN, marked
from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import Run
from headwork.data.corpus import Examples
from headwork.data.vocabulary import fit_vocabulary
from headwork.data.vocabulary_tokens import VocabularyTokenizer, load_tokens
from headwork.models.language_lstm import LanguageLstm
from headwork.models.ulmfit import Ulmfit, UlmfitConfig
from headwork.ops.packed import pack
from headwork.tasks.classify import load_classifier
from headwork.tasks.classify import new_classifier as new_any
from headwork.tasks.language import load_language_model, new_language_model
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train import pretraining
from headwork.train.pretraining import pretrain

CLASSES = ["bad", "good"]
TEXTS = [f"The {word} film of day {number % 5} was {word}." for number in range(30) for word in ("bad", "good")]


def new_classifier(*given: Any, **told: Any) -> NeuralClassifier:
    made = new_any(*given, **told)
    assert isinstance(made, NeuralClassifier)
    return made


def rows(texts: list[str] = TEXTS) -> Examples:
    return Examples(texts, np.arange(len(texts)) % 2, np.arange(len(texts)))


@pytest.mark.row("UL13")
def test_states_are_torchs_and_the_head_sees_last_largest_and_mean():
    torch.manual_seed(0)
    model = Ulmfit(UlmfitConfig(dim=6, hidden=8, units=5), vocabulary=20, classes=3).double().eval()
    texts = [[0, 3, 4, 5, 6], [0, 7], [0, 9, 9, 2]]
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_()
    found = model(pack(texts))
    for text, logits in zip(texts, found, strict=True):
        x = model.encoder.table.weight[text][None]
        for layer in model.encoder.layers:
            x = layer(x)[0]
        h = torch.cat([x[0, -1], x[0].amax(0), x[0].mean(0)])
        for place, block in enumerate((model.first, model.second)):
            norm: Any = block.norm
            h = (h - norm.running_mean) / (norm.running_var + norm.eps).sqrt() * norm.weight + norm.bias
            h = block.linear.weight @ h + block.linear.bias
            h = h.relu() if place == 0 else h
        torch.testing.assert_close(logits, h, rtol=0, atol=1e-12)


def test_a_batch_of_one_text_is_no_trouble():
    model = Ulmfit(UlmfitConfig(dim=6, hidden=8, units=5), vocabulary=20, classes=3)
    model(pack([[0, 3, 4]])).sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.row("UL13")
def test_the_language_model_learns_the_texts_before_the_classifier_does(monkeypatch):
    recipe = with_settings(load_recipe("ulmfit"), (), size="tiny")
    classifier = new_classifier(recipe, CLASSES, TEXTS, seed=0)
    seen = []
    fit = pretraining.fit
    monkeypatch.setattr(pretraining, "fit", lambda *given, **told: seen.append(fit(*given, **told)) or seen[-1])
    before = classifier.network.encoder.state_dict()["table.weight"].clone()
    seconds = pretrain(
        classifier, rows(), rows(TEXTS[:20]), seed=0, budget_seconds=None, place=None, progress=lambda share: None
    )
    losses = [point.dev_loss for point in seen[0].points]
    assert seconds == seen[0].seconds > 0
    assert min(losses) < 0.7 * losses[0]
    assert not torch.equal(before, classifier.network.encoder.table.weight)


@pytest.mark.row("UL13")
def test_it_goes_on_from_a_trained_language_model(tmp_path):
    settings = ("model.tokens=marked-words", "model.dim=12", "model.hidden=16", "model.layers=2")
    recipe = with_settings(load_recipe("awd-lstm", "language"), settings)
    language = new_language_model(recipe, [" ".join(TEXTS)], seed=3, device="cpu")
    run = Run(tmp_path / "language")
    language.save(run.model)
    chosen = with_settings(load_recipe("ulmfit"), (f"model.pretrained={run.folder}",), size="tiny")
    classifier = new_classifier(chosen, CLASSES, ["Another text altogether"], seed=0)
    loaded = load_language_model(run.model)
    assert isinstance(loaded, NeuralLanguageModel)
    theirs, own = loaded.network, classifier.network.encoder
    assert isinstance(theirs, LanguageLstm) and own.config.hidden == 16
    known = len(theirs.table.weight)
    assert torch.equal(own.table.weight[:known], theirs.table.weight) and len(own.table.weight) == known + 2
    for one, other in zip(own.layers, theirs.layers, strict=True):
        assert all(torch.equal(one.state_dict()[name], other.state_dict()[name]) for name in one.state_dict())
    ids = language.vocabulary.encode("The bad film.").ids.tolist()
    assert classifier.reader.read(["The bad film."]).ids == [ids]
    classifier.save(tmp_path / "kept")
    again = load_classifier(tmp_path / "kept")
    assert np.array_equal(again.logits(TEXTS[:4]), classifier.logits(TEXTS[:4]))


def test_another_model_is_no_language_model_to_go_on_from(tmp_path):
    language = new_language_model(load_recipe("lstm", "language"), [" ".join(TEXTS)], seed=0, device="cpu")
    language.save(tmp_path / "model")
    recipe = with_settings(load_recipe("ulmfit"), (f"model.pretrained={tmp_path}",))
    with pytest.raises(HeadworkError, match="holds no AWD-LSTM"):
        new_classifier(recipe, CLASSES, TEXTS, seed=0)


@pytest.mark.parametrize("kind", ["marked-words", "bpe", "characters", "bytes"])
def test_marks_are_tokens_behind_the_vocabulary(kind, tmp_path):
    tokenizer = VocabularyTokenizer(fit_vocabulary(kind, TEXTS, size=400))
    text = TEXTS[0]
    whole = marked(text, [(4, 7)])
    plainly, asked = tokenizer.encode([text, whole])
    assert [token for token in asked.ids if token not in tokenizer.marks] == plainly.ids
    assert max(plainly.ids) < tokenizer.marks[0] < tokenizer.marks[1] == tokenizer.vocabulary - 1
    first, last = (asked.ids.index(mark) for mark in tokenizer.marks)
    inside = asked.offsets[first + 1 : last]
    assert whole[inside[0][0] : inside[-1][1]].replace(OPEN, "").replace(CLOSE, "").strip() == text[4:7]
    tokenizer.save(tmp_path / "tokenizer.json")
    assert load_tokens(tmp_path / "tokenizer.json", kind).encode([whole]) == [asked]


def test_what_is_filled_in_behind_a_text_is_not_heard():
    model = Ulmfit(UlmfitConfig(dim=6, hidden=8, units=5), vocabulary=20, classes=3).eval()
    short, long = [0, 3, 4], [0, *range(2, 20)]
    alone, among = model(pack([short])), model(pack([long, short]))[1:]
    torch.testing.assert_close(alone, among)
    assert isinstance(model.first.norm, nn.BatchNorm1d)
