"""An imported GPT-2 writes what transformers writes, token for token, and its caches change nothing."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tokenizers import pre_tokenizers
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.base.runs import Run
from headwork.cli import group
from headwork.compare.open import open_run
from headwork.exchange.importing import import_model
from headwork.layers.transformer import Core, CoreConfig
from headwork.ops.linear import Precision, dtype_of
from headwork.ops.packed import pack
from headwork.tasks import published_language
from headwork.tasks.language import Sampling
from headwork.tasks.published_language import PublishedLanguageModel

PLACES = 48
LETTERS = ord("~") - ord("!") + 1
GREEDY = Sampling(temperature=0)
PROMPTS = ["To be", "a", "x y z " * 4]


@pytest.fixture(scope="module")
def there(transformers, tmp_path_factory):
    """A GPT-2 with wide random weights and a token for each letter, in the folder that transformers writes."""
    folder = tmp_path_factory.mktemp("gpt2")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {piece: place for place, piece in enumerate([*letters, "To", "Ġb", "<|endoftext|>"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\nT o\nĠ b\n")
    torch.manual_seed(0)
    end = vocabulary["<|endoftext|>"]
    settings = {
        "n_positions": PLACES,
        "n_embd": 16,
        "n_layer": 3,
        "n_head": 4,
        "bos_token_id": end,
        "eos_token_id": end,
    }
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=len(vocabulary), **settings)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    model.transformer.wte.weight.data[LETTERS : len(letters)] = 0  # bytes that are no letter by themselves are unlikely
    model.save_pretrained(folder)
    return folder, model


@pytest.fixture(scope="module")
def run(there, tmp_path_factory) -> Run:
    run = Run(tmp_path_factory.mktemp("run") / "gpt2")
    assert import_model(str(there[0]), run).writes
    return run


@pytest.fixture
def model(run: Run) -> PublishedLanguageModel:
    return open_run(str(run.folder), device="cpu", task="language")[0]


def greedy_there(model, ids: list[int], tokens: int) -> list[int]:
    told = {"attention_mask": torch.ones(1, len(ids), dtype=torch.int64), "pad_token_id": 0}
    found = model.generate(torch.tensor([ids]), max_new_tokens=tokens, do_sample=False, use_cache=True, **told)
    return found[0, len(ids) :].tolist()


def tokens_of(model: PublishedLanguageModel, prompt: str) -> list[int]:
    return model.vocabulary.encode(prompt).ids.tolist()[1:]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_writing_is_that_of_transformers_token_for_token(prompt: str, there, model: PublishedLanguageModel):
    ids = tokens_of(model, prompt)
    tokens = PLACES - len(ids)
    expected = greedy_there(there[1], ids, tokens)
    assert len(set(expected)) > 1
    written = model.generate(prompt, tokens=tokens, sampling=GREEDY)
    ended = expected.index(model.ends) if model.ends in expected else len(expected)
    assert written == (model.vocabulary.decode(expected[:ended]), ended)


def test_it_stops_where_transformers_stops(there, model: PublishedLanguageModel):
    expected = greedy_there(there[1], tokens_of(model, "To be"), 12)
    model.ends = expected[5]
    first = expected.index(expected[5])
    assert model.generate("To be", tokens=12, sampling=GREEDY).tokens == first


@torch.no_grad()
def test_cached_chances_are_the_uncached_ones_and_those_of_transformers(there, model: PublishedLanguageModel):
    torch.manual_seed(1)
    ids = torch.randint(0, 90, (PLACES,))
    expected = there[1](ids[None]).logits[0].double().log_softmax(-1)
    caches, found, first = model.caches(), [], 0
    for tokens in (7, 1, 1, 12, PLACES - 21):
        found.append(model.log_probabilities(ids[first : first + tokens].tolist(), caches))
        first += tokens
    torch.testing.assert_close(torch.cat(found), expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(model.log_probabilities(ids.tolist(), model.caches()), expected, rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("precision, near", [("bf16", 0.02), ("fp16", 1e-5)])
def test_chances_of_rounded_weights_are_those_of_transformers_with_weights_rounded_so(
    precision: Precision, near: float, there, model: PublishedLanguageModel, monkeypatch: pytest.MonkeyPatch
):
    """In bf16 states are rounded too, on the way through the layers."""
    monkeypatch.setattr("headwork.ops.linear.multiplies_bf16", lambda: True)
    ids = torch.randint(0, 90, (12,), generator=torch.Generator().manual_seed(1))
    exact = model.log_probabilities(ids.tolist(), model.caches())
    model.compute_in(precision)
    found = model.log_probabilities(ids.tolist(), model.caches())
    rounded = copy.deepcopy(there[1]).double()
    rounded.lm_head.weight = nn.Parameter(rounded.lm_head.weight.clone())
    for name, parameter in rounded.named_parameters():
        if parameter.dim() == 2 and name not in ("transformer.wte.weight", "transformer.wpe.weight"):
            parameter.copy_(parameter.to(dtype_of(precision)))
    expected = rounded(ids[None]).logits[0].log_softmax(-1)
    assert (found - expected).abs().max() < near < 100 * (found - exact).abs().max()
    model.compute_in("fp32")
    assert torch.equal(model.log_probabilities(ids.tolist(), model.caches()), exact)


def test_where_16_bits_are_slow_32_are_used(model: PublishedLanguageModel, monkeypatch: pytest.MonkeyPatch):
    ids = [3, 1, 4, 1, 5]
    exact = model.log_probabilities(ids, model.caches())
    monkeypatch.setattr("headwork.ops.linear.multiplies_bf16", lambda: False)
    model.compute_in("bf16")
    assert torch.equal(model.log_probabilities(ids, model.caches()), exact)


@torch.no_grad()
@pytest.mark.parametrize("norm, residual", [("post", "sum"), ("pre", "sum"), ("pre", "relu"), ("pre", "gru")])
def test_what_a_core_reads_piece_by_piece_is_what_it_reads_at_once(norm: str, residual: str):
    torch.manual_seed(2)
    config = CoreConfig(vocabulary=20, dim=8, layers=2, heads=2, ff=12, causal=True, norm=norm, residual=residual)
    core = Core(config).double().eval()
    ids, caches = torch.randint(0, 20, (2, 9)), [published_language.Cache() for _ in core.layers]
    pieces = [core.further(part, caches) for part in ids.split([4, 1, 1, 3], 1)]
    expected = core(pack(ids.tolist())).view(2, 9, 8)
    torch.testing.assert_close(torch.cat(pieces, 1), expected, rtol=0, atol=1e-12)


def test_where_all_places_are_taken_the_last_half_is_read_again(there, model: PublishedLanguageModel):
    writer = model.writer([7, *range(PLACES)])
    assert model.note("x" * (PLACES + 1)).startswith(f"the prompt has {PLACES + 2} tokens")
    last = list(range(PLACES))[-(PLACES // 2) :]
    expected = there[1](torch.tensor([last])).logits[0, -1].double().log_softmax(-1)
    np.testing.assert_allclose(writer.log_probabilities, expected.detach(), atol=1e-5)
    assert model.generate("To be", tokens=2 * PLACES, sampling=Sampling(top_k=5), seed=1).tokens > PLACES


@torch.no_grad()
def test_texts_are_scored_as_transformers_scores_them(there, model: PublishedLanguageModel):
    short, long = model.score(["To be or", "ab" * PLACES])
    ids = torch.tensor([tokens_of(model, "To be or")])
    whole = torch.cat([torch.tensor([[model.ends]]), ids], 1)
    nats = -there[1](whole).logits[0, :-1].double().log_softmax(-1).gather(1, ids[0][:, None])
    np.testing.assert_allclose(short.nats, nats[:, 0], atol=1e-5)
    assert len(long.nats) == 2 * PLACES and (long.nats > 0).all()


def test_the_command_writes_and_the_same_seed_writes_the_same(run: Run, model: PublishedLanguageModel):
    told = [str(run.folder), "--prompt", "To be", "--tokens", "8", "--threads", "1"]
    greedy = CliRunner().invoke(group, ["generate", *told, "--temperature", "0"])
    assert greedy.exit_code == 0
    assert greedy.output == f"To be{model.generate('To be', tokens=8, sampling=GREEDY).text}\n"
    drawn = [CliRunner().invoke(group, ["generate", *told, "--top-k", "4", "--seed", seed]).output for seed in "112"]
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_writes_no_text_is_refused(published, tmp_path: Path):
    run = Run(tmp_path / "run")
    assert not import_model(str(published("bert", "Model").folder), run).writes
    with pytest.raises(HeadworkError, match="an encoder without a task"):
        open_run(str(run.folder), device="cpu", task="language")


def test_without_a_token_to_begin_with_a_prompt_is_needed(model: PublishedLanguageModel):
    model.vocabulary.start = None
    with pytest.raises(HeadworkError, match="no token to begin with; give a --prompt"):
        model.generate("", tokens=3, sampling=GREEDY)


def test_the_command_writes_in_16_bits_and_says_who_cannot(run: Run, tmp_path: Path):
    told = ["--prompt", "To be", "--tokens", "5", "--temperature", "0"]
    done = CliRunner().invoke(group, ["generate", str(run.folder), *told, "--precision", "fp16"])
    assert done.exit_code == 0 and done.output.startswith("To be"), done.output
    (tmp_path / "book.txt").write_text("a short book. " * 300)
    trained = ["train", "ngram", str(tmp_path / "book.txt"), "--task", "language", "-o", str(tmp_path / "n")]
    assert CliRunner().invoke(group, trained).exit_code == 0
    done = CliRunner().invoke(group, ["generate", str(tmp_path / "n"), *told, "--precision", "bf16"])
    assert isinstance(done.exception, HeadworkError) and "computes in fp32" in str(done.exception)
