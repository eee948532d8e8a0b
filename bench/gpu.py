"""A GPU: embedding many texts and fine-tuning with all-MiniLM-L6-v2, both sides on it, in one process."""

from collections.abc import Callable

import torch

from bench.embedders import Headwork, SentenceTransformers
from bench.embedding import seconds
from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from bench.trainers import EPOCHS, first, headwork, tokens_of, transformers
from headwork.data.corpus import prepare
from headwork.ops.chance import repeat_on
from headwork.ops.linear import Precision

DEVICE = "cuda"
EMBEDDING: tuple[tuple[Precision, str, int], ...] = (("fp32", "float32", 128), ("bf16", "bfloat16", 512))
"""the peer's kind of number, and its texts in a batch: the fastest of 32, 128 and 512 on an H100"""
TRAINING = ((1024, 16), (4096, 64))
"""tokens in a batch, and the Trainer's documents in one"""


def run(machine: Machine, rounds: int) -> Section:
    if not torch.cuda.is_available():
        raise SystemExit("bench gpu: no GPU on this machine")
    texts, train = prepare("stdlib").texts, prepare("stdlib").part("train")
    return Section(
        title="On a GPU",
        peer="the library",
        rows=[
            *(_embedding(*sides, rounds) for sides in EMBEDDING),
            *(_training(precision, *sizes, rounds) for precision in ("fp32", "bf16") for sizes in TRAINING),
        ],
        notes=[
            f"{torch.cuda.get_device_name()}; headwork with sums in a fixed order, neither side with TF32",
            f"embedding: {len(texts):,} texts, tokenizing included",
            f"training: {len(train):,} documents, {EPOCHS} epochs, every weight trained",
        ],
    )


def _embedding(precision: Precision, dtype: str, many: int, rounds: int) -> Row:
    texts = prepare("stdlib").texts
    ours, theirs = Headwork(precision, DEVICE), SentenceTransformers(DEVICE, dtype=dtype, rows=many)
    cosine = (ours(texts) * theirs(texts)).sum(1).min()
    return _row(
        f"embedding in {precision}, tokens a second; sentence-transformers, {many} texts a batch (cosine {cosine:.4f})",
        sum(ours.reader.read(texts).lengths),
        lambda turn: seconds(ours, texts),
        lambda turn: seconds(theirs, texts),
        rounds,
    )


def _training(precision: Precision, tokens: int, count: int, rounds: int) -> Row:
    corpus = prepare("stdlib")
    train = corpus.part("train")
    given = corpus, train, first(corpus.part("test"), 1), precision
    return _row(
        f"training in {precision}, real tokens a second, {tokens:,} a batch; transformers' Trainer, {count} documents",
        EPOCHS * tokens_of(train.texts),
        lambda turn: headwork(*given, turn, tokens=tokens, device=DEVICE).seconds,
        lambda turn: transformers(*given, turn, count=count, device=DEVICE).seconds,
        rounds,
    )


def _row(what: str, tokens: int, ours: Callable[[int], float], theirs: Callable[[int], float], rounds: int) -> Row:
    """Of two sides that tell their seconds; the first round, in which a GPU gets ready, does not count."""

    def repeatable(turn: int) -> float:
        repeat_on(DEVICE)
        return ours(turn)

    def as_it_comes(turn: int) -> float:
        torch.use_deterministic_algorithms(False)
        torch.backends.cuda.enable_cudnn_sdp(True)
        return theirs(turn)

    took = take_turns({"ours": repeatable, "theirs": as_it_comes}, rounds + 1)
    rates = {side: [tokens / each for each in found[1:]] for side, found in took.items()}
    return Row.more(what, rates["ours"], rates["theirs"], target=1.0)
