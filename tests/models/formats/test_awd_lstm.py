"""The published format of AWD-LSTM: every way in which a file is saved is read, and what is damaged is named."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.fastai_by_hand import WORDS, ByHand, ClassifierByHand
from tests.models.formats.test_fuzz import MARK, _cyclic, _Runs, mutated
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.models.formats.awd_lstm import read, write
from headwork.models.language_lstm import LanguageLstm, LanguageLstmConfig
from headwork.models.stored import own_tensors

pytestmark = pytest.mark.row("UL01")


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def hand() -> ByHand:
    return ByHand()


WAYS: dict[str, Callable[[ByHand, Path], object]] = {
    "a state dict": lambda hand, path: torch.save(hand.saved(), path),
    "with the optimiser": lambda hand, path: torch.save(
        {"model": hand.saved(), "opt": {"state": [{"step": 3, "avg": torch.ones(2)}], "hypers": [{"lr": 1e-3}]}}, path
    ),
    "of an old torch": lambda hand, path: torch.save(hand.saved(), path, _use_new_zipfile_serialization=False),
    "with what ran last": lambda hand, path: torch.save(hand.saved(older=True), path),
    "in double precision": lambda hand, path: torch.save(hand.saved(dtype=torch.float64), path),
    "of a wrapped model": lambda hand, path: torch.save({f"module.{n}": t for n, t in hand.saved().items()}, path),
}


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_of_saving_give_the_same(way: str, hand: ByHand, tmp_path: Path) -> None:
    WAYS[way](hand, tmp_path / "a.pth")
    found = read(tmp_path / "a.pth")
    assert found.shape == {"dim": 6, "hidden": 10, "layers": 3, "ends": "narrow"} and found.vocabulary == len(WORDS)
    for number, rnn in enumerate(hand.rnns):
        for name, tensor in rnn.named_parameters():
            assert torch.equal(found.tensors[f"layers.{number}.{name}"], tensor.float())
    assert torch.equal(found.tensors["table.weight"], hand.encoder.weight.float())
    assert torch.equal(found.tensors["head.bias"], hand.decoder.bias.float())


def test_half_precision_is_read_as_single(hand: ByHand, tmp_path: Path) -> None:
    torch.save(hand.saved(dtype=torch.float16), tmp_path / "a.pth")
    assert all(tensor.dtype == torch.float32 for tensor in read(tmp_path / "a.pth").tensors.values())


def test_an_encoder_alone_foretells_by_its_table(hand: ByHand, tmp_path: Path) -> None:
    own = {name.removeprefix("0."): tensor for name, tensor in hand.saved().items() if name.startswith("0.")}
    torch.save(own, tmp_path / "encoder.pth")
    found = read(tmp_path / "encoder.pth").tensors
    assert not found["head.bias"].any() and torch.equal(found["table.weight"], own["encoder.weight"])


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_any_number_of_layers(layers: int, tmp_path: Path) -> None:
    hand = ByHand(layers=layers)
    torch.save(hand.saved(), tmp_path / "a.pth")
    found = read(tmp_path / "a.pth")
    network = LanguageLstm(LanguageLstmConfig(**found.shape), vocabulary=found.vocabulary)
    network.load_state_dict(found.tensors, strict=False)
    ids = torch.arange(len(WORDS))[None]
    logits = network.double().logits(network(ids[:, 1:]).states)  # but for the one that opens a document here
    torch.testing.assert_close(logits, hand(ids[:, 1:]), rtol=0, atol=1e-9)


def test_what_is_written_is_what_was_read_name_by_name(hand: ByHand, tmp_path: Path) -> None:
    torch.save(hand.saved(), tmp_path / "a.pth")
    write(read(tmp_path / "a.pth").tensors, 3, tmp_path / "b.pth")
    assert same(torch.load(tmp_path / "b.pth", weights_only=True), hand.saved())


def test_own_networks_fit_the_table(tmp_path: Path) -> None:
    network = LanguageLstm(LanguageLstmConfig(dim=4, hidden=6, layers=2, ends="narrow"), vocabulary=9)
    write(own_tensors(network), 2, tmp_path / "a.pth")
    assert same(read(tmp_path / "a.pth").tensors, own_tensors(network))


RAW, EMBEDDED = "0.rnns.1.weight_hh_l0_raw", "0.encoder.weight"
DAMAGES = {
    "missing": (lambda t: without(t, RAW), r"'rnns\.1\.weight_hh_l0_raw' is missing"),
    "no bias of the decoder": (lambda t: without(t, "1.decoder.bias"), r"'1\.decoder\.bias' is missing"),
    "a layer missing": (
        lambda t: {n: v for n, v in t.items() if ".rnns.1." not in n},
        r"'rnns\.1\.weight_hh_l0_raw' is missing",
    ),
    "no layers": (lambda t: {n: v for n, v in t.items() if ".rnns." not in n}, "0 layers of LSTM"),
    "many layers": (lambda t: {**t, "0.rnns.999.weight_hh_l0_raw": t[RAW]}, "1000 layers of LSTM"),
    "renamed": (lambda t: {**without(t, RAW), RAW.removesuffix("_raw"): t[RAW]}, "weight_hh_l0_raw' is missing"),
    "left over": (lambda t: {**t, "0.rnns.0.module.weight_hr_l0": t[RAW]}, r"weight_hr_l0' has no place"),
    "of both directions": (
        lambda t: {**t, "0.rnns.0.module.weight_ih_l0_reverse": t[RAW]},
        "weight_ih_l0_reverse' has no place",
    ),
    "wrongly shaped": (lambda t: {**t, RAW: t[RAW][:, :9].clone()}, r"shape \(40, 9\), expected \(40, 10\)"),
    "transposed": (lambda t: {**t, RAW: t[RAW].T.contiguous()}, r"shape \(10, 40\), expected \(40, 10\)"),
    "without dimensions": (
        lambda t: {**t, "0.rnns.0.weight_hh_l0_raw": torch.tensor(1.0)},
        r"recurrent weights of \(\)",
    ),
    "empty": (lambda t: dict.fromkeys(t, torch.zeros(0, 0)), r"embeddings of shape \(0, 0\)"),
    "not tied": (
        lambda t: {**t, "1.decoder.weight": t[EMBEDDED] + 1},
        r"'1\.decoder\.weight' differs from what it should repeat",
    ),
    "two tables": (
        lambda t: {**t, "0.encoder_dp.emb.weight": t[EMBEDDED] + 1},
        r"'encoder_dp\.emb\.weight' differs from what it should repeat",
    ),
    "whole numbers": (lambda t: {**t, RAW: t[RAW].long()}, "is of type torch.int64, expected floating point"),
    "one name twice": (lambda t: {**t, "encoder.weight": t[EMBEDDED].clone()}, "one name in two spellings"),
    "larger than the file": (lambda t: {**t, RAW: torch.zeros(1, 1).expand(1 << 16, 1 << 16)}, "larger than the file"),
    "sparse": (lambda t: {**t, RAW: t[RAW].to_sparse()}, "sparse"),
    "a piece of a classifier": (lambda t: {**t, "1.layers.0.0.weight": t[RAW]}, r"'encoder\.weight' is missing"),
}


def without(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {each: tensor for each, tensor in tensors.items() if each != name}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_fit_is_named(damage: str, hand: ByHand, tmp_path: Path) -> None:
    change, message = DAMAGES[damage]
    torch.save(change(hand.saved()), tmp_path / "a.pth")
    with pytest.raises(HeadworkError, match=message):
        read(tmp_path / "a.pth")


@pytest.mark.parametrize("older", [False, True])
def test_a_classifier_is_read_in_both_ways_that_there_are(older: bool, tmp_path: Path) -> None:
    hand = ClassifierByHand(older=older)
    torch.save({f"module.{name}": tensor for name, tensor in hand.saved().items()}, tmp_path / "a.pth")
    found = read(tmp_path / "a.pth")
    assert (found.units, found.classes, len(found.head)) == (4, 3, 12)
    assert torch.equal(found.tensors["table.weight"], hand.encoder.weight.float())
    for block, (weight, bias, mean, variance, linear, constant) in zip(("first", "second"), hand.blocks, strict=True):
        named = {"norm.weight": weight, "norm.bias": bias, "norm.running_mean": mean, "norm.running_var": variance}
        for name, tensor in (named | {"linear.weight": linear, "linear.bias": constant}).items():
            assert torch.equal(found.head[f"{block}.{name}"], tensor.float())


NORM, FIRST, LAST = "1.layers.0.0.running_mean", "1.layers.0.2.weight", "1.layers.1.2.weight"
DAMAGED_HEADS = {
    "a norm that has seen nothing": (lambda t: without(t, NORM), r"'1\.layers\.0\.0\.running_mean' is missing"),
    "no last layer": (lambda t: without(t, LAST), r"'1\.layers\.1\.2\.weight' is missing"),
    "a third block": (lambda t: {**t, "1.layers.2.0.weight": t[NORM]}, r"'1\.layers\.2\.0\.weight' has no place"),
    "another width": (lambda t: {**t, FIRST: t[FIRST][:, :17].clone()}, r"shape \(4, 17\), expected \(4, 18\)"),
    "a norm of another width": (lambda t: {**t, NORM: t[NORM][:5].clone()}, r"running_mean' would have shape \(5,\)"),
    "one number": (lambda t: {**t, LAST: t[LAST][:1].clone()}, "answers with one number"),
    "no dimensions": (lambda t: {**t, LAST: torch.tensor(1.0)}, r"a linear layer of the classifier has shape \(\)"),
    "a language model too": (lambda t: {**t, "1.decoder.bias": t[NORM]}, r"'1\.decoder\.bias' has no place"),
}


@pytest.mark.parametrize("damage", DAMAGED_HEADS)
def test_what_does_not_fit_in_a_classifier_is_named(damage: str, tmp_path: Path) -> None:
    change, message = DAMAGED_HEADS[damage]
    torch.save(change(ClassifierByHand().saved()), tmp_path / "a.pth")
    with pytest.raises(HeadworkError, match=message):
        read(tmp_path / "a.pth")


HOSTILE = {
    "code": {"a": _Runs()},
    "code beside the model": {"model": {"a": torch.zeros(1)}, "opt": _Runs()},
    "a whole module": ByHand(),
    "more than tensors": {"model": {"a": [1]}},
    "itself in itself": _cyclic(),
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_and_never_run(
    name: str, legacy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(HOSTILE[name], tmp_path / "a.pth", _use_new_zipfile_serialization=not legacy)
    with pytest.raises(HeadworkError, match=r"a\.pth: (no weights can be read|holds more)"):
        read(tmp_path / "a.pth")
    assert not MARK.exists()


@pytest.mark.parametrize("legacy", [False, True])
def test_mutations_are_read_or_refused_in_one_line(legacy: bool, hand: ByHand, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(hand.saved(), path, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    for seed in range(150):
        path.write_bytes(mutated(whole, random.Random(seed)))
        try:
            assert read(path).vocabulary == len(WORDS)
        except HeadworkError as error:
            assert "\n" not in str(error) and len(str(error)) < 2000


def test_truncated_and_absent_files_are_refused(hand: ByHand, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    for legacy in (False, True):
        torch.save(hand.saved(), path, _use_new_zipfile_serialization=not legacy)
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(HeadworkError, match="no weights can be read"):
            read(path)
    path.unlink()
    with pytest.raises(HeadworkError, match="no weights can be read"):
        read(path)
