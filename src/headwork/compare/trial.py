"""One trial: a recipe with a seed on a corpus, from nothing (or a checkpoint) to a finished run folder.

`headwork train` is one trial; a comparison is many. The test side is read once, after training has ended.
"""

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Iterator

from headwork.base.errors import HeadworkError
from headwork.base.files import told_plainly, write_json, write_text
from headwork.base.recipes import Recipe, encode_recipe
from headwork.base.results import Finished
from headwork.base.runs import Identity, Run
from headwork.compare.work import Data, Settings, work_of
from headwork.train.record import Progress


def run_trial(
    run: Run, recipe: Recipe, data: Data, *, seed: int, settings: Settings, progress: Progress = lambda share: None
) -> Finished:
    """Train, measure and write down one trial; a finished one is read, a started one continued."""
    work = work_of(recipe.task)
    work.check(recipe)
    work.meet(recipe, data)
    identity = identity_of(recipe, data, seed=seed, settings=settings)
    with told_plainly(run.folder, "use"), held(run):
        take_up(run, identity, recipe, data)
        if run.finished:
            return run.result()
        result = work.trial(run, recipe, data, identity, settings, progress)
        write_json(run.result_file, result)
        shutil.rmtree(run.checkpoint, ignore_errors=True)
        return result


def identity_of(recipe: Recipe, data: Data, *, seed: int, settings: Settings) -> Identity:
    digest = hashlib.sha256(encode_recipe(recipe).encode()).hexdigest()
    return Identity(
        recipe_sha256=digest,
        data_fingerprint=data.facts.fingerprint,
        seed=seed,
        budget_seconds=settings.budget_seconds,
        share=settings.share,
    )


def take_up(run: Run, identity: Identity, recipe: Recipe, data: Data) -> None:
    """Claim the folder for this run, or refuse it when it holds another."""
    if run.identity_file.is_file():
        refuse_other(run, run.identity(), identity, recipe)
        return
    if run.folder.is_dir() and any(entry.name != LOCK for entry in run.folder.iterdir()):
        raise HeadworkError(f"{run.folder}: the folder is not empty and holds no run; choose another with -o")
    write_text(run.recipe_file, encode_recipe(recipe))
    data.save_facts(run.folder)
    write_json(run.identity_file, identity)


def refuse_other(run: Run, found: Identity, asked: Identity, recipe: Recipe) -> None:
    if found == asked:
        return
    told = {
        "recipe_sha256": "another recipe",
        "data_fingerprint": "other data",
        "seed": f"seed {found.seed}",
        "budget_seconds": "another budget",
        "share": "another share of the rows",
    }
    differs = next(text for name, text in told.items() if getattr(found, name) != getattr(asked, name))
    raise HeadworkError(
        f"{run.folder}: asked for {recipe.name} (seed {asked.seed}), but the folder holds a run with {differs}; "
        "choose another folder with -o, or repeat that run's command"
    )


LOCK = ".lock"


@contextlib.contextmanager
def held(run: Run) -> Iterator[None]:
    """The folder for this process alone; the system lets go of it when the process ends, however it ends."""
    run.folder.mkdir(parents=True, exist_ok=True)
    with (run.folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HeadworkError(
                f"{run.folder}: another headwork is at work here; wait for it or choose another folder"
            ) from error
        yield
        (run.folder / LOCK).unlink(missing_ok=True)
