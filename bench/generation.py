"""Writing text with a GPT-2 of 124M weights: tokens a second, greedy, against transformers' `generate`.

Both have the same random weights, in each precision, and in fp32 write the same tokens. Each side is given prompts one
at a time, as `headwork generate` is.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models

from bench.machine import Machine
from bench.results import Row, Section
from bench.rounds import take_turns
from headwork.data.tokenizers import TextTokenizer
from headwork.models.formats import read_published
from headwork.ops.linear import Precision
from headwork.tasks.published_language import PublishedLanguageModel

PEER = "transformers"
PROMPTS, PROMPT, WRITTEN, VOCABULARY = 2, 32, 96, 50257
WEIGHTS, ROW = 123_653_376, 768
"""of GPT-2's smallest size that each token needs: all but the table of places; how many a row of a matrix has"""
END = VOCABULARY - 1
"""never written: random weights do not end a text"""
TARGET = 1.5
PRECISIONS: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
Write = Callable[[list[int]], list[int]]
"""a prompt to the tokens behind it"""


def run(machine: Machine, rounds: int) -> Section:
    generator = torch.Generator().manual_seed(0)
    prompts = torch.randint(0, END, (PROMPTS, PROMPT), generator=generator).tolist()
    rows, alike = [], []
    for precision, dtype in PRECISIONS.items():
        theirs, ours = writers(precision, dtype)
        alike.append(f"{sum(theirs(prompt) == ours(prompt) for prompt in prompts)} in {precision}")
        sides = {PEER: theirs, "headwork": ours}
        rates = take_turns(
            {name: lambda _, write=write: tokens_a_second(write, prompts) for name, write in sides.items()}, rounds
        )
        rows.append(Row.more(f"tokens a second, {precision}", rates["headwork"], rates[PEER], target=TARGET))
    notes = [
        f"{PROMPTS} prompts of {PROMPT} tokens, one at a time, {WRITTEN} tokens behind each; texts that are equal in "
        f"both: {', '.join(alike)} of {PROMPTS}",
        "random weights of GPT-2's smallest size; both keep keys and values",
        "fp16: transformers rounds weights and states, headwork the weights alone; bf16: both round both",
        f"a token reads each weight once: a vector times one matrix of as many numbers in fp32, and nothing else, is "
        f"done {most_a_second():.3g} times a second here, which no writer of one text in fp32 exceeds",
    ]
    return Section(title="Writing text with GPT-2", peer=PEER, rows=rows, notes=notes)


def tokens_a_second(write: Write, prompts: list[list[int]]) -> float:
    start = time.perf_counter()
    for prompt in prompts:
        write(prompt)
    return len(prompts) * WRITTEN / (time.perf_counter() - start)


def most_a_second() -> float:
    """The best of several products of a vector with a matrix of as many numbers as a token needs weights."""
    matrix, vector, best = torch.randn(WEIGHTS // ROW, ROW), torch.randn(ROW), float("inf")
    with torch.inference_mode():
        for _ in range(20):
            start = time.perf_counter()
            torch.mv(matrix, vector)
            best = min(best, time.perf_counter() - start)
    return 1 / best


def writers(precision: Precision, dtype: torch.dtype) -> tuple[Write, Write]:
    """The same random model in both libraries."""
    import transformers

    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    model: Any = transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=VOCABULARY)).eval()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        read = read_published(Path(folder))
    numbered = Tokenizer(models.WordLevel({str(token): token for token in range(VOCABULARY)}, unk_token="0"))
    language = PublishedLanguageModel(read, TextTokenizer(numbered), "cpu")
    language.compute_in(precision)
    model.to(dtype)
    greedy = transformers.GenerationConfig(
        max_new_tokens=WRITTEN, min_new_tokens=WRITTEN, do_sample=False, pad_token_id=END, eos_token_id=END
    )

    def theirs(prompt: list[int]) -> list[int]:
        with torch.inference_mode():
            ids = torch.tensor([prompt])
            written = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=greedy)
        return written[0, len(prompt) :].tolist()

    def ours(prompt: list[int]) -> list[int]:
        writer, found = language.writer(prompt), []
        for left in reversed(range(WRITTEN)):
            found.append(int(writer.log_probabilities[:END].argmax()))
            if left:
                writer.add(found[-1])
        return found

    return theirs, ours
