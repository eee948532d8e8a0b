"""Models in and out: what transformers, sentence-transformers and onnxruntime say of a file is what headwork says."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.published import CONFIGS, precisely

from headwork.base.errors import HeadworkError
from headwork.base.recipes import encode_recipe, load_recipe, with_settings
from headwork.base.runs import Run
from headwork.compare.open import open_run
from headwork.data.tokenizers import TextTokenizer
from headwork.exchange.exporting import export
from headwork.exchange.importing import import_model
from headwork.models import published as stored
from headwork.ops.packed import pack
from headwork.tasks.classify import new_classifier
from headwork.tasks.neural import NeuralClassifier

TEXTS = ["a b c", "hae lou xyz q", "e", "k " * 14, "a [SEP] b"]
CLASSIFIERS = [(family, "ForSequenceClassification") for family in CONFIGS]
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def sentence_transformers():
    return pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")


def imported(published, family: str, purpose: str, folder: Path) -> Run:
    run = Run(folder / "run")
    import_model(str(published(family, purpose).folder), run)
    return run


def trained(folder: Path, *settings: str, recipe: str = "transformer", classes: int = 3) -> Run:
    """A run folder with an untrained encoder in it, its weights drawn wide and its temperature not 1."""
    chosen = with_settings(load_recipe(recipe), settings, size="tiny")
    classifier = new_classifier(chosen, ["x", "y", "z"][:classes], TEXTS * 3, seed=0, offline=True)
    assert isinstance(classifier, NeuralClassifier)
    for name, parameter in classifier.network.named_parameters():
        if not (recipe == "minilm" and name.startswith("core")):
            torch.nn.init.normal_(parameter, std=0.3)
    classifier.temperature = 1.7
    run = Run(folder / "run")
    classifier.save(run.model)
    run.recipe_file.write_text(encode_recipe(chosen))
    run.result_file.write_text("{}")
    return run


def ours(run: Run, texts: list[str]) -> np.ndarray:
    """(texts, classes) probabilities."""
    return open_run(str(run.folder), device="cpu")[0].probabilities(texts)


@torch.no_grad()
@pytest.mark.parametrize("family, purpose", CLASSIFIERS)
def test_an_imported_classifier_predicts_as_the_original(family: str, purpose: str, published, tmp_path: Path):
    case = published(family, purpose)
    run = imported(published, family, purpose, tmp_path)
    tokenizer = TextTokenizer.load(run.model / "tokenizer.json")
    rows = [torch.tensor([found.ids]) for found in tokenizer.encode(TEXTS)]
    told = [{"token_type_ids": (row == tokenizer.after[-1]).long() * 2} if family == "xlnet" else {} for row in rows]
    with precisely(case.model):
        logits = [case.model(input_ids=row, **types).logits[0] for row, types in zip(rows, told, strict=True)]
    np.testing.assert_allclose(ours(run, TEXTS), torch.stack(logits).softmax(-1), atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("family, purpose", CLASSIFIERS)
def test_back_to_transformers_from_raw_text(family: str, purpose: str, published, transformers, tmp_path: Path):
    run = imported(published, family, purpose, tmp_path)
    export(run, "hf", tmp_path / "hf")
    assert not (tmp_path / "hf/modules.json").exists()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "hf").eval()
    plain = [text for text in TEXTS if "[" not in text]  # a special token's name in a text is one only there
    if family == "gpt2":
        tokenizer.padding_side = "right"
    batch = tokenizer(plain, padding=True, return_tensors="pt", return_token_type_ids=family == "xlnet")
    np.testing.assert_allclose(ours(run, plain), model(**batch).logits.softmax(-1), atol=1e-5)
    before = load_file(published(family, purpose).folder / "model.safetensors")
    after = load_file(tmp_path / "hf/model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name].float(), after[name]) for name in before)


@pytest.mark.parametrize(
    "settings",
    [
        ("model.pooling=mean",),
        ("model.pooling=cls",),
        ("model.pooling=max",),
        ("model.pooling=last", "model.between=relu"),
        ("model.between=tanh", "model.tokens=wordpiece"),
    ],
)
def test_where_transformers_has_no_class_sentence_transformers_has(
    settings: tuple[str, ...], sentence_transformers, tmp_path: Path
):
    run = trained(tmp_path, *settings)
    export(run, "hf", tmp_path / "hf")
    read = sentence_transformers.SentenceTransformer(str(tmp_path / "hf"), device="cpu", local_files_only=True)
    plain = [text for text in TEXTS if "[" not in text]
    logits = torch.from_numpy(read.encode(plain, convert_to_numpy=True))
    np.testing.assert_allclose(ours(run, plain), logits.softmax(-1), atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("between", ["tanh", "none"])
def test_what_was_tuned_from_xlnet_goes_back(
    between: str, published, transformers, sentence_transformers, tmp_path: Path
):
    told = (f"model.pretrained={published('xlnet', 'Model').folder}", "model.pooling=last", f"model.between={between}")
    run = trained(tmp_path, *told, recipe="minilm")
    export(run, "hf", tmp_path / "hf")
    plain = [text for text in TEXTS if "[" not in text]
    if between == "tanh":
        tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf")
        model = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "hf").eval()
        logits = model(**tokenizer(plain, padding=True, return_tensors="pt")).logits
    else:
        read = sentence_transformers.SentenceTransformer(str(tmp_path / "hf"), device="cpu", local_files_only=True)
        logits = torch.from_numpy(read.encode(plain, convert_to_numpy=True))
    np.testing.assert_allclose(ours(run, plain), logits.softmax(-1), atol=1e-5)
    seen = open_run(str(run.folder), device="cpu")[0].look(["a b c"])[0]
    assert min(token.weight for token in seen.tokens) > 0.1, "a token of the text was taken for its frame"
    assert sum(token.weight for token in seen.tokens) == pytest.approx(1)


@pytest.mark.parametrize("source", ["bert", "xlnet", "trained"])
def test_onnx_runs_the_same_at_every_size(source: str, published, onnxruntime, tmp_path: Path):
    if source != "trained":
        run = imported(published, source, "ForSequenceClassification", tmp_path)
    else:
        run = trained(tmp_path, "model.pooling=mean", "model.between=relu", "model.tokens=wordpiece")
    export(run, "onnx", tmp_path / "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "onnx/model.onnx")
    tokenizer = TextTokenizer.load(run.model / "tokenizer.json")
    for texts in (TEXTS, TEXTS[:1], TEXTS[3:4] * 3):
        rows = [found.ids for found in tokenizer.encode(texts)]
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)], mask[place, : len(row)] = row, 1
        outputs = session.run(None, {"input_ids": ids, "attention_mask": mask})
        named = dict(zip([output.name for output in session.get_outputs()], outputs, strict=True))
        logits = torch.from_numpy(named["logits"])
        np.testing.assert_allclose(logits.softmax(-1), ours(run, texts), atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(
    "family, purpose",
    [
        ("gpt2", "LMHeadModel"),
        ("albert", "ForPreTraining"),
        pytest.param("xlnet", "LMHeadModel", marks=pytest.mark.slow),
    ],
)
def test_onnx_says_all_that_the_heads_say(family: str, purpose: str, published, onnxruntime, tmp_path: Path):
    run = imported(published, family, purpose, tmp_path)
    export(run, "onnx", tmp_path / "onnx")
    session = onnxruntime.InferenceSession(tmp_path / "onnx/model.onnx")
    batch = pack([[5, 6, 7, 8], [9, 10]])
    ids, mask = batch.padded()
    found = dict(
        zip(
            [output.name for output in session.get_outputs()],
            session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.long().numpy()}),
            strict=True,
        )
    )
    expected = stored.load(run.model)(batch)
    assert found.keys() == expected.keys()
    for name, said in expected.items():
        there = found[name] if len(found[name]) == len(said) else found[name][mask.numpy()]
        np.testing.assert_allclose(there, said, atol=1e-5)


@pytest.mark.parametrize("from_what", ["published", "imported", "run"])
def test_training_starts_from_any_of_them(from_what: str, published, tmp_path: Path):
    case = published("roberta", "ForMaskedLM")
    folder = {"published": case.folder, "imported": tmp_path / "run"}.get(from_what)
    if from_what == "imported":
        imported(published, "roberta", "ForMaskedLM", tmp_path)
    if folder is None:
        (tmp_path / "first").mkdir()
        first = trained(tmp_path / "first", f"model.pretrained={case.folder}", "model.max_tokens=16", recipe="minilm")
        folder = first.folder
    chosen = with_settings(load_recipe("minilm"), (f"model.pretrained={folder}", "model.max_tokens=16"))
    started = new_classifier(chosen, ["x", "y"], [], seed=0, offline=True)
    assert isinstance(started, NeuralClassifier)
    embedded = started.network.core.embeddings.tokens.weight
    assert torch.equal(embedded, case.model.roberta.embeddings.word_embeddings.weight.float())
    started.save(tmp_path / "again")
    config = json.loads((tmp_path / "again/config.json").read_text())
    assert config["recipe"]["model"]["published"]["position_offset"] == 2  # a run stands without the folder


def test_minilm_in_and_out_is_the_published_file(minilm_folder: Path, tmp_path: Path):
    run = Run(tmp_path / "run")
    import_model("minilm", run, offline=True)
    export(run, "hf", tmp_path / "hf")
    before, after = load_file(minilm_folder / "model.safetensors"), load_file(tmp_path / "hf/model.safetensors")
    assert before.keys() - after.keys() <= {"embeddings.position_ids"}
    assert all(torch.equal(before[name], after[name]) for name in after)
    kinds = [module["type"].rpartition(".")[2] for module in json.loads((tmp_path / "hf/modules.json").read_text())]
    assert kinds == ["Transformer", "Pooling", "Normalize"]


REFUSED = {
    "another attention": (("model.scope=window:2",), "scope window:2", "onnx"),
    "layers of no family": (("model.absolute=sinusoid",), "no class of transformers", "hf"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_others_cannot_run_is_refused(case: str, tmp_path: Path):
    settings, message, form = REFUSED[case]
    run = trained(tmp_path, *settings)
    with pytest.raises(HeadworkError, match=message):
        export(run, form, tmp_path / "out")


def test_other_refusals(published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = imported(published, "bert", "ForMaskedLM", tmp_path)
    with pytest.raises(HeadworkError, match="folder is not empty"):
        import_model(str(published("bert", "Model").folder), run)
    with pytest.raises(HeadworkError, match="folder is not empty"):
        export(run, "hf", run.folder)
    with pytest.raises(HeadworkError, match=r"without a task; train from it with .*model\.pretrained="):
        open_run(str(run.folder), device="cpu")
    cnn = trained(tmp_path / "cnn", recipe="text-cnn")
    with pytest.raises(HeadworkError, match=r"text-cnn .* has no form elsewhere"):
        export(cnn, "hf", tmp_path / "out")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "onnxscript" else name)
    with pytest.raises(HeadworkError, match=r"install headwork\[onnx\]"):
        export(run, "onnx", tmp_path / "onnx")


def test_a_vocabulary_beyond_the_embeddings_is_refused(published, tmp_path: Path):
    folder = tmp_path / "odd"
    folder.mkdir()
    for file in published("bert", "Model").folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "vocab.txt").open("a") as file:
        file.write("\n".join(f"more{i}" for i in range(30)))
    with pytest.raises(HeadworkError, match="has 66 tokens, the model 50 embeddings"):
        import_model(str(folder), Run(tmp_path / "run"))


def test_two_texts_stand_together_as_in_the_original(published, transformers, tmp_path: Path):
    export(imported(published, "bert", "Model", tmp_path), "hf", tmp_path / "hf")
    original = transformers.BertTokenizer(str(published("bert", "Model").folder / "vocab.txt"))
    written = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf")
    expected, found = original("a b", "c"), written("a b", "c", return_token_type_ids=True)
    assert found["input_ids"] == expected["input_ids"]
    assert found["token_type_ids"] == expected["token_type_ids"]
