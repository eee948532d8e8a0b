"""Which model to take: the smallest that the test side cannot tell from the best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from headwork.base.results import Standing, Verdict

Model = TypeVar("Model", bound=Standing)


@dataclass(frozen=True)
class Yardstick:
    """The score that models are ranked by, and how people speak of it."""

    score: str
    """its name in `scores`"""
    called: str
    is_best: str
    """said of the best model"""
    show: Callable[[float], str]
    difference: Callable[[float], str]
    unit: str = ""
    """of a difference"""
    higher_is_better: bool = True

    def of(self, model: Standing) -> float:
        return model.scores[self.score].mean

    def rank(self, model: Standing) -> tuple[float, int, str]:
        """Smallest first: the best score, then the fewest bytes, then the name."""
        # Means of the same hits summed in another order differ in the last digits.
        value = round(self.of(model), 9)
        return (-value if self.higher_is_better else value, model.cost.bytes, model.name)


def signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


ACCURACY = Yardstick(
    "accuracy",
    "accuracy",
    "is the most accurate",
    lambda value: f"{100 * value:.1f}%",
    lambda value: signed(f"{100 * value:+.1f}"),
    " points",
)
ENTITY_F1 = Yardstick(
    "f1",
    "entity F1",
    "has the highest entity F1",
    lambda value: f"{100 * value:.1f}%",
    lambda value: signed(f"{100 * value:+.1f}"),
    " points",
)
FIELD_F1 = replace(ENTITY_F1, called="F1 of fields", is_best="has the highest F1 of fields")
BLEU = Yardstick(
    "bleu", "BLEU", "has the highest BLEU", lambda value: f"{value:.1f}", lambda value: signed(f"{value:+.1f}"), " BLEU"
)


def bits_per(unit: str) -> Yardstick:
    """Of language models: bits per character of a text, per dimension of pictures."""
    return Yardstick(
        "bits_per_character",
        f"bits per {unit}",
        f"needs the fewest bits per {unit}",
        lambda value: f"{value:.3f}",
        lambda value: signed(f"{value:+.3f}"),
        " bits",
        higher_is_better=False,
    )


SCORE = Yardstick(
    "accuracy",
    "score",
    "has the highest score",
    lambda value: f"{100 * value:.1f}%",
    lambda value: signed(f"{100 * value:+.1f}"),
    " points",
)


F1 = Yardstick(
    "f1",
    "F1",
    "has the highest F1",
    lambda value: f"{100 * value:.1f}%",
    lambda value: signed(f"{100 * value:+.1f}"),
    " points",
)


ROUGE_L = Yardstick(
    "rouge_l",
    "ROUGE-L",
    "has the highest ROUGE-L",
    lambda value: f"{100 * value:.1f}%",
    lambda value: signed(f"{100 * value:+.1f}"),
    " points",
)


SPEARMAN = Yardstick(
    "spearman",
    "Spearman's correlation",
    "has the highest Spearman correlation",
    lambda value: signed(f"{value:.3f}"),
    lambda value: signed(f"{value:+.3f}"),
)

MRR = Yardstick(
    "mrr",
    "MRR",
    "has the highest MRR",
    lambda value: f"{value:.3f}",
    lambda value: signed(f"{value:+.3f}"),
)

MACRO_F1 = Yardstick(
    "macro_f1",
    "macro-F1",
    "has the highest macro-F1",
    lambda value: f"{100 * value:.1f}%",
    lambda value: signed(f"{100 * value:+.1f}"),
    " points",
)


def best_model(models: Sequence[Model], by: Yardstick = ACCURACY) -> Model:
    """The one with the best mean score; of equals the one with the fewest bytes, then the first by name."""
    return min(models, key=by.rank)


def tied_with_best(models: Sequence[Model]) -> list[Model]:
    """Models whose paired 95% interval of the difference to the best holds 0; the best is one of them."""
    return [model for model in models if model.against_best.low <= 0 <= model.against_best.high]


def choose(models: Sequence[Standing], by: Yardstick = ACCURACY) -> Verdict:
    """Of the models tied with the best the one with the fewest bytes; of equally large ones the first by name.

    Every model's `against_best` must be against `best_model(models, by)`.
    """
    best, tied = best_model(models, by), tied_with_best(models)
    chosen = min(tied, key=lambda model: (model.cost.bytes, model.name))
    reason = _it_is_best(best, models, by) if chosen is best else _it_is_smaller(chosen, best, len(tied), by)
    return Verdict(model=chosen.name, reason=reason)


def _it_is_best(best: Standing, models: Sequence[Standing], by: Yardstick) -> str:
    smaller = any(model.cost.bytes < best.cost.bytes for model in models)
    rest = "every smaller model is worse by more than chance" if smaller else "no other model is smaller"
    return f"{best.name} {by.is_best}, {by.show(by.of(best))}, and {rest}."


def _it_is_smaller(chosen: Standing, best: Standing, tied: int, by: Yardstick) -> str:
    against = chosen.against_best
    return (
        f"{chosen.name} is the smallest of the {tied} models that this test side cannot tell apart from the best: "
        f"{by.called} {by.show(by.of(chosen))} against {by.show(by.of(best))} of {best.name}, a difference of "
        f"{by.difference(against.difference)}{by.unit} with a 95% interval from {by.difference(against.low)} to "
        f"{by.difference(against.high)}, and {_size(chosen.cost.bytes)} instead of {_size(best.cost.bytes)}."
    )


def _size(amount: float) -> str:
    for unit in ("B", "kB", "MB"):
        if amount < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} GB"
