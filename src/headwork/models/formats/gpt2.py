"""GPT-2 (Radford et al. 2019): pre-norm, causal; its files keep linear weights transposed."""

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats.table import ACTIVATIONS, Published, Table, weight, weight_and_bias


class Settings(msgspec.Struct, frozen=True):
    """What config.json says of the architecture."""

    vocab_size: int
    n_embd: int
    n_layer: int
    n_head: int
    n_positions: int
    n_inner: int | None = None
    activation_function: Published = "gelu_new"
    layer_norm_epsilon: float = 1e-5

    def core(self) -> CoreConfig:
        return CoreConfig(
            vocabulary=self.vocab_size,
            dim=self.n_embd,
            layers=self.n_layer,
            heads=self.n_head,
            ff=self.n_inner or 4 * self.n_embd,
            positions=self.n_positions,
            types=0,
            embedding_norm=False,
            norm="pre",
            causal=True,
            activation=ACTIVATIONS[self.activation_function],
            eps=self.layer_norm_epsilon,
        )


def table(config: CoreConfig) -> Table:
    renames = [
        weight("wte", "embeddings.tokens"),
        weight("wpe", "embeddings.positions"),
        *weight_and_bias("ln_f", "norm"),
    ]
    for i in range(config.layers):
        theirs, ours = f"h.{i}", f"blocks.{i}"
        renames += weight_and_bias(f"{theirs}.attn.c_attn", f"{ours}.attention.qkv", transposed=True)
        renames += weight_and_bias(f"{theirs}.attn.c_proj", f"{ours}.attention.out", transposed=True)
        renames += weight_and_bias(f"{theirs}.ln_1", f"{ours}.attention_norm")
        renames += weight_and_bias(f"{theirs}.mlp.c_fc", f"{ours}.widen", transposed=True)
        renames += weight_and_bias(f"{theirs}.mlp.c_proj", f"{ours}.narrow", transposed=True)
        renames += weight_and_bias(f"{theirs}.ln_2", f"{ours}.ff_norm")
    # the files of 2019 carry their constant causal masks
    masks = tuple(f"h.{i}.attn.{name}" for i in range(config.layers) for name in ("bias", "masked_bias"))
    return Table(renames, ("lm_head.", "score.", *masks), lambda name: name.removeprefix("transformer."))
