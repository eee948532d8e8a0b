"""Small published folders of every kind, {name of a file: its bytes}, written here from the formats' descriptions."""

import base64
import gzip
import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

NORMAL, UNKNOWN, CONTROL, USER = 1, 2, 3, 4

ODD = [
    "", " ", "  \n\t ", "a", "Hello, low lower LOWEST!", "naïve CAFÉ Straße ﬁne", "e\u0301 o\u0308 A\u030a",
    "日本語。漢字 x", "emoji 😀👩\u200d👧 ok", "a\x00b\x07\x1f\x7f\ufffd\u200b\u00ad", "▁ ▁▁ a▁b",
    "\u2028\u3000\xa0wide", "a" * 300, "&lt;b&gt; &amp;amp; “x” ‘y’", "\U0002f800\ue000\U000f0001", "1,000, 2,",
    "``a'' ((b))..", "[CLS]<s></s>[SEP]",
]  # fmt: skip

SPECIAL_NAMES = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "<pad>", "<unk>", "<mask>", "<cls>", "<sep>", "<eop>",
    "<eod>", "<|startoftext|>", "<|endoftext|>",
]  # fmt: skip


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def letters() -> list[str]:
    """How bytes are written as letters (GPT-2): printed ones as themselves, the others from U+0100 on."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    return [chr(byte) for byte in printed] + [chr(256 + place) for place in range(len(others))]


def words() -> dict[str, bytes]:
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    plain = [*"abcdehlorstw[],.!", "hello", "low", *(f"##{letter}" for letter in "abcdehlorstw"), "##er", "##est", "日"]
    return {"vocab.txt": "\n".join([*marks, *plain, ""]).encode()}


PAIRS = ["l o", "lo w", "Ġ low", "e r", "e s", "es t", "h e", "Ð ¿", "# #"]


def roberta() -> dict[str, bytes]:
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *letters(), *(pair.replace(" ", "") for pair in PAIRS), "<mask>"]
    vocabulary = {token: place for place, token in enumerate(tokens)}
    merges = "\n".join(["#version: 0.2", *PAIRS, ""])
    return {"vocab.json": json.dumps(vocabulary).encode(), "merges.txt": merges.encode()}


def gpt2() -> dict[str, bytes]:
    tokens = [*letters(), *(pair.replace(" ", "") for pair in PAIRS), "<|endoftext|>"]
    vocabulary = {token: place for place, token in enumerate(tokens)}
    merges = "\n".join(["#version: 0.2", *PAIRS, ""])
    return {"encoder.json": json.dumps(vocabulary).encode(), "vocab.bpe": merges.encode()}


CLIP_PAIRS = ["l o", "lo w</w>", "h e", "he l", "hel l", "hell o</w>", "' s</w>"]


def clip() -> dict[str, bytes]:
    lines = "\n".join(['"bpe_simple_vocab_16e6.txt#version: 0.2', *CLIP_PAIRS, ""])
    return {"bpe_simple_vocab_16e6.txt.gz": gzip.compress(lines.encode(), mtime=0)}


def clip_of_two_files() -> dict[str, bytes]:
    ends = [letter + "</w>" for letter in letters()]
    tokens = [*letters(), *ends, *(p.replace(" ", "") for p in CLIP_PAIRS), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: place for place, token in enumerate(tokens)}
    merges = "\n".join(["#version: 0.2", *CLIP_PAIRS, ""])
    return {
        "vocab.json": json.dumps(vocabulary).encode(),
        "merges.txt": merges.encode(),
        "config.json": b'{"model_type": "clip"}',
    }


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def field(number: int, value: int | float | bytes | str) -> bytes:
    """One field of a message; a float takes four bytes."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


Pieces = Iterable[tuple[str, float, int]]


def model(pieces: Pieces, *, trainer: bytes = b"", charsmap: bytes = b"", rules: bytes = b"") -> bytes:
    """A file of SentencePiece."""
    listed = b"".join(
        field(1, field(1, text) + field(2, score) + (b"" if kind == NORMAL else field(3, kind)))
        for text, score, kind in pieces
    )
    return listed + field(2, trainer) + field(3, field(1, "nfkc") + field(2, charsmap) + rules)


def charsmap(rules: Mapping[str, str]) -> bytes:
    """A table of characters as a double array in which every node has 256 places of its own for what follows."""
    units, plain = [0] * 256, b""
    places: dict[bytes, int] = {b"": 0}
    bases: dict[bytes, int] = {}
    for found, new in rules.items():
        key = found.encode()
        for length in range(len(key) + 1):
            begin = key[:length]
            if begin not in bases:
                bases[begin] = len(units)
                units += [0] * 256
                if begin:
                    places[begin] = bases[begin[:-1]] + begin[-1]
        units[bases[key]] = 1 << 31 | len(plain)
        plain += new.encode() + b"\0"
    for begin, place in places.items():
        leaf = begin in {found.encode() for found in rules}
        units[place] = (place ^ bases[begin]) << 10 | leaf << 8 | (begin[-1] if begin else 0)
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + plain


CHARSMAP = charsmap({"ﬁ": "fi", "\u3000": " ", "Ａ": "A", "＜": "<", "\t": " ", "\n": " "})

COMMON: list[tuple[str, float, int]] = [
    ("▁", -2.0, NORMAL), ("▁he", -3.0, NORMAL), ("he", -3.5, NORMAL), ("ll", -3.25, NORMAL), ("o", -2.5, NORMAL),
    ("▁low", -4.0, NORMAL), ("er", -3.75, NORMAL), ("l", -4.25, NORMAL), ("e", -3.0, NORMAL), ("w", -4.5, NORMAL),
    ("a", -3.0, NORMAL), ("s", -3.125, NORMAL), ("f", -5.0, NORMAL), ("i", -4.0, NORMAL), ("<", -6.0, NORMAL),
    ("▁<", -5.5, NORMAL), (",", -3.0, NORMAL), ("1", -4.0, NORMAL), ("1,", -4.5, NORMAL), ("0", -4.0, NORMAL),
    ('"', -4.0, NORMAL), ("b", -4.0, NORMAL),
]  # fmt: skip


def sentencepiece() -> dict[str, bytes]:
    marks = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    return {"spiece.model": model([*marks, *COMMON], charsmap=CHARSMAP)}


def albert() -> dict[str, bytes]:
    marks = [("<pad>", 0.0, CONTROL), ("<unk>", 0.0, UNKNOWN)]
    marks += [(text, 0.0, CONTROL) for text in ("[CLS]", "[SEP]", "[MASK]")]
    marks += [(text, 0.0, USER) for text in ("(", ")", ".")]
    return {"spiece.model": model([*marks, *COMMON], charsmap=CHARSMAP)}


def xlnet() -> dict[str, bytes]:
    marks = [("<unk>", 0.0, UNKNOWN)]
    marks += [(text, 0.0, CONTROL) for text in ("<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>")]
    marks += [(text, 0.0, USER) for text in ("<eop>", "(", ")", ".")]
    return {"spiece.model": model([*marks, *COMMON], charsmap=CHARSMAP)}


def xlm_roberta() -> dict[str, bytes]:
    marks = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    return {
        "sentencepiece.bpe.model": model([*marks, *COMMON], charsmap=CHARSMAP),
        "config.json": b'{"model_type": "xlm-roberta"}',
    }


def library() -> dict[str, bytes]:
    """tokenizer.json of a unigram model whose file cuts, pads and frames, and calls <mask> an ordinary word."""
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [[text, 0.0] for text in marks] + [[text, score] for text, score, _ in COMMON] + [["<mask>", 0.0]]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [{"id": place, "content": text, "special": True, **plain} for place, text in enumerate(marks)]
    added.append({"id": len(pieces) - 1, "content": "<mask>", "special": False, **plain})
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    file = {
        "version": "1.0",
        "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {
            "strategy": {"Fixed": 4},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 1,
            "pad_type_id": 0,
            "pad_token": "<pad>",
        },
        "added_tokens": added,
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(CHARSMAP).decode()},
                {"type": "Lowercase"},
            ],
        },
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}},
        },
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }
    return {"tokenizer.json": json.dumps(file).encode()}


KINDS = {
    "wordpiece": words,
    "gpt2": gpt2,
    "roberta": roberta,
    "clip": clip,
    "clip-two-files": clip_of_two_files,
    "sentencepiece": sentencepiece,
    "albert": albert,
    "xlnet": xlnet,
    "xlm-roberta": xlm_roberta,
    "library": library,
}
