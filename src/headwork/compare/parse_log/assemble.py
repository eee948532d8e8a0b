"""From finished trials of parsers to one result: that of taggers on the test lines as they are, and beside it damaged.

Axes: S seeds, n test lines, F facts of a line.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import asdict, replace

from headwork.base.parse_log import BASELINE, DamagePart, LogComparison, LogRun, LogStanding
from headwork.base.results import Difference, Score
from headwork.base.runs import Run
from headwork.base.tag import TagStanding
from headwork.compare.parse_log.scores import OF_FIELDS, whole
from headwork.compare.seeds import by_model
from headwork.compare.tag.assemble import Answers, mistakes_of
from headwork.compare.tag.assemble import assemble as assemble_tags
from headwork.compare.work import Conditions
from headwork.data.logs import LogCorpus
from headwork.measure.entities import micro_f1
from headwork.measure.means import mean_score
from headwork.measure.sums import summed_differences, summed_score
from headwork.measure.verdict import FIELD_F1

SIDES = ("test", "degraded")
SHOWN = 160
"""characters of an example"""


def assemble(
    corpus: LogCorpus, runs: Sequence[Run], curve_runs: Sequence[Run], conditions: Conditions
) -> LogComparison:
    """The result of a comparison from its trials; `curve_runs` saw only a share of the training lines."""
    as_tags = assemble_tags(corpus, runs, curve_runs, conditions, by=FIELD_F1)
    examples = {"test": corpus.part("test"), "degraded": corpus.degraded.examples}
    answers = {
        side: {name: Answers.of(own, examples[side], side) for name, own in by_model(runs).items()} for side in SIDES
    }
    facts = {side: {name: each.facts for name, each in found.items()} for side, found in answers.items()}
    gaps = _against_templates(facts)
    copies = {name: own[0].result(LogRun).copies for name, own in by_model(runs).items()}
    models = [_described(model, facts, copies[model.name], gaps) for model in as_tags.models]
    best = min(models, key=lambda model: (-model.degraded["f1"].mean, model.cost.bytes, model.name)).name
    result = LogComparison(
        **{
            **asdict(as_tags),
            "models": models,
            "damages": list(_damages(corpus, facts["degraded"])),
            "best_degraded": best,
            "mistakes": {
                f"{name}, {called}": mistakes_of(examples[side], answers[side][name])
                for side, name, called in (
                    ("test", as_tags.best, "lines as they are"),
                    ("degraded", best, "degraded lines"),
                )
            },
        }
    )
    return replace(result, warnings=[*result.warnings, *_warnings(corpus, result)])


def _described(
    model: TagStanding,
    facts: Mapping[str, Mapping[str, np.ndarray]],
    copies: int,
    gaps: Mapping[str, Mapping[str, Difference]],
) -> LogStanding:
    """With the scores of both conditions."""
    plain, damaged = (_scores(facts[side][model.name]) for side in SIDES)
    return LogStanding(
        **{**asdict(model), "scores": plain},
        degraded=damaged,
        copies=copies,
        against_templates={side: own[model.name] for side, own in gaps.items()} or None,
    )


def _scores(facts: np.ndarray) -> dict[str, Score]:
    """Of (S, n, F) facts."""
    scores = {name: summed_score(formula, facts, is_share=True) for name, formula in OF_FIELDS.items()}
    return {**scores, "whole": mean_score(whole(facts))}


def _against_templates(facts: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, dict[str, Difference]]:
    """By condition the F1 of each model minus that of the expressions; empty where these took no part."""
    if BASELINE not in facts["test"]:
        return {}
    return {side: summed_differences(micro_f1, BASELINE, facts[side]) for side in SIDES}


def _damages(corpus: LogCorpus, facts: Mapping[str, np.ndarray]) -> Iterator[DamagePart]:
    kinds = np.array(corpus.degraded.kinds)
    for kind in sorted(set(corpus.degraded.kinds)):
        places = np.flatnonzero(kinds == kind)
        yield DamagePart(
            name=kind,
            example=corpus.degraded.examples.sentences[places[0]].text[:SHOWN],
            rows=len(places),
            f1={name: summed_score(micro_f1, own[:, places], is_share=True) for name, own in facts.items()},
        )


def _warnings(corpus: LogCorpus, result: LogComparison) -> Iterator[str]:
    test = corpus.facts.split.test
    if unseen := int(corpus.unseen.sum()):
        yield f"{unseen:,} of {test:,} test lines have a content that no training line has, its values aside"
    of = {model.name: model for model in result.models}

    def percent(model: LogStanding) -> str:
        return FIELD_F1.show(model.degraded["f1"].mean)

    chosen, best = of[result.verdict.model], of[result.best_degraded]
    if chosen is not best:
        yield (
            f"on the degraded lines {chosen.name} has an F1 of {percent(chosen)}, {best.name} one of {percent(best)}: "
            f"take {best.name} where lines may be broken"
        )
