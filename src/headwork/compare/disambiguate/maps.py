"""The vectors of each word on a plane, for the report: training texts and test texts, by sense."""

from headwork.base.disambiguate import SenseMap, SenseMaps, SensePoint, sense_of
from headwork.data.senses import SenseExamples
from headwork.measure.components import Components
from headwork.models.sense_memory import unit
from headwork.tasks.disambiguate import Disambiguator

MOST_POINTS = 100
"""of a word on a side"""
FEWEST_POINTS = 3
DIGITS = 4


def maps_of(model: Disambiguator, train: SenseExamples, test: SenseExamples) -> SenseMaps | None:
    """A map of each word; None where the model makes no vectors."""
    found = [_map_of(model, word, _some(train, word), _some(test, word)) for word in model.inventory.words]
    maps = [each for each in found if each is not None]
    return SenseMaps(of=model.chosen or "vector of the word", maps=maps) if maps else None


def _map_of(model: Disambiguator, word: str, train: SenseExamples, test: SenseExamples) -> SenseMap | None:
    """None where there are no vectors, or where they are all the same."""
    vectors = model.vectors(train.items) if len(train) >= FEWEST_POINTS else None
    if vectors is None:
        return None
    senses, components = model.inventory.senses(word), Components.of(unit(vectors))
    first, second = components.explained.tolist()
    if not first:
        return None
    asked = model.vectors(test.items) if len(test) else vectors[:0]
    assert asked is not None  # of one model all texts have vectors, or none
    train_points, test_points = (
        [
            SensePoint(round(x, DIGITS), round(y, DIGITS), senses.index(label))
            for (x, y), label in zip(components.place(unit(own)).tolist(), side.labels.tolist(), strict=True)
        ]
        for side, own in ((train, vectors), (test, asked))
    )
    names = [sense_of(model.inventory.classes[label]) for label in senses]
    return SenseMap(word=word, senses=names, explained=(first, second), train=train_points, test=test_points)


def _some(side: SenseExamples, word: str) -> SenseExamples:
    """Texts of a word, the same for every model."""
    own = [place for place, each in enumerate(side.words) if each == word]
    return side[own].sample(MOST_POINTS)
