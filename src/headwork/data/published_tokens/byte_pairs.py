"""Pairs of bytes: vocab.json, {token: id}, beside merges.txt, the pairs in the order in which they are joined.

Radford et al. 2019, section 2.2; GPT-2 calls the same files encoder.json and vocab.bpe. Every text can be written and
comes back to the letter. A vocabulary in which bytes also end words is CLIP's.
"""

from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from headwork.base.errors import HeadworkError
from headwork.data.published_tokens.clip import END, clip
from headwork.data.published_tokens.files import read_json, read_lines, read_told, refused
from headwork.data.published_tokens.merges import LETTERS, check_bytes, check_pairs, pairs_of
from headwork.data.published_tokens.special import finished
from headwork.data.tokenizers import TextTokenizer

MERGES = {"vocab.json": "merges.txt", "encoder.json": "vocab.bpe"}
"""what stands beside a vocabulary"""


def read_byte_pairs(path: Path) -> TextTokenizer:
    vocabulary: dict[str, int] = read_json(path, dict[str, int])
    check_bytes(vocabulary)
    merges = path.with_name(MERGES[path.name])
    if not merges.is_file():
        raise HeadworkError(f"{merges}: no such file; {path.name} is read together with it")
    with refused(merges):
        pairs = pairs_of(read_lines(merges))
        check_pairs(pairs, vocabulary)
    if LETTERS[0] + END in vocabulary:
        return finished(clip(vocabulary, pairs))
    tokenizer = Tokenizer(models.BPE(vocabulary, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=bool(read_told(path).add_prefix_space))
    tokenizer.decoder = decoders.ByteLevel()
    return finished(tokenizer)
