"""Ids equal those of the original code on 69 texts: WordPiece of BERT, GPT-2, CLIP and SentencePiece themselves."""

import json
from pathlib import Path

import pytest
from tests.data.published_tokens.folders import ODD

from headwork.data.published_tokens import load_published
from headwork.data.tokenizers import TextTokenizer

FILES = {
    "bert_vocab": {"bert-base-uncased-vocab.txt": "vocab.txt"},
    "gpt2_bpe": {"encoder.json": "encoder.json", "vocab.bpe": "vocab.bpe"},
    "clip_bpe": {"bpe_simple_vocab_16e6.txt.gz": "bpe_simple_vocab_16e6.txt.gz"},
    "sentencepiece": {"test_model.model": "spiece.model"},
}
VOCABULARIES = {"bert_vocab": 30_522, "gpt2_bpe": 50_257, "clip_bpe": 49_408, "sentencepiece": 1_000}
FRAMES = {
    "bert_vocab": ((101,), (102,)),
    "gpt2_bpe": ((), ()),
    "clip_bpe": ((49406,), (49407,)),
    "sentencepiece": ((1,), (2,)),
}


@pytest.fixture(scope="module")
def originals(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TextTokenizer]:
    """The four tokenizers, each read from a folder that holds its files alone."""
    return {name: load_published(copied(real_data, name, tmp_path_factory.mktemp(name))) for name in FILES}


def copied(real_data: Path, name: str, folder: Path) -> Path:
    for found, called in FILES[name].items():
        (folder / called).write_bytes((real_data / "fixtures" / name / found).read_bytes())
    return folder


def cases(real_data: Path, name: str) -> list[dict]:
    lines = (real_data / "fixtures" / name / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 69
    return [json.loads(line) for line in lines]


@pytest.mark.row("BE01")
@pytest.mark.parametrize("name", FILES)
def test_ids_are_those_of_the_original(real_data: Path, originals: dict[str, TextTokenizer], name: str) -> None:
    tokenizer, expected = originals[name], cases(real_data, name)
    assert tokenizer.vocabulary == VOCABULARIES[name]
    assert (tokenizer.before, tokenizer.after) == FRAMES[name]
    found = tokenizer.encode([case["text"] for case in expected])
    differ = []
    for case, each in zip(expected, found, strict=True):
        inside = each.ids[len(tokenizer.before) : len(each.ids) - len(tokenizer.after)]
        assert each.ids == [*tokenizer.before, *inside, *tokenizer.after]
        if inside != case["ids"]:
            differ.append((case["text"], case["ids"], inside))
        elif "tokens" in case:
            assert tokenizer.tokens(inside) == case["tokens"]
    if name != "clip_bpe":
        assert differ == []
        return
    # The original makes a special token of what a user writes; here it stays text. All before it is the same.
    ((text, theirs, ours),) = differ
    assert text == "[MASK] [CLS] [unused1] <|endoftext|>"
    assert theirs[-1] == 49407
    assert ours[: len(theirs) - 1] == theirs[:-1]
    assert "".join(tokenizer.tokens(ours[len(theirs) - 1 :])).replace("</w>", "") == "<|endoftext|>"


@pytest.mark.parametrize("name", ["gpt2_bpe"])
def test_every_text_comes_back(real_data: Path, originals: dict[str, TextTokenizer], name: str) -> None:
    texts = [*ODD, *(case["text"] for case in cases(real_data, name))]
    for text, found in zip(texts, originals[name].encode(texts), strict=True):
        assert originals[name].decode(found.ids) == text


def test_the_japanese_model_of_sentencepiece(real_data: Path, tmp_path: Path) -> None:
    """Its pieces spell the text, so that decoding gives it back; the best cut is found by test_sentencepiece.py."""
    path = real_data / "fixtures/sentencepiece/test_ja_model.model"
    (tmp_path / "any.model").write_bytes(path.read_bytes())
    tokenizer = load_published(tmp_path)
    (found,) = tokenizer.encode(["京都は日本の都市です。"])
    assert 2 < len(found.ids) < 12
    assert tokenizer.decode(found.ids) == "京都は日本の都市です。"


def test_both_files_of_a_folder_say_the_same(minilm_folder: Path, tmp_path: Path, stdlib_texts: list[str]) -> None:
    """tokenizer.json says to cut and to pad, vocab.txt does not: neither is done."""
    if not (minilm_folder / "tokenizer.json").is_file():
        pytest.skip("the encoder's folder has no tokenizer.json")
    for name in ("vocab.txt", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((minilm_folder / name).read_bytes())
    texts = [*ODD, "word " * 600, *stdlib_texts[:300]]
    one, other = load_published(minilm_folder), load_published(tmp_path)
    assert one.encode(texts) == other.encode(texts)
    assert one.vocabulary == other.vocabulary
