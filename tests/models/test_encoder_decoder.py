"""An encoder and a language model joined: beside the language model itself, and step by step beside the whole."""

import pytest
import torch
from tests.models.test_bertsum import DOCUMENTS, batch_of
from torch import nn

from headwork.base.errors import HeadworkError
from headwork.layers.transformer import CoreConfig
from headwork.models.bertsum import SentenceEncoder, SentenceEncoderConfig
from headwork.models.encoder_decoder import BertSumAbs, BertSumAbsConfig, EncoderDecoder
from headwork.models.formats import gpt2
from headwork.models.language_transformer import LanguageTransformer, LanguageTransformerConfig
from headwork.models.published import Published, PublishedConfig
from headwork.ops.packed import pack

VOCABULARY = 30
TARGETS = [[3, 4, 5, 6, 7], [8], [9, 10, 11], [4, 4]]


def drawn(module: nn.Module) -> nn.Module:
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.4)
    return module.double().eval()


def encoder(dim: int = 16) -> SentenceEncoder:
    torch.manual_seed(1)
    config = SentenceEncoderConfig(tokens="wordpiece", dim=dim, layers=2, heads=2, ff=24, max_tokens=32)
    made = drawn(SentenceEncoder(config, vocabulary=40))
    assert isinstance(made, SentenceEncoder)
    return made


def published() -> Published:
    torch.manual_seed(0)
    settings = gpt2.Settings(vocab_size=VOCABULARY, n_positions=12, n_embd=24, n_layer=3, n_head=3, n_inner=40)
    made = drawn(Published(PublishedConfig(family="gpt2", core=settings.core())))
    assert isinstance(made, Published)
    return made


def trained() -> LanguageTransformer:
    torch.manual_seed(0)
    config = LanguageTransformerConfig(dim=16, layers=2, heads=2, ff=24, context=12, tokens="bpe")
    made = drawn(LanguageTransformer(config, vocabulary=VOCABULARY))
    assert isinstance(made, LanguageTransformer)
    return made


def said_by(language: Published | LanguageTransformer) -> torch.Tensor:
    """(M, V) logits of the language model by itself."""
    if isinstance(language, Published):
        return language(pack(TARGETS))["next"]
    return torch.cat([language.logits(language(torch.tensor([ids])).states)[0] for ids in TARGETS])


@pytest.mark.row("TR14")
@pytest.mark.parametrize("make", [published, trained], ids=["GPT-2", "own"])
def test_without_what_it_sees_of_documents_it_is_the_language_model(make):
    """No other part of the attention to documents can be seen then either; and it learns to look.

    To the bit, where both compute in the same order: our own language model reads documents padded.
    """
    apart = 0.0 if make is published else 1e-12
    language = make()
    joined = EncoderDecoder.from_parts(encoder(), language).double().eval()
    source = batch_of(DOCUMENTS)
    found = joined(source, pack(TARGETS))
    torch.testing.assert_close(found, said_by(language), rtol=0, atol=apart)
    for name, weight in joined.named_parameters():
        if ".cross" in name and ".cross.out." not in name:
            nn.init.normal_(weight)
    assert torch.equal(joined(source, pack(TARGETS)), found)
    joined(source, pack(TARGETS)).sum().backward()
    gradient = joined.decoder.layers[0].cross.out.weight.grad
    assert gradient is not None and gradient.abs().sum() > 0
    for block in joined.decoder.layers:
        nn.init.normal_(block.cross.out.weight, std=0.1)
        seen = joined(source, pack(TARGETS))
        assert (seen - said_by(language)).abs().max() > 1e-3
        nn.init.zeros_(block.cross.out.weight)


@pytest.mark.row("TR14")
def test_every_weight_of_the_language_model_is_taken_over():
    language = published()
    joined = EncoderDecoder.from_parts(encoder(), language)
    inner = sum(weight.numel() for weight in language.core.parameters())
    across = sum(weight.numel() for name, weight in joined.decoder.named_parameters() if ".cross" in name)
    assert sum(weight.numel() for weight in joined.decoder.parameters()) == inner + across
    assert joined.bridge is not None and EncoderDecoder.from_parts(encoder(24), language).bridge is None


@torch.no_grad()
@pytest.mark.parametrize("make", [published, trained], ids=["GPT-2", "own"])
def test_writing_step_by_step_is_reading_the_whole(make):
    joined = EncoderDecoder.from_parts(encoder(), make()).double().eval()
    for weight in joined.parameters():
        nn.init.normal_(weight, std=0.3)
    source, ids = batch_of([DOCUMENTS[0], DOCUMENTS[3]]), [[3, 4, 5], [6, 7, 8]]
    whole = joined(source, pack(ids)).unflatten(0, (2, 3))
    state = joined.begin(source)
    for place in range(3):
        step = torch.tensor([row[place] for row in ids])
        torch.testing.assert_close(joined.step(step, state), whole[:, place], rtol=0, atol=1e-10)
    maps = joined.alignment(source, pack(ids))
    assert [tuple(each.shape) for each in maps] == [(3, 12), (3, sum(len(s) for w in DOCUMENTS[3] for s in w))]
    state = joined.begin(source)
    _, looked = joined.step_and_look(torch.tensor([3, 6]), state)
    torch.testing.assert_close(looked[0, :12], maps[0][0].to(looked.dtype), rtol=0, atol=1e-6)


def test_a_document_changes_what_is_written_and_others_do_not():
    config = BertSumAbsConfig(tokens="wordpiece", dim=16, layers=2, heads=2, ff=24, decoder_ff=20, summary_tokens=8)
    torch.manual_seed(0)
    model = BertSumAbs(config, vocabulary=40)
    assert model.decoder.embeddings.tokens is model.encoder.core.embeddings.tokens
    drawn(model)
    together = model(batch_of([DOCUMENTS[0], DOCUMENTS[3]]), pack(TARGETS[:2]))
    alone = torch.cat([model(batch_of([DOCUMENTS[n]]), pack([t])) for n, t in ((0, TARGETS[0]), (3, TARGETS[1]))])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)
    other = model(batch_of([DOCUMENTS[3]]), pack(TARGETS[:1]))
    assert (other - together[: len(TARGETS[0])]).abs().max() > 1e-3
    model(batch_of(DOCUMENTS[:1]), pack(TARGETS[:1])).sum().backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None and weight.requires_grad] == []


def test_what_cannot_be_joined_is_refused():
    wide = LanguageTransformer(LanguageTransformerConfig(dim=16, heads=2, norm="post"), vocabulary=VOCABULARY)
    with pytest.raises(HeadworkError, match="a decoder of norm 'post'"):
        EncoderDecoder.from_parts(encoder(), wide)
    untied = LanguageTransformer(LanguageTransformerConfig(dim=16, heads=2, tied=False), vocabulary=VOCABULARY)
    with pytest.raises(HeadworkError, match="more than blocks"):
        EncoderDecoder.from_parts(encoder(), untied)
    bert = Published(PublishedConfig(family="bert", core=CoreConfig(vocabulary=9, dim=8, heads=2, layers=1, ff=8)))
    with pytest.raises(HeadworkError, match="causal False"):
        EncoderDecoder.from_parts(encoder(), bert)
    core = published().config.core
    with pytest.raises(ValueError, match="summary_tokens is 20 and the decoder has 12 positions"):
        BertSumAbsConfig(tokens="wordpiece", written_by=core, summary_tokens=20)
    with pytest.raises(ValueError, match="decoder_layers is 0"):
        BertSumAbsConfig(tokens="wordpiece", decoder_layers=0)
