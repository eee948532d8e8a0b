"""Neural Turing Machine: a controller that reads and writes a memory outside of itself.

    h_t = controller(x_t, r_t-1);   w_t = address(M_t-1, w_t-1, W h_t)
    r_t = read(M_t-1, w_t);         M_t = write(M_t-1, w_t, e_t, a_t);      y_t = W [h_t; r_t]

Graves, Wayne and Danihelka 2014. The memory starts with one constant everywhere, which learns best (Collier and Beel
2018, "Implementing Neural Turing Machines", section 4); where the heads start is learned.

Axes: B examples, T steps, I width of a step, O width of an answer, H width of the controller, K heads (those that read,
then those that write), N places, W width of a place.
"""

from typing import Any, ClassVar, Literal, NamedTuple

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.layers.addressing import Address, address, read, write
from headwork.models.algorithm import STEPWISE, Answer, Shape

EMPTY = 1e-6
"""what stands everywhere in a new memory"""


class NtmConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"hidden": 24, "places": 16, "width": 8},
        "small": {},
        "base": {"hidden": 128, "places": 128, "width": 20},
    }

    controller: Literal["lstm", "feed-forward"] = "lstm"
    hidden: int = 64
    """of the controller"""
    places: int = 64
    width: int = 16
    """of a place"""
    read_heads: int = 1
    write_heads: int = 1
    reach: int = 1
    """how far a head can shift in one step"""

    def __post_init__(self) -> None:
        for name in ("hidden", "places", "width", "read_heads", "write_heads", "reach"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
        if 2 * self.reach + 1 > self.places:
            raise ValueError(f"reach is {self.reach}; {self.places} places allow {(self.places - 1) // 2}")


class State(NamedTuple):
    """Between two steps."""

    controller: tuple[Tensor, ...]
    """(B, H) what it says, and where it is an LSTM, its cell"""
    memory: Tensor
    weights: Tensor
    """(B, K, N)"""
    read: Tensor
    """(B, read heads x W)"""


class Ntm(nn.Module):
    ANSWERS: ClassVar[frozenset[str]] = STEPWISE

    def __init__(self, config: NtmConfig, shape: Shape):
        super().__init__()
        self.config = config
        hidden, width, readers, writers = config.hidden, config.width, config.read_heads, config.write_heads
        self.heads = readers + writers
        given = shape.inputs + readers * width
        lstm = config.controller == "lstm"
        self.controller = nn.LSTMCell(given, hidden) if lstm else nn.Linear(given, hidden)
        self.address = self.heads * (width + 3 + 2 * config.reach + 1)
        self.command = nn.Linear(hidden, self.address + writers * 2 * width)
        self.output = nn.Linear(hidden + readers * width, shape.outputs)
        self.first_weights = nn.Parameter(torch.randn(self.heads, config.places))
        self.first_read = nn.Parameter(0.1 * torch.randn(readers * width))
        self.first_state = nn.Parameter(0.1 * torch.randn(2, hidden)) if lstm else None

    def forward(self, inputs: Tensor, targets: Tensor | None = None) -> Answer:
        state = self.start(len(inputs))
        read, weights = [], []
        for x in inputs.unbind(1):
            state = self.step(x, state)
            read.append(torch.cat([state.controller[0], state.read], 1))
            weights.append(state.weights)
        every = torch.stack(weights, 1)
        readers = self.config.read_heads
        looks = {"read": every[:, :, :readers].mean(2), "write": every[:, :, readers:].mean(2)}
        return Answer(self.output(torch.stack(read, 1)), looks)

    def start(self, examples: int) -> State:
        config = self.config
        memory = self.output.weight.new_full((examples, config.places, config.width), EMPTY)
        said = () if self.first_state is None else self.first_state.unsqueeze(1).expand(-1, examples, -1).unbind()
        weights = self.first_weights.softmax(-1).expand(examples, -1, -1)
        return State(said, memory, weights, self.first_read.expand(examples, -1))

    def step(self, x: Tensor, state: State) -> State:
        """(B, I) and the state before to the state after."""
        readers = self.config.read_heads
        controller = self._control(torch.cat([x, state.read], 1), state.controller)
        where, change = self.command(controller[0]).tensor_split([self.address], 1)
        weights = address(state.memory, state.weights, self._asked(where))
        given = read(state.memory, weights[:, :readers]).flatten(1)
        erase, add = change.unflatten(1, (-1, 2, self.config.width)).unbind(2)
        memory = write(state.memory, weights[:, readers:], erase.sigmoid(), add.tanh())
        return State(controller, memory, weights, given)

    def _control(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if isinstance(self.controller, nn.LSTMCell):
            return self.controller(x, state)
        return (self.controller(x).tanh(),)

    def _asked(self, where: Tensor) -> Address:
        raw = where.unflatten(1, (self.heads, -1))
        width, shifts = self.config.width, 2 * self.config.reach + 1
        key, strength, gate, shift, sharpness = raw.split([width, 1, 1, shifts, 1], -1)
        return Address(key.tanh(), F.softplus(strength), gate.sigmoid(), shift.softmax(-1), 1 + F.softplus(sharpness))
