"""The verdict in sentences that a person understands: which model, why, how sure, what the best costs more."""

from collections.abc import Callable

import msgspec

from headwork.base.results import Comparison, ModelResult
from headwork.report import numbers
from headwork.report.standings import ranked


class VerdictText(msgspec.Struct, frozen=True, kw_only=True):
    headline: str
    points: dict[str, str]
    """what a sentence is about, and the sentence"""


def verdict_text(comparison: Comparison) -> VerdictText:
    models = {model.name: model for model in comparison.models}
    chosen, best, baseline = models[comparison.verdict.model], models[comparison.best], models.get("tfidf")
    points = {"why": comparison.verdict.reason, "score": _score(chosen, comparison.data.split.test)}
    if chosen is not best:
        points["how sure"] = _beside_best(chosen, comparison.data.split.test)
        points["the best costs"] = _bill(best, chosen)
    else:
        others = [model for model in ranked(comparison) if model is not best]
        if others:
            points["how sure"] = _ahead_of_next(others[0])
        if baseline and baseline is not chosen and chosen.against_tfidf:
            gain = numbers.points(chosen.against_tfidf.difference)
            points["it costs"] = f"{_bill(chosen, baseline)[:-1]}: the price of {gain} points over the baseline tfidf."
    title = f": {chosen.title}" if chosen.title != chosen.name else ""
    return VerdictText(headline=f"Take {chosen.name}{title}", points=points)


def _score(chosen: ModelResult, test: int) -> str:
    accuracy, f1 = chosen.scores["accuracy"], chosen.scores["macro_f1"]
    seeds = f", mean of {len(chosen.seeds)} seeds" if len(chosen.seeds) > 1 else ""
    return (
        f"It labels {numbers.percent(accuracy.mean)} of {test:,} test texts correctly "
        f"(95% interval {numbers.percent_interval(accuracy.low, accuracy.high)}{seeds}); "
        f"macro-F1 {numbers.percent(f1.mean)}."
    )


def _beside_best(chosen: ModelResult, test: int) -> str:
    gap = chosen.against_best
    reach = numbers.decimal(50 * (gap.high - gap.low), 1)
    return (
        f"Both answered the same {test:,} test texts: p {_equals(gap.p_holm)} for a difference "
        f"(McNemar {_equals(gap.mcnemar_p_holm)}). With this many texts a gap much below {reach} points stays hidden."
    )


def _ahead_of_next(other: ModelResult) -> str:
    gap = other.against_best
    ending = "the test cannot tell the two apart" if gap.low <= 0 <= gap.high else "more than chance explains"
    return (
        f"The next, {other.name}, differs by {numbers.points(gap.difference)} points (95% interval "
        f"{numbers.points_interval(gap.low, gap.high)}, p {_equals(gap.p_holm)}): {ending}."
    )


def _equals(p: float) -> str:
    text = numbers.p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _bill(dear: ModelResult, cheap: ModelResult) -> str:
    """What one model costs instead of the other, as far as they differ by a tenth."""
    parts = [
        _part(dear.cost.bytes, cheap.cost.bytes, numbers.size, "of storage"),
        _part(dear.latency.p50_ms, cheap.latency.p50_ms, numbers.milliseconds, "for one text"),
        _part(dear.cost.train_seconds, cheap.cost.train_seconds, numbers.seconds, "of training"),
    ]
    told = [part for part in parts if part]
    return "; ".join(told) + "." if told else "About the same in storage, time for one text and training."


def _part(dear: float, cheap: float, unit: Callable, what: str) -> str:
    if cheap <= 0 or 0.9 < dear / cheap < 1.1:
        return ""
    return f"{unit(dear)} {what} instead of {unit(cheap)} ({numbers.times(dear / cheap)})"
