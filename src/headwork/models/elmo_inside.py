"""What networks share that have a frozen ELMo inside: where it comes from, and the layers of its vectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from headwork.models.elmo import Elmo
from headwork.models.elmo_folder import describe, take_over


class WithElmo(nn.Module):
    elmo: Elmo | None
    """frozen; None where it is left out to compare with"""

    @staticmethod
    def given_by(folder: Path) -> dict[str, Any]:
        """The settings that the ELMo in `folder` gives."""
        bilm, lexicon = describe(folder)
        return msgspec.to_builtins({"bilm": bilm} | ({"lexicon": lexicon} if lexicon else {}))

    def load_pretrained(self, folder: Path) -> None:
        """Take over the ELMo in `folder`; its own mix belongs to no task and is not used."""
        if self.elmo is None:
            return
        take_over(self.elmo, folder)

    def layers_of(self, sentences: Sequence[Sequence[str]], device: torch.device) -> Tensor:
        """(L, N, 2P) of all words, each sentence read from zero states."""
        assert self.elmo is not None
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            return self.elmo.representations([list(words) for words in sentences])
