"""The words of a report on parsers of logs that a reader may meet for the first time."""

from headwork.report.tag.terms import terms as of_taggers

_FIELDS = (
    (
        "F1 of fields, whole lines",
        "A field is found where its first word, its last word and its name are right. Precision is the share of the "
        "fields told that are true, recall the share of the true ones that were told; F1 joins both over all fields, "
        "macro-F1 is the plain mean over their names. A line is right as a whole where all of its fields are found and "
        "no others are told.",
    ),
    (
        "degraded",
        "The same test lines, each damaged in one way, or in two: part of the header missing, cut short, other blanks "
        "and brackets, strange words between, another case of the level. Damage is drawn by the line's own text, so "
        "that it is the same for all models and runs. What is left of a field is still that field.",
    ),
    (
        "copies",
        "Damaged copies of each training line that a model learnt from, beside the line itself (train.damaged). They "
        "are drawn from other random numbers than the degraded test lines, but in the same ways: damage of other kinds "
        "may do more harm than is measured here.",
    ),
    (
        "templates, gap",
        "Expressions made from the training lines, literal words with a gap for each field, the most specific first. "
        "Where no content fits, the header is read alone. The gap is the F1 of a model minus that of templates on the "
        "same lines, drawn again together, in points.",
    ),
)


def terms() -> tuple[tuple[str, str], ...]:
    """Those of logs, then what they share with other taggers, told of lines."""
    shared = [
        tuple(text.replace("sentence", "line").replace("Sentence", "Line") for text in entry)
        for entry in of_taggers(of_entities=True)[1:]
    ]
    return (*_FIELDS, *((term, meaning) for term, meaning in shared))
