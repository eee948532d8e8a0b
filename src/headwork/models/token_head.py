"""A head that tells tokens, over the core of a network that does something else."""

from torch import nn

from headwork.layers.transformer import Core
from headwork.models.published import MaskedHead


class TokenHead(nn.Module):
    """The core itself and a head over its table; `layer` as a masked head has one, none as a decoder."""

    def __init__(self, core: Core, *, layer: bool) -> None:
        super().__init__()
        self.core, self.masked = core, MaskedHead(core.config, layer=layer).drawn()


def looks_back_only(core: Core) -> bool:
    """Does no token see those behind it?"""
    return core.config.causal or "causal" in core.config.attention.scope
