"""The words of a report on models of tables that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

_ANSWERS = (
    (
        "accuracy",
        "The share of test questions whose answer, as a set, is a person's. Numbers and dates count by their value, "
        "texts without accents, citations, details in brackets, capitals and a last full stop: the rules of "
        "WikiTableQuestions.",
    ),
    (
        "program",
        "An answer comes from a small program over the table, such as the number of rows where Nation is France. All "
        "programs of a bounded space that a question may mean are tried; a model chooses among them. Nothing of a "
        "program is run as code.",
    ),
    (
        "right by some program",
        "The share of questions that some program of the space answers rightly, by whatever way: no choice can do "
        "better. A right answer may come from a wrong program.",
    ),
    (
        "probability",
        "Of an answer: the sum over all programs that give it.",
    ),
)
_LABELS = (
    (
        "accuracy, macro-F1",
        "Accuracy is the share of test statements that got the right label. F1 joins precision and recall of a label; "
        "macro-F1 is its plain mean over the labels, so that rare labels count as much as frequent ones.",
    ),
    (
        "marked cells",
        "Cells in which words of the statement stand. They are not a proof.",
    ),
)
_BOTH = (
    (
        "95% interval",
        "The test tables are a sample, and questions about one table fare alike. Whole tables are drawn again, with "
        "replacement, many times (bootstrap), the same for models that are compared. The spread over seeds is the "
        "standard deviation when training starts from other random numbers.",
    ),
    (
        "against best",
        "Both models are asked the same. An interval of the difference that contains 0 means: this test cannot tell "
        "the two apart.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("train, dev, test", "verdict")),
)


def terms(*, labels: bool) -> tuple[tuple[str, str], ...]:
    return (*(_LABELS if labels else _ANSWERS), *_BOTH)
