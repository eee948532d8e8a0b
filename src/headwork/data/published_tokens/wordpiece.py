"""vocab.txt: pieces of words, one a line, the line's number its id (Devlin et al. 2019).

tokenizer_config.json says whether texts are lower-cased, whether accents are taken off (as a rule with the capitals)
and whether each Chinese character is a word (as a rule it is). Where it does not speak of capitals, a vocabulary with
capitals keeps them.
"""

import re
from pathlib import Path

from headwork.data.published_tokens.files import read_lines, read_told
from headwork.data.published_tokens.special import finished
from headwork.data.tokenizers import SPECIAL, TextTokenizer, wordpiece

CAPITAL = re.compile(r"(##)?[a-z]*[A-Z]")


def read_wordpiece(path: Path) -> TextTokenizer:
    pieces = read_lines(path)
    vocabulary = {piece: place for place, piece in enumerate(pieces)}
    absent = [token for token in SPECIAL if token not in vocabulary]
    if absent:
        raise ValueError(f"not the vocabulary of a BERT, it lacks {', '.join(absent)}")
    told = read_told(path)
    lower = told.do_lower_case
    return finished(
        wordpiece(
            vocabulary,
            lowercase=not any(map(CAPITAL.match, pieces)) if lower is None else lower,
            strip_accents=told.strip_accents,
            chinese=told.tokenize_chinese_chars is not False,
        )
    )
