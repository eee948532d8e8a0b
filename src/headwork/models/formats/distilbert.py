"""DistilBERT (Sanh et al. 2019): BERT without segments."""

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats.table import ACTIVATIONS, Published, Table, weight, weight_and_bias


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture."""

    vocab_size: int
    dim: int
    n_layers: int
    n_heads: int
    hidden_dim: int
    max_position_embeddings: int
    activation: Published = "gelu"

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.dim,
            layers=self.n_layers,
            heads=self.n_heads,
            ff=self.hidden_dim,
            positions=self.max_position_embeddings,
            types=0,
            activation=ACTIVATIONS[self.activation],
        )


def table(config: CoreConfig) -> Table:
    renames = [
        weight("embeddings.word_embeddings", "embeddings.tokens"),
        weight("embeddings.position_embeddings", "embeddings.positions"),
        *weight_and_bias("embeddings.LayerNorm", "embeddings.norm"),
    ]
    for i in range(config.layers):
        theirs, ours = f"transformer.layer.{i}", f"blocks.{i}"
        qkv = " ".join(f"{theirs}.attention.{name}_lin" for name in "qkv")
        renames += weight_and_bias(qkv, f"{ours}.attention.qkv")
        renames += weight_and_bias(f"{theirs}.attention.out_lin", f"{ours}.attention.out")
        renames += weight_and_bias(f"{theirs}.sa_layer_norm", f"{ours}.attention_norm")
        renames += weight_and_bias(f"{theirs}.ffn.lin1", f"{ours}.widen")
        renames += weight_and_bias(f"{theirs}.ffn.lin2", f"{ours}.narrow")
        renames += weight_and_bias(f"{theirs}.output_layer_norm", f"{ours}.ff_norm")
    heads = ("vocab_", "pre_classifier.", "classifier.", "qa_outputs.")
    return Table(renames, heads, lambda name: name.removeprefix("distilbert."))
