"""The baselines: exactly what scikit-learn fits, kept and given back without it."""

import csv
import gzip
import itertools
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from headwork.base.about import marked
from headwork.base.arrays import load_arrays, save_arrays
from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.measure.calibration import softmax
from headwork.models import config_of
from headwork.models.linear import NEVER, WORD, Majority, MajorityConfig, TfidfConfig, TfidfLogistic

TEXTS = [
    "a warm , funny film", "warm and funny film", "a dull film", "dull and slow", "don't miss it !", "don't bother",
    "slow , dull film !", "it is warm", "a funny , warm story", "the story is slow", "miss it", "the funny story !",
]  # fmt: skip
TWO = np.array([1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1])
THREE = np.array([1, 1, 0, 0, 2, 2, 0, 1, 1, 0, 2, 1])
UNSEEN = ["a warm story , isn't it", "Dull DULL dull", "", "zzz qqq", "don’t miss the film !"]


def tfidf(labels: np.ndarray = THREE, **settings) -> TfidfLogistic:
    model = TfidfLogistic(TfidfConfig(**settings))
    model.fit(TEXTS, labels, classes=int(labels.max()) + 1, seed=0)
    return model


@pytest.mark.row("AT26")
@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("min_texts", [1, 2])
def test_probabilities_are_those_of_scikit_learn(labels, pairs, min_texts):
    reference = make_pipeline(
        TfidfVectorizer(token_pattern=WORD.pattern, ngram_range=(1, 1 + pairs), sublinear_tf=True, min_df=min_texts),
        LogisticRegression(C=15.0, max_iter=2000),
    ).fit(TEXTS, labels)
    model = tfidf(labels, pairs=pairs, min_texts=min_texts)
    restored = TfidfLogistic.restore(model.settings(), model.tensors())
    np.testing.assert_allclose(softmax(restored.logits(UNSEEN)), reference.predict_proba(UNSEEN), atol=2e-6)


HEBREW = [
    "מקסים , כל הכבוד", "בושה וחרפה", "נשיא של כולם", "כבוד לנשיא", "איזו בושה", "ש", "אין כבוד", "חרפה !", *TEXTS[:4],
]  # fmt: skip


@pytest.mark.row("BE29")
@pytest.mark.parametrize("texts", [TEXTS, HEBREW], ids=["english", "hebrew"])
@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("lengths", [(1, 1), (2, 5), (3, 4)])
def test_margins_of_characters_are_those_of_scikit_learn(texts, labels, lengths):
    reference = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=lengths, sublinear_tf=True, min_df=2),
        LinearSVC(C=0.5, dual=False),  # pyright: ignore[reportArgumentType]
    ).fit(texts, labels)
    shortest, longest = lengths
    settings = {"terms": "characters", "shortest": shortest, "longest": longest, "loss": "squared-hinge"}
    model = TfidfLogistic(TfidfConfig(**settings, strength=0.5))
    model.fit(texts, labels, classes=int(labels.max()) + 1, seed=0)
    restored = TfidfLogistic.restore(model.settings(), model.tensors())
    unseen = [*UNSEEN, "הנשיא הזה", "ש בושה"]
    logits, margins = restored.logits(unseen), reference.decision_function(unseen)
    expected = np.stack([-margins, margins], 1) / 2 if margins.ndim == 1 else margins
    np.testing.assert_allclose(logits, expected, atol=2e-6)


CHARACTERS = TfidfLogistic(TfidfConfig(terms="characters", loss="squared-hinge"))
CHARACTERS.fit(TEXTS, THREE, classes=3, seed=0)


@pytest.mark.parametrize("text", [*UNSEEN, "İİ I warm"])
def test_what_runs_of_characters_add_is_divided_among_what_stands_between_blanks(text):
    weights = CHARACTERS.word_weights(text, 1)
    assert [text[start:end] for start, end, _ in weights] == text.split()
    added = sum(weight for _, _, weight in weights)
    assert added + CHARACTERS.intercepts[1] == pytest.approx(CHARACTERS.logits([text])[0, 1], abs=1e-6)


@pytest.mark.parametrize("lengths", [(0, 3), (4, 3)])
def test_lengths_of_runs_that_are_none_are_refused(lengths):
    recipe = with_settings(
        load_recipe("tfidf-characters"), (f"model.shortest={lengths[0]}", f"model.longest={lengths[1]}")
    )
    with pytest.raises(HeadworkError, match="expected runs of 1 or more"):
        config_of(recipe)


@pytest.mark.parametrize(
    "model", [tfidf(), tfidf(TWO, pairs=False), CHARACTERS], ids=["tfidf", "tfidf, words only", "characters"]
)
def test_restored_from_files_it_answers_with_the_same_bits(model, tmp_path):
    save_arrays(model.tensors(), tmp_path / "model.safetensors")
    settings = msgspec.json.decode(msgspec.json.encode(model.settings()))
    restored = TfidfLogistic.restore(settings, load_arrays(tmp_path / "model.safetensors"))
    assert np.array_equal(restored.logits(UNSEEN), model.logits(UNSEEN))
    assert restored.settings() == model.settings()
    assert restored.parameters == model.parameters == sum(a.size for a in model.tensors().values())


def test_a_text_alone_answers_as_among_others():
    model = tfidf()
    alone = np.concatenate([model.logits([text]) for text in UNSEEN])
    assert np.array_equal(model.logits(UNSEEN), alone)
    assert np.array_equal(alone[2], model.intercepts)
    assert model.logits([]).shape == (0, 3)


@pytest.mark.parametrize("text", [*UNSEEN, *TEXTS])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_word_weights_and_the_intercept_sum_to_the_logit(text, label):
    model = tfidf()
    weights = model.word_weights(text, label)
    assert sum(weight for _, _, weight in weights) + model.intercepts[label] == pytest.approx(
        model.logits([text])[0, label]
    )
    assert [text[start:end] for start, end, _ in weights] == WORD.findall(text)


def test_a_pair_is_divided_among_its_words():
    model = tfidf()
    model.coefficients[1] = 0.0
    model.coefficients[1, model.columns["warm"]] = 3.0
    model.coefficients[1, model.columns["funny film"]] = 2.0
    pair, word = [w.weight for w in model.word_weights("funny film", 1)], model.word_weights("warm", 1)[0].weight
    assert pair[0] == pytest.approx(pair[1]) and pair[0] > 0
    assert word == pytest.approx(3.0)


@pytest.mark.row("UL13")
@pytest.mark.parametrize("near", [1, 3, 20])
def test_words_beside_what_is_asked_about_are_terms_of_their_side(near):
    text = "one two Acme rose as three fell and Acme gained four"
    places = [(8, 12), (36, 40)]
    terms = [term for term, _ in TfidfLogistic(TfidfConfig(near=near, pairs=False)).terms(marked(text, places))]
    words, expected = text.lower().split(), []
    for at in (2, 8):
        for side, around in (("before", words[max(0, at - near) : at]), ("behind", words[at + 1 : at + 1 + near])):
            expected += [f"{side}: {word}" for word in around]
            expected += [f"{side}: {one} {two}" for one, two in itertools.pairwise(around)]
    assert sorted(terms) == sorted(expected + words)


@pytest.mark.row("UL13")
@pytest.mark.parametrize("terms", ["words", "characters"])
def test_without_near_words_marks_change_nothing(terms):
    model = TfidfLogistic(TfidfConfig(near=0, terms=terms))
    assert list(model.terms(marked("Acme's fell", [(0, 4)]))) != [] and list(
        model.terms(marked("Acme fell", [(0, 4)]))
    ) == list(model.terms("Acme fell"))


def test_a_class_without_training_texts_is_never_chosen():
    model = TfidfLogistic(TfidfConfig())
    model.fit(TEXTS, TWO * 2, classes=4, seed=0)
    logits = model.logits(UNSEEN)
    assert (logits[:, [1, 3]] == NEVER).all()
    np.testing.assert_allclose(logits[:, [0, 2]], tfidf(TWO).logits(UNSEEN))


def test_the_most_frequent_terms_are_kept():
    assert set(tfidf(max_terms=3, pairs=False).columns) == {"film", "funny", "warm"}
    assert "don't" in tfidf().columns


def test_texts_that_say_nothing_twice_are_learnt_too():
    model = TfidfLogistic(TfidfConfig())
    model.fit(["red", "blue"], np.array([0, 1]), classes=2, seed=0)
    assert model.logits(["red", "blue"]).argmax(1).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("texts", "labels", "told"), [(["a", "b"], [1, 1], "one class"), (["", " "], [0, 1], "no word")]
)
def test_what_cannot_be_fitted_is_refused(texts, labels, told):
    with pytest.raises(HeadworkError, match=told):
        TfidfLogistic(TfidfConfig()).fit(texts, np.array(labels), classes=2, seed=0)


DAMAGES = {
    "a missing array": (lambda s, t: t.pop("idf"), "'idf' is missing"),
    "a strange array": (lambda s, t: t.update(extra=t["idf"]), "'extra' is unknown"),
    "another shape": (lambda s, t: t.update(idf=t["idf"][1:]), "'idf'"),
    "another number of classes": (lambda s, t: t.update(coefficients=t["coefficients"][:2]), "'coefficients'"),
    "a row too few dimensions": (lambda s, t: t.update(coefficients=t["coefficients"][0]), "'coefficients'"),
    "a number alone": (lambda s, t: t.update(intercepts=np.float32(1.0)), "shape"),
    "integers": (lambda s, t: t.update(idf=t["idf"].astype(int)), "'idf'"),
    "not a number": (lambda s, t: t.update(idf=t["idf"] * np.nan), "'idf'"),
    "a term missing": (lambda s, t: s["terms"].pop(), "shape"),
    "a term twice": (lambda s, t: s["terms"].__setitem__(1, s["terms"][0]), "twice"),
    "no terms": (lambda s, t: s.pop("terms"), "terms"),
    "terms that are no text": (lambda s, t: s.update(terms=[1, 2]), r"\$\.terms"),
    "a strange setting": (lambda s, t: s["config"].update(surprise=1), "surprise"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_models_are_refused(damage):
    model, (harm, told) = tfidf(), DAMAGES[damage]
    settings, tensors = model.settings(), dict(model.tensors())
    harm(settings, tensors)
    with pytest.raises(HeadworkError, match=told):
        TfidfLogistic.restore(settings, tensors)


def test_majority_answers_with_class_shares():
    model = Majority(MajorityConfig())
    model.fit(TEXTS, THREE, classes=4, seed=0)
    probabilities = softmax(model.logits(UNSEEN))
    np.testing.assert_allclose(probabilities, np.tile([4 / 12, 5 / 12, 3 / 12, 0], (5, 1)), atol=1e-12)
    restored = Majority.restore(model.settings(), model.tensors())
    assert np.array_equal(restored.logits(UNSEEN), model.logits(UNSEEN))
    assert restored.parameters == 4
    with pytest.raises(HeadworkError, match="'shares'"):
        Majority.restore({}, {})


def test_predicting_needs_neither_torch_nor_scikit_learn():
    model = tfidf()
    program = "\n".join(
        [
            "import sys, numpy",
            "from headwork.models.linear import TfidfLogistic",
            f"tensors = {{name: numpy.array(value, numpy.float32) for name, value in "
            f"{ {name: value.tolist() for name, value in model.tensors().items()} }.items()}}",
            f"TfidfLogistic.restore({model.settings()}, tensors).logits(['a'])",
            "print(sorted({'torch', 'sklearn'} & set(sys.modules)))",
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def rows_of(path: Path, text: str, label: str) -> tuple[list[str], list[str]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        delimiter, quoting = ("\t", csv.QUOTE_NONE) if ".tsv" in path.name else (",", csv.QUOTE_MINIMAL)
        rows = list(csv.DictReader(file, delimiter=delimiter, quoting=quoting))
    return [row[text] for row in rows], [row[label] for row in rows]


@pytest.mark.row("AT26")
@pytest.mark.parametrize(
    ("train", "test", "label", "floor"),
    [
        ("trec/train.csv", "trec/test.csv", "coarse", 0.912),
        ("sst2/train.csv", "sst2/test.csv", "label", 0.815),
        pytest.param("ag_news/train.csv.gz", "ag_news/test.csv.gz", "label", 0.865, marks=pytest.mark.slow),
        pytest.param("mr/train.csv.gz", "mr/test.csv", "label", 0.774, marks=pytest.mark.slow),
    ],
)
def test_it_reaches_what_such_a_model_is_known_to_reach(real_data, train, test, label, floor):
    """On the files as they are, every row of them."""
    check_floor(real_data, "tfidf", train, test, label, floor)


@pytest.mark.row("BE29")
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["token", "morph"])
def test_characters_of_hebrew_do_better_than_what_words_are_known_to_reach(real_data, kind):
    folder = "hebrew_sentiment"
    floor = {"token": 0.868, "morph": 0.873}[kind]
    check_floor(
        real_data, "tfidf-characters", f"{folder}/{kind}.train.tsv.gz", f"{folder}/{kind}.test.tsv", "label", floor
    )


def check_floor(real_data: Path, name: str, train: str, test: str, label: str, floor: float) -> None:
    texts, answers = rows_of(real_data / train, "text", label)
    classes = sorted(set(answers))
    model = TfidfLogistic(config_of(load_recipe(name)))
    model.fit(texts, np.array([classes.index(answer) for answer in answers]), classes=len(classes), seed=0)
    texts, answers = rows_of(real_data / test, "text", label)
    assert np.mean([classes[place] for place in model.logits(texts).argmax(1)] == np.array(answers)) >= floor
