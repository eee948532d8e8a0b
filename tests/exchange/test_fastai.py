"""AWD-LSTM in and out: an imported run says what torch's own layers say of the file; it writes and goes on learning."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.fastai_by_hand import WORDS, ByHand, ClassifierByHand
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.base.language import START_ID, UNKNOWN_ID
from headwork.base.recipes import encode_recipe, load_recipe, with_settings
from headwork.base.runs import Run
from headwork.compare.open import open_run
from headwork.exchange.exporting import export
from headwork.exchange.importing import import_model
from headwork.models.stored import own_tensors
from headwork.models.ulmfit import Ulmfit
from headwork.ops.packed import pack
from headwork.tasks.classify import load_classifier
from headwork.tasks.language import Sampling, new_language_model
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.language import ModelLanguage

pytestmark = pytest.mark.row("UL01")
TEXT = "The cat sat on the mat. A DOG sat on a mat, the cat's mat!!!!\n"
IDS = torch.tensor(
    [[2, 8, 9, 11, 13, 14, 9, 15, 16, 8, 10, 7, 12, 0, 14], [2, 9, 9, 5, 21, 18, 1, 22, 3, 4, 6, 19, 20, 0, 17]]
)
"""of two texts, by the places of the words in the file: each begins with what opens a text, which here is token 0"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run(tmp_path / "run")
    import_model(str(ByHand().write(tmp_path / "wiki")), run)
    return run


def opened(run: Run) -> NeuralLanguageModel:
    model, _ = open_run(str(run.folder), device="cpu", task="language")
    assert isinstance(model, NeuralLanguageModel)
    model.network.double()
    return model


def places(model: NeuralLanguageModel) -> Tensor:
    """Our number of each word of the file."""
    words = ["xxbos", "xxunk", *model.vocabulary.symbols]
    found = {word: number for number, word in enumerate(words) if word != "xxfake"}
    fills = iter(number for number, word in enumerate(words) if word == "xxfake")
    return torch.tensor([found[word] if word != "xxfake" else next(fills) for word in WORDS])


def ours(model: NeuralLanguageModel, *, pieces: int) -> Tensor:
    """(B, T, V) logits in the order of the file, read piece by piece."""
    order, memory, said = places(model), None, []
    with torch.no_grad():
        for piece in order[IDS].split(pieces, 1):
            states, memory, *_ = model.network(piece, memory)
            said.append(model.network.logits(states))
    return torch.cat(said, 1)[..., order]


@pytest.mark.parametrize("pieces", [15, 4, 1])
def test_what_it_says_is_what_torchs_layers_say(run: Run, pieces: int) -> None:
    model = opened(run)
    assert places(model)[[2, 0]].tolist() == [START_ID, UNKNOWN_ID]
    assert (ours(model, pieces=pieces) - ByHand()(IDS)).abs().max() < 1e-9


def test_scores_and_next_words_are_those_of_the_original(run: Run) -> None:
    model = opened(run)
    ids = model.vocabulary.encode("The cat sat").ids
    theirs = torch.tensor([[2, 8, 9, 11, 13]])  # xxbos xxmaj the cat sat
    assert places(model)[theirs[0]].tolist() == ids.tolist()
    log_p = ByHand()(theirs).log_softmax(-1)[0]
    expected = -log_p[range(4), theirs[0, 1:]]
    torch.testing.assert_close(torch.from_numpy(model.nats([ids])[0]), expected, rtol=0, atol=1e-9)
    following = torch.from_numpy(model.writer(ids.tolist()).log_probabilities)
    torch.testing.assert_close(following[places(model)], log_p[-1], rtol=0, atol=1e-9)


def _gates(network) -> None:
    for layer in network.layers:
        i, f, g, o = layer.weight_hh_l0.chunk(4)
        layer.weight_hh_l0.copy_(torch.cat([i, f, o, g]))


def _rows(network) -> None:
    network.table.weight.copy_(network.table.weight.roll(1, 0))


MISTAKES: dict[str, Callable] = {
    "gates in another order": _gates,
    "rows of other words": _rows,
    "no bias at the end": lambda network: network.head.bias.zero_(),
    "the bias of states left out": lambda network: network.layers[1].bias_hh_l0.zero_(),
    "the bias of inputs twice": lambda network: network.layers[2].bias_hh_l0.copy_(network.layers[2].bias_ih_l0),
    "weights dropped in use": lambda network: network.layers[0].weight_hh_l0.mul_(
        (torch.arange(400).view(40, 10) % 2).double()
    ),
    "states that go no further than a piece": lambda network: setattr(
        network, "forget", lambda memory, rows: {name: 0 * value for name, value in memory.items()}
    ),
    "biases of other words": lambda network: network.head.bias.copy_(network.head.bias.flip(0)),
    "a forget gate with one more": lambda network: network.layers[0].bias_ih_l0[10:20].add_(1),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_seen(run: Run, mistake: str) -> None:
    model = opened(run)
    with torch.no_grad():
        MISTAKES[mistake](model.network)
    assert (ours(model, pieces=4) - ByHand()(IDS)).abs().max() > 1e-6


def test_what_is_imported_is_told_and_lies_in_a_run(run: Run) -> None:
    told = json.loads(run.imported_file.read_text())
    assert (told["family"], told["layers"], told["width"], told["tokens"]) == ("awd-lstm", 3, 6, len(WORDS))
    assert told["parameters"] == sum(p.numel() for p in ByHand().parameters())
    recipe = run.recipe()
    assert recipe.task == "language" and recipe.model["weight_dropout"] > 0
    assert not [path for path in run.folder.rglob("*") if path.suffix in (".pth", ".pkl")]


def test_it_writes(run: Run) -> None:
    model, _ = open_run(str(run.folder), device="cpu", task="language")
    heard: list[str] = []
    written = model.generate("The cat", tokens=30, sampling=Sampling(), seed=1, hear=heard.append)
    assert written.tokens == 30 and "".join(heard) == written.text
    ids = [model.vocabulary.encode(text).ids.tolist() for text in ("The cat", f"The cat{written.text}")]
    assert ids[1][: len(ids[0])] == ids[0]  # what is written does not run into the prompt
    assert not [mark for mark in WORDS if mark.startswith("xx") and mark in written.text]
    with pytest.raises(HeadworkError, match="never seen: 'zebra'"):
        model.generate("The zebra", tokens=1, sampling=Sampling())


CONFIG = TrainConfig(epochs=3, patience=99, lr=1e-2, batch_tokens=64)


def going_on(run: Run, *settings: str) -> NeuralLanguageModel:
    words = (f"model.pretrained={run.folder}", "model.context=16", *settings)
    recipe = with_settings(load_recipe("awd-lstm", "language"), words, size="tiny")
    model = new_language_model(recipe, [TEXT * 20], seed=0, device="cpu")
    assert isinstance(model, NeuralLanguageModel)
    return model


def test_training_goes_on_from_it(run: Run, tmp_path: Path) -> None:
    before = opened(run)
    model = going_on(run, "model.weight_dropout=0.3")
    stored = own_tensors(before.network.float())
    assert all(torch.equal(tensor, stored[name]) for name, tensor in own_tensors(model.network).items())
    assert model.vocabulary.symbols == before.vocabulary.symbols
    assert (model.config.dim, model.config.hidden, model.config.tokens) == (6, 10, "marked-words")
    assert model.config.weight_dropout == 0.3 and model.config.context == 16
    ids = model.vocabulary.encode(TEXT * 4).ids
    first = model.nats([ids])[0].mean()
    fit(ModelLanguage(model, [TEXT * 20], [TEXT * 4], CONFIG, seed=0))
    assert model.nats([ids])[0].mean() < first - 0.05
    model.save(tmp_path / "tuned" / "model")
    again = new_language_model(
        with_settings(load_recipe("awd-lstm", "language"), (f"model.pretrained={tmp_path / 'tuned'}",)),
        [TEXT],
        seed=1,
        device="cpu",
    )
    assert again.nats([ids])[0].tolist() == model.nats([ids])[0].tolist()


def test_another_kind_of_model_does_not_go_on_from_it(run: Run) -> None:
    recipe = with_settings(load_recipe("transformer-xl", "language"), (f"model.pretrained={run.folder}",))
    with pytest.raises(HeadworkError, match="holds wiki, a language-lstm; transformer-xl goes on from"):
        new_language_model(recipe, [TEXT], seed=0, device="cpu")


def test_what_is_no_language_model_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(HeadworkError, match="holds no language model; name the run of one"):
        going_on(Run(tmp_path))


def test_out_again_it_is_the_same_file(run: Run, tmp_path: Path) -> None:
    export(run, "fastai", tmp_path / "out")
    found = torch.load(tmp_path / "out" / "model.pth", weights_only=True)
    expected = ByHand().saved()
    assert found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in expected)
    again = Run(tmp_path / "again")
    import_model(str(tmp_path / "out"), again)
    assert own_tensors(opened(again).network).keys() == own_tensors(opened(run).network).keys()
    assert opened(again).vocabulary.symbols == opened(run).vocabulary.symbols
    assert (tmp_path / "out" / "vocab.pkl").stat().st_size > 0


def test_one_that_was_trained_here_goes_out_and_comes_back(tmp_path: Path) -> None:
    recipe = with_settings(load_recipe("awd-lstm", "language"), ("model.tokens=marked-words",), size="tiny")
    model = new_language_model(recipe, [TEXT * 3], seed=0, device="cpu")
    run, again = Run(tmp_path / "run"), Run(tmp_path / "again")
    model.save(run.model)
    run.recipe_file.write_text(encode_recipe(recipe))
    export(run, "fastai", tmp_path / "out")
    import_model(str(tmp_path / "out"), again)
    (expected,), (found,) = model.score([TEXT]), open_run(str(again.folder), device="cpu")[0].score([TEXT])
    assert found.nats.tolist() == pytest.approx(expected.nats.tolist(), abs=1e-5)
    assert found.encoded.ids.tolist() == expected.encoded.ids.tolist()


@pytest.mark.parametrize(
    "words, message",
    [
        (WORDS[:-1], "23 words, and weights.pth has embeddings of 24"),
        ([*WORDS[:-1], "xxunk"], "'xxunk' stands there 2 times"),
        (["a" if word == "xxbos" else word for word in WORDS], "'xxbos' stands there 0 times"),
        ({"words": WORDS}, "expected a pickled list of words and nothing else"),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_refused(words: object, message: str, tmp_path: Path) -> None:
    folder = ByHand().write(tmp_path / "wiki", words=words)
    with pytest.raises(HeadworkError, match=message):
        import_model(str(folder), Run(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_file_too_few_or_too_many(tmp_path: Path) -> None:
    folder = ByHand().write(tmp_path / "wiki")
    (folder / "words.pkl").rename(folder / "words.json")
    with pytest.raises(HeadworkError, match=r"expected one file \*\.pkl of fastai, found none"):
        import_model(str(folder), Run(tmp_path / "run"))
    (folder / "old.pth").touch()
    with pytest.raises(HeadworkError, match=r"found old\.pth, weights\.pth"):
        import_model(str(folder), Run(tmp_path / "run"))


@pytest.mark.parametrize("settings", [(), ("model.tokens=marked-words", "model.ends=projected")])
def test_what_fastai_has_no_place_for_is_refused(settings: tuple[str, ...], tmp_path: Path) -> None:
    recipe = with_settings(load_recipe("awd-lstm", "language"), settings, size="tiny")
    run = Run(tmp_path / "run")
    new_language_model(recipe, [TEXT * 3], seed=0, device="cpu").save(run.model)
    run.recipe_file.write_text(encode_recipe(recipe))
    with pytest.raises(HeadworkError, match="fastai has no place for awd-lstm"):
        export(run, "fastai", tmp_path / "out")
    assert not (tmp_path / "out").exists()


TEXTS = ["The cat sat on the mat.", "A DOG!!!!", "zebra", "sat 4 a dog's mat , on"]


def classifier_in(folder: Path) -> NeuralClassifier:
    classifier = load_classifier(folder, device="cpu")
    assert isinstance(classifier, NeuralClassifier)
    return classifier


def expected_of(hand: ClassifierByHand, classifier: NeuralClassifier) -> Tensor:
    """What the original says of the same tokens, by their places in the file."""
    own = {number: place for place, number in enumerate(_numbers(classifier))}
    return torch.stack([hand.classify([own[token] for token in ids]) for ids in classifier.reader.read(TEXTS).ids])


def _numbers(classifier: NeuralClassifier) -> list[int]:
    """Our number of each word of the file."""
    words = ["xxbos", "xxunk", *classifier.reader.tokenizer.known.symbols]
    return [words.index(word) for word in WORDS]


def said_of(classifier: NeuralClassifier) -> Tensor:
    network = classifier.network.double().eval()
    with torch.no_grad():
        return network(pack(classifier.reader.read(TEXTS).ids))


@pytest.mark.parametrize("older", [False, True])
def test_a_classifier_says_what_the_original_says(older: bool, tmp_path: Path) -> None:
    hand = ClassifierByHand(older=older)
    run = Run(tmp_path / "run")
    told = import_model(str(hand.write(tmp_path / "reviews")), run)
    assert (told.heads, told.labels, told.family) == (["classes"], ["0", "1", "2"], "awd-lstm")
    classifier = classifier_in(run.model)
    assert (said_of(classifier) - expected_of(hand, classifier)).abs().max() < 1e-9
    probabilities = torch.from_numpy(classifier_in(run.model).probabilities(TEXTS))
    torch.testing.assert_close(probabilities, expected_of(hand, classifier).softmax(-1), rtol=0, atol=1e-5)


def _pools(network: Ulmfit) -> None:
    network.pools = torch.nn.ModuleList(reversed(list(network.pools)))


IN_A_CLASSIFIER: dict[str, Callable] = {
    "poolings in another order": _pools,
    "norms of the batch": lambda network: network.first.norm.running_mean.zero_(),
    "a norm left out": lambda network: network.second.norm.running_var.fill_(1),
    "another epsilon": lambda network: setattr(network.first.norm, "eps", 1e-3),
    "classes in another order": lambda network: network.second.linear.weight.copy_(
        network.second.linear.weight.flip(0)
    ),
    "a bias forgotten": lambda network: network.first.linear.bias.zero_(),
    "rows of other words": lambda network: network.encoder.table.weight.copy_(network.encoder.table.weight.roll(1, 0)),
}


@pytest.mark.parametrize("mistake", IN_A_CLASSIFIER)
def test_a_mistake_planted_in_a_classifier_is_seen(mistake: str, tmp_path: Path) -> None:
    hand, run = ClassifierByHand(older=True), Run(tmp_path / "run")
    import_model(str(hand.write(tmp_path / "reviews")), run)
    classifier = classifier_in(run.model)
    with torch.no_grad():
        IN_A_CLASSIFIER[mistake](classifier.network)
    assert (said_of(classifier) - expected_of(hand, classifier)).abs().max() > 1e-6


def test_its_classes_have_the_names_of_a_file(tmp_path: Path) -> None:
    folder, run = ClassifierByHand().write(tmp_path / "reviews"), Run(tmp_path / "run")
    for wrong in (["bad", "middling"], ["bad", "good", "good"], ["bad", "bad", "middling", "good"]):
        (folder / "classes.pkl").write_bytes(pickle.dumps(wrong))
        with pytest.raises(HeadworkError, match=rf"classes\.pkl: {len(wrong)} classes, .* the weights answer with 3"):
            import_model(str(folder), Run(tmp_path / "other"))
    (folder / "classes.pkl").write_bytes(pickle.dumps(["bad", "middling", "good"]))
    import_model(str(folder), run)
    assert classifier_in(run.model).classes == ["bad", "middling", "good"]
    assert run.recipe().name == "reviews" and run.recipe().kind == "ulmfit"
