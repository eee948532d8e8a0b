"""Networks of every task with as many weights as are asked for."""

import msgspec
import numpy as np
import pytest

from headwork.base.errors import HeadworkError
from headwork.base.recipes import all_recipes, load_recipe
from headwork.base.sheets import Asked as AskedTable
from headwork.base.sheets import Sheet
from headwork.compare.lineup import line_up
from headwork.data.bitext import Pairs
from headwork.data.drawn import prepare_drawn
from headwork.data.pairs import PairExamples
from headwork.data.questions import Asked, Questions
from headwork.data.squad import Answer
from headwork.data.summaries import Summaries
from headwork.data.table_questions import TableQuestions
from headwork.models import kind_of, widths_of
from headwork.models.size import as_large
from headwork.tasks.algorithm import Learner
from headwork.tasks.classify import new_classifier
from headwork.tasks.language import new_language_model
from headwork.tasks.pair import Target, new_matcher
from headwork.tasks.retrieve import new_retriever
from headwork.tasks.span import new_answerer
from headwork.tasks.summarize import new_summarizer
from headwork.tasks.table import new_tabler
from headwork.tasks.tag import new_tagger
from headwork.tasks.translate import Translator

SIZED = {recipe.kind: recipe for recipe in reversed(all_recipes()) if kind_of(recipe).neural and widths_of(recipe)}
"""a recipe of each kind"""
DATA = {"pointer": "tsp", "causal-transformer": "grid-world", "neural-programmer": "tables"}
"""what those answer that do not answer any steps"""
TEXTS = [
    f"The {word} thing, number {number}. It was {word} all day." for number in range(9) for word in ("good", "bad")
]


def new(recipe):
    match recipe.task:
        case "classify":
            return new_classifier(recipe, ["no", "yes"], TEXTS, seed=0)
        case "translate":
            return Translator.new(recipe, ("en", "de"), Pairs(TEXTS, TEXTS, list(range(len(TEXTS)))), seed=0)
        case "pair":
            labels = np.arange(len(TEXTS)) % 2
            train = PairExamples(TEXTS, labels, np.arange(len(TEXTS)), TEXTS[::-1])
            return new_matcher(recipe, Target.of(["no", "yes"], labels), train, seed=0)
        case "span":
            asked = [Asked("What thing?", text) for text in TEXTS]
            ids = [str(place) for place in range(len(TEXTS))]
            train = Questions(
                asked, [(Answer("thing", text.index("thing")),) for text in TEXTS], TEXTS, ids, np.arange(len(TEXTS))
            )
            return new_answerer(recipe, train, seed=0)
        case "summarize":
            train = Summaries(TEXTS, np.array(TEXTS, dtype=object), np.arange(len(TEXTS)))
            return new_summarizer(recipe, train, seed=0)
        case "retrieve":
            train = PairExamples(TEXTS, np.zeros(len(TEXTS)), np.arange(len(TEXTS)), TEXTS[::-1])
            return new_retriever(recipe, train, seed=0)
        case "table":
            sheet = Sheet("t", ("thing", "number"), (("good", "1"), ("bad", "2")))
            asked = [AskedTable(text, sheet) for text in TEXTS]
            numbers = np.arange(len(TEXTS))
            return new_tabler(recipe, TableQuestions(asked, [("1",)] * len(TEXTS), TEXTS, numbers), seed=0)
        case "tag" | "parse-log":
            return new_tagger(recipe, ["no", "yes"], [text.split() for text in TEXTS], seed=0)
        case "language":
            return new_language_model(recipe, TEXTS, seed=0, device="cpu")
        case _:
            return Learner.new(recipe, prepare_drawn(DATA.get(recipe.kind, "add-two-numbers")).generator, seed=0)


@pytest.mark.parametrize("recipe", SIZED.values(), ids=SIZED)
def test_networks_have_as_many_weights_as_are_asked_for(recipe):
    built = new(msgspec.structs.replace(recipe, parameters=300_000))
    assert built.parameters == pytest.approx(300_000, rel=0.05)
    assert built.recipe.parameters == 0, "what is stored states its widths"


def test_proportions_stay():
    built = new(msgspec.structs.replace(load_recipe("transformer", "language"), parameters=3_000_000))
    assert built.parameters == pytest.approx(3_000_000, rel=0.01)
    assert built.config.ff / built.config.dim == pytest.approx(4, rel=0.1)


def test_without_a_number_nothing_changes():
    recipe = load_recipe("bag")
    assert as_large(recipe, lambda config: pytest.fail("nothing needs to be built")) is recipe


def test_what_cannot_be_is_refused_in_one_line():
    recipe = msgspec.structs.replace(load_recipe("ntm", "algorithm"), parameters=10)
    with pytest.raises(HeadworkError, match=r"--parameters 10: ntm can have at least [\d,]+ here"):
        new(recipe)
    with pytest.raises(HeadworkError, match="none of tfidf, majority has widths"):
        line_up(["tfidf", "majority"], parameters=10_000)


def test_baselines_and_pretrained_models_stay_as_they_are():
    recipes = {recipe.name: recipe for recipe in line_up(["tfidf", "bag"], parameters=10_000).recipes}
    assert (recipes["tfidf"].parameters, recipes["bag"].parameters) == (0, 10_000)
    assert not widths_of(load_recipe("minilm"))
