"""The words of a report on models that summarise that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

TERMS = (
    (
        "ROUGE-1, -2, -L",
        "What a summary has in common with a person's: single words, pairs of neighbouring words, and the longest row "
        "of words that stand in both in the same order. F1 joins the share of its words that are right and the share "
        "of the person's that it has. Other good words for the same thing count as wrong, so that 100% is not to be "
        "had and small gaps say little.",
    ),
    (
        "95% interval",
        "The test documents are a sample. They are drawn again, with replacement, many times (bootstrap), together "
        "with the seeds, and the lowest and the highest 2.5% of the results are left out. The spread over seeds is the "
        "standard deviation when training starts from other random numbers.",
    ),
    (
        "lead, against lead",
        "lead takes the first sentences, as many as are best on dev; in news and abstracts this is hard to beat. Both "
        "models summarise the same documents, drawn again together. An interval of the difference that contains 0 "
        "means: this test cannot tell the two apart.",
    ),
    (
        "oracle",
        "The sentences of each document that score best against its references, added one by one while ROUGE-L rises. "
        "It reads the answers and is no model: it says how far choosing sentences could go.",
    ),
    (
        "window",
        "A document that is longer than a network takes is read in windows of whole sentences. Only a sentence that is "
        "longer than a window by itself loses its end.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("train, dev, test", "verdict")),
)
