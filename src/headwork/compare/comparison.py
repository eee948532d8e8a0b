"""A comparison: every recipe with every seed on the same rows, one trial after another, then one result.

Trials run in processes of their own with all threads, seed by seed, so that after the first round every model has been
seen. A finished trial is not run again; a killed one continues.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json, told_plainly, write_json
from headwork.base.recipes import Recipe
from headwork.base.results import Compared, DataFacts
from headwork.base.runs import ComparisonFolder, Run
from headwork.compare.progress import MEASURING_SECONDS, STARTING_SECONDS, Remaining
from headwork.compare.trial import identity_of, refuse_other
from headwork.compare.work import Conditions, Data, Settings, work_of
from headwork.compare.worker import Order
from headwork.measure.crowding import crowded
from headwork.models import kind_of

CURVE_SHARES = (0.1, 0.3)


@dataclass(frozen=True)
class Trial:
    recipe: Recipe
    seed: int
    share: float
    run: Run

    def __str__(self) -> str:
        share = "" if self.share == 1.0 else f", {self.share:.0%} of the rows"
        return f"{self.recipe.name} (seed {self.seed}{share})"


@dataclass(frozen=True)
class Options:
    """What a comparison is told beside its rows and recipes."""

    seeds: int = 3
    first_seed: int = 0
    budget_seconds: float | None = None
    curve: bool = False
    device: str = "cpu"
    threads: int = 0
    """0: as many as torch takes"""
    offline: bool = False
    command: str = ""


Tell = Callable[[str, float, float], None]
"""told (what runs now, share of the trials done, expected seconds left)"""


def compare(
    folder: ComparisonFolder,
    data: Data,
    recipes: Sequence[Recipe],
    options: Options,
    tell: Tell = lambda what, share, seconds: None,
) -> Compared:
    """Run what is not finished, then write result.json and return it."""
    work = work_of(recipes[0].task)
    if options.curve and not work.has_shares:
        raise HeadworkError(f"--curve: no share of {data.name} can be taken to learn from; leave it out")
    settle(folder, data)
    trials = list(plan_trials(folder, recipes, options))
    unchanged = run_trials(folder, data, trials, options, tell) == 0
    if unchanged and folder.result_file.is_file() and holds(folder.result(), trials):
        return folder.result()
    whole, shares = [t.run for t in trials if t.share == 1.0], [t.run for t in trials if t.share < 1.0]
    conditions = Conditions(
        options.budget_seconds, options.threads or os.cpu_count() or 1, options.device, options.command
    )
    result = work.assemble(data, whole, shares, conditions)
    if told := crowded({model.name: model.cost.crowded for model in result.models}):
        result = msgspec.structs.replace(result, warnings=[*result.warnings, told])
    write_json(folder.result_file, result)
    return result


def settle(folder: ComparisonFolder, data: Data) -> None:
    """Put the prepared rows into the folder, or check that the folder's are the same."""
    with told_plainly(folder.folder, "use"):
        if folder.data_file.is_file():
            found = read_json(folder.data_file, DataFacts)
            if found.fingerprint != data.facts.fingerprint:
                raise HeadworkError(
                    f"{folder.folder}: asked for {data.facts.source}, but the folder holds a comparison on "
                    f"other data ({found.source}); choose another folder with -o"
                )
            return
        if folder.folder.is_dir() and any(folder.folder.iterdir()):
            raise HeadworkError(
                f"{folder.folder}: the folder is not empty and holds no comparison; choose another with -o"
            )
        folder.folder.mkdir(parents=True, exist_ok=True)
        data.save(folder.folder)


def plan_trials(folder: ComparisonFolder, recipes: Sequence[Recipe], options: Options) -> Iterator[Trial]:
    """Every recipe with the first seed, then with the next; smaller shares of the rows last."""
    shares = (1.0, *CURVE_SHARES) if options.curve else (1.0,)
    for share in shares:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            for recipe in recipes:
                if seed == options.first_seed or not recipe.deterministic:
                    yield Trial(recipe, seed, share, folder.trial(recipe.name, seed, share))


def holds(result: Compared, trials: Sequence[Trial]) -> bool:
    """Is the result that of just these trials?"""
    found = {(model.name, seed) for model in result.models for seed in model.seeds}
    curve = any(model.curve for model in result.models)
    return found == {(trial.recipe.name, trial.seed) for trial in trials} and curve == any(t.share < 1 for t in trials)


def run_trials(folder: ComparisonFolder, data: Data, trials: Sequence[Trial], options: Options, tell: Tell) -> int:
    """Check that finished trials are those asked for, run the others; how many others there were."""
    remaining = Remaining({trial.recipe.name: guess(trial.recipe, options.budget_seconds) for trial in trials})
    waiting = []
    for trial in trials:
        if trial.run.finished:
            settings = settings_of(trial, options)
            asked = identity_of(trial.recipe, data, seed=trial.seed, settings=settings)
            refuse_other(trial.run, trial.run.identity(), asked, trial.recipe)
            remaining.note(trial.recipe.name, trial.run.result().seconds + STARTING_SECONDS)
        else:
            waiting.append(trial)
    for place, trial in enumerate(waiting):
        later = [other.recipe.name for other in waiting[place + 1 :]]
        before = len(trials) - len(waiting) + place

        def hear(
            share: float, elapsed: float, before: int = before, trial: Trial = trial, later: list[str] = later
        ) -> None:
            left = remaining.seconds(later, current=trial.recipe.name, elapsed=elapsed, share=share)
            tell(str(trial), (before + share) / len(trials), left)

        began = time.perf_counter()
        run_in_process(folder, trial, settings_of(trial, options), options.threads, hear)
        remaining.note(trial.recipe.name, time.perf_counter() - began)
    return len(waiting)


def guess(recipe: Recipe, budget_seconds: float | None) -> float:
    """First expectation of a trial's seconds: networks take their budget and are measured, the others take little."""
    if not kind_of(recipe).neural:
        return STARTING_SECONDS
    return STARTING_SECONDS + (budget_seconds or 60.0) + MEASURING_SECONDS


def settings_of(trial: Trial, options: Options) -> Settings:
    return Settings(
        budget_seconds=options.budget_seconds,
        share=trial.share,
        device=options.device,
        offline=options.offline,
        explains=trial.seed == options.first_seed and trial.share == 1.0,
    )


def run_in_process(
    folder: ComparisonFolder, trial: Trial, settings: Settings, threads: int, hear: Callable[[float, float], None]
) -> None:
    """One trial in a worker, which is told when this process is gone by the end of its standard input."""
    order = Order(
        folder=str(trial.run.folder), rows=str(folder.folder), recipe=trial.recipe, seed=trial.seed, settings=settings
    )
    environment = dict(os.environ)
    if threads:
        environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    began = time.perf_counter()
    hear(0.0, 0.0)
    with subprocess.Popen(
        [sys.executable, "-m", "headwork.compare.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as worker:
        assert worker.stdin and worker.stdout and worker.stderr
        worker.stdin.write(msgspec.json.encode(order) + b"\n")
        worker.stdin.flush()
        for line in worker.stdout:
            hear(float(line), time.perf_counter() - began)
        errors = worker.stderr.read().decode(errors="replace").strip()
        worker.stdin.close()
        code = worker.wait()
    *_, last = errors.splitlines() or [""]
    if code == 2 and last.startswith("headwork: "):  # behind what libraries warn of
        raise HeadworkError(last.removeprefix("headwork: "))
    if code != 0:
        raise RuntimeError(f"trial {trial} ended with code {code}:\n{errors}")
