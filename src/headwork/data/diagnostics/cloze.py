"""Contexts for language models, each of which one word continues better than others.

After Ettinger 2020, "What BERT is not", whose sets are of psycholinguistic studies; these sentences are our own.
"""

from collections.abc import Iterator
from itertools import product

from headwork.data.diagnostics.items import Cloze, Filled, a, capital

KINDS = (
    *(("sparrow", "bird"), ("trout", "fish"), ("oak", "tree"), ("rose", "flower"), ("hammer", "tool")),
    *(("piano", "instrument"), ("carrot", "vegetable"), ("apple", "fruit"), ("ant", "insect"), ("truck", "vehicle")),
    *(("eagle", "bird"), ("salmon", "fish"), ("pine", "tree"), ("tulip", "flower"), ("saw", "tool")),
    *(("violin", "instrument"), ("potato", "vegetable"), ("banana", "fruit"), ("bee", "insect"), ("car", "vehicle")),
)
OTHERS = 3
"""kinds that each is held against"""
ACTS = (
    *(("hunter", "deer", "shot"), ("cat", "mouse", "caught"), ("teacher", "student", "taught")),
    *(("doctor", "patient", "cured"), ("judge", "criminal", "sentenced"), ("mother", "baby", "fed")),
    *(("officer", "thief", "arrested"), ("dog", "rabbit", "chased"), ("lawyer", "client", "defended")),
    *(("boss", "worker", "fired"), ("waiter", "guest", "served"), ("spider", "fly", "trapped")),
    *(("artist", "model", "painted"), ("king", "servant", "ordered"), ("lion", "zebra", "killed")),
)
"""who does it, to whom, and what"""
ASKED = ("They told us which {0} the {1} had", "Nobody knew which {0} the {1} had", "We saw which {0} the {1} had")
SCENES = (
    ("It began to rain, so she opened her", "umbrella", ("book", "letter")),
    ("He was thirsty, so he drank a glass of", "water", ("sand", "bread")),
    ("She wanted to cut the bread and took a", "knife", ("spoon", "pillow")),
    ("The room was dark, so he turned on the", "light", ("water", "radio")),
    ("His hands were dirty, so he washed them with", "soap", ("bread", "paint")),
    ("She could not open the door, for she had lost her", "key", ("hat", "dog")),
    ("He was tired and went to", "bed", ("work", "war")),
    ("The baby was hungry and began to", "cry", ("drive", "read")),
    ("It was cold outside, so he put on his", "coat", ("shoes", "glasses")),
    ("She wanted to know the time and looked at the", "clock", ("floor", "cat")),
    ("The house was on fire, so they called for", "help", ("dinner", "music")),
    ("He broke his leg and was taken to the", "hospital", ("church", "beach")),
    ("She bought stamps to send a", "letter", ("chair", "river")),
    ("They were lost, so they looked at the", "map", ("meal", "song")),
    ("The soup had no taste, so he added some", "salt", ("soap", "wood")),
    ("She lit a candle with a", "match", ("spoon", "stone")),
)
"""what happens, the word that makes sense, and words that only fit the grammar"""


def _kinds(suite: str, frame: str, *, denied: bool) -> Iterator[Cloze]:
    kinds = list(dict.fromkeys(kind for _, kind in KINDS))
    for (one, kind), step in product(KINDS, range(1, OTHERS + 1)):
        other = kinds[(kinds.index(kind) + step) % len(kinds)]
        context = frame.format(capital(a(one)))
        right, wrong = (Filled(context, word) for word in ((other, kind) if denied else (kind, other)))
        yield Cloze(suite, one, right, (wrong,), denied)


def membership() -> Iterator[Cloze]:
    return _kinds("category membership", "{} is a kind of", denied=False)


def negation() -> Iterator[Cloze]:
    """What is denied of a thing is what it is not."""
    return _kinds("category membership, negated", "{} is not a kind of", denied=True)


def roles() -> Iterator[Cloze]:
    """The act is likelier where who does it does it."""
    for (agent, patient, act), frame in product(ACTS, ASKED):
        right, reversed_ = (Filled(frame.format(*people), act) for people in ((patient, agent), (agent, patient)))
        yield Cloze("role reversal", agent, right, (reversed_,))


def scenes() -> Iterator[Cloze]:
    for context, word, others in SCENES:
        yield Cloze("common sense", word, Filled(context, word), tuple(Filled(context, other) for other in others))


SUITES = (membership, negation, roles, scenes)
