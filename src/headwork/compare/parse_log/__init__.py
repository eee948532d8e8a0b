"""Comparing parsers of log lines: taggers whose entities are fields, on lines as they are and damaged."""

from headwork.compare.parse_log.answer import answers, lines_asked
from headwork.compare.parse_log.assemble import assemble
from headwork.compare.parse_log.trial import trial
from headwork.compare.work import Work
from headwork.data.logs import LogCorpus, prepare_logs
from headwork.tasks.tag import load_tagger
from headwork.train.any import check_recipe

WORK = Work(
    reading=frozenset({"format", "rows", "dev", "test", "limits"}),
    prepare=prepare_logs,
    load=LogCorpus.load,
    check=check_recipe,
    trial=trial,
    assemble=assemble,
    open=load_tagger,
    asked=lines_asked,
    answers=answers,
)
