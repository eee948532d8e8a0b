"""The words of a report on labellers that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

TERMS = (
    (
        "macro-F1, micro-F1",
        "F1 joins precision (how many of the texts given a label have it) and recall (how many of the texts that have "
        "it were found). Macro-F1 is its mean over the labels, so that rare labels count as much as common ones; "
        "micro-F1 counts all answers together, so that common ones rule. A label that no test text has is left out.",
    ),
    (
        "threshold",
        "A text gets a label from this probability on. It is fitted on dev for the highest F1, each label by itself. "
        "A model that cannot tell who has a label does best to give it to every text.",
    ),
    (
        "AUC, AP",
        "AUC is the chance that a text with the label gets a higher probability than one without: 1 is perfect, 0.5 a "
        "tossed coin. AP, average precision, is the mean precision where each further text of the label is found; a "
        "tossed coin has the label's share of the texts. Neither depends on a threshold. Not defined where no text "
        "differs.",
    ),
    ("exact", "The share of the test texts that get just their labels, none too many and none too few."),
    (
        "ECE, temperature",
        "A label that is given 80% should be there in 80% of such cases. ECE (expected calibration error) is the mean "
        "distance between what is said and what comes true, a mean over the labels. Temperature scaling divides the "
        "logits of a label by one number, fitted on dev, and leaves the order of the texts as it is.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("95% interval", "difference, paired", "train, dev, test")),
    (
        "p, Holm",
        "p is how often chance alone would give a difference this large. With many comparisons one of them looks "
        "striking by luck; Holm's correction makes p stricter for that.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("size, one text, texts/s", "verdict")),
)
