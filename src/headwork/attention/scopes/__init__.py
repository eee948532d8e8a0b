"""Scopes: which keys a query may look at, joined by `&` and `|`. `SCOPES` names them for recipes."""

from headwork.attention.scopes.band import Causal, Full, Window
from headwork.attention.scopes.given import Given
from headwork.attention.scopes.local import LocalM, LocalP, LocalPStar
from headwork.attention.scopes.order import Order
from headwork.attention.scopes.picture import Local1d, Local2d
from headwork.attention.scopes.span import LearnedSpan
from headwork.attention.scopes.sparse import Blocks, Dilated, Fixed, Global, Random, Strided
from headwork.attention.scopes.texts import Document, Hashed, Prefix, Routed

SCOPES = {
    "full": Full,
    "causal": Causal,
    "window": Window,
    "local-m": LocalM,
    "local-p": LocalP,
    "local-p*": LocalPStar,
    "local-1d": Local1d,
    "local-2d": Local2d,
    "strided": Strided,
    "fixed": Fixed,
    "dilated": Dilated,
    "global": Global,
    "blocks": Blocks,
    "random": Random,
    "prefix": Prefix,
    "document": Document,
    "hashed": Hashed,
    "routed": Routed,
    "span": LearnedSpan,
}

__all__ = [
    "SCOPES",
    "Blocks",
    "Causal",
    "Dilated",
    "Document",
    "Fixed",
    "Full",
    "Given",
    "Global",
    "Hashed",
    "LearnedSpan",
    "Local1d",
    "Local2d",
    "LocalM",
    "LocalP",
    "LocalPStar",
    "Order",
    "Prefix",
    "Random",
    "Routed",
    "Strided",
    "Window",
]
