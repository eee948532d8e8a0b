"""Writing translations: tokens a second of the Transformer against transformers' Marian of the same size.

Both have random weights and write as many tokens for a sentence as it is told: lengths of real sentences, so that those
which are done early count. Headwork puts sentences of one length together and lets go of those that are done; Marian
takes them as they come, as `pipeline("translation", batch_size=64)` does.
"""

import random
import time
from collections.abc import Callable, Sequence

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.base.recipes import load_recipe
from headwork.data.batches import ordered_batches
from headwork.data.corpus import prepare
from headwork.models import config_of
from headwork.models.transformer_translator import TransformerTranslator
from headwork.ops.linear import for_inference
from headwork.ops.packed import pack
from headwork.tasks.decoding import Search, write
from headwork.tasks.translate import WRITE_TOKENS

PEER = "transformers' Marian"
SENTENCES, AT_ONCE, SHORTEST, LONGEST, VOCABULARY = 256, 64, 4, 40, 5000
FIRST, LAST, PAD = 2, 3, 0
Work = Sequence[tuple[list[int], int]]
"""token ids of each source, and how many tokens are to be written for it"""


def run(machine: Machine, rounds: int) -> Section:
    work = sentences()
    rows, limits = [], []
    for beam in (1, 5):
        sides = {PEER: marian(work, beam), "headwork": headwork(work, beam)}
        sides[PEER]()
        with FlopCounterMode(display=False) as counted:
            sides["headwork"]()
        limits.append(sum(length for _, length in work) * machine.gemm_fp32 * 1e9 / counted.get_total_flops())
        took = take_turns({name: lambda _, side=side: side() for name, side in sides.items()}, rounds)
        rows.append(Row.more(f"tokens a second, beam {beam}", took["headwork"], took[PEER], target=2.0))
    lengths = sorted(length for _, length in work)
    note = (
        f"{SENTENCES} sources as long as first lines of docstrings ({lengths[0]} to {lengths[-1]} tokens written, "
        f"median {lengths[len(lengths) // 2]}); Marian {AT_ONCE} at a time; the sizes of the recipe transformer, "
        "random weights on both sides"
    )
    limit = (
        "headwork's products alone, each as fast as the large ones of the last line, would allow {:,.0f} tokens a "
        "second with beam 1 and {:,.0f} with beam 5"
    ).format(*limits)
    return Section(title="Writing translations", peer=PEER, rows=rows, notes=[note, limit])


def sentences() -> Work:
    """Random tokens in real lengths; a translation is a quarter shorter to a quarter longer than its source."""
    chance, work = random.Random(0), []
    for text in prepare("stdlib").texts:
        words = len(text.strip().splitlines()[0].split())
        if SHORTEST <= words <= LONGEST and len(work) < SENTENCES:
            written = max(SHORTEST, round(words * chance.uniform(0.75, 1.25)))
            work.append(([chance.randrange(4, VOCABULARY) for _ in range(words)], written))
    return work


def tokens_a_second(work: Work, translate: Callable[[], None]) -> float:
    start = time.perf_counter()
    translate()
    return sum(length for _, length in work) / (time.perf_counter() - start)


def headwork(work: Work, beam: int) -> Callable[[], float]:
    torch.manual_seed(0)
    config = config_of(load_recipe("transformer", "translate"))
    model = for_inference(TransformerTranslator(config, vocabulary=VOCABULARY).eval())

    def translate() -> None:
        for places in ordered_batches([len(source) for source, _ in work], WRITE_TOKENS):
            source, longest = pack([work[place][0] for place in places]), [work[place][1] for place in places]
            found = write(model, source, Search(beam=beam), first=FIRST, last=LAST, longest=longest, banned=(PAD, LAST))
            assert [len(hypotheses[0].ids) for hypotheses in found] == longest

    return lambda: tokens_a_second(work, translate)


def marian(work: Work, beam: int) -> Callable[[], float]:
    from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, MarianConfig, MarianMTModel

    class EndsAt(LogitsProcessor):
        """Each sentence ends where it should."""

        def __init__(self, longest: list[int]) -> None:
            self.longest = torch.tensor(longest).repeat_interleave(beam)

        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            ends = self.longest < input_ids.shape[1]
            scores[:, [PAD, LAST]] = -torch.inf
            scores[ends] = -torch.inf
            scores[ends, LAST] = 0
            return scores

    ours = config_of(load_recipe("transformer", "translate"))
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=VOCABULARY,
        d_model=ours.dim,
        encoder_layers=ours.layers,
        decoder_layers=ours.layers,
        encoder_attention_heads=ours.heads,
        decoder_attention_heads=ours.heads,
        encoder_ffn_dim=ours.ff,
        decoder_ffn_dim=ours.ff,
        activation_function=ours.activation,
        max_position_embeddings=ours.max_tokens,
        scale_embedding=True,
        pad_token_id=PAD,
        eos_token_id=LAST,
        decoder_start_token_id=FIRST,
        forced_eos_token_id=None,
    )
    model = MarianMTModel(config).eval()
    generation = GenerationConfig(
        num_beams=beam,
        do_sample=False,
        early_stopping=beam > 1,
        max_new_tokens=2 * LONGEST,
        pad_token_id=PAD,
        eos_token_id=LAST,
        decoder_start_token_id=FIRST,
    )

    def translate() -> None:
        for start in range(0, len(work), AT_ONCE):
            sources, longest = zip(*work[start : start + AT_ONCE], strict=True)
            ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(source) for source in sources], True, PAD)
            with torch.inference_mode():
                written = model.generate(
                    ids,
                    attention_mask=(ids != PAD).long(),
                    generation_config=generation,
                    logits_processor=LogitsProcessorList([EndsAt(list(longest))]),
                )
            assert (written == LAST).int().argmax(1).tolist() == [length + 1 for length in longest]

    return lambda: tokens_a_second(work, translate)
