"""Where a trained model looks in a text, as maps to be drawn.

An encoder has a matrix for each layer and head; attention that pools (BiLSTM, HAN) has one row: a weight for each word.

Axes: H heads, L tokens of the text, S sentences.
"""

from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch

from headwork.attention.record import Recordable, Tape, record
from headwork.base.errors import HeadworkError
from headwork.data.pairs import Pair
from headwork.data.picture_text import document_of, picture_of
from headwork.data.pictures import read_picture
from headwork.data.tokenizers import UNKNOWN
from headwork.explain.drawing import Drawing, Map
from headwork.models import Weights
from headwork.models.encoder import EncoderClassifier
from headwork.tasks.classify import Classifier
from headwork.tasks.neural import NeuralClassifier
from headwork.tasks.pair import Matcher
from headwork.tasks.reading import ReadTexts
from headwork.tasks.translate import Translator

Head = int | Literal["mean", "all"]

MATRIX_NOTE = (
    "Row: the token that looks. Column: the token it looks at. Each row sums to 1; the darker, the more weight."
)
LOOKS_NOTE = (
    "A map for each token of the caption, ⊙ closes it; row and column are those of the grid of places. Each map sums "
    "to 1; the brighter the picture, the more weight."
)
ALIGNMENT_NOTE = (
    "Row: a token of the translation. Column: a token of the text; ⊙ closes both. Each row sums to 1; the darker, the "
    "more weight."
)
POOLED_NOTE = "How much each word counts in the text's vector; the weights of a row sum to 1."


def text_given(model: Classifier | Translator | Matcher, text: str | None, image: str | None) -> str:
    """What the model reads: a text, or the picture in a file as one."""
    shape = model.config.picture if isinstance(model, Translator) else None
    given, other = (image, text) if shape else (text, image)
    if given is None or other is not None:
        told = "pictures; give it one with --image" if shape else "texts; give it one with --text"
        raise HeadworkError(f"the model reads {told} and nothing else")
    return document_of(read_picture(Path(given), shape)) if shape else given


def attention_of(
    model: Classifier | Translator | Matcher,
    text: str,
    text_b: str | None = None,
    *,
    layer: int | None = None,
    head: Head = "mean",
) -> Drawing:
    """The maps of one text, or of two; layers and heads count from 1, the last layer when none is named."""
    if isinstance(model, Classifier):
        _check_one(text_b)
        return _of_classifier(model, text, layer, head)
    if layer is not None or head != "mean":
        raise HeadworkError("--layer, --head: this model has one alignment, which is drawn; leave them out")
    if isinstance(model, Matcher):
        return _both_ways(model, text, text_b)
    if not isinstance(model, Translator):  # what a run holds is not known to the command
        raise HeadworkError(f"{model.recipe.name}: models of the task {model.recipe.task} have no attention to draw")
    _check_one(text_b)
    return _alignment(model, text)


def _check_one(text_b: str | None) -> None:
    if text_b is not None:
        raise HeadworkError("--text-b: the model reads one text; leave it out")


def _both_ways(matcher: Matcher, text: str, text_b: str | None) -> Drawing:
    """Each text over the other."""
    if not text.strip() or not (text_b or "").strip():
        raise HeadworkError("--text, --text-b: the model compares two texts; give both, with words")
    pair = Pair(text, text_b or "")
    seen = matcher.look([pair])
    if seen is None:
        raise HeadworkError(f"{matcher.recipe.name} ({matcher.recipe.title}) has no attention to draw")
    (look,), (found,) = seen, matcher.answer([pair])
    classes = matcher.target.classes
    answer = f"{classes[int(found.argmax())]} ({found.max():.0%})" if classes else f"{found:.2f}"
    maps = (
        Map("the first text over the second", look.of_first, tuple(look.first), tuple(look.second)),
        Map("the second text over the first", look.of_second, tuple(look.second), tuple(look.first)),
    )
    return Drawing(f"{matcher.recipe.name}: {answer}", MATRIX_NOTE, maps)


def _alignment(translator: Translator, text: str) -> Drawing:
    """The text in the columns, what the translator writes for it in the rows."""
    shape = translator.config.picture
    if shape is None and not text.strip():
        raise HeadworkError("--text: there is nothing to translate; give a text with words")
    (written,) = translator.translate([text])
    found = translator.align(text, written.text)
    title = f"{translator.recipe.name}: {written.text}"
    if shape is not None:
        grid, picture = translator.config.grid, picture_of(text, shape)
        places = tuple(str(place) for place in range(1, grid + 1))
        looks = found.weights.double().numpy().reshape(-1, grid, grid)
        maps = (Map(token, look, places, places, picture) for token, look in zip(found.target, looks, strict=True))
        return Drawing(title, LOOKS_NOTE, tuple(maps))
    drawn = Map("alignment", found.weights.double().numpy(), tuple(found.target), tuple(found.source))
    return Drawing(title, ALIGNMENT_NOTE, (drawn,))


@torch.inference_mode()
def _of_classifier(classifier: Classifier, text: str, layer: int | None, head: Head) -> Drawing:
    network = _attending(classifier)
    neural = cast(NeuralClassifier, classifier)
    read = neural.reader.read([text])
    if not any(end > start for start, end in read.offsets[0]):
        raise HeadworkError("--text: the model reads no token in it; give a text with words")
    name, batch = classifier.recipe.name, read.batch([0]).to(neural.device)
    network.eval()
    tokens = _tokens(neural, read, text)
    with record(network) as tape:
        network(batch)
    if isinstance(network, EncoderClassifier):
        return _matrices(tape, name, tokens, layer, head)
    if layer is not None or head != "mean":
        raise HeadworkError(f"--layer, --head: {name} has neither layers nor heads to choose from; leave them out")
    if read.sentences is not None:
        return _sentences(network.weights(batch), name, tokens, read, text)
    return _pooled(tape.map(0)[:, 0].double().cpu().numpy(), name, tokens)


def cut_note(model: Classifier | Translator | Matcher, text: str, text_b: str | None = None) -> str | None:
    """A line where the model does not read the text to its end."""
    if isinstance(model, Translator):
        return None
    cut = model.cut([Pair(text, text_b or "")]) if isinstance(model, Matcher) else model.cut([text])
    return f"the model reads the first {cut.of_tokens - cut.tokens} of {cut.of_tokens} tokens" if cut.tokens else None


def _attending(classifier: Classifier) -> Any:
    """The classifier's network, if it has attention."""
    network = getattr(classifier, "network", None)
    if network is None or not any(isinstance(module, Recordable) for module in network.modules()):
        recipe = classifier.recipe
        raise HeadworkError(
            f"{recipe.name} ({recipe.title}) has no attention to draw; name a run of transformer, minilm, "
            "bilstm-attention or han"
        )
    return network


def _matrices(tape: Tape, name: str, tokens: tuple[str, ...], layer: int | None, head: Head) -> Drawing:
    layers = len(tape.layers)
    chosen = layers if layer is None else layer
    if not 1 <= chosen <= layers:
        raise HeadworkError(f"--layer {chosen}: {name} has {layers}; give a number from 1 to {layers}")
    maps = tape.map(chosen - 1).double().cpu().numpy()
    heads = len(maps)
    if isinstance(head, int) and not 1 <= head <= heads:
        raise HeadworkError(
            f"--head {head}: layer {chosen} of {name} has {heads}; give a number from 1 to {heads}, mean or all"
        )
    if head == "all":
        of_head, drawn = f"all {heads} heads", [(f"head {place}", one) for place, one in enumerate(maps, 1)]
    elif head == "mean":
        of_head, drawn = f"mean of {heads} heads", [(f"mean of {heads} heads", maps.mean(0))]
    else:
        of_head, drawn = f"head {head} of {heads}", [(f"head {head}", maps[head - 1])]
    title = f"{name}: attention in layer {chosen} of {layers}, {of_head}"
    return Drawing(title, MATRIX_NOTE, tuple(Map(each, values, tokens, tokens) for each, values in drawn))


def _pooled(weights: np.ndarray, name: str, tokens: tuple[str, ...]) -> Drawing:
    """(R, L) weights: one row, or one for each hop of structured attention."""
    hops = len(weights)
    rows = ("weight",) if hops == 1 else tuple(f"hop {place}" for place in range(1, hops + 1))
    over = "attention over the words" if hops == 1 else f"{hops} hops of attention over the words"
    return Drawing(f"{name}: {over}", POOLED_NOTE, (Map("words", weights, rows, tokens),))


def _sentences(weights: Weights, name: str, tokens: tuple[str, ...], read: ReadTexts, text: str) -> Drawing:
    """The words of the whole text, and its sentences; a sentence without words is left out."""
    assert weights.sentences is not None and read.sentences is not None
    words = Map("words", weights.tokens.double().cpu().numpy()[None], ("weight",), tokens)
    ends = np.cumsum(read.sentences[0])
    spans = read.offsets[0]
    starts = ends - read.sentences[0]
    shares = weights.sentences.double().cpu().numpy()
    filled = ends > starts
    names = tuple(
        text[spans[first][0] : spans[last - 1][1]] for first, last in zip(starts[filled], ends[filled], strict=True)
    )
    note = f"{POOLED_NOTE} A word's weight is its own in its sentence times that of the sentence."
    sentences = Map("sentences", shares[filled][None], ("weight",), names)
    return Drawing(f"{name}: attention over the words and the sentences", note, (words, sentences))


def _tokens(classifier: NeuralClassifier, read: ReadTexts, text: str) -> tuple[str, ...]:
    """The model's own tokens; one that it does not know is shown with what the text says there."""
    own = classifier.reader.tokenizer.tokens(read.ids[0])
    return tuple(
        f"{text[start:end]} {token}" if token == UNKNOWN else token
        for token, (start, end) in zip(own, read.offsets[0], strict=True)
    )
