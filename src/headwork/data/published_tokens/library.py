"""tokenizer.json of the tokenizers library, without what it says of cutting, padding and framing texts."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from tokenizers import Tokenizer

from headwork.data.published_tokens.charsmap import check_charsmap
from headwork.data.published_tokens.files import read_json
from headwork.data.published_tokens.merges import check_bytes
from headwork.data.published_tokens.special import finished
from headwork.data.tokenizers import TextTokenizer


class _Model(msgspec.Struct, frozen=True):
    """What is checked of a model before the library builds it."""

    vocab: dict[str, int] | list[tuple[str, float]]
    type: str | None = None
    unk_token: str | None = None
    unk_id: int | None = None


class _Added(msgspec.Struct, frozen=True):
    content: str
    special: bool = False


class _File(msgspec.Struct, frozen=True):
    model: dict[str, Any]
    added_tokens: list[_Added] = []
    normalizer: dict[str, Any] | None = None


def read_library(path: Path) -> TextTokenizer:
    whole = read_json(path, dict[str, Any])
    file = msgspec.convert(whole, _File)
    _check_model(msgspec.convert(file.model, _Model))
    for normalizer in _all(file.normalizer):
        if "precompiled_charsmap" in normalizer:
            check_charsmap(base64.b64decode(normalizer["precompiled_charsmap"]))
    whole |= {"truncation": None, "padding": None, "post_processor": None}
    tokenizer = Tokenizer.from_str(msgspec.json.encode(whole).decode())
    return finished(tokenizer, {token.content for token in file.added_tokens if token.special})


def _check_model(model: _Model) -> None:
    """A model must have something to say of every text."""
    if isinstance(model.vocab, list):
        if model.unk_id is None or not 0 <= model.unk_id < len(model.vocab):
            raise ValueError(f"no token is named as the unknown one (unk_id is {model.unk_id})")
    elif model.unk_token is not None or model.type != "BPE":
        if model.unk_token not in model.vocab:
            raise ValueError(f"the unknown token {model.unk_token!r} is not in the vocabulary")
    else:
        check_bytes(model.vocab)


def _all(normalizer: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The parts of a normalizer, however deep they stand."""
    if normalizer:
        yield normalizer
        for part in normalizer.get("normalizers", ()):
            yield from _all(part)
