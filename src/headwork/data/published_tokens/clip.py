"""CLIP's pairs of bytes, which end words (`</w>`): its own file of merges, or the same as vocab.json and merges.txt.

Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision". The file holds more pairs
than CLIP takes. Its ids: the 256 bytes, the same as ends of words, the pairs joined, <|startoftext|>, <|endoftext|>.

Texts are made plain as in the original: one form for each accented letter, quotes straight, the five entities of XML
read (twice, as they stand in captions), blanks one, small letters. What ftfy does there beyond that, above all to texts
that were decoded wrongly, is left out.
"""

from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from headwork.data.published_tokens.files import read_lines
from headwork.data.published_tokens.merges import LETTERS, check_bytes, check_pairs, pairs_of
from headwork.data.published_tokens.special import finished
from headwork.data.tokenizers import TextTokenizer

END = "</w>"
PAIRS = 49_152 - len(LETTERS) - 2
"""of the file that are taken"""
PLAIN = {"[\u02bc\u2018-\u201b]": "'", "[\u201c-\u201f]": '"'}
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&(?:apos|#39);": "'", "&amp;": "&"}
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"


def read_clip(path: Path) -> TextTokenizer:
    pairs = pairs_of(read_lines(path))[:PAIRS]
    tokens = [*LETTERS, *(letter + END for letter in LETTERS), *map("".join, pairs), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: place for place, token in enumerate(tokens)}
    check_pairs(pairs, vocabulary)
    return finished(clip(vocabulary, pairs))


def clip(vocabulary: dict[str, int], pairs: list[tuple[str, str]]) -> Tokenizer:
    """The tokenizer of CLIP with these tokens and pairs."""
    check_bytes(vocabulary, END)
    tokenizer = Tokenizer(models.BPE(vocabulary, pairs, end_of_word_suffix=END))
    rules = {**PLAIN, r"\s+": " "}
    replaced = [normalizers.Replace(Regex(found), new) for found, new in [*ENTITIES.items()] * 2 + [*rules.items()]]
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *replaced, normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(END, "Ġ"), decoders.ByteLevel(), decoders.Replace(Regex(r" \z"), "")]
    )
    return tokenizer
