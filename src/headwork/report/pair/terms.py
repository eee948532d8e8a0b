"""The words of a report on models of pairs that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

_CORRELATION = (
    "Spearman, Pearson",
    "How well predicted scores follow the true ones: 1 is in perfect order (Spearman) or on a straight line "
    "(Pearson), 0 is no relation. A model that gives every pair the same score has 0.",
)

_PAIRS = (
    *(entry for entry in GLOSSARY if entry[0] in ("95% interval", "train, dev, test")),
    (
        "against best",
        "Both models answer the same pairs, drawn again together many times. An interval of the difference that "
        "contains 0 means: this test cannot tell the two apart.",
    ),
    (
        "first exchanged, second exchanged",
        "How many answers change when one text of each test pair is replaced by that of another pair, and what score "
        "is left. A model whose answers stay does not look at that text.",
    ),
    (
        "map",
        "Where a model looks while it compares: a row is a token of one text, a column a token of the other, and the "
        "weights of a row sum to 1. Both maps come from one matrix of scores.",
    ),
    *(entry for entry in GLOSSARY if entry[0] == "verdict"),
)


def terms(*, classes: bool) -> tuple[tuple[str, str], ...]:
    """The words of a report on models of text pairs, whose target is a class or a score."""
    if classes:
        return (*(entry for entry in GLOSSARY if entry[0] in ("accuracy, macro-F1", "ECE, temperature")), *_PAIRS)
    return (_CORRELATION, *_PAIRS)
