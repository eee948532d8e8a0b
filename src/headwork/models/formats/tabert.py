"""TaBERT as its authors publish it: BERT and the layers over rows, in `model.bin` beside `tb_config.json`.

    _bert_model.*                     BERT's own names, with its masked head; some files leave the beginning out
    vertical_transformer_layers.{i}   self-attention between the rows; not there in a model of one row (K = 1)
    span_based_prediction.*           told cells again in pretraining; nothing that reads tables uses it

Yin, Neubig, Yih and Riedel 2020, "TaBERT: Pretraining for joint understanding of textual and tabular data".
"""

from pathlib import Path

import msgspec
import torch

from headwork.base.errors import HeadworkError
from headwork.layers.transformer import CoreConfig
from headwork.models.formats import bert
from headwork.models.formats.files import read_pickled, settings_in
from headwork.models.formats.table import MOST, Rename, Table, checked_sizes, convert, fill, weight_and_bias
from headwork.models.formats.table import Published as Activation
from headwork.models.published import OverRows, Published, PublishedConfig, heads_of

WEIGHTS, CONFIG = "model.bin", "tb_config.json"
KINDS = ("text", "real", "real")
"""what is read for columns of texts, of numbers, of dates"""
PRETRAINING = "span_based_prediction."


class Settings(msgspec.Struct, frozen=True):
    """What tb_config.json says of architecture and input; what it leaves out is as in the published program."""

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    hidden_act: Activation = "gelu"
    layer_norm_eps: float = 1e-12
    num_vertical_layers: int = 0
    num_vertical_attention_heads: int = 6
    column_delimiter: str = "[SEP]"
    context_first: bool = True
    cell_input_template: str | list[str] = "column | type | value"
    column_representation: str = "mean_pool"

    def check(self) -> None:
        """ValueError where the input is laid out otherwise than here."""
        cell = self.cell_input_template
        cell = "".join(cell if isinstance(cell, list) else cell.split())
        asked = {
            "column_delimiter": (self.column_delimiter, "[SEP]"),
            "context_first": (self.context_first, True),
            "cell_input_template": (cell, "column|type|value"),
            "column_representation": (self.column_representation, "mean_pool"),
        }
        for name, (found, expected) in asked.items():
            if found != expected:
                raise ValueError(f"{name} is {found!r}; headwork reads tables with {expected!r}")
        if not 0 <= self.num_vertical_layers <= MOST["layers"]:
            raise ValueError(f"num_vertical_layers is {self.num_vertical_layers:,}; expected 0 to {MOST['layers']:,}")
        if self.num_vertical_attention_heads < 1 or self.hidden_size % self.num_vertical_attention_heads:
            raise ValueError("num_vertical_attention_heads must divide hidden_size")

    def core(self, vocabulary: int) -> CoreConfig:
        own = {name: getattr(self, name) for name in bert.Settings.__struct_fields__ if name != "vocab_size"}
        return checked_sizes(bert.Settings(vocab_size=vocabulary, **own).core())


def read(folder: Path) -> Published:
    """HeadworkError names the tensor that is missing, left over or wrongly shaped, or the setting that differs."""
    path, settings = folder / WEIGHTS, settings_in(folder, Settings, CONFIG)
    found = {name.removeprefix("_bert_model."): tensor for name, tensor in read_pickled(path).items()}
    words = found.get("bert.embeddings.word_embeddings.weight")
    try:
        settings.check()
        core = settings.core(0 if words is None or words.dim() != 2 else len(words))
    except ValueError as error:
        raise HeadworkError(f"{folder / CONFIG}: {error}") from error
    layers = settings.num_vertical_layers
    tensors = convert(found, table(core, layers), str(path))
    config = PublishedConfig(
        family="bert",
        core=core,
        pooler=bert.Settings.POOLER if "pooler.weight" in tensors else "none",
        over_rows=OverRows(layers, settings.num_vertical_attention_heads, KINDS) if layers else None,
        **heads_of(tensors),
    )
    with torch.device("meta"):
        model = Published(config)
    fill(model, tensors, str(path))
    return model.eval()


def table(core: CoreConfig, layers: int) -> Table:
    """Names without `_bert_model.`; layers of BERT's shape, but for the names inside their attention."""
    its = bert.table(core)
    rows: list[Rename] = []
    for i in range(layers):
        theirs, ours = f"vertical_transformer_layers.{i}", f"vertical.blocks.{i}"
        attention = f"{theirs}.attention"
        qkv = " ".join(f"{attention}.self_attention.{name}_linear" for name in ("query", "key", "value"))
        rows += weight_and_bias(qkv, f"{ours}.attention.qkv")
        rows += weight_and_bias(f"{attention}.self_output.dense", f"{ours}.attention.out")
        rows += weight_and_bias(f"{attention}.self_output.LayerNorm", f"{ours}.attention_norm")
        rows += weight_and_bias(f"{theirs}.intermediate.dense", f"{ours}.widen")
        rows += weight_and_bias(f"{theirs}.output.dense", f"{ours}.narrow")
        rows += weight_and_bias(f"{theirs}.output.LayerNorm", f"{ours}.ff_norm")
    return its._replace(body=[*its.body, *rows], unused=(PRETRAINING,))
