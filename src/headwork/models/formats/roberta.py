"""RoBERTa (Liu et al. 2019) and CodeBERT: BERT whose positions start behind the padding's row."""

import msgspec

from headwork.layers.transformer import CoreConfig
from headwork.models.formats import bert
from headwork.models.formats.table import Table


class Settings(bert.Settings, frozen=True):
    """What config.json says of the architecture."""

    pad_token_id: int = 1

    def core(self) -> CoreConfig:
        return msgspec.structs.replace(super().core(), position_offset=self.pad_token_id + 1)


def table(config: CoreConfig) -> Table:
    return bert.table(config, prefix="roberta.")
