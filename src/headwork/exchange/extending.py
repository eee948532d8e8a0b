"""New tokens for the WordPiece vocabulary of an encoder, and what they are good for.

    extended   the encoder with the new tokens, trained further on the corpus by masked words
    transfer   the encoder as it was, trained as long
    scratch    its layers with weights drawn anew and the old vocabulary, trained as long

after Pakodas, "Extending the vocabulary of BERT". Words are chosen and weights trained on one half of the corpus; every
figure is of the other half. Losses are of words and of characters: those of tokens of two vocabularies are of different
things (`headwork.tasks.masked`).

The folder that comes out is one of an imported encoder: imported.json, asked.json, extension.json, new_tokens.txt,
model/{config.json, model.safetensors, tokenizer.json}; of each training training/<name>/{metrics.jsonl, words.json}
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import torch

from headwork.base.errors import HeadworkError
from headwork.base.extension import Asked, Extension, Fragmentation, WordLoss
from headwork.base.files import read_json, sha256, write_json, write_text
from headwork.base.runs import Imported, Run
from headwork.data.new_words import check_wordpiece, fragments, new_words, slots_of, with_words
from headwork.data.plain_texts import Halves, halves_of
from headwork.data.published_tokens import load_published
from headwork.data.tokenizers import TextTokenizer
from headwork.data.weights import find_encoder
from headwork.exchange.filling import Trained, Training, words_of
from headwork.measure.machine import describe_machine
from headwork.measure.sums import summed_differences, summed_score
from headwork.models import published
from headwork.models.grown import UNUSED, grown
from headwork.models.pretrained import encoder_alone
from headwork.models.published import Published, PublishedConfig
from headwork.report.extension import as_markdown

SCRATCH, TRANSFER, EXTENDED = "scratch", "transfer", "extended"
ASKED, WORDS = "asked.json", "new_tokens.txt"
Progress = Callable[[str, float], None]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    tokens: int = 500
    start: str = "mean"
    """how the rows of the new tokens begin: mean, zero, random, unused (`headwork.models.grown`)"""
    budget_seconds: float | None = None
    """of each training; None: there is none"""
    alone: bool = False
    """train only what is written, and nothing to compare it with"""
    seed: int = 0
    device: str = "cpu"
    offline: bool = False


class Readable(NamedTuple):
    """A network and the tokenizer whose tokens it knows."""

    network: Published
    tokenizer: TextTokenizer


def extend(
    encoder: str, texts: Sequence[str], run: Run, wanted: Wanted, *, corpus: str, command: str, tell: Progress
) -> Extension:
    """Write the extended encoder into the folder of `run`; what was begun there with the same words is gone on with."""
    folder = find_encoder(encoder, offline=wanted.offline)
    asked, result_file = _asked(folder, texts, wanted), run.folder / "extension.json"
    _refuse_other(run, asked)
    if result_file.is_file():
        return read_json(result_file, Extension)
    encoded, left = encoder_alone(folder)
    halves, old = halves_of(texts), Readable(encoded, load_published(folder))
    check_wordpiece(old.tokenizer, str(folder))
    new, words = _extended(old, halves, wanted)
    write_json(run.folder / ASKED, asked)
    write_text(run.folder / WORDS, "".join(f"{word}\n" for word in words))
    if wanted.budget_seconds is None:
        _write(new, folder, run)
    trained = _train(old, new, halves, wanted, run, folder, tell)
    result = Extension(
        encoder=encoder,
        corpus=corpus,
        texts=len(texts),
        held_out=len(halves.held_out),
        new_tokens=len(words),
        start=wanted.start,
        old=fragmentation(old.tokenizer, halves.held_out),
        new=fragmentation(new.tokenizer, halves.held_out),
        fresh_head=bool(trained) and not old.network.config.masked,
        losses=_losses(trained),
        words_asked=int(trained[EXTENDED].after[:, 1].sum()) if trained else 0,
        notes=[*_left_behind(left), *[note for each in trained.values() for note in each.notes][:1]],
        machine=describe_machine(threads=torch.get_num_threads(), device=wanted.device),
        command=command,
    )
    write_text(run.model / "README.md", f"# {encoder} with more words\n\n{as_markdown(result)}\n")
    write_json(result_file, result)
    return result


def _left_behind(heads: Sequence[str]) -> list[str]:
    return [f"left behind, for they belong to the old states: {', '.join(heads)}"] if heads else []


def fragmentation(tokenizer: TextTokenizer, texts: Sequence[str]) -> Fragmentation:
    facts = fragments(tokenizer, texts)[None]
    per_word = {
        name: summed_score(lambda sums, place=place: sums[..., place] / np.maximum(sums[..., 0], 1), facts)
        for place, name in ((1, "tokens_per_word"), (2, "split"), (3, "unknown"))
    }
    return Fragmentation(**per_word)


def _asked(folder: Path, texts: Sequence[str], wanted: Wanted) -> Asked:
    weights = next(iter(sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin")])), folder / "config.json")
    return Asked(
        source=sha256(weights),
        corpus=hashlib.sha256(msgspec.json.encode(list(texts))).hexdigest(),
        tokens=wanted.tokens,
        start=wanted.start,
        seed=wanted.seed,
        budget_seconds=wanted.budget_seconds,
        alone=wanted.alone,
    )


def _refuse_other(run: Run, asked: Asked) -> None:
    """A folder that holds something else."""
    file = run.folder / ASKED
    if not file.is_file():
        if run.folder.is_dir() and any(run.folder.iterdir()):
            raise HeadworkError(f"{run.folder}: the folder is not empty; choose another with -o")
        return
    found = read_json(file, Asked)
    for name in Asked.__struct_fields__:
        if getattr(found, name) != getattr(asked, name):
            raise HeadworkError(
                f"{run.folder}: the folder holds an extension with another {name.replace('_', ' ')}; choose another "
                "folder with -o, or repeat its command"
            )


def _extended(old: Readable, halves: Halves, wanted: Wanted) -> tuple[Readable, list[str]]:
    """The encoder with new tokens, and their words."""
    found = new_words(old.tokenizer, halves.learnt, tokens=wanted.tokens)
    if not found:
        raise HeadworkError("the corpus has no frequent word that is not one token already; nothing to add")
    words, places = [each.word for each in found], _places(old, len(found), wanted.start)
    tokenizer = with_words(old.tokenizer, words, places=places)
    network = grown(old.network, [each.pieces for each in found], places, start=wanted.start, seed=wanted.seed)
    return Readable(network, tokenizer), words


def _places(old: Readable, count: int, start: str) -> list[int]:
    """The numbers that new tokens get: behind the old ones, or those of slots."""
    if start != UNUSED:
        return list(range(old.tokenizer.vocabulary, old.tokenizer.vocabulary + count))
    slots = slots_of(old.tokenizer)
    if len(slots) < count:
        raise HeadworkError(
            f"--start unused: the vocabulary keeps {len(slots):,} slots free, and {count:,} words were found; give "
            f"--tokens {len(slots)} or less, or another --start"
        )
    return slots[:count]


def _write(new: Readable, source: Path, run: Run) -> None:
    core = new.network.config.core
    published.save(new.network, run.model)
    new.tokenizer.save(run.model / "tokenizer.json")
    write_json(
        run.imported_file,
        Imported(
            source=str(source),
            family=new.network.config.family,
            layers=core.layers,
            width=core.dim,
            parameters=sum(parameter.numel() for parameter in new.network.parameters()),
            tokens=new.tokenizer.vocabulary,
            heads=new.network.config.heads,
            labels=[],
            writes=core.causal,
        ),
    )


def _train(
    old: Readable, new: Readable, halves: Halves, wanted: Wanted, run: Run, source: Path, tell: Progress
) -> dict[str, Trained]:
    """What each training came to; the extended encoder is written again with its new weights."""
    if wanted.budget_seconds is None:
        return {}
    words = words_of(old.tokenizer, halves)
    ways = {EXTENDED: new} if wanted.alone else {EXTENDED: new, TRANSFER: old, SCRATCH: _anew(old, wanted.seed)}
    found = {}
    for name, start in ways.items():
        training = Training(run.folder / "training" / name, wanted.budget_seconds, wanted.seed, wanted.device)
        if not training.finished:
            network = _with_head(start.network, wanted.seed)
            training.run(network, start.tokenizer, words, progress=lambda share, name=name: tell(name, share))
            if name == EXTENDED:
                _write(Readable(network.to("cpu"), start.tokenizer), source, run)
            training.finish()
        found[name] = training.read()
    return found


def _anew(old: Readable, seed: int) -> Readable:
    torch.manual_seed(seed)
    config = old.network.config
    return Readable(Published(PublishedConfig(family=config.family, core=config.core)), old.tokenizer)


def _with_head(model: Published, seed: int) -> Published:
    """A copy of the encoder with a masked head, its own or one that is drawn, in a pooler's place."""
    torch.manual_seed(seed)
    whole = Published(msgspec.structs.replace(model.config, masked=True, pooler="none"))
    assert whole.masked is not None
    whole.masked.drawn()
    whole.load_state_dict(model.state_dict(), strict=False)
    return whole


def _losses(trained: dict[str, Trained]) -> dict[str, WordLoss]:
    if not trained:
        return {}

    def per(place: int):
        return lambda sums: sums[..., 0] / np.maximum(sums[..., place], 1)

    facts = {name: each.after[None] for name, each in trained.items()}
    differences = summed_differences(per(1), TRANSFER, facts) if TRANSFER in facts else {}
    return {
        name: WordLoss(
            before=float(per(1)(each.before.sum(0))),
            word=summed_score(per(1), facts[name]),
            character=summed_score(per(2), facts[name]),
            against_transfer=differences.get(name),
            seconds=each.seconds,
            steps=each.steps,
            stopped=each.stopped,
        )
        for name, each in trained.items()
    }
