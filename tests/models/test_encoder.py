"""The encoder with the weights of all-MiniLM-L6-v2 against transformers, and from scratch by its properties."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.data.published_tokens import load_published
from headwork.data.stdlib import docstrings
from headwork.layers.transformer import Core
from headwork.models.encoder import EncoderClassifier, EncoderConfig, embed
from headwork.ops.linear import FrozenLinear, for_inference
from headwork.ops.packed import TokenBatch, pack

MINILM = EncoderConfig(pretrained="minilm", tokens="bert")
SCRATCH = EncoderConfig(dim=24, layers=2, heads=4, ff=40, max_tokens=16)
FOREIGN = (
    "",
    "a",
    "שלום עולם",
    "naïve façade",
    "日本語のテキスト",
    "🙂🙂",
    "¿qué?",
    "ДОБРЫЙ день",
    "x" * 300,
    "[MASK] [SEP]",
)


@pytest.fixture(scope="module")
def batches(minilm_folder: Path) -> list[TokenBatch]:
    """200 texts in the order in which they were found: docstrings, and every twentieth in another script."""
    docs = docstrings().columns["text"][:190]
    # most are cut short: what is compared does not hang on length, and float64 on shared cores is slow
    docs = [text if i % 19 == 0 else text[:120] for i, text in enumerate(docs)]
    texts = [text for i, foreign in enumerate(FOREIGN) for text in (*docs[19 * i : 19 * (i + 1)], foreign)]
    rows = [encoded.ids[: MINILM.max_tokens] for encoded in load_published(minilm_folder).encode(texts)]
    assert len(rows) == 200
    return [pack(rows[i : i + 20]) for i in range(0, 200, 20)]


@pytest.fixture(scope="module")
def minilm(minilm_folder: Path) -> EncoderClassifier:
    model = EncoderClassifier(MINILM, vocabulary=30522, classes=3)
    model.load_pretrained(minilm_folder)
    return model.eval()


@pytest.fixture(scope="module")
def reference(minilm_folder: Path) -> Callable[[torch.dtype], nn.Module]:
    transformers = pytest.importorskip("transformers")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return lambda dtype: transformers.BertModel.from_pretrained(minilm_folder, dtype=dtype).eval()


@torch.no_grad()
def hidden(body: nn.Module, batches: list[TokenBatch]) -> Tensor:
    """(N, D) last hidden states of the padded batches by transformers."""
    states = []
    for batch in batches:
        ids, mask = batch.padded()
        states.append(body(input_ids=ids, attention_mask=mask.long()).last_hidden_state[mask])
    return torch.cat(states)


@pytest.fixture(scope="module")
def truth(reference, batches: list[TokenBatch]) -> Tensor:
    return hidden(reference(torch.float64), batches)


@torch.no_grad()
def states(core: Core, batches: list[TokenBatch]) -> Tensor:
    return torch.cat([core(batch) for batch in batches])


def in_float64(core: Core, **changes) -> Core:
    """A copy in float64 with some of its settings changed."""
    copy = Core(msgspec.structs.replace(core.config, **changes))
    copy.load_state_dict(core.state_dict(), strict=not changes)
    return copy.double().eval()


@pytest.mark.row("BE06")
def test_hidden_states_equal_transformers(minilm, batches, truth: Tensor):
    assert (states(in_float64(minilm.core), batches) - truth).abs().max() < 1e-9


@pytest.mark.row("BE06")
@pytest.mark.parametrize("prepare", [lambda model: model, for_inference], ids=["plain", "for inference"])
def test_in_float32_the_rounding_is_like_the_references(minilm, batches, reference, truth: Tensor, prepare):
    rounding = (hidden(reference(torch.float32), batches) - truth).abs().max()
    assert (states(prepare(minilm).core, batches) - truth).abs().max() < 4 * rounding


@pytest.mark.row("TR06")
def test_a_padded_batch_equals_single_texts(minilm, batches, truth: Tensor):
    core = in_float64(minilm.core)
    first = batches[0]
    single = torch.cat([states(core, [pack([row.tolist()])]) for row in first.ids.split(first.lengths)])
    assert (single - truth[: len(first.ids)]).abs().max() < 1e-9


MISTAKES = {
    "another gelu": {"activation": "gelu_tanh"},
    "another epsilon": {"eps": 1e-5},
    "norm before": {"norm": "pre"},
    "a causal mask": {"causal": True},
    "positions moved by one": {"position_offset": 1},
    "half the heads": {"heads": 6},
    "no segment": {"types": 0},
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_seen(minilm, batches, truth: Tensor, mistake: str):
    wrong = states(in_float64(minilm.core, **MISTAKES[mistake]), batches[:1])
    assert (wrong - truth[: len(wrong)]).abs().max() > 1e-6


def test_texts_that_see_each_other_are_seen(minilm, batches, truth: Tensor):
    core, first = in_float64(minilm.core), batches[0]
    joined = TokenBatch(first.ids[: sum(first.lengths[:2])], (sum(first.lengths[:2]),))
    assert (states(core, [joined]) - truth[: len(joined.ids)]).abs().max() > 1e-6


@pytest.fixture(scope="module")
def vectors(batches, truth: Tensor) -> Tensor:
    """What all-MiniLM-L6-v2 stands for: the mean of the states, of length 1."""
    lengths = [length for batch in batches for length in batch.lengths]
    return F.normalize(torch.stack([text.mean(0) for text in truth.split(lengths)]), dim=1)


@pytest.mark.row("BE08")
def test_embeddings_in_fp32(minilm, batches, vectors: Tensor):
    found = embed(minilm, batches)
    assert found.shape == (200, 384)
    assert (found.double() * vectors).sum(1).min() > 0.999999


@pytest.mark.row("BE08")
def test_embeddings_in_bf16(minilm, batches, vectors: Tensor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("headwork.ops.linear.multiplies_bf16", lambda: True)
    found = embed(minilm, batches[:1], precision="bf16")
    cosines = (found.double() * vectors[:20]).sum(1)
    assert 0.999 < cosines.min() < 0.999999


def test_where_bf16_is_slow_fp32_is_used(minilm, batches, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("headwork.ops.linear.multiplies_bf16", lambda: False)
    assert torch.equal(embed(minilm, batches[:1], precision="bf16"), embed(minilm, batches[:1]))


@pytest.mark.row("BE08")
def test_features_and_head_are_the_whole_model(minilm, batches):
    with torch.no_grad():
        assert torch.equal(minilm.head(minilm.encode(batches[0])), minilm(batches[0]))


@pytest.mark.row("BE14")
def test_the_first_token_as_features(minilm_folder: Path, batches, truth: Tensor):
    model = EncoderClassifier(msgspec.structs.replace(MINILM, pooling="cls"), vocabulary=30522, classes=2)
    model.load_pretrained(minilm_folder)
    model.double().eval()
    starts = torch.tensor([0, *batches[0].lengths[:-1]]).cumsum(0)
    with torch.no_grad():
        assert (model.encode(batches[0]) - truth[starts]).abs().max() < 1e-9


def test_other_weights_are_refused(minilm_folder: Path):
    with pytest.raises(HeadworkError, match=r"vocabulary is 30522 there.* 400"):
        EncoderClassifier(MINILM, vocabulary=400, classes=2).load_pretrained(minilm_folder)


@pytest.fixture
def batch() -> TokenBatch:
    return pack([[2, 3, 4, 5, 6], [2, 3], [], [7], [2]])


@pytest.fixture
def scratch() -> EncoderClassifier:
    torch.manual_seed(0)
    return EncoderClassifier(SCRATCH, vocabulary=50, classes=3).eval()


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_logits_and_their_gradients(pooling: str, batch: TokenBatch):
    model = EncoderClassifier(msgspec.structs.replace(SCRATCH, pooling=pooling), vocabulary=50, classes=3)
    logits = model(batch)
    assert logits.shape == (5, 3)
    logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


def test_a_text_without_tokens_gives_zeros(scratch: EncoderClassifier, batch: TokenBatch):
    assert torch.equal(scratch.encode(batch)[2], torch.zeros(24))
    assert torch.equal(scratch.encode(pack([[], []])), torch.zeros(2, 24))
    assert not scratch(batch).isnan().any()


@pytest.mark.parametrize("freeze, free", [("nothing", 35), ("embeddings", 31), ("encoder", 2)])
def test_what_is_frozen_stays(freeze: str, free: int, batch: TokenBatch):
    model = EncoderClassifier(msgspec.structs.replace(SCRATCH, freeze=freeze), vocabulary=50, classes=3)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1.0)
    F.cross_entropy(model(batch), torch.tensor([0, 1, 2, 0, 1])).backward()
    optimizer.step()
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    frozen = {"nothing": (), "embeddings": ("core.embeddings.",), "encoder": ("core.",)}[freeze]
    assert moved == {name for name in before if not name.startswith(frozen or ("nothing",))}


def test_training_in_bf16_follows_that_in_fp32(batch: TokenBatch):
    losses = {}
    for bf16 in (False, True):
        torch.manual_seed(0)
        model = EncoderClassifier(msgspec.structs.replace(SCRATCH, dropout=0.0), vocabulary=50, classes=3)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, fused=True)
        losses[bf16] = []
        for _ in range(12):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                loss = F.cross_entropy(model(batch).float(), torch.tensor([0, 1, 2, 0, 2]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[bf16].append(loss.item())
    assert losses[False][-1] < 0.8 * losses[False][0]
    assert torch.allclose(torch.tensor(losses[True]), torch.tensor(losses[False]), rtol=0.05, atol=0.02)


@pytest.mark.parametrize("tokens", ["words", "wordpiece"])
def test_weights_are_shares_of_each_text(tokens: str, batch: TokenBatch):
    torch.manual_seed(0)
    model = EncoderClassifier(msgspec.structs.replace(SCRATCH, tokens=tokens), vocabulary=50, classes=3).eval()
    weights = model.weights(batch)
    assert weights.sentences is None
    assert weights.tokens.shape == batch.ids.shape
    for length, text in zip(batch.lengths, weights.tokens.split(batch.lengths), strict=True):
        assert (text >= 0).all()
        assert not length or torch.allclose(text.sum(), torch.ones(()))
        assert (text[0] == text[-1] == 0) if length > 2 and tokens == "wordpiece" else (text > 0).all()
    assert model.weights(pack([[], []])).tokens.shape == (0,)


def test_weights_are_the_last_layers_attention(scratch: EncoderClassifier, batch: TokenBatch):
    first = scratch.core.maps(batch)[0]
    assert torch.allclose(scratch.weights(batch).tokens[:5], first.mean(0).mean(0))


def test_the_copy_for_inference_has_the_same_logits(scratch: EncoderClassifier, batch: TokenBatch):
    fast = for_inference(scratch)
    assert torch.allclose(fast(batch), scratch(batch), atol=1e-5)
    assert any(isinstance(layer, FrozenLinear) for layer in fast.modules())


def test_embed_gives_unit_vectors_and_prepares_once(scratch: EncoderClassifier, batch: TokenBatch):
    fast = for_inference(scratch)
    found = embed(fast, [batch, batch])
    assert torch.equal(found, embed(scratch, [batch, batch]))
    lengths = found.norm(dim=1)
    assert torch.allclose(lengths, torch.tensor([1.0, 1, 0, 1, 1] * 2))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"dim": 30, "heads": 4}, "heads must divide"),
        ({"pretrained": "minilm"}, "needs tokens"),
        ({"pretrained": "minilm", "tokens": "bert", "max_tokens": 600}, "512 positions"),
    ],
)
def test_settings_that_exclude_each_other(settings: dict, message: str):
    with pytest.raises(ValueError, match=message):
        EncoderConfig(**settings)


@pytest.mark.parametrize("size", EncoderConfig.SIZES)
def test_every_size_can_be_made(size: str):
    config = EncoderConfig(**EncoderConfig.SIZES[size])
    assert EncoderClassifier(config, vocabulary=30, classes=2)(pack([[1, 2]])).shape == (1, 2)
