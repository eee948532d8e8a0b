"""A checkpoint of PreSumm beside its network written out in numpy; what is wrong in it is found."""

import argparse
import itertools
import json
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from tests import presumm_by_hand
from tests.published import VOCABULARY

from headwork.attention.positions import sinusoids
from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.compare.open import open_run
from headwork.exchange.importing import import_model
from headwork.models.bertsum import BertSum
from headwork.models.formats import bert, presumm

SETTINGS = {
    **{"model_type": "bert", "vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"intermediate_size": 24, "max_position_embeddings": 12},
}
SIZES = {"layers": 2, "heads": 4, "inter_layers": 2, "inter_heads": 2}
DOCUMENT = ("a cat", "be a good dog", "see", "the end is here", "bead")


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """All that PreSumm saves of an extractive model, what it does not use too."""
    core = bert.Settings(**{name: value for name, value in SETTINGS.items() if name != "model_type"}).core()
    torch.manual_seed(seed)
    network = BertSum(
        presumm.config_of(core, {"inter_layers": 2, "inter_heads": 2, "inter_ff": 20}), vocabulary=core.vocabulary
    )
    found = presumm.write(network)
    for name in ("bert.model.pooler.dense", "ext_layer.transformer_inter.0.layer_norm"):
        found |= {f"{name}.weight": torch.zeros(16, 16), f"{name}.bias": torch.zeros(16)}
    drawn = {name: torch.randn(tensor.shape) * 0.3 for name, tensor in found.items()}
    return {**drawn, presumm.PLACES: sinusoids(torch.arange(50), 16).float()[None]}


def write_checkpoint(path: Path, tensors: dict[str, torch.Tensor], *, heads: int = 2, old: bool = True) -> None:
    """As PreSumm's trainer does, with options and optimisers of classes that nobody has here."""
    module = types.ModuleType("models.optimizers")

    class Optimizer:
        def __init__(self, inner: torch.optim.Optimizer) -> None:
            self.optimizer, self.learning_rate, self.betas = inner, 2e-3, [0.9, 0.999]

    Optimizer.__module__, Optimizer.__qualname__ = "models.optimizers", "Optimizer"
    module.Optimizer = Optimizer  # type: ignore[attr-defined]
    weight = torch.nn.Parameter(torch.ones(2))
    adam = torch.optim.Adam([weight])
    weight.sum().backward()
    adam.step()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "models", types.ModuleType("models"))
        patch.setitem(sys.modules, "models.optimizers", module)
        options = argparse.Namespace(
            ext_heads=heads, ext_layers=2, bert_data_path="../x", visible_gpus=[0], large=False
        )
        saved = {"model": tensors, "opt": options, "optims": [Optimizer(adam)]}
        torch.save(saved, path, _use_new_zipfile_serialization=not old)


def write_folder(folder: Path, tensors: dict[str, torch.Tensor], **how) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(SETTINGS))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    write_checkpoint(folder / "model_step_18000.pt", tensors, **how)
    return folder


def differs(folder: Path, tensors: dict[str, torch.Tensor], tmp: Path) -> float:
    """How far the probabilities of what is imported are from those of `tensors` by hand, in float64."""
    out = Run(tmp / "out")
    shutil.rmtree(out.folder, ignore_errors=True)
    import_model(str(folder), out, offline=True)
    chooser, _ = open_run(str(out.folder), device="cpu")
    read = chooser.reader.read([DOCUMENT])
    assert len(read.windows[0]) > 1
    sentences = np.split(read.ids[0], np.cumsum(read.sentences[0])[:-1])
    ends = np.cumsum([0, *read.sentences[0]])
    bounds = [int(np.flatnonzero(ends == edge)[0]) for edge in np.cumsum([0, *read.windows[0]])]
    windows = [[sentences[place] for place in range(*pair)] for pair in itertools.pairwise(bounds)]
    expected = presumm_by_hand.probabilities(
        {name: tensor.double().numpy() for name, tensor in tensors.items()}, windows, **SIZES
    )
    network = chooser.network.double()
    found = torch.sigmoid(network(read.batch([0]))).detach().numpy()
    return float(np.abs(found - expected).max())


@pytest.mark.row("BE17")
@pytest.mark.parametrize("old", [True, False], ids=["as published", "zip"])
def test_what_is_imported_scores_sentences_as_presumm_does(tmp_path: Path, old: bool):
    tensors = weights()
    folder = write_folder(tmp_path / "presumm", tensors, old=old)
    assert differs(folder, tensors, tmp_path) < 1e-9
    chooser, work = open_run(str(tmp_path / "out"), device="cpu")
    assert work.answers is not None and chooser.sentences == 3 and chooser.blocks
    (answer,) = work.answers(chooser, ["A cat. Be a good dog! See. The end is here. Bead."])
    assert len(answer["sentences"]) == 3 and answer["summary"]


def swapped(tensors: dict[str, torch.Tensor], one: str, other: str) -> dict[str, torch.Tensor]:
    return {**tensors, one: tensors[other], other: tensors[one]}


INTER = "ext_layer.transformer_inter.1"
MISTAKES = {
    "queries for keys": lambda t: swapped(
        t, f"{INTER}.self_attn.linear_query.weight", f"{INTER}.self_attn.linear_keys.weight"
    ),
    "norms changed": lambda t: swapped(t, f"{INTER}.layer_norm.weight", f"{INTER}.feed_forward.layer_norm.weight"),
    "segments changed": lambda t: {
        **t, "bert.model.embeddings.token_type_embeddings.weight": t[
            "bert.model.embeddings.token_type_embeddings.weight"
        ].flip(0),
    },
    "a bias moved": lambda t: {**t, "ext_layer.wo.bias": t["ext_layer.wo.bias"] + 1e-4},
    "layers of BERT changed": lambda t: swapped(
        t, "bert.model.encoder.layer.0.output.dense.weight", "bert.model.encoder.layer.1.output.dense.weight"
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_weights_is_seen(tmp_path: Path, mistake: str):
    tensors = weights()
    folder = write_folder(tmp_path / "presumm", MISTAKES[mistake](tensors))
    assert differs(folder, tensors, tmp_path) > 1e-6


def test_a_mistake_in_the_settings_is_seen(tmp_path: Path):
    tensors = weights()
    folder = write_folder(tmp_path / "presumm", tensors, heads=4)
    assert differs(folder, tensors, tmp_path) > 1e-6
    (folder / "config.json").write_text(json.dumps({**SETTINGS, "num_attention_heads": 2}))
    write_checkpoint(folder / "model_step_18000.pt", tensors)
    assert differs(folder, tensors, tmp_path) > 1e-6


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: {**t, "ext_layer.more": torch.zeros(2)}, "'ext_layer.more' has no place"),
        (lambda t: {**t, "decoder.embeddings.weight": torch.zeros(2)}, "of the decoder of an abstractive model"),
        (lambda t: {k: v for k, v in t.items() if k != "ext_layer.wo.weight"}, "'ext_layer.wo.weight' is missing"),
        (lambda t: {k: v for k, v in t.items() if k != presumm.PLACES}, "'ext_layer.pos_emb.pe' is missing"),
        (lambda t: {**t, presumm.PLACES: t[presumm.PLACES].flip(2)}, "other positions than sinusoids"),
        (lambda t: {**t, "ext_layer.wo.weight": torch.zeros(1, 9)}, "would have shape"),
        (lambda t: {k: v for k, v in t.items() if "ext_layer" not in k}, "expected an extractive model of PreSumm"),
    ],
)
def test_what_is_missing_or_left_over_is_refused_by_name(tmp_path: Path, change, told: str):
    folder = write_folder(tmp_path / "presumm", change(weights()))
    with pytest.raises(HeadworkError, match=told):
        import_model(str(folder), Run(tmp_path / "out"), offline=True)


def test_nothing_of_the_file_is_run(tmp_path: Path):
    """An object whose unpickling would leave a trace leaves none."""

    class Trap:
        def __reduce__(self):
            return shutil.copyfile, (__file__, str(tmp_path / "trace"))

    folder = write_folder(tmp_path / "presumm", weights())
    for old in (True, False):
        saved = {"model": weights(), "opt": Trap(), "optims": [print, Trap()]}
        torch.save(saved, folder / "model_step_18000.pt", _use_new_zipfile_serialization=not old)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        import_model(str(folder), Run(tmp_path / "out"), offline=True)
        assert not (tmp_path / "trace").exists()
    Trap.__reduce__ = lambda self: (Path.touch, (tmp_path / "trace",))  # a call of what a husk gives  # type: ignore
    torch.save({"model": weights(), "opt": Trap()}, folder / "model_step_18000.pt")
    with pytest.raises(HeadworkError, match="without running code"):
        import_model(str(folder), Run(tmp_path / "other"), offline=True)
    (folder / "model_step_18000.pt").write_bytes((folder / "model_step_18000.pt").read_bytes()[:500])
    with pytest.raises(HeadworkError, match="no weights can be read"):
        import_model(str(folder), Run(tmp_path / "other"), offline=True)
    (folder / "another.pt").write_bytes(b"")
    with pytest.raises(HeadworkError, match="2 files"):
        import_model(str(folder), Run(tmp_path / "other"), offline=True)
