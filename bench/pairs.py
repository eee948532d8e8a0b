"""All pairs of some sentences: a bi-encoder encodes each once, a cross-encoder reads each pair (the same layers)."""

import time
from itertools import combinations

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.base.recipes import load_recipe
from headwork.data.corpus import prepare
from headwork.data.pairs import Pair
from headwork.tasks.embedding import open_embedder
from headwork.tasks.neural_pair import NeuralMatcher
from headwork.tasks.pair import Target

PEER = "cross-encoder"
SENTENCES = 32
CHARACTERS = 80
"""of a sentence at most"""


def run(machine: Machine, rounds: int) -> Section:
    texts = sorted({text[:CHARACTERS] for text in prepare("stdlib").texts})[:SENTENCES]
    pairs = [Pair(*both) for both in combinations(texts, 2)]
    embedder = open_embedder("minilm", offline=True)
    cross = NeuralMatcher.new(load_recipe("minilm-cross", "pair"), Target(), texts, seed=0, offline=True, device="cpu")

    def apart(_: int) -> float:
        start = time.perf_counter()
        vectors = embedder.vectors(texts)
        assert (vectors @ vectors.T).shape == (SENTENCES, SENTENCES)
        return time.perf_counter() - start

    def together(_: int) -> float:
        start = time.perf_counter()
        cross.logits(pairs)
        return time.perf_counter() - start

    took = take_turns({"bi-encoder": apart, PEER: together}, rounds)
    what = f"seconds for the {len(pairs)} pairs of {SENTENCES} sentences"
    row = Row.less(what, took["bi-encoder"], took[PEER], target=SENTENCES / 4)
    share = row.ratio.middle / (SENTENCES - 1)
    notes = [
        f"n sentences are n passes over one, or n (n - 1) / 2 over two of them: were every token as dear, the ratio "
        f"would be {SENTENCES - 1}; it is {share:.2f} of that",
        f"for the most similar pair of 10,000 sentences that makes a ratio of about {share * 9_999:,.0f} (Reimers and "
        "Gurevych 2019, section 1: 65 hours to 5 seconds)",
    ]
    return Section(title="Pairs: a bi-encoder and a cross-encoder", peer=PEER, rows=[row], notes=notes)
