"""How published models say that their pictures are prepared.

    preprocessor_config.json, or inside processor_config.json      as transformers writes it
    open_clip_config.json                                          as open_clip does

What a file leaves out is what the processor that it names does; of one that is not known nothing is guessed.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec

from headwork.base.errors import HeadworkError
from headwork.data.pixels import Colour, Pixels, Resample

FILE, WITHIN = "preprocessor_config.json", "processor_config.json"
RESAMPLES: tuple[Resample, ...] = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
"""by their numbers in Pillow, which the files give"""


class _Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    height: int | None = None
    width: int | None = None
    shortest_edge: int | None = None


OPENAI_MEAN, OPENAI_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
CLIP = Pixels(resize=224, resample="bicubic", cut=(224, 224), scale=1 / 255, mean=OPENAI_MEAN, std=OPENAI_STD)
VIT = Pixels(resize=(224, 224), resample="bilinear", cut=None, scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
ENDINGS = ("ImageProcessor", "ImageProcessorFast", "ImageProcessorPil", "FeatureExtractor")
PROCESSORS = {f"{family}{ending}": usual for family, usual in (("CLIP", CLIP), ("ViT", VIT)) for ending in ENDINGS}
"""what each does unless the file says otherwise"""


class _Told(msgspec.Struct, frozen=True):
    """preprocessor_config.json; None where it says nothing."""

    image_processor_type: str | None = None
    feature_extractor_type: str | None = None
    do_resize: bool = True
    size: _Size | int | None = None
    resample: Annotated[int, msgspec.Meta(ge=0, lt=len(RESAMPLES))] | None = None
    do_center_crop: bool | None = None
    crop_size: _Size | int | None = None
    do_rescale: bool = True
    rescale_factor: float | None = None
    do_normalize: bool = True
    image_mean: Colour | None = None
    image_std: Colour | None = None
    do_pad: bool | None = None

    def pixels(self, family: str) -> Pixels:
        """What is said, over what the named processor does, or else that of `family`."""
        name = self.image_processor_type or self.feature_extractor_type or f"{family}ImageProcessor"
        if name not in PROCESSORS or self.do_pad:
            raise ValueError(f"pictures are prepared by {name}{' and padded' if self.do_pad else ''}")
        usual = PROCESSORS[name]
        cuts = usual.cut is not None if self.do_center_crop is None else self.do_center_crop
        return Pixels(
            resize=_resize(self.size, usual) if self.do_resize else None,
            resample=usual.resample if self.resample is None else RESAMPLES[self.resample],
            cut=(_pair(self.crop_size) or usual.cut or (224, 224)) if cuts else None,
            scale=(self.rescale_factor or usual.scale) if self.do_rescale else None,
            mean=(self.image_mean or usual.mean) if self.do_normalize else None,
            std=(self.image_std or usual.std) if self.do_normalize else None,
        )

    @classmethod
    def of(cls, pixels: Pixels, family: str) -> Self:
        resize, cut = pixels.resize, pixels.cut
        size = _Size(shortest_edge=resize) if isinstance(resize, int) else _Size(*resize) if resize else None
        return cls(
            image_processor_type=f"{family}ImageProcessor",
            do_resize=resize is not None,
            size=size,
            resample=RESAMPLES.index(pixels.resample),
            do_center_crop=cut is not None,
            crop_size=_Size(*cut) if cut else None,
            do_rescale=pixels.scale is not None,
            rescale_factor=pixels.scale,
            do_normalize=pixels.mean is not None,
            image_mean=pixels.mean,
            image_std=pixels.std,
        )


def _resize(size: _Size | int | None, usual: Pixels) -> tuple[int, int] | int | None:
    if size is None:
        return usual.resize
    if isinstance(size, int):
        return size if isinstance(usual.resize, int) else (size, size)
    return size.shortest_edge or _pair(size)


def _pair(size: _Size | int | None) -> tuple[int, int] | None:
    if size is None or isinstance(size, int):
        return None if size is None else (size, size)
    if size.height is None or size.width is None:
        raise ValueError("a size without height and width")
    return size.height, size.width


class _Processor(msgspec.Struct, frozen=True):
    image_processor: _Told


class _OpenClip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The part of open_clip_config.json."""

    mean: Colour = OPENAI_MEAN
    std: Colour = OPENAI_STD
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Literal["shortest", "squash"] = "shortest"
    mode: Literal["RGB"] = "RGB"
    size: int | tuple[int, int] | None = None
    fill_color: int = 0
    """around a picture that is made no smaller, of which there are none here"""


class _OpenClipConfig(msgspec.Struct, frozen=True):
    preprocess_cfg: _OpenClip = _OpenClip()


def read_pixels(folder: Path, family: str) -> Pixels:
    """How the published model in `folder`, which is of `family` (CLIP, ViT), wants its pictures."""
    path = next((path for name in (FILE, WITHIN) if (path := folder / name).is_file()), None)
    if path is None:
        raise HeadworkError(
            f"{folder}: no {FILE}, which says how pictures become numbers; copy it from the model's page"
        )
    try:
        content = path.read_bytes()
        if path.name == FILE:
            return msgspec.json.decode(content, type=_Told).pixels(family)
        return msgspec.json.decode(content, type=_Processor).image_processor.pixels(family)
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        wanted = "expected how CLIP or ViT has pictures resized, cut and scaled"
        raise HeadworkError(f"{path}: {error}; {wanted}") from error


def read_open_clip(path: Path, side: int) -> Pixels:
    """How the open_clip model whose settings are at `path` wants its pictures, which have `side` rows and columns."""
    try:
        content = path.read_bytes() if path.is_file() else b"{}"
        told = msgspec.json.decode(content, type=_OpenClipConfig).preprocess_cfg
        if told.size not in (None, side, (side, side)):
            raise ValueError(f"pictures of {told.size}, but the model reads {side} x {side}")
        shortest = told.resize_mode == "shortest"
        return Pixels(
            resize=side if shortest else (side, side),
            resample=told.interpolation,
            cut=(side, side) if shortest else None,
            scale=1 / 255,
            mean=told.mean,
            std=told.std,
        )
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise HeadworkError(f"{path}: {error}; expected how pictures are resized, cut and scaled") from error


def as_published(pixels: Pixels, family: str) -> dict[str, Any]:
    """preprocessor_config.json for a model of `family`."""
    told = msgspec.to_builtins(_Told.of(pixels, family))
    return {name: _bare(value) for name, value in told.items() if value is not None}


def _bare(value: Any) -> Any:
    return {name: each for name, each in value.items() if each is not None} if isinstance(value, dict) else value


def as_open_clip(pixels: Pixels, side: int) -> dict[str, Any]:
    """preprocess_cfg for a model that reads `side` rows and columns; refused where there are no words for it."""
    modes: dict[Any, Any] = {(side, (side, side)): "shortest", ((side, side), None): "squash"}
    mode = modes.get((pixels.resize, pixels.cut))
    if mode is None or pixels.resample not in ("bicubic", "bilinear") or pixels.scale != 1 / 255 or pixels.mean is None:
        raise HeadworkError("open_clip's settings cannot say how this model's pictures are prepared; use --format hf")
    return {"mean": pixels.mean, "std": pixels.std, "interpolation": pixels.resample, "resize_mode": mode}
