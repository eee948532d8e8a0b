"""Writing translations: tokens a second of the Transformer against transformers' Marian of the same size.

Both have random weights and write exactly as many tokens for each sentence, so that neither can end early.
"""

import time

import torch

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.base.recipes import load_recipe
from headwork.models import config_of
from headwork.models.transformer_translator import TransformerTranslator
from headwork.ops.linear import for_inference
from headwork.ops.packed import pack
from headwork.tasks.decoding import Search, write

PEER = "transformers' Marian"
SENTENCES, SOURCE, WRITTEN, VOCABULARY = 64, 16, 20, 5000
FIRST, LAST, PAD = 2, 3, 0


def run(machine: Machine, rounds: int) -> Section:
    sources = torch.randint(4, VOCABULARY, (SENTENCES, SOURCE), generator=torch.Generator().manual_seed(0))
    rows = []
    for beam in (1, 5):
        sides = {PEER: marian(sources, beam), "headwork": headwork(sources, beam)}
        for side in sides.values():
            side()
        took = take_turns({name: lambda _, side=side: side() for name, side in sides.items()}, rounds)
        rows.append(Row.more(f"tokens a second, beam {beam}", took["headwork"], took[PEER], target=2.0))
    note = (
        f"{SENTENCES} sources of {SOURCE} tokens at once, {WRITTEN} tokens written for each; the sizes of the recipe "
        "transformer, random weights on both sides"
    )
    return Section(title="Writing translations", peer=PEER, rows=rows, notes=[note])


def headwork(sources: torch.Tensor, beam: int):
    torch.manual_seed(0)
    config = config_of(load_recipe("transformer", "translate"))
    model = for_inference(TransformerTranslator(config, vocabulary=VOCABULARY).eval())
    source, longest = pack(sources.tolist()), [WRITTEN] * SENTENCES

    def once() -> float:
        start = time.perf_counter()
        found = write(model, source, Search(beam=beam), first=FIRST, last=LAST, longest=longest, banned=(PAD, LAST))
        assert all(len(hypotheses[0].ids) == WRITTEN for hypotheses in found)
        return SENTENCES * WRITTEN / (time.perf_counter() - start)

    return once


def marian(sources: torch.Tensor, beam: int):
    from transformers import GenerationConfig, MarianConfig, MarianMTModel

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
        min_new_tokens=WRITTEN,
        max_new_tokens=WRITTEN,
        pad_token_id=PAD,
        eos_token_id=LAST,
        decoder_start_token_id=FIRST,
    )
    mask = torch.ones_like(sources)

    def once() -> float:
        start = time.perf_counter()
        with torch.inference_mode():
            written = model.generate(sources, attention_mask=mask, generation_config=generation)
        assert written.shape == (SENTENCES, WRITTEN + 1)
        return SENTENCES * WRITTEN / (time.perf_counter() - start)

    return once
