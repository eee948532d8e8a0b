"""How well a trained language model foresees new texts, one a row, in order."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from headwork.base.errors import HeadworkError
from headwork.compare.asked import Asked, texts_asked
from headwork.tasks.language import LanguageModel


def documents_asked(model: LanguageModel, asked: Asked) -> list[str]:
    """Texts; a model of pictures has `headwork generate`."""
    if model.config.picture:
        raise HeadworkError(f"{model.recipe.name} is a model of pictures; use `headwork generate RUN --image FILE`")
    return texts_asked(model, asked)


def answers(model: LanguageModel, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """{"text", "tokens", "nats", "bits_per_character"}: of the tokens behind the first, which nothing foretells."""
    for text in texts:
        (scored,) = model.score([text])
        nats = float(scored.nats.sum())
        yield {
            "text": text,
            "tokens": len(scored.nats),
            "nats": nats,
            "bits_per_character": nats / math.log(2) / len(text) if text else None,
        }
