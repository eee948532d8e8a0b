"""From finished trials of language models to one result: losses with intervals, paired differences, the verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from headwork.base.language import LanguageComparison, LanguageRun, LanguageStanding
from headwork.base.runs import Run
from headwork.compare.language.trial import read_predictions
from headwork.compare.seeds import by_model, mean
from headwork.compare.standing import compared, standing
from headwork.compare.work import Conditions
from headwork.data.running_text import RunningText
from headwork.measure.text_loss import Blocks, differences_to, with_intervals
from headwork.measure.verdict import best_model, bits_per

FEW_CHARACTERS = 20_000


@dataclass(frozen=True)
class Predicted:
    """What the seeds of a model made of the test side."""

    runs: list[LanguageRun]
    blocks: list[Blocks]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Predicted":
        return cls([run.result(LanguageRun) for run in runs], [read_predictions(run) for run in runs])


def assemble(
    text: RunningText, runs: Sequence[Run], shares: Sequence[Run], conditions: Conditions
) -> LanguageComparison:
    """The result of a comparison from its trials; there are none on shares of the text."""
    predicted = {name: Predicted.of(own) for name, own in by_model(runs).items()}
    models = [_describe(each) for each in predicted.values()]
    bits = bits_per(models[0].tokens.unit)
    best = best_model(models, bits).name
    to_best = differences_to(best, {name: each.blocks for name, each in predicted.items()})
    models = [replace(model, against_best=to_best[model.name]) for model in models]
    return LanguageComparison(
        **compared(text, models, bits, runs, conditions),
        best=best,
        prompt=predicted[best].runs[0].prompt,
        warnings=list(_warnings(text, models)),
    )


def _describe(predicted: Predicted) -> LanguageStanding:
    """One row of the comparison, not yet compared with others."""
    runs, first = predicted.runs, predicted.runs[0]
    scores = with_intervals(predicted.blocks)
    return LanguageStanding(
        **standing(runs),
        scores=scores,
        tokens=first.tokens,
        context=first.context,
        perplexity=float(np.exp(scores["nats"].mean)),
        trained_tokens_per_second=mean(run.trained_tokens_per_second for run in runs),
        read_tokens_per_second=mean(run.read_tokens_per_second for run in runs),
        lengths=first.lengths,
        slopes=first.slopes,
        samples=first.samples,
        completions=first.completions,
        insights=first.insights,
    )


def _warnings(text: RunningText, models: Sequence[LanguageStanding]) -> Iterator[str]:
    test = text.facts.split.test
    if test < FEW_CHARACTERS:
        yield f"{test:,} test {text.facts.unit} are few: the interval speaks of data like these, and of little of it"
    if len({model.tokens.kind for model in models}) > 1:
        yield "the models read different tokens: compare their bits per character, not their losses a token"
    for model in models:
        unknown = model.tokens.unknown
        if unknown:
            yield (
                f"{model.name}: {unknown:,} of {model.tokens.test:,} test tokens are not in its vocabulary; its bits "
                "per character count what it takes to spell them"
            )
