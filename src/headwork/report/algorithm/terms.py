"""The words of a report on learners of algorithms that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

TERMS = (
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
