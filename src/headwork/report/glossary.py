"""The words of the report that a reader may meet for the first time."""

GLOSSARY = (
    (
        "accuracy, macro-F1",
        "Accuracy is the share of test texts that got the right class. F1 joins precision (how many of the texts "
        "given to a class belong there) and recall (how many of the class's texts were found); macro-F1 is its plain "
        "mean over the classes, so that small classes count as much as large ones.",
    ),
    (
        "95% interval",
        "The test texts are a sample. The interval comes from drawing them again, with replacement, many times "
        "(bootstrap) and leaving out the lowest and the highest 2.5% of the results. The spread over seeds is the "
        "standard deviation when training starts from other random numbers.",
    ),
    (
        "difference, paired",
        "Two models answer the same test texts, so that the luck of an easy or a hard text cancels out. An interval "
        "of the difference that contains 0 means: this test cannot tell the two apart. Differences are in points: from "
        "90% to 91% is one point.",
    ),
    (
        "p, Holm, McNemar",
        "p is how often chance alone would give a difference this large. With many comparisons one of them looks "
        "striking by luck; Holm's correction makes p stricter for that. McNemar's test looks only at texts that one of "
        "the two models got right and the other wrong.",
    ),
    (
        "ECE, temperature",
        "A model that says 80% should be right in 80% of such cases. ECE (expected calibration error) is the mean "
        "distance between what it says and what comes true; 0% is ideal. Temperature scaling divides the logits "
        "by one number, fitted on dev, and leaves the predicted classes as they are.",
    ),
    (
        "train, dev, test",
        "Models learn from train, choose when to stop on dev, and are measured on test, which is read once, last.",
    ),
    (
        "size, one text, texts/s",
        "Size is everything that must be stored to predict, a frozen encoder included. One text is the median time "
        "from a text to its answer, below it the time that one text in twenty exceeds; texts/s is for many at once.",
    ),
    (
        "verdict",
        "Among the models whose interval of the difference to the best contains 0, the one with the fewest bytes.",
    ),
)

WRITING = (
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
"""the words of a report on translators"""

LANGUAGE = (
    (
        "bits per character",
        "How many bits a code made from the model's predictions takes for a character of the test text; less is "
        "better. A token that the vocabulary lacks is counted with the bytes that spell it, so that models with "
        "different tokens can be compared on the same text, and only so.",
    ),
    (
        "nats a token, perplexity",
        "The mean loss of the next token, and e to that power: among how many equally likely tokens the model "
        "hesitates. Both depend on what a token is.",
    ),
    (
        "95% interval",
        "Neighbouring characters are alike, so that whole blocks of the test text are drawn again, with replacement, "
        "many times (block bootstrap), the same for two models that are compared. The spread over seeds is the "
        "standard deviation when training starts from other random numbers.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("train, dev, test", "verdict")),
    (
        "context, memory",
        "The context is what a model reads at once. What it carries over from before (the memory of a Transformer-XL, "
        "the state of an LSTM) comes on top.",
    ),
    (
        "slope",
        "The exponent p of a cost that grows with the power p of the length, fitted to the longer half of the lengths: "
        "1 is linear, 2 quadratic.",
    ),
)
"""the words of a report on language models"""

PICTURES = (
    (
        "bits per dimension",
        "How many bits a code made from the model's predictions takes for one value of the test pictures, a channel of "
        "a pixel; less is better. A model that knows nothing needs 8, for there are 256 values.",
    ),
    (
        "95% interval",
        "Whole pictures of the test side are drawn again, with replacement, many times (bootstrap), the same for two "
        "models that are compared. The spread over seeds is the standard deviation when training starts from other "
        "random numbers.",
    ),
    *(entry for entry in LANGUAGE if entry[0] not in ("bits per character", "95% interval")),
)
"""those of a report on language models of pictures"""


def language_terms(unit: str) -> tuple[tuple[str, str], ...]:
    return PICTURES if unit == "dimension" else LANGUAGE


ALGORITHM = (
    (
        "score",
        "How well an example is answered, from 0 to 1, as said below the table; a mean over the test examples of all "
        "lengths. As trained: at lengths of training. Longer: at the others, which no model has seen in training.",
    ),
    ("no mistake", "The share of the test examples whose answers are all right."),
    (
        "bits",
        "What it takes to code the answers of an example with the probabilities of the model: 0 is perfect, 1 for each "
        "yes or no is a tossed coin. Of numbers it is the squared error.",
    ),
    (
        "no learning",
        "An answerer that does not learn, on the same test examples: chance is what anything must beat, the optimum "
        "what nothing can.",
    ),
    (
        "found",
        "Of a model that attends, the share of the examples where its greatest weights lie on just those inputs that "
        "the answer rests on.",
    ),
    (
        "thoughts",
        "Of a model that chooses how often it thinks about a step of its input: how often, on the shortest and on the "
        "longest inputs of the test side.",
    ),
    *(entry for entry in GLOSSARY if entry[0] in ("95% interval", "verdict")),
)
"""the words of a report on learners of algorithms"""

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


def pair_terms(*, classes: bool) -> tuple[tuple[str, str], ...]:
    """The words of a report on models of text pairs, whose target is a class or a score."""
    if classes:
        return (*(entry for entry in GLOSSARY if entry[0] in ("accuracy, macro-F1", "ECE, temperature")), *_PAIRS)
    return (_CORRELATION, *_PAIRS)


MULTILABEL = (
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
"""the words of a report on labellers"""


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


def tag_terms(*, of_entities: bool) -> tuple[tuple[str, str], ...]:
    """The words of a report on taggers, whose tags mark entities or stand for themselves."""
    return (_ENTITIES if of_entities else _WORDS, *_SENTENCES)


SPANS = (
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
"""the words of a report on models that answer from passages"""
