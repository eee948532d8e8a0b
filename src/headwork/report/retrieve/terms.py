"""The words of a report on models of search that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

TERMS = (
    (
        "MRR",
        "The mean reciprocal rank: one over the place at which the right document stands, a mean over the queries. 1 "
        "where it is always first, 0.5 where it is always second. Documents that score the same as the right one count "
        "as better.",
    ),
    (
        "distractors",
        "The other documents that a query is asked against: 999 drawn from the test side, or all of it where there are "
        "fewer, the same for every model. None is the right document again, and none belongs to an equal query.",
    ),
    ("found first, among 5, among 10", "The share of the queries whose document is among so many (recall at k)."),
    (
        "95% interval",
        "The test queries are a sample. They are drawn again, with replacement, many times (bootstrap), and each keeps "
        "its distractors. The spread over seeds is the standard deviation when training starts from other random "
        "numbers.",
    ),
    (
        "against best, against bm25",
        "Both models are asked the same queries. An interval of the difference that contains 0 means: this test cannot "
        "tell the two apart. BM25 learns nothing: what a model adds to it is what training is good for.",
    ),
    (
        "one query, to index",
        "One query is the median time to score all documents of the test side for it; to index is the time to make "
        "these documents ready, once.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("train, dev, test", "verdict")),
)
