"""Random models of transformers in the layouts that its save_pretrained writes, with a vocabulary of their own."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import msgspec
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor, nn

from headwork.data.published_tokens.merges import LETTERS
from headwork.models.clip import Clip
from headwork.models.formats import clip, gpt2, write_published
from headwork.models.published import Published, PublishedConfig
from headwork.ops.packed import mask_of, pad

SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 32}
TEXT = {"vocab_size": 50, "max_position_embeddings": 20}
CONFIGS = {
    "bert": ("Bert", {**TEXT, **SIZES}),
    "roberta": ("Roberta", {**TEXT, **SIZES, "pad_token_id": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    "albert": ("Albert", {**TEXT, **SIZES, "embedding_size": 8}),
    "distilbert": ("DistilBert", {**TEXT, "dim": 16, "n_layers": 3, "n_heads": 4, "hidden_dim": 32}),
    "gpt2": (
        "GPT2",
        {
            "vocab_size": 50,
            "n_positions": 20,
            "n_embd": 16,
            "n_layer": 3,
            "n_head": 4,
            "n_inner": 32,
            "pad_token_id": 1,
        },
    ),
    "xlnet": (
        "XLNet",
        {"vocab_size": 50, "d_model": 16, "n_layer": 3, "n_head": 4, "d_inner": 32, "pad_token_id": 1},
    ),
}
PURPOSES = {
    "bert": (
        *("Model", "ForPreTraining", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification"),
        "ForQuestionAnswering",
    ),
    "roberta": (
        *("Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
    ),
    "albert": (
        *("Model", "ForPreTraining", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification"),
        "ForQuestionAnswering",
    ),
    "distilbert": (
        *("Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
    ),
    "gpt2": ("Model", "LMHeadModel", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
    "xlnet": (
        *("Model", "LMHeadModel", "ForSequenceClassification", "ForTokenClassification"),
        "ForQuestionAnsweringSimple",
    ),
}
PICTURES = {
    **{"image_size": 12, "patch_size": 4, "num_channels": 3, "hidden_size": 12, "num_hidden_layers": 2},
    **{"num_attention_heads": 3, "intermediate_size": 20},
}
OF_PICTURES = {"vit": ("ViT", PICTURES)}
"""compared in test_vit.py; CLIP, whose towers are two, in test_clip.py"""
CASES = [(family, purpose) for family in CONFIGS for purpose in PURPOSES[family]]


class Case(NamedTuple):
    folder: Path
    model: nn.Module
    """of transformers, in float64"""


VOCABULARY = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", *(f"##{x}" for x in "aeiou")]


def write_random(transformers: Any, family: str, purpose: str, folder: Path, *, seed: int = 0) -> Case:
    """A model whose every weight is drawn wide, so that no part of it can be missed unseen."""
    stem, settings = {**CONFIGS, **OF_PICTURES}[family]
    torch.manual_seed(seed)
    labels = {"num_labels": 3} if "Classification" in purpose else {}
    model = getattr(transformers, stem + purpose)(getattr(transformers, f"{stem}Config")(**settings, **labels))
    drawn_wide(model)
    model.save_pretrained(folder)
    if family in OF_PICTURES:
        told = {"size": {"height": 12, "width": 12}, "resample": 2, "image_processor_type": "ViTImageProcessor"}
        (folder / "preprocessor_config.json").write_text(json.dumps(told))
    elif family == "xlnet":
        _write_pieces(folder)
    else:
        (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    return Case(folder, model.eval().double())


PAIRS = [("c", "a"), ("ca", "t</w>"), ("d", "o"), ("do", "g</w>"), ("p", "h"), ("o", "f</w>")]
CLIP_TOKENS = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), *map("".join, PAIRS)]
CLIP_TOKENS += ["<|startoftext|>", "<|endoftext|>"]
END = len(CLIP_TOKENS) - 1
"""the token that ends CLIP's texts, the last of its vocabulary"""
CLIP_TEXTS = {
    **{"vocab_size": END + 1, "max_position_embeddings": 16, "hidden_size": 16, "num_hidden_layers": 3},
    **{"num_attention_heads": 4, "intermediate_size": 24, "eos_token_id": END},
}


def write_clip_tokens(folder: Path) -> None:
    """The vocabulary, as transformers had it in two files."""
    (folder / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(CLIP_TOKENS)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, PAIRS)]) + "\n")


def write_clip(transformers: Any, folder: Path, *, texts: Any = (), pictures: Any = ()) -> Case:
    """A CLIP with towers of different sizes; `texts` and `pictures` are settings that differ from the others' here."""
    torch.manual_seed(0)
    settings = {"text_config": {**CLIP_TEXTS, **dict(texts)}, "vision_config": {**PICTURES, **dict(pictures)}}
    model = transformers.CLIPModel(transformers.CLIPConfig(**settings, projection_dim=10))
    drawn_wide(model)
    nn.init.constant_(model.logit_scale, 3.0)
    model.save_pretrained(folder)
    write_clip_tokens(folder)
    side = model.config.vision_config.image_size
    told = {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}, "resample": 3}
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": "CLIPImageProcessor", **told}))
    return Case(folder, model.eval().double())


def write_small_clip(folder: Path) -> None:
    """One written without transformers."""
    torch.manual_seed(0)
    told = {"projection_dim": 4, "text_config": {**CLIP_TEXTS, "num_hidden_layers": 1}, "vision_config": PICTURES}
    clip.write(Clip(msgspec.convert(told, clip.Settings).config()), folder)
    write_clip_tokens(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": 12, "crop_size": 12}))


def drawn_wide(model: nn.Module) -> None:
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)


def in_rows(model: nn.Module, packed: Tensor, lengths: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """(B, L) with padding behind each text, before it where the model's texts must end together, and the mask."""
    padded, mask = pad(packed, lengths, fill=1), mask_of(lengths)
    if not type(model).__name__.startswith("XLNet"):
        return padded, mask
    order = mask.long().argsort(dim=1, stable=True)
    return padded.gather(1, order), mask.gather(1, order)


def precisely(model: nn.Module):
    """Its sines and cosines are computed in single precision even where the model has double."""
    exact = type(model).__name__.startswith("XLNet") and model.dtype == torch.float64
    return mock.patch.object(torch.Tensor, "float", torch.Tensor.double) if exact else nullcontext()


def _write_pieces(folder: Path) -> None:
    """A tokenizer whose texts end in <sep> <cls>."""
    special = ["<unk>", "<pad>", "<cls>", "<sep>", "<mask>"]
    pieces = [(token, 0.0) for token in special] + [(letter, -2.0) for letter in "▁abcdefghijklmnopqrstuvwxyz"]
    tokenizer = Tokenizer(models.Unigram(pieces, 0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))


def write_decoder(folder: Path) -> None:
    """A GPT-2 with a token for each byte, as others publish one."""
    folder.mkdir()
    letters = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({letter: place for place, letter in enumerate(letters)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    settings = gpt2.Settings(vocab_size=len(letters), n_embd=8, n_layer=2, n_head=2, n_positions=64)
    write_published(Published(PublishedConfig(family="gpt2", core=settings.core())), folder)


def same(one: Published, other: Published) -> bool:
    mine, its = one.state_dict(), other.state_dict()
    return mine.keys() == its.keys() and all(torch.equal(mine[name], its[name]) for name in mine)
