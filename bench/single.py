"""One short text at a time: what a service feels."""

import statistics
import time

from bench.embedders import Headwork, SentenceTransformers
from bench.embedding import share_of_products
from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.data.corpus import prepare

PEER = "sentence-transformers"
TOKENS, CALLS, COSINE_TEXTS = 16, 100, 128
KIND = {"bf16": "linear layers in bf16", "fp16": "weights of the linear layers kept in fp16, computed in fp32"}


def run(machine: Machine, rounds: int) -> Section:
    precision = "bf16" if machine.gemm_bf16 else "fp16"
    ours, theirs = Headwork(precision), SentenceTransformers()
    texts = prepare("stdlib").texts[:COSINE_TEXTS]
    cosine = (ours(texts) * theirs(texts)).sum(1).min()
    text = text_of(TOKENS, ours)
    sides = {PEER: theirs, "headwork": ours}
    for embed in sides.values():
        p50_ms(embed, text)
    took = take_turns({name: lambda _, embed=embed: p50_ms(embed, text) for name, embed in sides.items()}, rounds)
    row = Row.less(f"one text of {TOKENS} tokens, p50 in ms", took["headwork"], took[PEER], target=3.0)
    share = share_of_products(ours, ours.batches([text])[1] * CALLS)
    notes = [
        f"{CALLS} calls a round, tokenizing included; headwork with {KIND[precision]}, smallest cosine to {PEER} "
        f"{cosine:.7f} in {COSINE_TEXTS} texts",
        f"headwork's linear layers are {share:.0%} of its time in the model",
    ]
    return Section(title="One text", peer=PEER, rows=[row], notes=notes)


def p50_ms(embed, text: str) -> float:
    took = []
    for _ in range(CALLS):
        start = time.perf_counter()
        embed([text])
        took.append(time.perf_counter() - start)
    return 1000 * statistics.median(took)


def text_of(tokens: int, ours: Headwork) -> str:
    """The beginning of a docstring that comes to exactly so many tokens, [CLS] and [SEP] included."""
    for text in prepare("stdlib").texts:
        words = text.split()
        for many in range(1, tokens):
            beginning = " ".join(words[:many])
            if ours.reader.read([beginning]).lengths == [tokens]:
                return beginning
    raise LookupError(f"no docstring begins with {tokens} tokens")
