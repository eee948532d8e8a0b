"""The words of a report on models that answer from passages that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

TERMS = (
    (
        "F1, exact match",
        "F1 counts the words that an answer shares with a person's: 100% where both have the same words, 0% where they "
        "share none. Exact match is the share of answers that are the same. Capitals, punctuation and the articles a, "
        "an, the do not count, and of several people the best agreement does. So does SQuAD's own script.",
    ),
    (
        "95% interval",
        "The test questions are a sample, and questions about one text fare alike. Whole articles, or where there are "
        "few of them whole passages, are drawn again, with replacement, many times (bootstrap), the same for models "
        "that are compared. The spread over seeds is the standard deviation when training starts from other random "
        "numbers.",
    ),
    (
        "against best",
        "Both models answer the same questions. An interval of the difference that contains 0 means: this test cannot "
        "tell the two apart.",
    ),
    (
        "score, threshold",
        "What speaks for an answer: of a network the logarithm of how much likelier it is than that there is none. An "
        "answer below the threshold, which is fitted on dev, is withheld where some questions have none.",
    ),
    (
        "window",
        "A passage that is longer than a network takes is read in overlapping windows, the question in each. A token "
        "is judged in the window that shows most around it.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("train, dev, test", "verdict")),
)
