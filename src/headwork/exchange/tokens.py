"""A tokenizer as transformers reads one: tokenizer.json with its frame, tokenizer_config.json with its special tokens.

Here a text that holds "[SEP]" is plain text; there it is a special token, as everywhere in that library.
"""

from pathlib import Path

from tokenizers import Tokenizer, processors

from headwork.base.files import write_json, write_text
from headwork.data.tokenizers import TextTokenizer

SPECIAL = {
    "unk_token": ("[UNK]", "<unk>", "<|endoftext|>"),
    "cls_token": ("[CLS]", "<s>", "<cls>"),
    "sep_token": ("[SEP]", "</s>", "<sep>"),
    "pad_token": ("[PAD]", "<pad>"),
    "mask_token": ("[MASK]", "<mask>"),
}
"""their names there, and how vocabularies spell them"""
CLASSES = {"<|startoftext|>": "CLIPTokenizer"}
"""by what stands before a text, where a class there knows more special tokens by itself"""
XLNET = "<sep> <cls>"
PAIRS = {
    "[SEP]": "{before} $A {after} $B:1 {after}:1",
    "</s>": "{before} $A {after} {after} $B {after}",
    XLNET: "$A <sep> $B:1 <sep>:1 <cls>:2",
}
"""how two texts stand together, by what stands behind one (Devlin et al. 2019; Liu et al. 2019; Yang et al. 2019)"""
CLS_BEHIND = {"padding_side": "left", "model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
"""so that texts end together, where the library looks for <cls>, and that it is told of the segment"""
SINGLE = {XLNET: "$A <sep> <cls>:2"}
"""one text, where what stands behind it is of another segment"""


def special_of(tokenizer: TextTokenizer) -> dict[str, int]:
    """The id of each special token that the vocabulary has, by its name there."""
    ids = {token: place for place, token in enumerate(tokenizer.tokens(range(tokenizer.vocabulary)))}
    spelt = {role: [name for name in names if name in ids] for role, names in SPECIAL.items()}
    return {role: ids[names[0]] for role, names in spelt.items() if names}


def write_tokenizer(tokenizer: TextTokenizer, folder: Path) -> None:
    theirs = Tokenizer.from_str(tokenizer.json)
    special = special_of(tokenizer)
    spelt = dict(zip(special, tokenizer.tokens(special.values()), strict=True))
    theirs.add_special_tokens(sorted(set(spelt.values())))
    frame = [*tokenizer.before, *tokenizer.after]
    before, after = (" ".join(tokenizer.tokens(ids)) for ids in (tokenizer.before, tokenizer.after))
    if frame:
        theirs.post_processor = processors.TemplateProcessing(
            single=SINGLE.get(after, f"{before} $A {after}").strip(),
            pair=PAIRS.get(after, "$A $B:1").format(before=before, after=after),
            special_tokens=[*dict.fromkeys(zip(tokenizer.tokens(frame), frame, strict=True))],
        )
    write_text(folder / "tokenizer.json", theirs.to_str())
    kind = CLASSES.get(before, "PreTrainedTokenizerFast")
    told = {"tokenizer_class": kind, **spelt, **(CLS_BEHIND if after == XLNET else {})}
    write_json(folder / "tokenizer_config.json", told)
