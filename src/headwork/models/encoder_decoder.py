"""An encoder and a decoder as one network that writes: with the decoder from nothing, or both published.

    h       = encoder(document);   s = decoder(y_<t, h)
    logits  = E s_t + b

In each block of the decoder an attention to h stands between its two sublayers. A decoder that was a language model is
given one whose output starts at zero: until it learns, the network says what the language model says.

Rothe, Narayan and Severyn 2020, "Leveraging pre-trained checkpoints for sequence generation tasks"; of summaries with a
decoder from nothing Liu and Lapata 2019, section 3.2.

Axes: B documents, R rows (documents times beams), M packed tokens that are written, N packed tokens, V vocabulary.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from headwork.attention.choice import Choice
from headwork.base.errors import HeadworkError
from headwork.layers.decoder import Decoder, Source, Writer
from headwork.layers.transformer import CoreConfig, initialise
from headwork.models.bertsum import SentenceEncoder, SentenceEncoderConfig
from headwork.models.encoder import EncoderConfig
from headwork.models.language_head import Tied
from headwork.models.language_transformer import LanguageTransformer
from headwork.models.published import Published
from headwork.ops.linear import Linear
from headwork.ops.packed import TokenBatch


class EncoderDecoder(Writer):
    """`encoder` gives states of the tokens of documents, which `decoder` looks at; its table gives the logits too."""

    def __init__(self, encoder: SentenceEncoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        wide, dim = encoder.core.config.dim, decoder.config.dim
        self.bridge = Linear(wide, dim) if wide != dim else None
        self.bias = nn.Parameter(torch.zeros(decoder.config.vocabulary))

    @classmethod
    def from_parts(cls, encoder: SentenceEncoder, language: Published | LanguageTransformer) -> Self:
        """With a decoder that goes on from the weights of a language model; HeadworkError where it cannot."""
        core, tensors, bias = parts_of(language)
        joined = cls(encoder, Decoder(replace(core, across=Choice(score="scaled_dot"))))
        joined.take_over(tensors, bias)
        return joined

    @torch.no_grad()
    def take_over(self, tensors: Mapping[str, Tensor], bias: Tensor | None) -> None:
        """Put a language model's weights into the decoder, and what it sees of documents to zero."""
        names = {name: _in_decoder(name) for name in tensors}
        own = self.decoder.state_dict()
        absent = {name for name in own if ".cross" not in name} ^ set(names.values())
        if absent:
            raise HeadworkError(f"the decoder and the language model differ in {min(absent)!r}")
        for name, tensor in tensors.items():
            own[names[name]].copy_(tensor)
        for block in self.decoder.layers:
            nn.init.zeros_(block.cross.out.weight)
            nn.init.zeros_(block.cross.out.bias)
        self.bias.copy_(torch.zeros_like(self.bias) if bias is None else bias)

    def _encode(self, source: TokenBatch) -> Source:
        states = self.encoder.states(source).to(self.bias.dtype)
        return Source(states if self.bridge is None else self.bridge(states), source.lengths)


def parts_of(language: Published | LanguageTransformer) -> tuple[CoreConfig, dict[str, Tensor], Tensor | None]:
    """The settings of a language model's layers, their weights, and the bias of its logits."""
    if isinstance(language, Published):
        core, tensors, bias = language.config.core, language.core.state_dict(), None
    else:
        config, head = language.config, language.head
        other = config.stack != "blocks" or config.memory != "none" or config.product_keys
        if other or not config.tied or not isinstance(head, Tied):
            raise HeadworkError(
                "the language model has more than blocks one after the other and one table (a memory, another stack, "
                "slots, a head of its own); a decoder has no place for it"
            )
        core, bias = config.core(language.vocabulary), head.bias
        parts = ("embeddings.", "blocks.", "norm.")
        tensors = {name: value for name, value in language.state_dict().items() if name.startswith(parts)}
    check_decoder(core)
    return core, tensors, bias


def check_decoder(core: CoreConfig) -> None:
    """HeadworkError where attention to a document cannot join the layers without changing what they say."""
    if not core.causal or core.norm != "pre" or core.residual != "sum" or core.shared or core.embedding_dim:
        raise HeadworkError(
            f"a decoder of norm {core.norm!r}, causal {core.causal}, residual {core.residual!r}; expected a causal one "
            "with a norm before each sublayer, such as GPT-2"
        )


def _in_decoder(name: str) -> str:
    """blocks.0.widen.weight is blocks.0.block.widen.weight there."""
    kind, _, rest = name.partition(".")
    if kind != "blocks":
        return name
    number, _, inner = rest.partition(".")
    return f"blocks.{number}.block.{inner}"


class BertSumAbsConfig(SentenceEncoderConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {**EncoderConfig.SIZES["tiny"], "decoder_layers": 1, "decoder_ff": 64},
        "small": {},
        "base": {**EncoderConfig.SIZES["base"], "decoder_layers": 4},
    }
    MEANINGLESS: ClassVar[dict[str, str]] = {**SentenceEncoderConfig.MEANINGLESS, "pooling": "mean"}

    decoder: str = ""
    """folder of a published decoder, such as GPT-2, or of an imported one, that writes; else one from nothing does"""
    written_by: CoreConfig | None = None
    """the layers of that decoder; its folder says them"""
    decoder_layers: int = 3
    decoder_ff: int = 1024
    summary_tokens: int = 64
    """of a summary, at most; longer ones are not learnt from"""
    beam: int = 3
    """summaries kept at each step of writing"""
    length_penalty: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decoder_layers < 1 or self.summary_tokens < 1 or self.beam < 1:
            raise ValueError(
                f"decoder_layers is {self.decoder_layers}, summary_tokens {self.summary_tokens}, beam {self.beam}; "
                "expected at least 1 of each"
            )
        if self.written_by is not None and self.summary_tokens + 2 > self.written_by.positions:
            raise ValueError(
                f"summary_tokens is {self.summary_tokens} and the decoder has {self.written_by.positions} positions; "
                "two of them are for what opens and closes a summary"
            )

    def writing(self, core: CoreConfig) -> CoreConfig:
        """The decoder's layers: those of a language model, or from nothing as wide as the encoder `core`."""
        if self.written_by is not None:
            return replace(self.written_by, across=Choice(score="scaled_dot"), dropout=self.dropout)
        return CoreConfig(
            vocabulary=core.vocabulary,
            dim=core.dim,
            layers=self.decoder_layers,
            heads=core.heads,
            ff=self.decoder_ff,
            positions=self.summary_tokens + 2,
            types=0,
            embedding_norm=False,
            embedding_scale=core.dim**0.5,
            norm="pre",
            eps=1e-6,
            activation="gelu_tanh",
            causal=True,
            absolute="sinusoid",
            dropout=self.dropout,
        )


class BertSumAbs(EncoderDecoder):
    """BertSum that writes. Without a language model encoder and decoder share one table of tokens."""

    WRITES = True
    given_by = staticmethod(SentenceEncoder.given_by)

    def __init__(self, config: BertSumAbsConfig, *, vocabulary: int) -> None:
        encoder = SentenceEncoder(config, vocabulary=vocabulary)
        decoder = Decoder(config.writing(encoder.core.config))
        decoder.apply(initialise)
        if config.written_by is None and encoder.core.config.embedding_dim is None:
            decoder.embeddings.tokens = encoder.core.embeddings.tokens
        super().__init__(encoder, decoder)
        self.config = config

    def load_pretrained(self, folder: Any) -> None:
        self.encoder.load_pretrained(folder)

    def load_decoder(self, language: Published) -> None:
        """Start from a published decoder."""
        _, tensors, bias = parts_of(language)
        self.take_over(tensors, bias)
