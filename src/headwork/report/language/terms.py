"""The words of a report on language models that a reader may meet for the first time."""

from headwork.report.glossary import GLOSSARY

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


def terms(unit: str) -> tuple[tuple[str, str], ...]:
    return PICTURES if unit == "dimension" else LANGUAGE
