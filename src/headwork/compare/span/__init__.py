"""Comparing models that answer questions from passages."""

from headwork.compare.span.answer import answers, questions_asked
from headwork.compare.span.assemble import assemble
from headwork.compare.span.trial import check, trial
from headwork.compare.work import Work
from headwork.data.questions import QuestionCorpus, prepare_questions
from headwork.tasks.span import load_answerer

WORK = Work(
    reading=frozenset({"dev", "test", "limits"}),
    prepare=prepare_questions,
    load=QuestionCorpus.load,
    check=check,
    trial=trial,
    assemble=assemble,
    open=load_answerer,
    asked=questions_asked,
    answers=answers,
)
