"""Positions: how attention knows where a query and a key stand. `POSITIONS` names them for recipes."""

from headwork.attention.positions.absolute import Absolute, sinusoids
from headwork.attention.positions.alibi import ALiBi
from headwork.attention.positions.rotary import Rotary
from headwork.attention.positions.segments import Segments
from headwork.attention.positions.shaw import Shaw, ShawValues
from headwork.attention.positions.t5 import T5
from headwork.attention.positions.xl import XL

POSITIONS = {"alibi": ALiBi, "rotary": Rotary, "shaw": Shaw, "t5": T5, "xl": XL}
"""what attention itself takes; absolute positions are added to the vectors before it"""

__all__ = ["POSITIONS", "T5", "XL", "ALiBi", "Absolute", "Rotary", "Segments", "Shaw", "ShawValues", "sinusoids"]
