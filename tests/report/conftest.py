"""A comparison as `headwork compare` leaves it: nine models, ten classes, three seeds, made by a random generator."""

import functools
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from headwork.base import results
from headwork.base.files import write_json
from headwork.base.runs import ComparisonFolder, Point
from headwork.measure.verdict import choose
from headwork.report.predictions import calibration_error, class_scores, confusion_matrix, reliability

WORDS = {
    "asyncio": "coroutine event loop task future await transport",
    "collections": "mapping deque ordered counter iterable key",
    "email": "message header payload charset address mime",
    "http": "request cookie server response status client",
    "importlib": "module loader spec finder path import",
    "json": "encoder decoder string object literal parse",
    "logging": "handler record formatter level logger stream",
    "multiprocessing": "process pool queue lock shared manager",
    "unittest": "test case mock assert suite runner",
    "xml": "element node parser document attribute namespace",
}
CLASSES = list(WORDS)
FILLER = "return the a if of and with for given is not this new value when default".split()
HOSTILE = [
    "<script>alert('pwned')</script><img src=x onerror=alert(1)> returns the request of the server.",
    "</style></svg></table><h1 id='verdict'>gone</h1> \u202egnitset\u202c & \x00 nothing \x1b[31m hidden",
    "מחזירה את הרשומה של היומן, או None אם אין handler מתאים.",
]
# title, skill (None: constant answer), seeds, train seconds, parameters, bytes, milliseconds for one text
MODELS = {
    "majority": ("Majority class", None, 1, 0.002, 10, 412, 0.004),
    "tfidf": ("TF-IDF and logistic regression", 2.7, 1, 0.61, 84_210, 1_240_000, 0.31),
    "bag": ("Bag of embeddings", 2.3, 3, 6.4, 512_330, 2_100_000, 0.12),
    "text-cnn": ("Convolutional network", 2.5, 3, 21.5, 903_110, 3_700_000, 0.55),
    "bilstm-attention": ("BiLSTM with attention", 2.6, 3, 48.0, 1_104_522, 4_500_000, 2.9),
    "han": ("Hierarchical attention network", 2.75, 3, 63.2, 1_310_002, 5_300_000, 4.4),
    "transformer": ("Transformer from scratch", 2.1, 3, 55.9, 1_810_442, 7_300_000, 1.6),
    "minilm-frozen": ("MiniLM features and logistic regression", 2.95, 1, 14.8, 22_717_066, 91_000_000, 5.7),
    "minilm": ("MiniLM, fine-tuned", 3.2, 3, 262.0, 22_716_170, 91_200_000, 5.8),
}
TRAINED = ["bag", "text-cnn", "bilstm-attention", "han", "transformer", "minilm"]
READABLE = {
    "bilstm-attention": "attention over words",
    "han": "attention over words times attention over sentences",
    "transformer": "attention of the first token, mean of heads",
    "minilm": "gradient times input",
}
OVERCONFIDENCE = 2.2


@pytest.fixture(scope="session")
def made() -> results.Comparison:
    return Maker().comparison


@pytest.fixture(scope="session")
def comparison_folder(tmp_path_factory: pytest.TempPathFactory) -> ComparisonFolder:
    """A finished comparison with its trials."""
    return make_folder(tmp_path_factory.mktemp("comparison"))


@pytest.fixture
def folder_of(tmp_path: Path) -> Callable[[results.Comparison], ComparisonFolder]:
    """Makes a folder that holds a comparison and no trials."""

    def write(comparison: results.Comparison) -> ComparisonFolder:
        folder = ComparisonFolder(tmp_path)
        write_json(folder.result_file, comparison)
        return folder

    return write


def make_folder(path: Path) -> ComparisonFolder:
    maker, folder = Maker(), ComparisonFolder(path)
    write_json(folder.result_file, maker.comparison)
    for name in MODELS:
        for seed in maker.seeds(name):
            maker.write_trial(folder, name, seed)
    return folder


class Maker:
    """Texts, labels and logits of all models, and every file that follows from them."""

    def __init__(self, test: int = 300):
        self.random = np.random.default_rng(8)
        self.labels = self.random.integers(0, len(CLASSES), test)
        self.texts = [*HOSTILE, *(self.text(CLASSES[label]) for label in self.labels[len(HOSTILE) :])]
        hardness = self.random.normal(0, 0.7, test)
        # (seeds, texts, classes)
        self.logits = {name: np.stack([self.answer(name, hardness) for _ in self.seeds(name)]) for name in MODELS}
        self.right = {name: (logits.argmax(-1) == self.labels).mean(0) for name, logits in self.logits.items()}
        self.order = sorted(self.right, key=lambda name: -self.right[name].mean())

    def seeds(self, name: str) -> list[int]:
        return list(range(MODELS[name][2]))

    def text(self, kind: str) -> str:
        pool = [*WORDS[kind].split(), *FILLER, *FILLER[:6]]
        lengths = self.random.integers(5, 16, self.random.integers(1, 6))
        return " ".join(" ".join(self.random.choice(pool, length)).capitalize() + "." for length in lengths)

    def answer(self, name: str, hardness: np.ndarray) -> np.ndarray:
        skill, rows = MODELS[name][1], np.arange(len(self.labels))
        if skill is None:
            return np.tile(np.linspace(0.1, 0, len(CLASSES)), (len(rows), 1))
        logits = self.random.normal(0, 1, (len(rows), len(CLASSES)))
        logits[rows, self.labels] += skill - hardness
        return OVERCONFIDENCE * skill * logits

    def probabilities(self, name: str, seed: int = 0) -> np.ndarray:
        return softmax(self.logits[name][seed] / OVERCONFIDENCE)

    @functools.cached_property
    def comparison(self) -> results.Comparison:
        models = [self.model(name) for name in MODELS]
        best, second = self.order[:2]
        confusion = confusion_matrix(self.labels, self.logits[best][0].argmax(1), len(CLASSES))
        return results.Comparison(
            name="stdlib",
            data=self.data,
            models=models,
            verdict=choose(models),
            best=best,
            confusion=confusion.tolist(),
            per_class=class_scores(confusion, CLASSES),
            mistakes={name: self.mistakes(name) for name in (best, second)},
            warnings=[
                "4 texts of test stand in train with another label: rows 12, 77, 103, 240 (<b>look</b>)",
                "17 labels look wrong (0.9%)",
            ],
            machine=results.Machine(
                processor="AMD EPYC 9R14", threads=2, device="cpu", python="3.11.7", torch="2.13.0", headwork="0.1.0"
            ),
            budget_seconds=120.0,
            total_seconds=1290.4,
            command="headwork compare stdlib --curve --seeds 3 --budget 2m -o out",
        )

    @property
    def data(self) -> results.DataFacts:
        split = results.Split(train=1400, dev=300, test=len(self.labels))
        return results.DataFacts(
            source="stdlib",
            fingerprint="9f2c" * 16,
            text_column="text",
            label_column="package",
            rows=split.train + split.dev + split.test + 31,
            classes=CLASSES,
            split=split,
            dropped={"near-duplicate": 23, "empty text": 8},
            split_by="group file",
            class_rows={name: 200 for name in CLASSES},
            notes=["docstrings of Python 3.11.7; the package's own name is hidden"],
        )

    def model(self, name: str) -> results.ModelResult:
        title, _, seeds, train, parameters, size, latency = MODELS[name]
        before, after = softmax(self.logits[name][0]), self.probabilities(name)
        bins_before, bins_after = reliability(before, self.labels), reliability(after, self.labels)
        rows, slow = np.arange(len(self.labels)), name == "minilm"
        spread = float((self.logits[name].argmax(-1) == self.labels).mean(1).std())
        accuracy = score(self.right[name], spread)
        return results.ModelResult(
            name=name,
            title=title,
            seeds=self.seeds(name),
            scores={"accuracy": accuracy, "macro_f1": score(self.right[name] * 0.99, spread)},
            calibration=results.Calibration(
                nll_before=float(-np.log(before[rows, self.labels]).mean()),
                nll_after=float(-np.log(after[rows, self.labels]).mean()),
                ece_before=calibration_error(bins_before),
                ece_after=calibration_error(bins_after),
                temperature=OVERCONFIDENCE,
            ),
            cost=results.Cost(
                train_seconds=train, parameters=parameters, bytes=size, peak_bytes=240_000_000 + 9 * size
            ),
            latency=results.Latency(p50_ms=latency, p95_ms=1.4 * latency, texts_per_second=2600 / latency),
            against_best=difference(self.right[name], self.right[self.order[0]]),
            against_tfidf=None if name == "tfidf" else difference(self.right[name], self.right["tfidf"]),
            stopped=["budget" if slow else "patience"] * seeds if name in TRAINED else ["fitted"],
            cut=results.Cut(rows=21 * slow, tokens=3_120 * slow, of_tokens=88_000),
            reliability_before=bins_before,
            reliability_after=bins_after,
            faithfulness=results.Faithfulness(top=0.06 if name == "transformer" else 0.31, random=0.05, texts=100)
            if name in READABLE
            else None,
            curve=[
                results.CurvePoint(
                    share=share,
                    rows=round(1400 * share),
                    accuracy=accuracy.mean - 0.08 * (1 - share) ** 2 * (1 + latency) ** 0.3,
                    spread=0.01,
                )
                for share in (0.1, 0.3, 1.0)
            ],
        )

    def mistakes(self, name: str) -> list[results.Mistake]:
        """The most confident ones, and all hostile texts."""
        probabilities = self.probabilities(name)
        probabilities[np.arange(len(self.labels)), self.labels] = 0
        wrong = np.flatnonzero(self.logits[name][0].argmax(1) != self.labels)
        confident = wrong[np.argsort(-probabilities[wrong].max(1))][:8]
        return [
            results.Mistake(
                row=int(row),
                text=self.texts[row],
                label=CLASSES[self.labels[row]],
                predicted=CLASSES[probabilities[row].argmax()],
                probability=float(probabilities[row].max()),
            )
            for row in dict.fromkeys([*confident, *range(len(HOSTILE))])
        ]

    def write_trial(self, folder: ComparisonFolder, name: str, seed: int) -> None:
        run = folder.trial(name, seed)
        run.folder.mkdir(parents=True)
        predictions = {
            "row": np.arange(len(self.labels)),
            "side": ["test"] * len(self.labels),
            "label": self.labels.astype(np.int32),
            "predicted": self.logits[name][seed].argmax(1).astype(np.int32),
            "logits": self.logits[name][seed].tolist(),
            "probabilities": self.probabilities(name, seed).tolist(),
        }
        parquet.write_table(pa.table(predictions), run.predictions_file)
        write_json(run.data_file, self.data)
        write_json(run.result_file, self.run_result(name, seed))
        if name in TRAINED:
            run.metrics_file.write_bytes(b"".join(msgspec.json.encode(point) + b"\n" for point in self.metrics(name)))
        if name in READABLE:
            texts = [self.seen(name, row) for row in range(12)]
            write_json(run.explanations_file, results.Explanations(method=READABLE[name], texts=texts))

    def run_result(self, name: str, seed: int) -> results.RunResult:
        model = next(model for model in self.comparison.models if model.name == name)
        accuracy = float((self.logits[name][seed].argmax(1) == self.labels).mean())
        return results.RunResult(
            model=name,
            title=model.title,
            seed=seed,
            recipe_sha256="0" * 64,
            data_fingerprint="1" * 64,
            dev_accuracy=accuracy + 0.01,
            test_accuracy=accuracy,
            test_macro_f1=accuracy - 0.01,
            temperature=OVERCONFIDENCE,
            stopped=model.stopped[0],
            steps=900,
            epochs=9.4,
            seconds=70.0,
            cost=model.cost,
            latency=model.latency,
            cut=model.cut,
            faithfulness=model.faithfulness,
        )

    def metrics(self, name: str) -> list[Point]:
        points = []
        for epoch in range(1, int(self.random.integers(6, 13))):
            learned = MODELS[name][1] / 3.5 * (1 - 0.45**epoch) + float(self.random.normal(0, 0.008))
            points.append(
                Point(
                    step=90 * epoch,
                    epoch=float(epoch),
                    seconds=4.0 * epoch,
                    train_loss=2.3 * (1 - learned) / epoch**0.3,
                    dev_loss=2.2 * (1 - learned) + 0.004 * epoch**2,
                    dev_accuracy=learned,
                )
            )
        return points

    def seen(self, name: str, row: int) -> results.SeenText:
        label, probabilities = CLASSES[self.labels[row]], self.probabilities(name)[row]
        texts = self.texts[row].split(" ")
        known = [word.strip(".").lower() in WORDS[label].split() for word in texts]
        weights = np.where(known, self.random.beta(3, 2, len(texts)), self.random.beta(1, 9, len(texts)))
        words = []
        for word, weight in zip(texts, weights / weights.max(), strict=True):
            words += [results.WordWeight(text=word, weight=float(weight)), results.WordWeight(text=" ", weight=None)]
        starts = [0, *(2 * place + 2 for place, word in enumerate(texts[:-1]) if word.endswith("."))]
        shares = self.random.dirichlet(np.ones(len(starts))).tolist()
        return results.SeenText(
            row=row,
            label=label,
            predicted=CLASSES[probabilities.argmax()],
            probability=float(probabilities.max()),
            words=words[:-1],
            sentences=list(zip(starts, shares, strict=True)) if name == "han" else [],
        )


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def interval(values: np.ndarray) -> tuple[np.ndarray, float, float]:
    draws = values[np.random.default_rng(0).integers(0, len(values), (500, len(values)))].mean(1)
    return draws, *map(float, np.quantile(draws, (0.025, 0.975)))


def score(right: np.ndarray, spread: float) -> results.Score:
    _, low, high = interval(right)
    return results.Score(mean=float(right.mean()), low=low, high=high, spread=spread)


def difference(mine: np.ndarray, other: np.ndarray) -> results.AccuracyDifference:
    draws, low, high = interval(mine - other)
    p = float(min(1.0, 2 * min((draws <= 0).mean(), (draws >= 0).mean())))
    holm = min(1.0, 3 * p)
    return results.AccuracyDifference(
        difference=float((mine - other).mean()),
        low=low,
        high=high,
        p=p,
        p_holm=holm,
        mcnemar_p=p,
        mcnemar_p_holm=min(1.0, 4 * p),
    )
