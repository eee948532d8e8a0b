"""New words in a vocabulary: which ones, that nothing else changes, and what the trainings are compared by."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.extension import Extension
from headwork.base.files import read_json
from headwork.base.recipes import encode_recipe, load_recipe, with_settings
from headwork.base.runs import Run
from headwork.data.new_words import FEWEST_TIMES, fragments, new_words, slots_of, with_words
from headwork.data.plain_texts import halves_of
from headwork.data.tokenizers import SPECIAL, TextTokenizer, wordpiece
from headwork.exchange import filling
from headwork.exchange.exporting import export
from headwork.exchange.extending import SCRATCH, TRANSFER, WORDS, Wanted, extend
from headwork.layers.transformer import CoreConfig
from headwork.models import published
from headwork.models.formats import write_published
from headwork.models.pretrained import encoder_alone
from headwork.models.published import Published, PublishedConfig
from headwork.ops.packed import pack
from headwork.tasks.classify import new_classifier
from headwork.tasks.masked import NO_WORD, WholeWordReader, ask, asked_for, hidden
from headwork.train import fit as fit_module
from headwork.train.masked import FillIn

LETTERS = "abcdefghijklmnopqrstuvwxyz"
OLD = ["the", "cat", "sat", "on", "mat", "dog", "ran"]
VOCABULARY = [*SPECIAL, "[MASK]", "[unused1]", "[unused0]", *LETTERS, *(f"##{x}" for x in LETTERS), *OLD, "."]
NEW = ["tensor", "gradient", "kernel"]


def sentences(count: int = 160) -> list[str]:
    chance = np.random.default_rng(0)
    words = [*OLD, *NEW * 2]
    return [" ".join([*chance.choice(words, 6), f"{number}."]) for number in range(count)]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT in its published layout, with a masked head."""
    return written(tmp_path_factory.mktemp("bert"), masked=True)


def written(folder: Path, *, masked: bool) -> Path:
    torch.manual_seed(0)
    core = CoreConfig(vocabulary=len(VOCABULARY) + 3, dim=16, layers=2, heads=2, ff=32, positions=64)
    model = Published(PublishedConfig(family="bert", core=core, masked=masked))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    write_published(model, folder)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    return folder


def extended(encoder: Path | str, out: Path, tell=lambda name, share: None, **wanted) -> tuple[Extension, Run]:
    run = Run(out)
    asked = Wanted(**{"tokens": 3, "offline": True, **wanted})
    return extend(str(encoder), sentences(), run, asked, corpus="c", command="", tell=tell), run


def words_in(run: Run) -> list[str]:
    return (run.folder / WORDS).read_text().split()


def parts(run: Run) -> tuple[Published, TextTokenizer]:
    return published.load(run.model), TextTokenizer.load(run.model / "tokenizer.json")


def tokenizer_of(words: list[str]) -> TextTokenizer:
    return TextTokenizer(wordpiece({piece: place for place, piece in enumerate(words)}))


def test_the_words_are_those_that_save_most():
    """Against a count of what each broken word takes, by the library's own pieces."""
    tokenizer, texts = tokenizer_of(VOCABULARY), [*sentences(), "kernels kernels ÉTÉ été 7777 7777 7777 rare"]
    found = new_words(tokenizer, texts, tokens=99)
    for each in found:
        times = sum(text.lower().replace("é", "e").replace(".", " ").split().count(each.word) for text in texts)
        assert (each.times, len(each.pieces)) == (times, len(each.word)) and times >= FEWEST_TIMES
    assert [each.word for each in found[:3]] == sorted(NEW, key=lambda word: (-found_saving(found, word), word))
    assert {"ete", "kernels", "rare", "7777", "cat"}.isdisjoint(each.word for each in found)
    assert new_words(tokenizer, ["x"], tokens=3) == []


def found_saving(found, word: str) -> int:
    (own,) = [each for each in found if each.word == word]
    return own.times * (len(own.pieces) - 1)


@pytest.mark.row("BE16")
@pytest.mark.parametrize("start", ["mean", "zero", "random", "unused"])
def test_old_texts_keep_their_bits_and_new_rows_are_what_was_asked_for(bert: Path, tmp_path: Path, start: str):
    found, run = extended(bert, tmp_path / "out", start=start, tokens=2 if start == "unused" else 3)
    model, tokenizer = parts(run)
    old = encoder_alone(bert).encoder
    texts = ["the cat sat on the mat.", "a dog ran", "tens of kerns"]
    before = tokenizer_of(VOCABULARY)
    ids = [each.ids for each in before.encode(texts)]
    assert [each.ids for each in tokenizer.encode(texts)] == ids
    ours, theirs = model(pack(ids)), old(pack(ids))
    assert torch.equal(ours["hidden"], theirs["hidden"])
    kept = [row for row in range(len(VOCABULARY)) if row not in slots_of(before)]
    assert torch.equal(ours["masked"][:, kept], theirs["masked"][:, kept])
    table, size = old.core.embeddings.tokens.weight, len(VOCABULARY)
    for place, word in enumerate(words_in(run)):
        (number,) = tokenizer.encode([word])[0].ids[1:-1]
        row, pieces = model.core.embeddings.tokens.weight[number], before.encode([word])[0].ids[1:-1]
        if start == "unused":
            assert number == slots_of(before)[place] and torch.equal(row, table[number])
            continue
        assert number == size + place
        if start == "mean":
            assert torch.allclose(row, torch.stack([table[piece] for piece in pieces]).mean(0))
        assert (row.abs().max() == 0) == (start == "zero")
    assert model.config.core.vocabulary == size + 3 and found.new.unknown.mean == found.old.unknown.mean > 0


@pytest.mark.row("BE16")
def test_fragmentation_falls_as_counted_by_hand(bert: Path, tmp_path: Path):
    found, run = extended(bert, tmp_path / "out")
    held_out, new = halves_of(sentences()).held_out, parts(run)[1]
    assert sorted(words_in(run)) == sorted(NEW)
    for tokenizer, told in ((tokenizer_of(VOCABULARY), found.old), (new, found.new)):
        words = [word for text in held_out for word in text.replace(".", " .").split()]
        pieces = [len(tokenizer.encode([word])[0].ids) - 2 for word in words]
        assert told.tokens_per_word.mean == pytest.approx(np.mean(pieces))
        assert told.split.mean == pytest.approx(np.mean(np.array(pieces) > 1))
        assert told.split.low <= told.split.mean <= told.split.high
    assert found.new.tokens_per_word.high < found.old.tokens_per_word.low
    assert fragments(new, ["tensor tensors", ""]).tolist() == [[2, 3, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("way", ["published", "run"])
def test_transformers_reads_the_export_and_cuts_texts_alike(transformers, bert: Path, tmp_path: Path, way: str):
    source = bert if way == "published" else trained(tmp_path / "run")
    found, run = extended(source, tmp_path / "out")
    assert found.notes == ([] if way == "published" else ["left behind, for they belong to the old states: head"])
    export(run, "hf", tmp_path / "hf")
    model, tokenizer = parts(run)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf")
    network = transformers.AutoModel.from_pretrained(tmp_path / "hf").eval()
    assert len(theirs) == tokenizer.vocabulary and network.get_input_embeddings().num_embeddings >= len(theirs)
    for text in [*sentences()[:5], "Tensors, KERNEL! gradients.", ""]:
        (ids,) = [each.ids for each in tokenizer.encode([text])]
        assert theirs(text)["input_ids"] == ids
        with torch.no_grad():
            expected = network(torch.tensor([ids])).last_hidden_state[0]
        assert torch.allclose(model(pack([ids]))["hidden"], expected, atol=1e-5)


def trained(folder: Path) -> Path:
    """A run folder with an untrained encoder in it, whose word pieces are its own."""
    recipe = with_settings(load_recipe("transformer"), ("model.max_tokens=32",), size="tiny")
    run = Run(folder)
    new_classifier(recipe, ["x", "y"], ["the cat sat", "a dog ran"] * 3, seed=0).save(run.model)
    run.recipe_file.write_text(encode_recipe(recipe))
    run.result_file.write_text("{}")
    return folder


def test_a_word_costs_the_sum_of_its_pieces_whatever_stands_beside(bert: Path):
    """Each word asked for alone and by hand: all of its pieces hidden, one forward pass for each text."""
    model, tokenizer = encoder_alone(bert).encoder, tokenizer_of(VOCABULARY)
    texts = ["the tensor sat on the kernel.", "a gradient", "cat"] * 3
    read = WholeWordReader(tokenizer, 64).read(texts)
    found = ask(model, read, tokenizer, seed=1)
    asked = np.flatnonzero(np.random.default_rng(1).random(len(read.texts)) < 0.15)
    assert found.words.tolist() == asked.tolist() and len(asked)
    for number, nats in zip(found.words, found.nats, strict=True):
        row = read.texts[number]
        ids, words = torch.tensor(read.ids[row]), np.array(read.words[row])
        others = np.isin(words, asked)
        states = model(pack([torch.where(torch.tensor(others), tokenizer.mask, ids).tolist()]))["masked"].log_softmax(1)
        pieces = np.flatnonzero(words == number)
        assert nats == pytest.approx(-sum(states[place, ids[place]].item() for place in pieces), rel=1e-4)
    spans = [(word.start, word.end) for words in tokenizer.encode_words(texts) for word in words]
    assert read.characters.tolist() == [end - start for start, end in spans]


def test_windows_hold_each_word_once_and_long_words_are_told():
    tokenizer = tokenizer_of(VOCABULARY)
    texts = ["the tensor " * 20, "gradient", "cat"]
    read = WholeWordReader(tokenizer, 9).read(texts)
    numbers = [number for row in read.words for number in dict.fromkeys(row) if number != NO_WORD]
    assert numbers == list(range(42)) and max(read.lengths) <= 9
    assert (read.cut.rows, read.cut.tokens, read.cut.of_tokens) == (1, 1, 20 * 7 + 8 + 1)
    assert (read.texts == [0] * 40 + [1, 2]).all()


def test_hiding_keeps_its_shares_and_asks_for_whole_words():
    torch.manual_seed(0)
    words = torch.arange(40_000) // 2
    asked = asked_for(words)
    assert torch.equal(asked[::2], asked[1::2]) and asked.float().mean().item() == pytest.approx(0.15, abs=0.01)
    assert asked_for(torch.tensor([NO_WORD, 0, 0, NO_WORD])).tolist() == [False, True, True, False]
    ids = torch.full((40_000,), 7)
    shown = hidden(ids, torch.ones(40_000, dtype=torch.bool), mask=3, vocabulary=1000)
    shares = [(shown == 3).float().mean().item(), (shown == 7).float().mean().item()]
    assert shares == pytest.approx([0.8, 0.1], abs=0.01)
    assert torch.equal(hidden(ids, asked, mask=3, vocabulary=9)[~asked], ids[~asked])


class PowerCutError(Exception):
    pass


SHORT = replace(filling.CONFIG, epochs=1, batch_tokens=512, lr=1e-2)


def test_the_loss_is_that_of_the_hidden_places(bert: Path):
    """Written out: which places, what stands there, and the plain softmax."""
    model, tokenizer = encoder_alone(bert).encoder, tokenizer_of(VOCABULARY)
    problem = FillIn(model, WholeWordReader(tokenizer, 64), sentences()[:20], sentences()[20:], SHORT, seed=0)
    model.eval()
    torch.manual_seed(5)
    loss = problem.loss([0, 1, 2])
    torch.manual_seed(5)
    batch, words = problem.train.batch([0, 1, 2])
    asked = asked_for(words)
    ids = hidden(batch.ids, asked, mask=4, vocabulary=len(VOCABULARY))
    logits = model(pack([text.tolist() for text in ids.split(list(batch.lengths))]))["masked"]
    assert loss.item() == pytest.approx(F.cross_entropy(logits[asked], batch.ids[asked]).item(), rel=1e-5)


@pytest.mark.row("BE16")
def test_a_cut_run_goes_on_to_the_bit_and_the_three_are_compared(bert: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(filling, "CONFIG", SHORT)
    monkeypatch.setattr(fit_module, "CHECKPOINT_SECONDS", 0.0)
    calm, whole = extended(bert, tmp_path / "calm", budget_seconds=3600.0)

    def cut(at: str):
        def tell(name: str, share: float) -> None:
            if name == at and share > 0.4:
                raise PowerCutError

        return tell

    for at in ("extended", TRANSFER):
        with pytest.raises(PowerCutError):
            extended(bert, tmp_path / "cut", tell=cut(at), budget_seconds=3600.0)
    again, run = extended(bert, tmp_path / "cut", budget_seconds=3600.0)
    one, other = (parts(each)[0].state_dict() for each in (whole, run))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert {name: loss.word for name, loss in calm.losses.items()} == {n: loss.word for n, loss in again.losses.items()}
    assert calm.losses[SCRATCH].word.mean < calm.losses[SCRATCH].before and not calm.fresh_head
    gap = calm.losses["extended"].against_transfer
    assert gap and gap.difference == pytest.approx(calm.losses["extended"].word.mean - calm.losses[TRANSFER].word.mean)
    told = json.loads((run.folder / "training" / "extended" / "words.json").read_text())
    nats, words, characters = np.array(told["nats_after"]).sum(0)
    spelt = np.array(
        [len(word) for text in halves_of(sentences()).held_out for word in text.replace(".", " .").split()]
    )
    asked = np.random.default_rng(0).random(len(spelt)) < 0.15
    assert (words, characters) == (asked.sum(), spelt[asked].sum())
    assert again.losses["extended"].word.mean == pytest.approx(nats / words) and words == again.words_asked
    assert again.losses["extended"].character.mean == pytest.approx(nats / characters)
    assert not list(run.folder.glob("training/*/checkpoint")) and run.imported().heads == ["masked"]
    assert read_json(run.folder / "extension.json", Extension) == again


def test_nothing_is_learnt_from_what_is_held_out(bert: Path, tmp_path: Path):
    texts = [f"the kernel {n}" if n * 20 // 160 % 2 == 0 else f"the gradient {n}" for n in range(160)]
    assert halves_of(texts).held_out == [text for text in texts if "gradient" in text]
    run = Run(tmp_path / "out")
    extend(str(bert), texts, run, Wanted(offline=True), corpus="c", command="", tell=lambda name, share: None)
    assert words_in(run) == ["kernel"]


def test_a_pooler_stays_until_there_is_a_masked_head(published, tmp_path: Path):
    folder = published("bert", "Model").folder
    found, run = extended(folder, tmp_path / "out", tokens=1)
    old, new = encoder_alone(folder).encoder.pooler, parts(run)[0].pooler
    assert old is not None and new is not None and torch.equal(old.weight, new.weight) and not found.notes
    alone, left = encoder_alone(published("bert", "ForPreTraining").folder)
    assert alone.pooler is None and alone.masked is not None and left == ["order", "pooler"]


def test_an_encoder_without_a_head_gets_one(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(filling, "CONFIG", SHORT)
    bare = written(tmp_path / "bare", masked=False)
    found, run = extended(bare, tmp_path / "out", budget_seconds=3600.0, alone=True)
    assert found.fresh_head and list(found.losses) == ["extended"] and parts(run)[0].config.masked
    assert found.losses["extended"].against_transfer is None


def test_what_cannot_be_extended_is_refused(bert: Path, tmp_path: Path, published):
    with pytest.raises(HeadworkError, match="keeps 2 slots free, and 3 words"):
        extended(bert, tmp_path / "slots", start="unused")
    with pytest.raises(HeadworkError, match="of the kind Unigram"):
        extended(published("xlnet", "Model").folder, tmp_path / "xlnet")
    assert not list(tmp_path.iterdir()), "what is refused leaves nothing behind"
    extended(bert, tmp_path / "out")
    with pytest.raises(HeadworkError, match="another tokens"):
        extended(bert, tmp_path / "out", tokens=2)
    with pytest.raises(HeadworkError, match="nothing to add"):
        extend(str(bert), ["the cat"] * 50, Run(tmp_path / "none"), Wanted(), corpus="c", command="", tell=print)


def test_words_may_be_added_twice():
    once = with_words(tokenizer_of(VOCABULARY), ["tensor"], places=[len(VOCABULARY)])
    twice = with_words(once, ["kernel"], places=[len(VOCABULARY) + 1])
    assert [len(each.ids) - 2 for each in twice.encode(["tensor kernel", "[SEP]"])] == [2, 5]
