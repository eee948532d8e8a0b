"""Learning to translate: what is learnt from; how, says `headwork.train.writing`."""

from headwork.base.errors import HeadworkError
from headwork.data.bitext import Pairs
from headwork.tasks.translate import ReadPairs, Translator
from headwork.train.config import TrainConfig
from headwork.train.writing import Write


class Translate(Write):
    """The training pairs of a translator; those with a side that is too long are left out, and counted."""

    def __init__(self, translator: Translator, train: Pairs, dev: Pairs, config: TrainConfig, *, seed: int) -> None:
        most = translator.config.max_tokens
        pairs, self.left_out = _fitting(translator.read(train), most)
        dev_pairs, _ = _fitting(translator.read(dev), most)
        if not pairs.source or not dev_pairs.source:
            raise HeadworkError(f"no pair is short enough for {most} tokens; raise model.max_tokens")
        self.written = sum(len(target) - 1 for target in pairs.target)
        """tokens that are learnt to be written in an epoch"""
        super().__init__(translator, pairs, dev_pairs, config, seed=seed)


def _fitting(read: ReadPairs, most: int) -> tuple[ReadPairs, int]:
    """The pairs whose sides both have at most `most` tokens, and how many have not."""
    both = list(zip(read.source, read.target, strict=True))
    kept = [pair for pair in both if max(map(len, pair)) <= most]
    return ReadPairs([source for source, _ in kept], [target for _, target in kept]), len(both) - len(kept)
