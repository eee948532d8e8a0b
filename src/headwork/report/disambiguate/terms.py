"""The words of a report on disambiguators that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

TERMS = (
    (
        "accuracy, macro-F1, word accuracy",
        "Accuracy is the share of test texts whose word got the right sense; words with many texts rule it. F1 joins "
        "precision and recall of a sense; macro-F1 is its mean over the senses of a word, then over the words, so that "
        "rare senses and rare words count as much as others. Word accuracy is the mean over the words of their own.",
    ),
    (
        "most frequent sense",
        "What a word means most often in training, whatever the text: what a model must beat to have read anything.",
    ),
    (
        "static",
        "Vectors that do not see the text are the same wherever a word stands. A model of such vectors can only answer "
        "the most frequent sense; if it beats that, the spelling of the word gives its sense away.",
    ),
    (
        "map",
        "A word's vectors in its training texts (hollow) and test texts (filled), on the plane in which the training "
        "vectors differ most (principal components). What looks mixed there may still be apart in other directions.",
    ),
    *(
        entry
        for entry in GLOSSARY
        if entry[0]
        in ("95% interval", "difference, paired", "ECE, temperature", "train, dev, test", "size, one text, texts/s")
    ),
    *(entry for entry in GLOSSARY if entry[0] == "verdict"),
)
