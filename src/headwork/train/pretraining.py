"""A classifier's language model learns the training texts first (Howard and Ruder 2018, section 3.2)."""

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from headwork.base.about import bare
from headwork.base.recipes import load_recipe
from headwork.data.corpus import Examples
from headwork.tasks.neural_language import NeuralLanguageModel
from headwork.train.config import train_config
from headwork.train.fit import fit
from headwork.train.language import ModelLanguage
from headwork.train.record import Place, Progress

CONTEXT = 70
"""tokens of a segment, as in AWD-LSTM; fewer where dev is short"""


def pretrain(
    classifier: Any,
    train: Examples,
    dev: Examples,
    *,
    seed: int,
    budget_seconds: float | None,
    place: Place | None,
    progress: Progress,
) -> float:
    """Fit the language model in `classifier.network` on the texts alone, without labels; the seconds that it took.

    Texts too few for a language model leave it as it is.
    """
    known = classifier.reader.tokenizer.known
    learnt, looked = ([bare(text).text for text in side.texts] for side in (train, dev))
    shortest = min(sum(len(known.encode(text).ids) for text in side) for side in (learnt, looked))
    context = min(CONTEXT, shortest // 4)
    if context < 2:
        return 0.0
    ours, network = load_recipe("awd-lstm", "language"), classifier.network
    settings = {**ours.model, **network.config.language, "context": context}
    model = NeuralLanguageModel.new(replace(ours, model=settings), known, seed=seed, device=classifier.device)
    network.give(model.network)
    problem = ModelLanguage(model, learnt, looked, train_config(ours), seed=seed)
    fitted = fit(problem, budget_seconds=budget_seconds, place=_beside(place), progress=progress)
    network.take(model.network)
    return fitted.seconds


def _beside(place: Place | None) -> Place | None:
    """Files of its own, so that a killed fit goes on with either."""
    if place is None:
        return None
    folder = Path(place.state).parent
    return Place(folder / "language-plan.json", folder / "language.safetensors")
