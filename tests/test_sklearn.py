"""headwork in scikit-learn's interface: our contract, and scikit-learn's own checks that make sense for texts.

`check_estimator` alone proves nothing here: for an estimator that takes strings it runs next to no check. So those that
do not feed numbers are called by name.
"""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import estimator_checks as checks

from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats.elmo import write
from headwork.ops.linear import for_inference
from headwork.sklearn import HeadworkClassifier, HeadworkEncoder, MeanElmo, PictureVectors
from headwork.tasks import neural

WORDS = {"good": 1, "great": 1, "nice": 1, "bad": 0, "awful": 0, "terrible": 0}
TEXTS = [f"{word} film number {number}" for number in range(20) for word in WORDS]
LABELS = [WORDS[text.split()[0]] for text in TEXTS]
QUICK = {"train.epochs": 15, "train.lr": 0.01}


@pytest.fixture(scope="module", params=["tfidf", "bag", "han"])
def fitted(request: pytest.FixtureRequest) -> HeadworkClassifier:
    settings = {} if request.param == "tfidf" else QUICK
    return HeadworkClassifier(request.param, size="tiny", settings=settings).fit(TEXTS, LABELS)


NAMED_CHECKS = [
    "check_parameters_default_constructible",
    "check_no_attributes_set_in_init",
    "check_get_params_invariance",
    "check_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_valid_tag_types",
    "check_estimator_tags_renamed",
    "check_mixin_order",
]


@pytest.mark.row("BE19")
@pytest.mark.parametrize("check", NAMED_CHECKS)
@pytest.mark.parametrize(
    "estimator",
    [HeadworkClassifier(), HeadworkEncoder(), MeanElmo(), PictureVectors()],
    ids=lambda each: type(each).__name__,
)
def test_named_checks_of_scikit_learn(estimator, check: str) -> None:
    getattr(checks, check)(type(estimator).__name__, clone(estimator))


@pytest.mark.row("BE19")
def test_fit_predict_and_probabilities(fitted: HeadworkClassifier) -> None:
    chances = fitted.predict_proba(TEXTS)
    assert chances.shape == (len(TEXTS), 2)
    assert np.allclose(chances.sum(axis=1), 1)
    assert (fitted.predict(TEXTS) == fitted.classes_[chances.argmax(axis=1)]).all()
    assert fitted.score(TEXTS, LABELS) > 0.9


@pytest.mark.parametrize(
    "labels",
    [np.array(["no", "yes"])[LABELS], np.array(LABELS) * 10 - 5, np.array(LABELS, dtype=bool)],
    ids=["text", "numbers", "booleans"],
)
def test_labels_keep_their_kind(labels: np.ndarray) -> None:
    model = HeadworkClassifier().fit(TEXTS, labels)
    assert model.classes_.tolist() == sorted(set(labels.tolist()))
    assert model.predict(TEXTS[:3]).dtype == labels.dtype


def test_fitting_changes_no_parameter_and_fitting_again_gives_the_same() -> None:
    model = HeadworkClassifier("bag", size="tiny", settings=QUICK)
    before = model.get_params()
    first = model.fit(TEXTS, LABELS).predict_proba(TEXTS)
    assert model.get_params() == before
    assert (model.fit(TEXTS, LABELS).predict_proba(TEXTS) == first).all()
    assert (clone(model).fit(TEXTS, LABELS).predict_proba(TEXTS) == first).all()


def test_any_sequence_of_texts_will_do(fitted: HeadworkClassifier) -> None:
    for same in (np.array(TEXTS), np.array(TEXTS, dtype=object), tuple(TEXTS)):
        assert (fitted.predict(same) == fitted.predict(TEXTS)).all()


def test_one_text_alone_answers_as_in_a_batch(fitted: HeadworkClassifier) -> None:
    assert np.allclose(fitted.predict_proba(TEXTS[:1]), fitted.predict_proba(TEXTS)[:1], atol=1e-5)


@pytest.mark.parametrize(
    "texts", ["one text", [1, 2], np.zeros((2, 2)), []], ids=["string", "numbers", "table", "nothing"]
)
def test_what_is_no_sequence_of_texts_is_refused(fitted: HeadworkClassifier, texts) -> None:
    with pytest.raises(ValueError, match="expected"):
        fitted.predict(texts)


def test_one_class_and_uneven_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="class"):
        HeadworkClassifier().fit(TEXTS, [1] * len(TEXTS))
    with pytest.raises(ValueError, match="labels"):
        HeadworkClassifier().fit(TEXTS, LABELS[:-1])


def test_an_unfitted_one_says_so() -> None:
    with pytest.raises(NotFittedError):
        HeadworkClassifier().predict(TEXTS)
    with pytest.raises(NotFittedError):
        HeadworkEncoder().transform(TEXTS)
    with pytest.raises(NotFittedError):
        MeanElmo().transform(TEXTS)


def test_a_fitted_one_survives_pickling(fitted: HeadworkClassifier) -> None:
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 (our own bytes)
    assert (again.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()


@pytest.mark.row("BE19")
def test_pipeline_grid_search_and_cross_validation() -> None:
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = make_pipeline(lower, HeadworkClassifier("bag", size="tiny", settings=QUICK))
    search = GridSearchCV(
        pipeline, {"headworkclassifier__model": ["tfidf", "majority"], "headworkclassifier__settings": [None]}, cv=3
    )
    assert search.fit(TEXTS, LABELS).best_params_["headworkclassifier__model"] == "tfidf"
    assert cross_val_score(pipeline, TEXTS, LABELS, cv=3).mean() > 0.9


@pytest.mark.row("BE19")
def test_the_encoder_stands_beside_tfidf_in_a_feature_union(minilm_folder) -> None:
    union = FeatureUnion([("words", TfidfVectorizer()), ("encoder", HeadworkEncoder(str(minilm_folder)))])
    features = union.fit_transform(TEXTS)
    assert features.shape[1] > 384
    assert LogisticRegression(max_iter=500).fit(features, LABELS).score(features, LABELS) > 0.9
    assert len(union.get_feature_names_out()) == features.shape[1]


def test_one_text_after_another_is_answered_by_one_copy_of_the_network(minilm_folder, monkeypatch) -> None:
    copies = []

    def copied(network):
        copies.append(for_inference(network))
        return copies[-1]

    monkeypatch.setattr(neural, "for_inference", copied)
    encoder = HeadworkEncoder(str(minilm_folder)).fit(TEXTS)
    one_by_one = np.concatenate([encoder.transform([text]) for text in TEXTS[:3]])
    np.testing.assert_allclose(one_by_one, encoder.transform(TEXTS[:3]), atol=1e-5)
    assert len(copies) == 1


@pytest.fixture(scope="module")
def elmo_folder(tmp_path_factory) -> str:
    """A random ELMo in the published format."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("elmo")
    filters = ((1, 8), (2, 16), (3, 32))
    write(Elmo(ElmoConfig(width=8, places=12, filters=filters, highways=1, projection=16, hidden=32)), folder)
    return str(folder)


@pytest.mark.row("EL09")
def test_mean_elmo_is_the_mean_over_the_words_of_each_text_alone(elmo_folder: str) -> None:
    mean, elmo = MeanElmo(elmo_folder), Elmo.load(elmo_folder)
    texts = ["Good film!", "It's a much longer text, with commas , and   spaces.", "", TEXTS[0]]
    words = [
        ["Good", "film", "!"],
        "It's a much longer text , with commas , and spaces .".split(),
        [],
        TEXTS[0].split(),
    ]
    found = mean.fit_transform(texts)
    assert found.shape == (4, 32) and len(mean.get_feature_names_out()) == 32
    for text, split, vector in zip(texts, words, found, strict=True):
        [vectors] = elmo.embed([split])
        expected = vectors.numpy().sum(0) / max(len(split), 1)
        np.testing.assert_allclose(vector, expected, atol=1e-6)
        np.testing.assert_allclose(mean.transform([text])[0], vector, atol=1e-6)  # alone it has nothing to be padded to


@pytest.mark.row("EL09")
def test_mean_elmo_under_a_logistic_regression_in_a_pipeline(elmo_folder: str) -> None:
    pipeline = make_pipeline(MeanElmo(elmo_folder), StandardScaler(), LogisticRegression(max_iter=500))
    assert cross_val_score(pipeline, TEXTS, LABELS, cv=3).mean() > 0.9
    vectors = StandardScaler().fit_transform(MeanElmo(elmo_folder).fit_transform(TEXTS))
    cached = LogisticRegression(max_iter=500).fit(vectors, LABELS).predict(vectors)
    assert (pipeline.fit(TEXTS, LABELS).predict(TEXTS) == cached).all()


@pytest.mark.row("EL09")
def test_mean_elmo_survives_pickling(elmo_folder: str) -> None:
    mean = MeanElmo(elmo_folder).fit(TEXTS)
    again = pickle.loads(pickle.dumps(mean))  # noqa: S301 (our own bytes)
    assert (again.transform(TEXTS) == mean.transform(TEXTS)).all()
