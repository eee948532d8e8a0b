"""How a row of scores becomes a row of weights: one normaliser a file, each called with scores (…, K)."""

from headwork.attention.normalisers.base import Normaliser
from headwork.attention.normalisers.entmax import Entmax, LearnedEntmax
from headwork.attention.normalisers.entmax15 import Entmax15
from headwork.attention.normalisers.hard import Hard
from headwork.attention.normalisers.identity import Identity
from headwork.attention.normalisers.proportional import Proportional
from headwork.attention.normalisers.reinforce import Draw, MovingBaseline, reinforce_loss
from headwork.attention.normalisers.sigmoid import Sigmoid
from headwork.attention.normalisers.softmax import Softmax
from headwork.attention.normalisers.sparsemax import Sparsemax
from headwork.attention.normalisers.top_k import TopK

NORMALISERS = {
    "softmax": Softmax,
    "sparsemax": Sparsemax,
    "entmax15": Entmax15,
    "entmax": Entmax,
    "sigmoid": Sigmoid,
    "top-k": TopK,
    "hard": Hard,
    "proportional": Proportional,
}
"""Beside the table stand `LearnedEntmax`, which holds parameters and must know how many heads there are, and
`Identity`, whose weights are no shares."""

__all__ = [
    "NORMALISERS",
    "Draw",
    "Entmax",
    "Entmax15",
    "Hard",
    "Identity",
    "LearnedEntmax",
    "MovingBaseline",
    "Normaliser",
    "Proportional",
    "Sigmoid",
    "Softmax",
    "Sparsemax",
    "TopK",
    "reinforce_loss",
]
