"""A process that fine-tunes all-MiniLM-L6-v2 once: `python -m bench.trainers SIDE PRECISION SEED` prints JSON.

All sides train for the Trainer's three epochs at its rate of 5e-5 falling to 0, on the same documents.
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np
import torch

from headwork.base.recipes import load_recipe
from headwork.data.corpus import Corpus, Examples, prepare
from headwork.data.published_tokens import load_published
from headwork.data.weights import find_encoder
from headwork.measure.memory import peak_bytes
from headwork.tasks.classify import new_classifier
from headwork.train.any import fit_any

TRAIN, DEV, TEST = 384, 16, 400
EPOCHS, RATE, TOKENS = 3, 5e-5, 256


@dataclass(frozen=True)
class Tuned:
    """seconds: of training alone; predicted: classes of the test documents."""

    seconds: float
    predicted: np.ndarray


def headwork(
    corpus: Corpus,
    train: Examples,
    test: Examples,
    precision: str,
    seed: int,
    *,
    freeze: str = "nothing",
    tokens: int = 1024,
    device: str = "cpu",
) -> Tuned:
    """Its own trainer with the recipe minilm, but for `freeze` and a head that starts from nothing, as theirs does.

    `tokens` in a batch.
    """
    recipe = load_recipe("minilm")
    settings = {
        "epochs": EPOCHS, "patience": EPOCHS, "lr": RATE, "warmup": 0.0, "precision": precision, "fit": "gradient",
        "batch_tokens": tokens,
    }  # fmt: skip
    recipe = msgspec.structs.replace(
        recipe, model={**recipe.model, "freeze": freeze}, train={**recipe.train, **settings}
    )
    classifier = new_classifier(recipe, corpus.facts.classes, train.texts, seed=seed, offline=True, device=device)
    fitted = fit_any(classifier, train, first(corpus.part("dev"), DEV), seed=seed)
    return Tuned(fitted.seconds, classifier.logits(test.texts).argmax(1))


def transformers(
    corpus: Corpus,
    train: Examples,
    test: Examples,
    precision: str,
    seed: int,
    *,
    count: int = 16,
    device: str = "cpu",
) -> Tuned:
    """transformers' Trainer, `count` rows a batch and the rest as it comes."""
    import transformers as library

    folder = find_encoder("minilm", offline=True)
    tokenizer = library.AutoTokenizer.from_pretrained(folder)
    model = library.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(corpus.facts.classes))

    def rows(examples: Examples) -> list[dict]:
        read = tokenizer(examples.texts, truncation=True, max_length=TOKENS)
        return [
            {"input_ids": ids, "attention_mask": mask, "labels": int(label)}
            for ids, mask, label in zip(read["input_ids"], read["attention_mask"], examples.labels, strict=True)
        ]

    with tempfile.TemporaryDirectory() as output:
        arguments = library.TrainingArguments(
            output,
            per_device_train_batch_size=count,
            bf16=precision == "bf16",
            seed=seed,
            use_cpu=device == "cpu",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = library.Trainer(model, arguments, train_dataset=rows(train), processing_class=tokenizer)
        start = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - start
        return Tuned(seconds, trainer.predict(rows(test)).predictions.argmax(1))


SIDES = {
    "headwork": headwork,
    "headwork-recipe": partial(headwork, freeze=load_recipe("minilm").model["freeze"]),
    "transformers": transformers,
}


def tokens_of(texts: list[str]) -> int:
    """Real tokens of the texts, as cut for both sides."""
    encoded = load_published(find_encoder("minilm", offline=True)).encode(texts)
    return sum(min(len(text.ids), TOKENS) for text in encoded)


def first(examples: Examples, count: int) -> Examples:
    """`count` examples drawn without regard to their order."""
    chosen = np.random.default_rng(0).permutation(len(examples))[:count]
    return Examples([examples.texts[place] for place in chosen], examples.labels[chosen], examples.rows[chosen])


def main(side: str, precision: str, seed: int) -> None:
    torch.manual_seed(seed)
    corpus = prepare("stdlib")
    train, test = first(corpus.part("train"), TRAIN), first(corpus.part("test"), TEST)
    tuned = SIDES[side](corpus, train, test, precision, seed)
    found = {
        "rate": EPOCHS * tokens_of(train.texts) / tuned.seconds,
        "megabytes": peak_bytes() / 1e6,
        "correct": (tuned.predicted == test.labels).tolist(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
