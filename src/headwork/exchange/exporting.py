"""A trained or imported model as other libraries read it.

    hf          config.json, model.safetensors and the tokenizer as transformers reads them; where no class of
                transformers pools as the classifier does, also modules.json, so that sentence-transformers gives its
                outputs
    onnx        model.onnx over (texts, tokens) of any size, and the tokenizer
    open_clip   open_clip_config.json and open_clip_model.safetensors; the tokenizer is the library's own
    fastai      an AWD-LSTM and its vocabulary (`headwork.exchange.fastai`)

Of a model that reads pictures, preprocessor_config.json says how they are prepared, but for open_clip's own file.

A classifier's temperature goes into its last layer, so that the softmax of what is exported is what headwork predicts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, write_json
from headwork.base.runs import Imported, Run
from headwork.data.pixels import Pixels
from headwork.data.published_pixels import FILE as PREPARING
from headwork.data.published_pixels import as_open_clip, as_published
from headwork.data.tokenizers import TextTokenizer
from headwork.exchange.fastai import export_fastai
from headwork.exchange.onnx import write_onnx
from headwork.exchange.tokens import special_of, write_tokenizer
from headwork.models import published
from headwork.models.clip import Clip
from headwork.models.encoder import EncoderClassifier
from headwork.models.formats import FORMATS, clip, family_of, open_clip, write_published
from headwork.models.formats.sentences import Dense, write_sentences
from headwork.models.published import Published, PublishedConfig, Sentences
from headwork.tasks.classify import load_classifier
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.pictures import PictureModel

Model = Published | NeuralClassifier | Clip


class Opened(NamedTuple):
    model: Model
    tokenizer: TextTokenizer | None
    pixels: Pixels | None = None


def export(run: Run, form: str, out: Path) -> None:
    """Write the model of `run` into the folder `out`, which must be empty."""
    if out.is_dir() and any(out.iterdir()):
        raise HeadworkError(f"{out}: the folder is not empty; choose another with -o")
    if form == "fastai":
        export_fastai(run, out)
    else:
        FORMS[form](_opened(run), out)


def _opened(run: Run) -> Opened:
    if not run.recipe_file.is_file() and run.imported_file.is_file():
        imported = read_json(run.imported_file, Imported)
        if imported.family == "elmo":
            raise HeadworkError(f"{run.folder}: ELMo has no form elsewhere but the one that it was imported from")
        if imported.pictures:
            found = PictureModel(run.model)
            return Opened(found.model, found.tokenizer, found.pixels)
        return Opened(published.load(run.model), TextTokenizer.load(run.model / "tokenizer.json"))
    recipe = run.recipe()
    if recipe.task != "classify" or recipe.kind != "encoder":
        raise HeadworkError(
            f"{run.folder}: {recipe.name} (task {recipe.task}) has no form elsewhere; encoders of texts have, such as "
            "transformer and minilm, and awd-lstm has that of fastai"
        )
    if recipe.model.get("long") == "windows":
        raise HeadworkError(
            f"{run.folder}: {recipe.name} reads a long text in windows, which no form elsewhere does; export one that "
            "was trained with model.long=cut"
        )
    classifier = load_classifier(run.model)
    assert isinstance(classifier, NeuralClassifier)
    return Opened(classifier, classifier.reader.tokenizer)


def _open_clip(opened: Opened, out: Path) -> None:
    if not isinstance(opened.model, Clip):
        raise HeadworkError("open_clip reads no model but CLIP; export it with --format hf or onnx")
    assert opened.pixels is not None
    open_clip.write(opened.model, out, as_open_clip(opened.pixels, opened.model.config.patches.side))


def _hf(opened: Opened, out: Path) -> None:
    _write_hf(opened.model, out)
    _write_reading(opened, out)


def _write_reading(opened: Opened, out: Path) -> None:
    """How texts become tokens, and pictures numbers."""
    if opened.tokenizer is not None:
        write_tokenizer(opened.tokenizer, out)
    if opened.pixels is not None:
        family = "CLIP" if isinstance(opened.model, Clip) else "ViT"
        write_json(out / PREPARING, as_published(opened.pixels, family))


def _write_hf(model: Model, out: Path) -> None:
    if isinstance(model, Clip):
        clip.write(model, out)
        return
    if isinstance(model, Published):
        write_published(model, out)
        return
    network: EncoderClassifier = model.network
    family = family_of(network.core.config)
    if family is None:
        raise HeadworkError("no class of transformers has this encoder's layers; export it with --format onnx")
    whole = _with_head(model, family)
    if whole is not None:
        write_published(whole, out)
        return
    bare = Published(PublishedConfig(family=family, core=network.core.config, labels=tuple(model.classes)))
    bare.core.load_state_dict(network.core.state_dict())
    write_published(bare, out)
    layers = [Dense(*_head(model))]
    if network.between is not None:
        layers.insert(0, Dense(network.between.weight.detach(), network.between.bias.detach(), network.config.between))
    write_sentences(out, Sentences(pooling=network.config.pooling), width=network.core.config.dim, dense=layers)


def _with_head(model: NeuralClassifier, family: str) -> Published | None:
    """The classifier as its family publishes one; None where the family pools otherwise."""
    config, network = model.config, model.network
    its = FORMATS[family].Settings.POOLING, FORMATS[family].Settings.POOLER
    weight, bias = _head(model)
    if (config.pooling, config.between) != its or (network.core.config.causal and bias.any()):
        return None
    whole = Published(
        PublishedConfig(
            family=family,
            core=network.core.config,
            pooler=config.between,
            pooling=config.pooling,
            classes=len(model.classes),
            labels=tuple(model.classes),
            padding=special_of(model.reader.tokenizer).get("pad_token"),
        )
    )
    assert whole.classes is not None
    whole.core.load_state_dict(network.core.state_dict())
    whole.classes.load_state_dict({"weight": weight} | ({"bias": bias} if whole.classes.bias is not None else {}))
    if whole.pooler is not None:
        whole.pooler.load_state_dict(network.between.state_dict())
    return whole


def _head(model: NeuralClassifier) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of the last layer over the temperature."""
    head = model.network.head
    return head.weight.detach() / model.temperature, head.bias.detach() / model.temperature


def _onnx(opened: Opened, out: Path) -> None:
    model = opened.model
    write_onnx(model, out / "model.onnx")
    if not isinstance(model, Clip):
        labels = model.config.labels if isinstance(model, Published) else model.classes
        write_json(out / "config.json", {"id2label": {str(place): label for place, label in enumerate(labels)}})
    _write_reading(opened, out)


FORMS: dict[str, Callable[[Opened, Path], None]] = {"hf": _hf, "onnx": _onnx, "open_clip": _open_clip}
