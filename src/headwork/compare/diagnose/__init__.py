"""What a trained model understands of negation, of who does what to whom, and of kinds: minimal pairs put to it.

    accuracy      share of the texts with the right answer; of a language model, of the words that it thinks of first
    sensitivity   share of the items in which what is changed moves the answer as it should

Ettinger 2020, "What BERT is not: lessons from a new suite of psycholinguistic diagnostics for language models", section
4, for both; Ribeiro et al. 2020, "Beyond accuracy: behavioral testing of NLP models with CheckList", for the kinds of
changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headwork.base.diagnosis import Answered, Diagnosis, Most, SuiteScore
from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.compare.diagnose.asked import Said, facts_of, say_pairs, say_texts
from headwork.compare.open import open_run
from headwork.data.diagnostics import CLOZES, SUITES, Cloze, Contrast
from headwork.data.diagnostics.counted import SPANS, most_of
from headwork.data.diagnostics.pairs import ORDERED
from headwork.measure.means import mean_differences, mean_score

CLOZE = "cloze"
KINDS = {"classify": "sentiment classifiers", "pair": "models of pairs", CLOZE: "language models"}
Item = Contrast | Cloze


@dataclass(frozen=True)
class Asked:
    """A model, the items that it was asked, and what it said; None of what it cannot be asked."""

    run: str
    model: str
    kind: str
    items: list[Any]
    said: list[Said | None]
    notes: list[str]

    def of(self, suite: str) -> list[tuple[Any, Said | None]]:
        return [pair for pair in zip(self.items, self.said, strict=True) if pair[0].suite == suite]


def ask(folder: str, *, positive: str | None = None, negative: str | None = None, device: str = "cpu") -> Asked:
    """Put the items to what a folder holds; HeadworkError where there is nothing to ask."""
    run = Run(Path(folder))
    masked = not run.recipe_file.is_file() and run.imported_file.is_file() and not run.imported().writes
    if masked and not run.imported().pictures and run.imported().family != "elmo":
        from headwork.compare.diagnose.words import Masked

        return _words(folder, run.imported().family, Masked(run.model, device))
    opened, _ = open_run(folder, device=device)
    task = opened.recipe.task
    if task == "language":
        from headwork.compare.diagnose.words import Causal

        return _words(folder, opened.recipe.name, Causal(opened))
    if task not in SUITES:
        raise HeadworkError(
            f"{folder}: a run of the task {task}, for which there are no minimal pairs; there are some for "
            f"{', '.join(KINDS.values())}"
        )
    items = [item for suite in SUITES[task] for item in suite()]
    if task == "pair":
        if negative is not None:
            raise HeadworkError("--negative: means nothing for models of pairs; leave it out")
        items = [item for item in items if opened.target.classes or item.suite not in ORDERED]
        said, notes = say_pairs(opened, items, positive)
    else:
        said, notes = say_texts(opened, items, positive, negative)
    return Asked(folder, opened.recipe.name, task, items, list(said), notes)


def _words(folder: str, name: str, teller: Any) -> Asked:
    from headwork.compare.diagnose.words import say_words

    items = [item for suite in CLOZES for item in suite()]
    return Asked(folder, name, CLOZE, items, say_words(teller, items), [])


def diagnoses(asked: Sequence[Asked]) -> list[Diagnosis]:
    """Of several models of one kind; each against the first, on the items that both could be asked."""
    first = asked[0]
    for each in asked[1:]:
        if each.kind != first.kind:
            raise HeadworkError(
                f"{each.run} is one of the {KINDS[each.kind]}, {first.run} of the {KINDS[first.kind]}; give models of "
                "one kind"
            )
    return [
        Diagnosis(
            run=each.run,
            model=each.model,
            kind=each.kind,
            notes=each.notes,
            suites=[_suite(each, suite, None if each is first else first) for suite in _suites(each)],
        )
        for each in asked
    ]


def _suites(asked: Asked) -> list[str]:
    """Those of which something could be asked."""
    told = [item.suite for item, said in zip(asked.items, asked.said, strict=True) if said is not None]
    if not told:
        raise HeadworkError(
            f"{asked.run}: its vocabulary has none of the words that are asked for; nothing to diagnose"
        )
    return list(dict.fromkeys(told))


def _suite(asked: Asked, suite: str, first: Asked | None) -> SuiteScore:
    both = asked.of(suite)
    kept = [(item, said) for item, said in both if said is not None]
    items, facts, groups = [item for item, _ in kept], facts_of([said for _, said in kept]), _groups(kept)
    scores = {name: mean_score(values[None], groups=groups) for name, values in facts.items()}
    stays = isinstance(items[0], Contrast) and items[0].change == "stays"
    most = {name: most_of(items, span) for name, span in SPANS.items()}
    return SuiteScore(
        suite=suite,
        items=len(items),
        left_out=len(both) - len(kept),
        accuracy=scores.get("accuracy"),
        accuracy_5=scores.get("accuracy_5"),
        sensitivity=scores["sensitivity"],
        wanted=0.0 if stays else 1.0,
        words=Most(**most["words"]._asdict()),
        word_pairs=Most(**most["word pairs"]._asdict()),
        against_first=_against(asked, first, suite) if first else {},
    )


def _against(asked: Asked, first: Asked, suite: str) -> dict[str, Any]:
    theirs = {item: said for item, said in first.of(suite) if said is not None}
    kept = [(item, said) for item, said in asked.of(suite) if said is not None and item in theirs]
    if not kept:
        return {}
    ours, its = facts_of([said for _, said in kept]), facts_of([theirs[item] for item, _ in kept])
    return {
        name: mean_differences("first", {"first": its[name][None], "own": ours[name][None]}, groups=_groups(kept))[
            "own"
        ]
        for name in ours.keys() & its.keys() - {"accuracy_5"}
    }


def _groups(kept: Sequence[tuple[Any, Said]]) -> np.ndarray:
    """(n,) items of the same words are drawn together."""
    return np.array([item.group for item, _ in kept])


def lines_of(asked: Sequence[Asked]) -> Iterator[Answered]:
    """Each item with what the model said."""
    for each in asked:
        for item, said in zip(each.items, each.said, strict=True):
            if said is not None:
                texts, answers = _written(item)
                yield Answered(
                    run=each.run,
                    suite=item.suite,
                    group=item.group,
                    asked=texts,
                    answers=answers,
                    chances=said.chances,
                    right=said.right,
                    moved=said.moved,
                )


def _written(item: Item) -> tuple[list[Any], list[Any]]:
    if isinstance(item, Cloze):
        return [f"{context} ___" for context, _ in (item.expected, *item.against)], [
            word for _, word in (item.expected, *item.against)
        ]
    return [list(item.first), list(item.second)], list(item.answers)
