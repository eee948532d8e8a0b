"""RoBERTa (Liu et al. 2019) and CodeBERT: BERT whose positions start behind the padding's row."""

from typing import Self

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats import bert
from headwork.models.formats.table import Rename, Table, weight_and_bias

STEM = "Roberta"


class Settings(bert.Settings, frozen=True):
    """What config.json says of the architecture."""

    pad_token_id: int = 1

    def core(self) -> CoreConfig:
        return msgspec.structs.replace(super().core(), position_offset=self.pad_token_id + 1)

    @classmethod
    def of(cls, core: CoreConfig, **others) -> Self:
        return super().of(core, pad_token_id=core.position_offset - 1, **others)


def table(core: CoreConfig) -> Table:
    masked = [
        *weight_and_bias("lm_head.dense", "masked.dense"),
        *weight_and_bias("lm_head.layer_norm", "masked.norm"),
        Rename(("lm_head.bias",), "masked.bias"),
    ]
    return Table(
        prefix="roberta.",
        own=("embeddings.", "encoder.", "pooler."),
        body=[*bert.embeddings(), *bert.layers(core)],
        heads={
            "classes": [
                *weight_and_bias("classifier.dense", "pooler"),
                *weight_and_bias("classifier.out_proj", "classes"),
            ],
            "pooler": weight_and_bias("pooler.dense", "pooler"),
            "masked": masked,
            "tags": weight_and_bias("classifier", "tags"),
            "span": weight_and_bias("qa_outputs", "span"),
        },
        tied={"lm_head.decoder.weight": "core.embeddings.tokens.weight", "lm_head.decoder.bias": "masked.bias"},
        constant=("embeddings.position_ids",),
    )
