"""Pictures and their classes: those that a published classifier was trained on, or any names that CLIP is given.

    p = softmax(logits of the classifier)
    p = softmax(exp(s) u · v_c),     v_c = unit(the mean of v over the prompts about c)

Radford et al. 2021, section 3.1: a prompt such as "a photo of a {}" puts a name into a sentence like those that the
model learned from; the vectors of several are averaged.

Axes: n pictures, C classes.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.limits import DEFAULT_LIMITS, Limits
from headwork.data.pictures import each_picture
from headwork.data.pixels import Pixels
from headwork.data.tokenizers import TextTokenizer
from headwork.layers.patches import Patches, PictureBatch
from headwork.measure.calibration import softmax
from headwork.models import clip, published
from headwork.models.clip import Clip, ClipConfig
from headwork.models.published import Published
from headwork.ops.linear import for_inference
from headwork.tasks.reading import TextReader

PIXELS, TOKENIZER = "pixels.json", "tokenizer.json"
AT_ONCE = 64
"""names that are read together"""


class PictureClassifier(ABC):
    def __init__(self, classes: Sequence[str], patches: Patches, device: str):
        self.classes, self.patches, self.device = list(classes), patches, device

    @abstractmethod
    def logits(self, pictures: PictureBatch) -> Tensor:
        """(n, C)."""

    @torch.inference_mode()
    def probabilities(self, pixels: Sequence[np.ndarray]) -> np.ndarray:
        """(n, C) of pictures that are prepared."""
        found = self.logits(self.patches.batch(torch.from_numpy(np.stack(pixels)).to(self.device)))
        return softmax(found.double().cpu().numpy())


class OfItsOwn(PictureClassifier):
    """A published classifier, with the classes that it was trained on."""

    def __init__(self, model: Published, patches: Patches, device: str):
        labels = model.config.labels or tuple(map(str, range(model.config.classes)))
        told = [f"{label} ({place})" if label in labels[:place] else label for place, label in enumerate(labels)]
        super().__init__(told, patches, device)
        self.model = model

    def logits(self, pictures: PictureBatch) -> Tensor:
        return self.model(pictures)["classes"]


class ByName(PictureClassifier):
    """CLIP, with names as classes; every prompt has {} where the name goes."""

    def __init__(self, model: Clip, reader: TextReader, names: Sequence[str], prompts: Sequence[str], device: str):
        super().__init__(names, model.config.patches, device)
        self.model = model
        told = [prompt.replace("{}", name) for prompt in prompts for name in names]
        with torch.inference_mode():
            vectors = torch.cat([self._read(reader, told[at : at + AT_ONCE]) for at in range(0, len(told), AT_ONCE)])
        self.vectors = F.normalize(vectors.unflatten(0, (len(prompts), len(names))).mean(0), dim=1)

    def _read(self, reader: TextReader, texts: Sequence[str]) -> Tensor:
        """(texts, width) unit vectors."""
        return self.model.embed_texts(reader.read(texts).batch(range(len(texts))).to(self.device))

    def logits(self, pictures: PictureBatch) -> Tensor:
        return self.model.logits(self.model.embed_pictures(pictures), self.vectors)


class PictureModel:
    """A stored model of pictures, how it wants them, and what it makes of names."""

    def __init__(self, folder: Path, *, device: str = "cpu"):
        self.pixels, self.device = read_json(folder / PIXELS, Pixels), device
        self.tokenizer = TextTokenizer.load(folder / TOKENIZER) if (folder / TOKENIZER).is_file() else None
        model: Clip | Published = published.load(folder) if self.tokenizer is None else clip.load(folder)
        self.model = model.to(device)

    @property
    def width(self) -> int:
        """Of a picture's vector."""
        return self.model.config.width if isinstance(self.model, Clip) else self.model.config.core.dim

    def read(self, path: Path, limits: Limits = DEFAULT_LIMITS) -> np.ndarray:
        """(channels, rows, columns) of the one picture at `path`, prepared."""
        ((name, picture),) = each_picture(path, limits)
        return self.pixels.of(picture, f"{path}: {name}", limits)

    @torch.inference_mode()
    def vectors(self, pixels: Sequence[np.ndarray]) -> np.ndarray:
        """(n, width) of pictures that are prepared: CLIP's unit vectors, or the pooled states of an encoder."""
        batch = self.patches.batch(torch.from_numpy(np.stack(pixels)).to(self.device))
        found = self.model.embed_pictures(batch) if isinstance(self.model, Clip) else self.model(batch)["pooled"]
        return found.cpu().numpy()

    @property
    def patches(self) -> Patches:
        config = self.model.config
        found = config.patches if isinstance(config, ClipConfig) else config.core.patches
        assert found is not None  # what reads no pictures is stored otherwise
        return found

    def classifier(self, names: Sequence[str] = (), prompts: Sequence[str] = ()) -> PictureClassifier:
        """With the model's own classes, or with these names; refused where it has no classes, or no use for names."""
        if isinstance(self.model, Clip):
            if not names:
                raise HeadworkError("the model tells pictures by names; give them with --labels NAME,NAME")
            assert self.tokenizer is not None
            reader = TextReader(self.tokenizer, self.model.config.texts.positions, sentences=False)
            fast = for_inference(self.model)
            return ByName(fast, reader, _distinct(names), _checked(prompts or ["{}"]), self.device)
        if names or prompts:
            raise HeadworkError("--labels, --prompt: the model has classes of its own; leave them out")
        if not self.model.config.classes:
            raise HeadworkError("the model has no classes: what was imported is an encoder of pictures alone")
        return OfItsOwn(for_inference(self.model), self.patches, self.device)


def _distinct(names: Sequence[str]) -> Sequence[str]:
    for place, name in enumerate(names):
        if not name.strip() or name in names[:place]:
            raise HeadworkError(f"--labels: {name!r} stands there twice, or is empty; expected different names")
    return names


def _checked(prompts: Sequence[str]) -> Sequence[str]:
    for prompt in prompts:
        if "{}" not in prompt:
            raise HeadworkError(f"--prompt {prompt!r}: no {{}} in it, where the name goes")
    return prompts
