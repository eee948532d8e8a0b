"""Which model to take: the smallest that the test side cannot tell from the best."""

from collections.abc import Sequence

from headwork.base.results import ModelResult, Verdict


def best_model(models: Sequence[ModelResult]) -> ModelResult:
    """The one with the highest mean accuracy; of equals the one with the fewest bytes, then the first by name."""

    def rank(model: ModelResult) -> tuple[float, int, str]:
        # Means of the same hits summed in another order differ in the last digits.
        return (-round(model.scores["accuracy"].mean, 9), model.cost.bytes, model.name)

    return min(models, key=rank)


def tied_with_best(models: Sequence[ModelResult]) -> list[ModelResult]:
    """Models whose paired 95% interval of the difference to the best holds 0; the best is one of them."""
    return [model for model in models if model.against_best.low <= 0 <= model.against_best.high]


def choose(models: Sequence[ModelResult]) -> Verdict:
    """Of the models tied with the best the one with the fewest bytes; of equally large ones the first by name.

    Every model's `against_best` must be against `best_model(models)`.
    """
    best, tied = best_model(models), tied_with_best(models)
    chosen = min(tied, key=lambda model: (model.cost.bytes, model.name))
    reason = _it_is_best(best, models) if chosen is best else _it_is_smaller(chosen, best, len(tied))
    return Verdict(model=chosen.name, reason=reason)


def _it_is_best(best: ModelResult, models: Sequence[ModelResult]) -> str:
    smaller = any(model.cost.bytes < best.cost.bytes for model in models)
    rest = "every smaller model is worse by more than chance" if smaller else "no other model is smaller"
    return f"{best.name} is the most accurate, {_percent(best)}, and {rest}."


def _it_is_smaller(chosen: ModelResult, best: ModelResult, tied: int) -> str:
    against = chosen.against_best
    return (
        f"{chosen.name} is the smallest of the {tied} models that this test side cannot tell apart from the best: "
        f"accuracy {_percent(chosen)} against {_percent(best)} of {best.name}, a difference of "
        f"{_points(against.difference)} points with a 95% interval from {_points(against.low)} to "
        f"{_points(against.high)}, and {_size(chosen.cost.bytes)} instead of {_size(best.cost.bytes)}."
    )


def _percent(model: ModelResult) -> str:
    return f"{100 * model.scores['accuracy'].mean:.1f}%"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def _size(amount: float) -> str:
    for unit in ("B", "kB", "MB"):
        if amount < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} GB"
