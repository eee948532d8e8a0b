"""What a careful reader would hold against a comparison: signs that the data are too easy, broken or too few.

Each doubt is a sentence or two: what was found, and what to do about it.
"""

from collections.abc import Sequence

from headwork.base.results import DataFacts, ModelResult, Score

MAJORITY, BASELINE = "majority", "tfidf"
DOMINATING = 0.80
"""share of the largest class"""
CEILING = 0.98
"""accuracy of the baseline that leaves the others nothing to show"""
TRIVIAL = 0.05
"""accuracy that the best model gains over always answering the largest class"""
SUSPECT = 0.05
"""share of labels that look wrong; clean but hard data reach a few hundredths by the model's own mistakes"""
DUPLICATES = 0.01
"""share of rows that were there before"""
COARSE = 0.05
"""half the width of the best model's interval"""
CUT = 0.01
"""share of the tokens of all test texts that a model does not see"""


def doubts(data: DataFacts, models: Sequence[ModelResult], *, looks_wrong: int = 0, checked: int = 0) -> list[str]:
    """Sentences for the report, gravest first; `looks_wrong` of `checked` rows have labels that look wrong."""
    scores = {model.name: model.scores["accuracy"] for model in models}
    best = max(scores, key=lambda name: scores[name].mean)
    found = (
        _dominating_class(data),
        _near_majority(scores, best),
        _near_ceiling(scores),
        _wrong_labels(looks_wrong, checked),
        _duplicates(data),
        _coarse(data, scores[best], best),
        _cut(models),
    )
    return [sentence for sentence in found if sentence]


def _dominating_class(data: DataFacts) -> str | None:
    rows = sum(data.class_rows.values())
    name, largest = max(data.class_rows.items(), key=lambda item: item[1], default=("", 0))
    if largest <= DOMINATING * rows:
        return None
    return (
        f"{_percent(largest / rows)} of the rows are of class {name!r}, so always answering that is already so "
        "accurate. Go by macro-F1 and the scores of each class, or collect more rows of the others."
    )


def _near_majority(scores: dict[str, Score], best: str) -> str | None:
    if MAJORITY not in scores or (gain := scores[best].mean - scores[MAJORITY].mean) >= TRIVIAL:
        return None
    return (
        f"The best model ({best}) gains only {_points(gain)} points of accuracy over always answering the largest "
        "class. Check that the labels belong to the texts; perhaps the texts do not tell."
    )


def _near_ceiling(scores: dict[str, Score]) -> str | None:
    if BASELINE not in scores or scores[BASELINE].mean < CEILING:
        return None
    return (
        f"The baseline {BASELINE} is {_percent(scores[BASELINE].mean)} accurate: single words give the label away. "
        "Look for the label, its name or a template in the texts; if there is none, take the baseline."
    )


def _wrong_labels(looks_wrong: int, checked: int) -> str | None:
    if not checked or looks_wrong < SUSPECT * checked:
        return None
    return (
        f"{looks_wrong:,} of {checked:,} labels checked ({_percent(looks_wrong / checked)}) look wrong: a model "
        "not trained on them is sure of another class. Read some: they are wrong, unclear, or the model's mistakes."
    )


def _duplicates(data: DataFacts) -> str | None:
    copies = sum(rows for reason, rows in data.dropped.items() if "duplicate" in reason)
    if not copies or copies < DUPLICATES * data.rows:
        return None
    return (
        f"{copies:,} of {data.rows:,} rows ({_percent(copies / data.rows)}) repeated others and were left out, so "
        "that no test text was seen in training. Find out where they come from: scores with them would be too good."
    )


def _coarse(data: DataFacts, score: Score, name: str) -> str | None:
    half = (score.high - score.low) / 2
    if half <= COARSE:
        return None
    return (
        f"With {data.split.test:,} test rows the accuracy of {name} is known to ±{_points(half)} points only, and "
        "smaller differences cannot be told from chance. Four times as many rows would about halve that."
    )


def _cut(models: Sequence[ModelResult]) -> str | None:
    told = ", ".join(
        f"{model.name} ({model.cut.rows:,} texts, {_percent(model.cut.tokens / model.cut.of_tokens)} of all tokens)"
        for model in models
        if model.cut.rows and model.cut.tokens >= CUT * model.cut.of_tokens
    )
    if not told:
        return None
    return f"Test texts longer than a model takes were cut: {told}. Encoders read them whole with model.long=windows."


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _points(difference: float) -> str:
    return f"{100 * difference:.1f}"
