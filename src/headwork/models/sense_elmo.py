"""What ELMo makes of one word of a text, at any of its layers.

    static, 0   the word from its characters, the same in every text
    l           both directions of layer l behind each other;    all: the mean of the layers above 0

Peters et al. 2018, "Deep contextualized word representations", section 5.3. The text is read from zero states.

Axes: B texts, N words of all texts, L layers that are asked for, P width of a direction.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar, Literal

import msgspec
from torch import Tensor, nn

from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.elmo_classifier import ElmoClassifier
from headwork.models.elmo_folder import take_over
from headwork.models.sense_encoder import Layer, check_neighbours, layers_to_try, picked
from headwork.ops.packed import MarkedBatch, segment_mean
from headwork.ops.spelling import Lexicon


class SenseElmoConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict]] = {"tiny": {}, "small": {}, "base": {}}

    pretrained: str = ""
    """a folder with ELMo: one that `headwork import` wrote, or the published one"""
    bilm: ElmoConfig | None = None
    """the settings of that ELMo; its folder says them"""
    lexicon: Lexicon | None = None
    """the characters and words that it knows, where it does not spell bytes; its folder says them too"""
    tokens: Literal["words"] = "words"
    max_tokens: int = 256
    """words that are read around the marked one"""
    layer: Layer = "chosen"
    """a number of layers, or a name; chosen: the one with the best accuracy on dev"""
    k: int | Literal["chosen"] = "chosen"
    """nearest training texts that vote; 0: the nearest mean of a sense; chosen: by the accuracy on dev"""

    def __post_init__(self) -> None:
        check_neighbours(self.layer, self.k, self.top)

    @property
    def top(self) -> int:
        return (self.bilm or ElmoConfig()).layers


class SenseElmo(nn.Module):
    """The word's vectors at several layers; nothing in it is trained."""

    KEEPS = True
    WRITTEN = True

    given_by = staticmethod(ElmoClassifier.given_by)

    def __init__(self, config: SenseElmoConfig, *, vocabulary: int, of_class: Sequence[int]) -> None:
        super().__init__()
        self.config, self.layers = config, layers_to_try(config.layer, config.top)
        self.elmo = Elmo(config.bilm or ElmoConfig(), lexicon=config.lexicon).requires_grad_(False)

    def load_pretrained(self, folder: Path) -> None:
        """Take over the ELMo in `folder`."""
        take_over(self.elmo, folder)

    def encode(self, batch: MarkedBatch) -> Tensor:
        """(B, L, 2P); `batch.pieces.written` must be there."""
        if batch.pieces.written is None:
            raise ValueError("ELMo reads written words; batch.pieces.written is None")
        words = iter(batch.pieces.written)
        texts = [list(islice(words, length)) for length in batch.pieces.lengths]
        found = [segment_mean(states[batch.places], batch.counts) for states in self.elmo.representations(texts)]
        return picked(self.layers, found, found[0], top=self.config.top)

    forward = encode
