"""A recurrent language model that attends to its own last outputs, each split into what it is for.

    [k_t ; v_t ; p_t] = h_t                                                  Daniluk et al. 2017, section 2.3
    a_t = softmax over i in t-L … t-1 of  w · tanh(W_Y k_i + W_h k_t)
    r_t = sum of a_ti v_i
    h*_t = tanh(W_r r_t + W_x p_t),   logits = W h*_t + b

With two parts v_t is also p_t (section 2.2), with one all three are h_t: plain attention (section 2.1).

Axes: B texts, M remembered states, T tokens of a segment, H width of the LSTM, d = H / parts.
"""

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from headwork.attention.attend import run
from headwork.attention.mechanism import Mechanism
from headwork.attention.memory import Recurrence
from headwork.attention.record import Recorder
from headwork.attention.scopes import Document, Window
from headwork.attention.scores import Additive
from headwork.models.language import LanguageNetwork, Memory, Read, places_after
from headwork.models.language_lstm import LanguageLstm, LanguageLstmConfig


class LanguageKeyValueConfig(LanguageLstmConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "hidden": 48, "context": 32},
        "small": {},
        "base": {"dim": 384, "hidden": 1152, "layers": 2},
    }

    hidden: int = 384
    parts: Literal[1, 2, 3] = 3
    """1: attention; 2: key and value; 3: key, value and predict"""
    window: int = 5
    """outputs that are looked at"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("ends", "output_dropout", "ar", "tar"):  # of states that are given out, which here are looked at
            if getattr(self, name) not in ("projected", 0):
                raise ValueError(f"{name} is {getattr(self, name)}; a key-value-predict model takes no such setting")
        if self.hidden % self.parts:
            raise ValueError(f"hidden is {self.hidden} and parts is {self.parts}; parts must divide hidden")


class LanguageKeyValue(LanguageNetwork):
    def __init__(self, config: LanguageKeyValueConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        width = config.hidden // config.parts
        self.recurrent = LanguageLstm(config, vocabulary=vocabulary)
        del self.recurrent.head, self.recurrent.narrow
        self.score = Additive(1, width)
        self.from_read = nn.Linear(width, config.dim, bias=False)
        self.from_predict = nn.Linear(width, config.dim)
        self.head = self.new_head(self.recurrent.table)
        self.recurrence = Recurrence(config.window)
        self.tape: Recorder | None = None

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        memory = memory or {}
        held = {name: value for name, value in memory.items() if name not in ("places", "outputs")}
        h, after = self.recurrent.states(ids, held)
        places = places_after(ids, memory.get("places"))
        outputs = self.recurrence.recall(memory.get("outputs"), h)
        key, value, _ = self.split(outputs)
        asked, _, predict = self.split(h)
        read = self.look(asked, key[:, :-1], value[:, :-1], places)
        states = (self.from_read(read) + self.from_predict(predict)).tanh()
        kept = {
            "outputs": self.recurrence.remember(memory.get("outputs"), h),
            "places": places[:, -self.config.window :],
        }
        return Read(states, after | kept)

    def split(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, H) to key, value and predict, (B, T, d) each."""
        parts = h.chunk(self.config.parts, -1)
        return parts[0], parts[min(1, len(parts) - 1)], parts[-1]

    def look(self, asked: Tensor, key: Tensor, value: Tensor, places: Tensor) -> Tensor:
        """(B, T, d) what each place reads of the `window` before it; zeros where there is none."""
        # The last query stands at the last key, which is the place before it.
        scope = Window(self.config.window - 1, 0) & Document(places[:, :-1], places[:, -asked.shape[1] :])
        one_head = (x.unsqueeze(1) for x in (asked, key, value))
        return run(Mechanism(score=self.score, scope=scope), *one_head, tape=self.tape).squeeze(1)

    def forget(self, memory: Memory, rows: Tensor) -> Memory:
        places = memory["places"]
        return super().forget(memory, rows) | {"places": torch.where(rows[:, None], places - 1, places)}
