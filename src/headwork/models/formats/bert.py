"""BERT (Devlin et al. 2019), as transformers and sentence-transformers publish it."""

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats.table import ACTIVATIONS, Published, Table, weight, weight_and_bias


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    hidden_act: Published = "gelu"
    layer_norm_eps: float = 1e-12

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.hidden_size,
            layers=self.num_hidden_layers,
            heads=self.num_attention_heads,
            ff=self.intermediate_size,
            positions=self.max_position_embeddings,
            types=self.type_vocab_size,
            activation=ACTIVATIONS[self.hidden_act],
            eps=self.layer_norm_eps,
        )


def table(config: CoreConfig, *, prefix: str = "bert.") -> Table:
    renames = [
        weight("embeddings.word_embeddings", "embeddings.tokens"),
        weight("embeddings.position_embeddings", "embeddings.positions"),
        weight("embeddings.token_type_embeddings", "embeddings.types"),
        *weight_and_bias("embeddings.LayerNorm", "embeddings.norm"),
    ]
    for i in range(config.layers):
        theirs, ours = f"encoder.layer.{i}", f"blocks.{i}"
        qkv = " ".join(f"{theirs}.attention.self.{name}" for name in ("query", "key", "value"))
        renames += weight_and_bias(qkv, f"{ours}.attention.qkv")
        renames += weight_and_bias(f"{theirs}.attention.output.dense", f"{ours}.attention.out")
        renames += weight_and_bias(f"{theirs}.attention.output.LayerNorm", f"{ours}.attention_norm")
        renames += weight_and_bias(f"{theirs}.intermediate.dense", f"{ours}.widen")
        renames += weight_and_bias(f"{theirs}.output.dense", f"{ours}.narrow")
        renames += weight_and_bias(f"{theirs}.output.LayerNorm", f"{ours}.ff_norm")
    heads = ("pooler.", "cls.", "lm_head.", "classifier.", "qa_outputs.", "embeddings.position_ids")
    return Table(renames, heads, lambda name: _today(name.removeprefix(prefix)))


def _today(name: str) -> str:
    """Files made from TensorFlow checkpoints call a norm's weight gamma and its bias beta."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
