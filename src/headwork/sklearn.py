"""headwork in scikit-learn's interface: recipes as classifiers, a pretrained encoder, ELMo and CLIP as transformers.

Constructor arguments are only stored; what fitting finds ends with an underscore. Texts, and paths of pictures, are any
sequence of strings (a list, an array, a column of a table).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from headwork.base.recipes import load_recipe, with_settings


class _OfTexts(BaseEstimator):
    """An estimator whose X is a sequence of strings."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


class HeadworkClassifier(ClassifierMixin, _OfTexts):
    """A recipe as a classifier of texts.

    Parameters
    ----------
    model : name of a recipe, as `headwork recipes` lists them.
    size : "tiny", "small" or "base"; None takes the recipe's.
    settings : mapping such as {"train.epochs": 5, "model.dropout": 0.2}.
    budget_seconds : longest training time; None trains the recipe's epochs.
    dev_share : share of the rows kept for early stopping and calibration.
    seed : of the weights, the order of rows and the choice of dev rows.
    device : "cpu" or "cuda".
    offline : never look for pretrained weights on the network.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), the labels in sorted order.
    classifier_ : the fitted headwork.tasks.classify.Classifier.
    """

    def __init__(
        self,
        model: str = "tfidf",
        *,
        size: str | None = None,
        settings: Mapping[str, Any] | None = None,
        budget_seconds: float | None = None,
        dev_share: float = 0.1,
        seed: int = 0,
        device: str = "cpu",
        offline: bool = True,
    ):
        self.model = model
        self.size = size
        self.settings = settings
        self.budget_seconds = budget_seconds
        self.dev_share = dev_share
        self.seed = seed
        self.device = device
        self.offline = offline

    def fit(self, X: Iterable[str], y: Iterable[Any]) -> "HeadworkClassifier":
        """Fit on n texts X and their n labels y."""
        from headwork.measure.calibration import fit_temperature
        from headwork.tasks.classify import new_classifier
        from headwork.train.any import check_recipe, fit_any

        texts = _texts(X)
        y = np.asarray(y)
        check_classification_targets(y)
        if len(texts) != len(y):
            raise ValueError(f"X has {len(texts)} texts and y {len(y)} labels; expected as many of one as of the other")
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds only one class ({self.classes_.tolist()}); a classifier needs at least two classes"
            )
        recipe = with_settings(
            load_recipe(self.model),
            tuple(f"{key}={value}" for key, value in (self.settings or {}).items()),
            size=self.size,
        )
        check_recipe(recipe)
        train, dev = self._sides(texts, labels)
        self.classifier_ = new_classifier(
            recipe,
            [str(each) for each in self.classes_],
            train.texts,
            seed=self.seed,
            offline=self.offline,
            device=self.device,
        )
        fit_any(self.classifier_, train, dev, seed=self.seed, budget_seconds=self.budget_seconds)
        self.classifier_.temperature = fit_temperature(self.classifier_.logits(dev.texts), dev.labels)
        return self

    def _sides(self, texts: list[str], labels: np.ndarray) -> tuple[Any, ...]:
        from headwork.data.corpus import Examples

        counts = np.bincount(labels)
        stratified = labels if counts.min() >= 2 and self.dev_share * len(texts) >= len(counts) else None
        train, dev = train_test_split(
            np.arange(len(texts)), test_size=self.dev_share, random_state=self.seed, stratify=stratified
        )
        return tuple(Examples([texts[row] for row in rows], labels[rows], np.array(rows)) for rows in (train, dev))

    def predict_proba(self, X: Iterable[str]) -> np.ndarray:
        """(n, n_classes) calibrated probabilities, columns as in classes_."""
        check_is_fitted(self)
        return self.classifier_.probabilities(_texts(X))

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """(n,) the most probable label of each text."""
        check_is_fitted(self)
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class HeadworkEncoder(TransformerMixin, _OfTexts):
    """The pretrained encoder as a transformer of texts into vectors; nothing is fitted.

    Parameters
    ----------
    encoder : "minilm", or the path of a folder with its files.
    device : "cpu" or "cuda".
    offline : never look for the weights on the network.
    """

    def __init__(self, encoder: str = "minilm", *, device: str = "cpu", offline: bool = True):
        self.encoder = encoder
        self.device = device
        self.offline = offline

    def fit(self, X: Iterable[str], y: Any = None) -> "HeadworkEncoder":
        """Load the encoder."""
        from headwork.tasks.classify import new_classifier

        recipe = with_settings(load_recipe("minilm-frozen"), (f"model.pretrained={self.encoder}",))
        self.classifier_: Any = new_classifier(recipe, ["0", "1"], [], seed=0, offline=self.offline, device=self.device)
        return self

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """(n, D) mean-pooled features, as `minilm-frozen` sees them."""
        from headwork.train.logistic import features_of

        check_is_fitted(self)
        return features_of(self.classifier_, _texts(X))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        check_is_fitted(self)
        return np.array(
            [f"{self.encoder}{place}" for place in range(self.classifier_.network.head.in_features)], dtype=object
        )


class MeanElmo(TransformerMixin, _OfTexts):
    """A text as the mean of ELMo's vectors of its words; nothing is fitted.

    Parameters
    ----------
    elmo : the path of a folder with *options.json and *weights.hdf5, or of the options file; the folder of a language
        of ELMoForManyLangs, or its code where it lies in the cache; a folder that `headwork import` wrote.
    device : "cpu" or "cuda".

    Notes
    -----
    A text is read as one sentence, from zero states, so its vector depends on nothing but the text; one without words
    gives zeros. The layers are mixed in equal shares (Peters et al. 2018, eq. 1 with s = 0).
    """

    def __init__(self, elmo: str = "elmo", *, device: str = "cpu"):
        self.elmo = elmo
        self.device = device

    def fit(self, X: Iterable[str], y: Any = None) -> "MeanElmo":
        """Load the weights."""
        from headwork.data.languages import find_elmo
        from headwork.models.elmo import Elmo

        self.elmo_ = Elmo.load(find_elmo(self.elmo)).to(self.device)
        return self

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """(n, 2P): the output `default` of headwork.models.elmo."""
        from headwork.models.linear import WORD

        check_is_fitted(self)
        sentences = [WORD.findall(text) for text in _texts(X)]
        return np.stack([mean.cpu().numpy() for mean in self.elmo_.embed(sentences, output="default")])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        check_is_fitted(self)
        return np.array([f"elmo{place}" for place in range(2 * self.elmo_.config.projection)], dtype=object)


class PictureVectors(TransformerMixin, _OfTexts):
    """The files of pictures as the vectors of CLIP or ViT; nothing is fitted. A linear model on top is a linear probe.

    Parameters
    ----------
    model : the path of a folder that `headwork import` wrote.
    device : "cpu" or "cuda".

    Notes
    -----
    CLIP's vectors are of length 1 (Radford et al. 2021, section 3.2, on probes); ViT's are its pooled states.
    """

    def __init__(self, model: str = "runs/clip", *, device: str = "cpu"):
        self.model = model
        self.device = device

    def fit(self, X: Iterable[str], y: Any = None) -> "PictureVectors":
        """Load the weights."""
        from headwork.base.runs import Run
        from headwork.tasks.pictures import PictureModel

        self.model_ = PictureModel(Run(Path(self.model)).model, device=self.device)
        return self

    def transform(self, X: Iterable[str]) -> np.ndarray:
        """(n, width) of the pictures at these paths."""
        check_is_fitted(self)
        return np.concatenate([self.model_.vectors([self.model_.read(Path(path))]) for path in _texts(X)])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        check_is_fitted(self)
        return np.array([f"picture{place}" for place in range(self.model_.width)], dtype=object)


def _texts(X: Iterable[str]) -> list[str]:
    """X as a list of strings; one string alone, numbers or tables are refused."""
    if isinstance(X, str):
        raise ValueError("X is one string; expected a sequence of texts")
    texts = X.tolist() if isinstance(X, np.ndarray) else list(X)
    if not texts:
        raise ValueError("X holds no texts (0 samples); expected at least one")
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"X holds {type(text).__name__}; expected a sequence of texts (strings)")
    return texts
