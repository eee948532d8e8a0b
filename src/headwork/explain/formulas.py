"""One line for each score and each normaliser, to stand above their numbers; sources are in their own files."""

from headwork.attention.choice import AXES
from headwork.attention.mechanism import Mechanism
from headwork.attention.scores import SCORES

OF_SCORES = {
    "dot": "s = q · k",
    "scaled_dot": "s = q · k / sqrt(d)",
    "general": "s = q W k, W the identity before training",
    "additive": "s = v · tanh(W q + U k), weights drawn",
    "concat": "s = v · tanh(W [q; k]), weights drawn",
    "location": "s = W q, from the query alone, weights drawn",
    "cosine": "s = beta q · k / (|q| |k|)",
    "l2": "s = -beta |q - k|^2",
    "features": "s = phi(q) · phi(k)",
}
OF_NORMALISERS = {
    "softmax": "w = exp(s) / sum exp(s)",
    "sparsemax": "w = max(s - t, 0), t so that they sum to 1",
    "entmax15": "w = max(s / 2 - t, 0)^2, t so that they sum to 1",
    "entmax": "w = max((a - 1) s - t, 0)^(1 / (a - 1)), t so that they sum to 1",
    "sigmoid": "w = 1 / (1 + exp(-(s + b))), each for itself",
    "top-k": "w = softmax over the k greatest scores",
    "hard": "w = 1 at one place",
    "proportional": "w = s / sum s",
    "entmax-learned": "the same, with a learned alpha for each head",
}


def formulas_of(mechanism: Mechanism) -> tuple[str, str]:
    """The lines of its score and of its normaliser; empty for one that stands in no table."""
    scores = {SCORES[name]: line for name, line in OF_SCORES.items()}
    normalisers = {AXES["normalisers"][name]: line for name, line in OF_NORMALISERS.items()}
    return scores.get(type(mechanism.score), ""), normalisers.get(type(mechanism.normaliser), "")
