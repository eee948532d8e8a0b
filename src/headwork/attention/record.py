"""Exact attention maps after the fact: whatever kernel ran, rows and maps are recomputed when they are asked for.

While a model runs, a tape keeps references to queries and keys, never a map. Every normaliser works row by row, so that
a row of 100,000 keys costs that row, and a reduction over a whole map one tile at a time.

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar, cast, runtime_checkable

import torch
from torch import Tensor, nn

from headwork.attention.layout import Layout, Packed, Padded
from headwork.attention.mechanism import Mechanism, weights
from headwork.attention.where import Where
from headwork.base.errors import HeadworkError

if TYPE_CHECKING:
    from headwork.attention.memory import Slots

TILE_BYTES = 64 << 20
"""weights of a tile when a whole map is reduced"""
CHECKED_ROWS = 4
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 1e-2}
"""of the recomputed output against the kernel's, beside the largest value"""

Result = TypeVar("Result")


class Recorder(Protocol):
    """What `attend` tells of a call, and a memory of slots of its look-ups."""

    def note_slots(self, slots: "Slots") -> None: ...

    def note(
        self, mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Layout | None, output: Tensor
    ) -> None: ...


@runtime_checkable
class Recordable(Protocol):
    """A module whose attention goes through `attend(…, tape=self.tape)`."""

    tape: Recorder | None


@dataclass(frozen=True, eq=False)
class Call:
    """One call of attention: references, no copies."""

    mechanism: Mechanism
    query: Tensor
    key: Tensor
    layout: Layout | None

    def where(self, text: int) -> Where:
        """The rectangle of one text, without its padding."""
        queries, keys = self._spans(text)
        if isinstance(self.layout, Packed):
            query, key = (x[span].transpose(0, 1) for x, span in ((self.query, queries), (self.key, keys)))
        else:
            query, key = self.query[text, :, queries], self.key[text, :, keys]
        scale, texts = self.mechanism.score.scale(query.shape[-1]), torch.tensor([text], device=query.device)
        where = Where.of(query[None], key[None], texts, scale)
        first = self.layout.first_step if isinstance(self.layout, Padded) else 0
        step = where.step + first if first else None
        return Where(where.query, where.key, where.i, step, texts=texts, scale=scale)

    def _spans(self, text: int) -> tuple[slice, slice]:
        if self.layout is None:
            return slice(None), slice(None)
        lengths = self.layout.lengths
        if not isinstance(self.layout, Packed):
            queries, keys = lengths[text]
            return slice(queries), slice(keys)
        before_queries, before_keys = (sum(side) for side in zip((0, 0), *lengths[:text], strict=True))
        queries, keys = lengths[text]
        return slice(before_queries, before_queries + queries), slice(before_keys, before_keys + keys)

    @property
    def texts(self) -> int:
        return len(self.query) if self.layout is None else len(self.layout.lengths)


@dataclass
class Tape:
    """What was recorded, by layer in the order of the calls."""

    calls: dict[str, Call] = field(default_factory=dict)
    chosen_heads: Sequence[int] | None = None
    slots: "dict[str, Slots]" = field(default_factory=dict)
    """what memories of product keys read: slots and weights of each token and head"""

    @property
    def layers(self) -> list[str]:
        return list(self.calls)

    def heads(self, layer: str | int) -> int:
        return self._call(layer).query.shape[1]

    def shape(self, layer: str | int, text: int = 0) -> tuple[int, int]:
        """(queries, keys) of a text."""
        where = self._where(layer, text)
        return where.query.shape[2], where.key.shape[2]

    def row(self, layer: str | int, head: int | None, i: int, text: int = 0) -> Tensor:
        """(K,) weights of query i; (H, K) of all heads where `head` is None."""
        return self._weights(layer, text, slice(i, i + 1) if i >= 0 else slice(i, i + 1 or None), head).squeeze(-2)

    def map(self, layer: str | int, head: int | None = None, text: int = 0) -> Tensor:
        """(Q, K) weights; (H, Q, K) of all heads where `head` is None. Differentiable, as the call's inputs are."""
        return self._weights(layer, text, slice(None), head)

    def allowed(self, layer: str | int, text: int = 0) -> Tensor | None:
        """Where the scope lets queries look, broadcastable to (1, H, Q, K); None: everywhere."""
        return self._call(layer).mechanism.parts.allowed(self._where(layer, text))

    def tiles(self, layer: str | int, head: int | None = None, text: int = 0) -> Iterator[tuple[int, Tensor]]:
        """(first query, weights of some queries) until all have been given, in bounded memory."""
        where = self._where(layer, text)
        queries, keys = where.query.shape[2], where.key.shape[2]
        heads = 1 if head is not None else where.query.shape[1]
        rows = max(1, TILE_BYTES // max(1, heads * keys * where.query.element_size()))
        for first in range(0, queries, rows):
            yield first, self._weights(layer, text, slice(first, first + rows), head)

    def reduce(
        self, function: Callable[[Tensor], Result], layer: str | int, head: int | None = None, text: int = 0
    ) -> list[Result]:
        """`function` of each tile ((H,) rows, K), without gradients, in the order of the queries."""
        with torch.no_grad():
            return [function(tile) for _, tile in self.tiles(layer, head, text)]

    def _call(self, layer: str | int) -> Call:
        try:
            return self.calls[layer] if isinstance(layer, str) else list(self.calls.values())[layer]
        except (KeyError, IndexError) as error:
            raise HeadworkError(f"tape: no layer {layer!r}; recorded are {', '.join(self.calls) or 'none'}") from error

    def _where(self, layer: str | int, text: int) -> Where:
        call = self._call(layer)
        if not -call.texts <= text < call.texts:
            raise HeadworkError(f"tape: no text {text}; the batch has {call.texts}")
        return call.where(text % call.texts)

    def _weights(self, layer: str | int, text: int, rows: slice, head: int | None) -> Tensor:
        call, where = self._call(layer), self._where(layer, text)
        heads = where.query.shape[1]
        if head is not None and not -heads <= head < heads:
            raise HeadworkError(f"tape: no head {head}; layer {layer} has {heads}")
        if self.chosen_heads is not None and head is not None and head % heads not in self.chosen_heads:
            raise HeadworkError(f"tape: head {head} was not recorded; heads {list(self.chosen_heads)} were")
        if head is not None and call.mechanism.treats_heads_alike:
            where, head = where.head(head % heads), 0
        if rows != slice(None):
            where = where.rows(torch.arange(where.query.shape[2], device=where.query.device)[rows])
        given = weights(call.mechanism, where)[0]
        return given if head is None else given[head]


@dataclass
class _Layer:
    """Writes the calls of one module onto the tape, under its name."""

    tape: Tape
    name: str
    calls: int = 0
    to_check: list[tuple[str, Tensor, Tensor]] = field(default_factory=list)

    def note_slots(self, slots: "Slots") -> None:
        self.tape.slots[self._next_name()] = slots

    def _next_name(self) -> str:
        self.calls += 1
        return self.name if self.calls == 1 else f"{self.name}#{self.calls}"

    def note(
        self, mechanism: Mechanism, query: Tensor, key: Tensor, value: Tensor, layout: Layout | None, output: Tensor
    ) -> None:
        if mechanism.dropout:
            raise HeadworkError(f"record: {self.name} drops weights; call model.eval() before recording")
        name = self._next_name()
        self.tape.calls[name] = Call(mechanism, query, key, layout)
        self.to_check.append((name, value, output))


@contextmanager
def record(
    model: nn.Module, *, layers: Sequence[str] | None = None, heads: Sequence[int] | None = None
) -> Iterator[Tape]:
    """Record what the attention modules of `model` compute in this block; all of them, or those named by `layers`.

    Leaving raises when a module recorded nothing, or when a recomputed map does not give the output that its kernel
    gave. `heads` says which heads may be asked for.
    """
    found = attention_of(model)
    if unknown := set(layers or ()) - found.keys():
        raise HeadworkError(f"record: no attention called {min(unknown)!r}; the model has {', '.join(found)}")
    tape = Tape(chosen_heads=heads)
    writers = {name: _Layer(tape, name) for name in (found if layers is None else layers)}
    with listening({found[name]: writer for name, writer in writers.items()}):
        yield tape
    if silent := [name for name, writer in writers.items() if not writer.calls]:
        raise HeadworkError(f"record: nothing was recorded of {', '.join(silent)}; run the model inside the block")
    for writer in writers.values():
        for name, value, output in writer.to_check:
            _check(tape, name, value, output)
        writer.to_check.clear()


def attention_of(model: nn.Module) -> dict[str, Recordable]:
    """The modules of a model that attend, by name."""
    found = {
        name or type(module).__name__: module
        for name, module in model.named_modules()
        if isinstance(module, Recordable)
    }
    if not found:
        raise HeadworkError(f"{type(model).__name__} has no attention")
    return found


@contextmanager
def listening(recorders: Mapping[Recordable, Recorder]) -> Iterator[None]:
    """Each module tells its recorder of its calls in this block."""
    for module, recorder in recorders.items():
        module.tape = recorder
    try:
        yield
    finally:
        for module in recorders:
            module.tape = None


@torch.no_grad()
def _check(tape: Tape, name: str, value: Tensor, output: Tensor) -> None:
    """Some rows of some texts, mixed again, must give what the kernel gave."""
    call = cast(Call, tape.calls[name])
    for text in sorted({0, call.texts // 2, call.texts - 1}):
        queries, keys = call._spans(text)
        where = call.where(text)
        many = where.query.shape[2]
        if not many or not where.key.shape[2]:
            continue
        if isinstance(call.layout, Packed):
            values, outputs = value[keys].transpose(0, 1), output[queries].transpose(0, 1)
        else:
            values, outputs = value[text, :, keys], output[text, :, queries]
        rows = torch.linspace(0, many - 1, min(CHECKED_ROWS, many), device=output.device).long()
        part = where.rows(rows)
        mixed = call.mechanism.mix.mixed(weights(call.mechanism, part), values[None], part)[0]
        expected = outputs[:, rows]
        allowed = TOLERANCE.get(output.dtype, 1e-3) * max(1.0, float(expected.abs().max()))
        if not torch.allclose(mixed, expected.to(mixed.dtype), rtol=0, atol=allowed):
            raise HeadworkError(f"record: the map of {name} does not give the output that its kernel gave; refused")
