"""What a language model shows of itself: spans, pondering, memory slots, gates, entries of a datastore, exits."""

from typing import cast

import numpy as np
import torch
from msgspec.structs import replace

from headwork.attention.memory import Nearest, ProductKeyMemory, Slots, Usage
from headwork.attention.record import Recordable, Recorder, listening
from headwork.attention.scopes import LearnedSpan
from headwork.base.language import Entries, Exits, Gates, Insights, Opened, Ponder, SlotUse, Span
from headwork.models.joining import Gated, Interpolated
from headwork.tasks.language_exits import exit_of
from headwork.tasks.neural_language import NeuralLanguageModel

READ_TOKENS = 20_000


def insights_of(model: NeuralLanguageModel, ids: np.ndarray) -> Insights:
    """Of a text of (t,) tokens, as far as the model has such parts."""
    return Insights(
        spans=spans_of(model),
        ponder=ponder_of(model, ids),
        slots=slots_of(model, ids[:READ_TOKENS]),
        gates=gates_of(model),
        entries=entries_of(model, ids[:READ_TOKENS]),
        exits=exits_of(model, ids[:READ_TOKENS]),
    )


def spans_of(model: NeuralLanguageModel) -> tuple[Span, ...]:
    """How far back each head looks, its ramp left out."""
    found = [(name, part) for name, part in model.network.named_modules() if isinstance(part, LearnedSpan)]
    return tuple(
        Span(layer=name.partition(".attention")[0], heads=part.spans.detach().flatten().tolist())
        for name, part in found
    )


def gates_of(model: NeuralLanguageModel) -> Gates | None:
    """What each head of the layer with older pairs takes from them."""
    for part in model.network.modules():
        if isinstance(part, Nearest):
            return Gates(layer=f"blocks.{model.config.memorizing}", heads=part.gates.detach().tolist())
    return None


def entries_of(model: NeuralLanguageModel, ids: np.ndarray) -> Entries | None:
    """What the datastore adds on a text."""
    store = model.datastore
    if store is None:
        return None
    both = float(model.read(ids).nats.mean())
    model.datastore = None
    alone = float(model.read(ids).nats.mean())
    model.datastore = store
    found = Entries(entries=len(store.tokens), share=0.0, nats=both, nats_without=alone)
    if isinstance(store.joining, Interpolated):
        share, temperature = store.joining.share.item(), store.joining.temperature.item()
        return replace(found, share=share, temperature=temperature)
    gates = _gates(model, cast(Gated, store.joining), ids)
    tokens = [model.vocabulary.decode([token]) for token in ids[1 : model.context + 1]]
    opened = Opened(tokens=tokens, gates=gates[: model.context].tolist())
    return replace(found, share=float(gates.mean()), opened=opened)


@torch.inference_mode()
def _gates(model: NeuralLanguageModel, joining: Gated, ids: np.ndarray) -> np.ndarray:
    """(t - 1,) gates, as each token behind the first is foretold."""
    gates = np.zeros(len(ids) - 1)
    for heard in model.hear(ids):
        for place, found in heard.new(joining.gates(heard.states)):
            gates[place] = found.cpu()
    return gates


@torch.inference_mode()
def exits_of(model: NeuralLanguageModel, ids: np.ndarray) -> Exits | None:
    """Where tokens of a text leave, and what that changes."""
    decides = exit_of(model)
    if decides is None:
        return None
    threshold = float(decides.threshold)
    nats, depth, said = _told(model, ids)
    decides.threshold.fill_(torch.inf)
    nats_full, _, said_full = _told(model, ids)
    decides.threshold.fill_(threshold)
    return Exits(
        threshold=threshold if np.isfinite(threshold) else None,
        risk=model.config.exit_risk,
        doubt=model.config.exit_doubt,
        layers=model.config.layers,
        depth=float(depth.mean()),
        differs=float((said != said_full).mean()),
        nats=float(nats.mean()),
        nats_full=float(nats_full.mean()),
    )


def _told(model: NeuralLanguageModel, ids: np.ndarray) -> np.ndarray:
    """(3, t - 1) loss, depth and likeliest token of each place."""
    told = np.zeros((3, len(ids) - 1))
    for heard in model.hear(ids):
        assert heard.spent is not None
        nats = model.network.judge(heard.states, heard.answers).nats.double()
        said = model.network.logits(heard.states).argmax(-1)
        for place, found in heard.new(torch.stack([nats, heard.spent, said], -1)):
            told[:, place] = found.T.cpu().numpy()
    return told


@torch.inference_mode()
def ponder_of(model: NeuralLanguageModel, ids: np.ndarray) -> Ponder | None:
    """Steps that each token of the text's first segment took."""
    window = ids[: model.context]
    spent = model.network.eval()(torch.as_tensor(window, device=model.device)[None]).spent
    if spent is None:
        return None
    tokens = [model.vocabulary.decode([token]) for token in window[1:]]
    return Ponder(tokens=tokens, steps=spent[0, 1:].tolist())


@torch.inference_mode()
def slots_of(model: NeuralLanguageModel, ids: np.ndarray) -> tuple[SlotUse, ...]:
    """Which slots the reading of the text took, and how evenly (Lample et al. 2019, section 4.3)."""
    memories = {name: each for name, each in model.network.named_modules() if isinstance(each, ProductKeyMemory)}
    counters = {name: _Counter(len(memory.values)) for name, memory in memories.items()}
    if memories:
        with listening({cast(Recordable, memory): counters[name] for name, memory in memories.items()}):
            model.read(ids)
    return tuple(
        SlotUse(layer=name, slots=len(each.usage.weight), share=each.usage.share, divergence=each.usage.divergence)
        for name, each in counters.items()
    )


class _Counter(Recorder):
    """Hears of every look-up."""

    def __init__(self, slots: int) -> None:
        self.usage = Usage(slots)

    def note_slots(self, slots: Slots) -> None:
        self.usage.add(slots.indices, slots.weights)

    def note(self, *call: object) -> None:
        """Nothing: a memory of slots does not attend."""
