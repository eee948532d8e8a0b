"""Scores: how well a key answers a query. `SCORES` names them for recipes."""

from headwork.attention.scores.additive import Additive, Concat
from headwork.attention.scores.base import ProductScore, Score, ready
from headwork.attention.scores.cosine import Cosine
from headwork.attention.scores.dot import Dot, ScaledDot
from headwork.attention.scores.features import Features
from headwork.attention.scores.general import General
from headwork.attention.scores.l2 import L2
from headwork.attention.scores.location import Location

SCORES = {
    "dot": Dot,
    "scaled_dot": ScaledDot,
    "general": General,
    "additive": Additive,
    "concat": Concat,
    "location": Location,
    "cosine": Cosine,
    "l2": L2,
    "features": Features,
}

__all__ = [
    "L2",
    "SCORES",
    "Additive",
    "Concat",
    "Cosine",
    "Dot",
    "Features",
    "General",
    "Location",
    "ProductScore",
    "ScaledDot",
    "Score",
    "ready",
]
