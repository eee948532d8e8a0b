"""The tokenizers of published models, by the files in a model's folder; the first of these that is there is read.

    tokenizer.json                             of the tokenizers library, any of its models
    vocab.txt                                  pieces of words (BERT, DistilBERT)
    vocab.json and merges.txt,
    encoder.json and vocab.bpe                 pairs of bytes (GPT-2, RoBERTa, CodeBERT); with endings of words, CLIP
    bpe_simple_vocab_*.txt.gz                  pairs of bytes as CLIP published them
    spiece.model, sentencepiece.bpe.model,
    or the one file that ends in .model        SentencePiece, its unigram model (ALBERT, XLNet, XLM-R)

What a text stands between follows from the tokens that the vocabulary has (`headwork.data.tokenizers.FRAMES`). What a
user writes never becomes a special token, whatever the file says. Nothing in a file is executed, and what is damaged is
a HeadworkError that names the file.
"""

from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.data.published_tokens.byte_pairs import read_byte_pairs
from headwork.data.published_tokens.clip import read_clip
from headwork.data.published_tokens.files import refused
from headwork.data.published_tokens.library import read_library
from headwork.data.published_tokens.sentencepiece import read_sentencepiece
from headwork.data.published_tokens.wordpiece import read_wordpiece
from headwork.data.tokenizers import TextTokenizer

READERS = {
    "tokenizer.json": read_library,
    "vocab.txt": read_wordpiece,
    "vocab.json": read_byte_pairs,
    "encoder.json": read_byte_pairs,
    "bpe_simple_vocab_*.txt.gz": read_clip,
    "spiece.model": read_sentencepiece,
    "sentencepiece.bpe.model": read_sentencepiece,
    "*.model": read_sentencepiece,
}
"""by the name of the file, in the order in which they are looked for"""


def load_published(folder: Path) -> TextTokenizer:
    """The tokenizer of the published model in `folder`; HeadworkError where there is none, or a damaged one."""
    for name, read in READERS.items():
        found = sorted(path for path in folder.glob(name) if path.is_file())
        if len(found) > 1:
            raise HeadworkError(f"{folder}: {found[0].name} and {found[1].name} are there; leave one tokenizer")
        for path in found:
            with refused(path):
                return read(path)
    raise HeadworkError(f"{folder}: no tokenizer in this folder; expected one of {', '.join(READERS)}")
