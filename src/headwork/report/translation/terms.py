"""The words of a report on translators that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

TERMS = (
    (
        "BLEU, chrF",
        "BLEU compares runs of one to four words of a translation with those of the reference, chrF runs of one to six "
        "characters; both go from 0 to 100. The signatures say how they were computed. They are comparable only on the "
        "same test side with the same signature.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("95% interval", "train, dev, test", "verdict")),
    (
        "against best",
        "Both models translate the same sentences, drawn again together many times. An interval of the difference that "
        "contains 0 means: this test cannot tell the two apart.",
    ),
    (
        "alignment",
        "Where a model looks in the source while it writes a token of the translation. A row is a written token, and "
        "its weights sum to 1; of a Transformer the last block's mean over heads.",
    ),
    (
        "entropy, weights above 0",
        "How widely a head looks: 0 nats is one token, log n nats are n tokens alike. Sparse normalisers such as "
        "entmax give most tokens a weight of exactly 0.",
    ),
)
