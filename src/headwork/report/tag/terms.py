"""The words of a report on taggers that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

_ENTITIES = (
    "entity F1",
    "An entity is found where its first word, its last word and its type are right. Precision is the share of the "
    "entities told that are true, recall the share of the true ones that were told; F1 joins both over all types. It "
    "is what conlleval and seqeval count. No model can tell tags that contradict each other, so that their strict and "
    "their lenient reading are the same.",
)
_WORDS = (
    "accuracy, macro-F1",
    "Accuracy is the share of test words that got the right tag. F1 joins precision and recall of a tag; macro-F1 is "
    "its plain mean over the tags, so that rare ones count as much as frequent ones.",
)
_SENTENCES = (
    (
        "95% interval",
        "Whole test sentences are drawn again, with replacement, many times (bootstrap), as words of one sentence are "
        "not independent, and the lowest and the highest 2.5% of the results are left out. The spread over seeds is "
        "the standard deviation when training starts from other random numbers.",
    ),
    (
        "against best",
        "Both models answer the same sentences, drawn again together many times. An interval of the difference that "
        "contains 0 means: this test cannot tell the two apart.",
    ),
    (
        "sentences in windows",
        "A sentence that is longer than a model reads at once is read in pieces that overlap by half, and each word is "
        "answered where most of its sentence is seen on both sides. Nothing is cut but the ends of very long words.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("train, dev, test", "verdict")),
)


def terms(*, of_entities: bool) -> tuple[tuple[str, str], ...]:
    """The words of a report on taggers, whose tags mark entities or stand for themselves."""
    return (_ENTITIES if of_entities else _WORDS, *_SENTENCES)
