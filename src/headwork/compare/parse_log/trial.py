"""One trial of a parser of logs. The test lines are read twice, as they are and damaged, after training has ended."""

import time

from headwork.base.files import write_text
from headwork.base.parse_log import LogRun
from headwork.base.recipes import Recipe
from headwork.base.runs import Identity, Run
from headwork.compare.fitting import fit_in
from headwork.compare.parse_log.scores import scores_of
from headwork.compare.tag.trial import in_words, measured, model_card, read_sides
from headwork.compare.work import Settings
from headwork.data.log_damage import with_copies
from headwork.data.logs import LogCorpus
from headwork.tasks.tag import new_tagger
from headwork.train.config import train_config
from headwork.train.record import Progress


def trial(
    run: Run, recipe: Recipe, corpus: LogCorpus, identity: Identity, settings: Settings, progress: Progress
) -> LogRun:
    """Train, measure and write all of the run folder but result.json."""
    began = time.perf_counter()
    copies, dev = train_config(recipe).damaged, corpus.part("dev")
    train = with_copies(corpus.part("train").share(settings.share), copies, seed=identity.seed)
    # Where damaged lines are learnt from, they also say when to stop; they are not those of test.
    watched = with_copies(dev, min(copies, 1), seed=identity.seed)
    tagger = new_tagger(
        recipe, corpus.facts.classes, train.items, seed=identity.seed, offline=settings.offline, device=settings.device
    )
    tagger.splitting = corpus.splitting
    fitted = fit_in(run, tagger, train, watched, identity=identity, settings=settings, progress=progress)
    sides = {"dev": dev, "test": corpus.part("test"), "degraded": corpus.degraded.examples}
    found = read_sides(tagger, run, sides)
    result = LogRun(
        **measured(tagger, run, found, fitted, identity),
        scores=scores_of(*found["test"]),
        degraded=scores_of(*found["degraded"]),
        copies=copies,
        seconds=time.perf_counter() - began,
    )
    write_text(run.model / "README.md", _card(result, corpus))
    return result


def _card(result: LogRun, corpus: LogCorpus) -> str:
    copies = f", and {result.copies} damaged copies of each training line" if result.copies else ""
    return model_card(
        result,
        corpus,
        does="Tells the fields of a log line.",
        more=f"On the same lines, damaged: {in_words(result.degraded)}.\nLearnt from the lines as they are{copies}.\n",
    )
