"""A tokenizer as transformers reads one: tokenizer.json with its frame, tokenizer_config.json with its special tokens.

Here a text that holds "[SEP]" is plain text; there it is a special token, as everywhere in that library.
"""

import tempfile
from pathlib import Path

from tokenizers import Tokenizer, processors

from headwork.base.files import write_json, write_text
from headwork.data.tokenizers import TextTokenizer

SPECIAL = {
    "unk_token": ("[UNK]", "<unk>"),
    "cls_token": ("[CLS]", "<s>"),
    "sep_token": ("[SEP]", "</s>"),
    "pad_token": ("[PAD]", "<pad>"),
    "mask_token": ("[MASK]", "<mask>"),
}
"""their names there, and how published vocabularies spell them"""


def write_tokenizer(tokenizer: TextTokenizer, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        tokenizer.save(Path(place) / "tokenizer.json")
        theirs = Tokenizer.from_file(str(Path(place) / "tokenizer.json"))
    spelt = {role: name for role, names in SPECIAL.items() for name in names if theirs.token_to_id(name) is not None}
    theirs.add_special_tokens(sorted(spelt.values()))
    if tokenizer.closes:
        first, last = spelt["cls_token"], spelt["sep_token"]
        theirs.post_processor = processors.TemplateProcessing(
            single=f"{first} $A {last}",
            pair=f"{first} $A {last} $B:1 {last}:1",
            special_tokens=[(name, theirs.token_to_id(name)) for name in (first, last)],
        )
    write_text(folder / "tokenizer.json", theirs.to_str())
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **spelt})
