"""The plans of a whole model: what each of its attention modules would run on a batch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from headwork.attention.attend import request_of
from headwork.attention.layout import Layout
from headwork.attention.mechanism import Mechanism
from headwork.attention.plan import Plan, plan
from headwork.attention.record import attention_of, listening

if TYPE_CHECKING:
    from headwork.attention.memory import Slots


@dataclass
class _Planner:
    """Notes the plan of each call, and nothing of what it computes."""

    plans: list[Plan] = field(default_factory=list)

    def note_slots(self, slots: "Slots") -> None:
        """A memory of slots has one way to read them."""

    def note(
        self, mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Layout | None, output: Tensor
    ) -> None:
        self.plans.append(plan(mechanism, request_of(mechanism, query, key, value, layout)))


def plans_of(model: nn.Module, forward: Callable[[], Any]) -> dict[str, list[Plan]]:
    """The plans of each attention module, a plan for each of its calls in `forward`."""
    modules = attention_of(model)
    planners = {name: _Planner() for name in modules}
    with listening({modules[name]: planner for name, planner in planners.items()}):
        forward()
    return {name: planner.plans for name, planner in planners.items()}
