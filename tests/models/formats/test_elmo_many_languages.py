"""ELMoForManyLangs: its files read, written and refused; numbers against numpy, by the tensors' names in the files."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.formats.test_fuzz import MARK, _cyclic, _Runs
from torch import Tensor

from headwork.base.errors import HeadworkError
from headwork.models import elmo_folder
from headwork.models.elmo import Elmo
from headwork.models.formats.elmo_many_languages import SETTINGS, read, write

pytestmark = pytest.mark.row("EL14")
CHARACTERS = ["<oov>", "<pad>", "<bow>", "<eow>", "<bos>", "<eos>", *"абвгдежзиклмнопрстуь", "", "<", ">"]
WORDS = ["<oov>", "<pad>", "<bos>", "<eos>", "река", "банк", "длинноес", "не"]
"""the seventh is what places for eight characters leave of a longer word"""
OPTIONS = {
    "encoder": {"name": "elmo", "projection_dim": 4, "cell_clip": 0.6, "proj_clip": 0.5, "dim": 6, "n_layers": 2},
    "token_embedder": {
        "name": "cnn", "activation": "relu", "filters": [[1, 4], [2, 3], [3, 2]], "n_highway": 2, "word_dim": 3,
        "char_dim": 5, "max_characters_per_token": 10,
    },
    "classifier": {"name": "sampled_softmax", "n_samples": 8192},
    "dropout": 0.1,
}  # fmt: skip
SENTENCES = [["банк", "не", "закрыт"], ["длинноеслово", "река"], ["<bos>", "ζ", "\u3000", "не"], []]
Tensors = dict[str, Tensor]


def drawn(shapes: dict[str, tuple[int, ...]], seed: int) -> Tensors:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) * 0.7 for name, shape in shapes.items()}


def embedder() -> Tensors:
    shapes = {
        "word_emb_layer.embedding.weight": (len(WORDS), 3),
        "char_emb_layer.embedding.weight": (len(CHARACTERS), 5),
        "projection.weight": (4, 12),
        "projection.bias": (4,),
    }
    for i, (window, count) in enumerate(OPTIONS["token_embedder"]["filters"]):
        shapes |= {f"convolutions.{i}.weight": (count, 5, window), f"convolutions.{i}.bias": (count,)}
    for i in range(2):
        shapes |= {f"highways._layers.{i}.weight": (18, 9), f"highways._layers.{i}.bias": (18,)}
    return drawn(shapes, 0)


def encoder() -> Tensors:
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(2):
        for direction in ("forward", "backward"):
            cell = f"{direction}_layer_{layer}"
            shapes |= {
                f"{cell}.input_linearity.weight": (24, 4),
                f"{cell}.state_linearity.weight": (24, 4),
                f"{cell}.state_linearity.bias": (24,),
                f"{cell}.state_projection.weight": (4, 6),
            }
    return drawn(shapes, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return language(tmp_path / "ru")


def language(place: Path) -> Path:
    """A language as it is published."""
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"config_path": "settings.json", "lr": 0.001}))
    (place / "settings.json").write_text(json.dumps(OPTIONS))
    for name, entries in (("char.dic", CHARACTERS), ("word.dic", WORDS)):
        (place / name).write_text("".join(f"{entry}\t{number}\n" for number, entry in enumerate(entries)), "utf-8")
    torch.save(embedder(), place / "token_embedder.pkl")
    torch.save(encoder(), place / "encoder.pkl", _use_new_zipfile_serialization=False)  # as torch 0.4 did
    return place


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def word_by_hand(word: str, t: dict[str, np.ndarray], *, mark: bool = False) -> np.ndarray:
    """(4,) a word from its characters and its number."""
    known = {entry or "\u3000": number for number, entry in enumerate(CHARACTERS)}
    word = word if mark else word[:8]
    letters = [word] if mark else list(word)
    ids = [known["<eow>"], *(known.get(letter, 0) for letter in letters), known["<bow>"]]
    x = t["char_emb_layer.embedding.weight"][ids + [known["<pad>"]] * (10 - len(ids))]
    found = []
    for i, (window, count) in enumerate(OPTIONS["token_embedder"]["filters"]):
        weight, bias = t[f"convolutions.{i}.weight"], t[f"convolutions.{i}.bias"]
        answers = np.empty((10 - window + 1, count))
        for start in range(len(answers)):
            for kernel in range(count):
                answers[start, kernel] = (x[start : start + window].T * weight[kernel]).sum() + bias[kernel]
        found.append(np.maximum(answers.max(0), 0))
    v = np.concatenate(found)
    for i in range(2):
        z = t[f"highways._layers.{i}.weight"] @ v + t[f"highways._layers.{i}.bias"]
        carry = sigmoid(z[9:])
        v = carry * v + (1 - carry) * np.maximum(z[:9], 0)
    number = WORDS.index(word) if word in WORDS and (mark or not word.startswith("<")) else 0
    joined = np.concatenate([t["word_emb_layer.embedding.weight"][number], v])
    return t["projection.weight"] @ joined + t["projection.bias"]


def by_hand(sentence: Sequence[str], streams: dict | None = None) -> np.ndarray:
    """(3, T, 8) of one sentence, from the tensors under their published names."""
    t = {name: tensor.double().numpy() for name, tensor in (embedder() | encoder()).items()}
    words = [word_by_hand("<bos>", t, mark=True), *(word_by_hand(word, t) for word in sentence)]
    words.append(word_by_hand("<eos>", t, mark=True))
    streams = {} if streams is None else streams
    sides = []
    for direction in ("forward", "backward"):
        x = words if direction == "forward" else words[::-1]
        rows = [x]
        for layer in range(2):
            cell = f"{direction}_layer_{layer}"
            h, c = streams.get(cell, (np.zeros(4), np.zeros(6)))
            said = []
            for each in x:
                z = t[f"{cell}.input_linearity.weight"] @ each + t[f"{cell}.state_linearity.weight"] @ h
                i, f, g, o = np.split(z + t[f"{cell}.state_linearity.bias"], 4)
                c = np.clip(sigmoid(i) * np.tanh(g) + sigmoid(f) * c, -0.6, 0.6)
                h = np.clip(t[f"{cell}.state_projection.weight"] @ (sigmoid(o) * np.tanh(c)), -0.5, 0.5)
                said.append(h)
            streams[cell] = h, c
            x = [y + below for y, below in zip(said, x, strict=True)] if layer else said
            rows.append(x)
        sides.append(np.array([row if direction == "forward" else row[::-1] for row in rows]))
    return np.concatenate(sides, -1)[:, 1:-1]


def furthest(elmo: Elmo) -> float:
    with torch.no_grad():
        found = elmo.double().representations(SENTENCES).numpy()
    return np.abs(found - np.concatenate([by_hand(sentence) for sentence in SENTENCES], 1)).max()


def test_all_layers_equal_a_version_in_numpy(folder: Path) -> None:
    assert furthest(Elmo.load(folder)) < 1e-9


def test_the_mean_of_the_layers_is_what_the_original_gives_by_default(folder: Path) -> None:
    elmo = Elmo.load(folder).double()
    for sentence, vectors in zip(SENTENCES, elmo.embed(SENTENCES), strict=True):
        np.testing.assert_allclose(vectors.numpy(), by_hand(sentence).mean(0), rtol=0, atol=1e-9)


def test_carried_states_equal_a_version_in_numpy(folder: Path) -> None:
    elmo, streams = Elmo.load(folder).double(), {}
    for sentence in SENTENCES[:3]:
        [found] = elmo.embed([sentence], output="lstm_outputs2", state="carry")
        np.testing.assert_allclose(found.numpy(), by_hand(sentence, streams)[2], rtol=0, atol=1e-9)


def _blocks(tensors: Tensors, name: str, order: tuple[int, ...]) -> None:
    parts = tensors[name].chunk(len(order))
    tensors[name] = torch.cat([parts[place] for place in order])


def _all_gates(of_embedder: Tensors, of_encoder: Tensors) -> None:
    for name in [name for name in of_encoder if "linearity" in name]:
        _blocks(of_encoder, name, (0, 2, 1, 3))


def _exchanged(of_embedder: Tensors, of_encoder: Tensors) -> None:
    turned = {
        name.replace("forward", "-").replace("backward", "forward").replace("-", "backward"): tensor
        for name, tensor in of_encoder.items()
    }
    of_encoder.update(turned)


PLANTED: dict[str, Callable[[Tensors, Tensors], object]] = {
    "the gates of TensorFlow": _all_gates,
    "highways the other way": lambda e, _: e.update({n: -t for n, t in e.items() if "highways" in n}),
    "halves of a highway exchanged": lambda e, _: [
        _blocks(e, f"highways._layers.0.{name}", (1, 0)) for name in ("weight", "bias")
    ],
    "directions exchanged": _exchanged,
    "no vectors of words": lambda e, _: e["word_emb_layer.embedding.weight"].zero_(),
    "vectors of other words": lambda e, _: e.update(
        {"word_emb_layer.embedding.weight": e["word_emb_layer.embedding.weight"].roll(1, 0)}
    ),
    "words behind characters": lambda e, _: e.update({"projection.weight": e["projection.weight"].roll(9, 1)}),
    "a forget bias": lambda _, c: [t[6:12].add_(1) for n, t in c.items() if n.endswith("bias")],
    "windows read backward": lambda e, _: e.update({"convolutions.1.weight": e["convolutions.1.weight"].flip(2)}),
}  # fmt: skip


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_in_the_weights_is_seen(mistake: str, folder: Path) -> None:
    of_embedder, of_encoder = embedder(), encoder()
    PLANTED[mistake](of_embedder, of_encoder)
    torch.save(of_embedder, folder / "token_embedder.pkl")
    torch.save(of_encoder, folder / "encoder.pkl")
    assert furthest(read(folder)) > 1e-3


SETTING = {
    "another activation": ("token_embedder", {"activation": "tanh"}),
    "words cut elsewhere": ("token_embedder", {"max_characters_per_token": 9}),
    "no cell clip": ("encoder", {"cell_clip": 0}),
    "no projection clip": ("encoder", {"proj_clip": 0}),
}


@pytest.mark.parametrize("mistake", SETTING)
def test_a_planted_mistake_in_the_settings_is_seen(mistake: str, folder: Path) -> None:
    part, change = SETTING[mistake]
    told = OPTIONS | {part: OPTIONS[part] | change}
    (folder / "settings.json").write_text(json.dumps(told))
    assert furthest(read(folder)) > 1e-3


def test_marks_of_words_the_right_way_round_would_be_wrong(folder: Path) -> None:
    swapped = [{"<bow>": "<eow>", "<eow>": "<bow>"}.get(entry, entry) for entry in CHARACTERS]
    lines = "".join(f"{entry}\t{number}\n" for number, entry in enumerate(swapped))
    (folder / "char.dic").write_text(lines, "utf-8")
    assert furthest(read(folder)) > 1e-3


def same_bits(one: Elmo, other: Elmo) -> bool:
    tensors, others = one.state_dict(), other.state_dict()
    return (one.config, one.lexicon) == (other.config, other.lexicon) and all(
        torch.equal(tensors[name], others[name]) for name in tensors | others
    )


def test_a_round_trip_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    write(read(folder), tmp_path / "again")
    for file, expected in (("token_embedder.pkl", embedder()), ("encoder.pkl", encoder())):
        found = torch.load(tmp_path / "again" / file, weights_only=True)
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert same_bits(Elmo.load(tmp_path / "again"), read(folder))
    assert (tmp_path / "again" / "char.dic").read_text("utf-8").count("\u3000\t") == 1


def test_stored_here_it_is_the_same(folder: Path, tmp_path: Path) -> None:
    elmo = read(folder)
    elmo_folder.save(elmo, tmp_path / "run" / "model")
    for place in ("run", "run/model"):
        again = Elmo.load(tmp_path / place)
        assert same_bits(again, elmo)
        assert [n for n, p in again.named_parameters() if p.requires_grad] == ["mix.scores", "mix.gamma"]
    told = json.loads((tmp_path / "run/model/config.json").read_text())
    del told["lexicon"]["words"]["река"]
    (tmp_path / "run/model/config.json").write_text(json.dumps(told))
    with pytest.raises(HeadworkError, match="the lexicon is not that of the settings"):
        Elmo.load(tmp_path / "run")


def test_only_the_mix_learns(folder: Path) -> None:
    elmo = read(folder)
    elmo(SENTENCES).sum().backward()
    assert [name for name, p in elmo.named_parameters() if p.grad is not None] == ["mix.scores", "mix.gamma"]


def test_settings_that_a_folder_names_but_does_not_hold_are_those_of_all_languages(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"config_path": f"../../configs/{SETTINGS}"}))
    with pytest.raises(
        HeadworkError, match=r"'char_emb_layer.embedding.weight' has shape \(29, 5\), expected \(29, 50\)"
    ):
        read(folder)
    (folder / "config.json").write_text(json.dumps({"config_path": "/etc/passwd"}))
    with pytest.raises(HeadworkError, match=r"ru/passwd: cannot be read .*must lie beside config\.json"):
        read(folder)
    (folder / "config.json").write_text(json.dumps({"config_path": "elsewhere\\settings.json"}))
    assert furthest(read(folder)) < 1e-9


def without(tensors: Tensors, name: str) -> Tensors:
    return {each: tensor for each, tensor in tensors.items() if each != name}


CELL = "backward_layer_1.state_linearity.weight"
DAMAGES: dict[str, tuple[str, Callable[[Tensors], object], str]] = {
    "missing": ("encoder.pkl", lambda t: without(t, CELL), f"{CELL}' is missing"),
    "renamed": ("encoder.pkl", lambda t: {**without(t, CELL), "x": t[CELL]}, "'x' has no place"),
    "a layer too many": ("encoder.pkl", lambda t: {**t, "forward_layer_2.x": t[CELL]}, "'forward_layer_2.x' has no"),
    "wrongly shaped": ("encoder.pkl", lambda t: {**t, CELL: torch.zeros(24, 5)}, r"\(24, 5\), expected \(24, 4\)"),
    "transposed": ("encoder.pkl", lambda t: {**t, CELL: t[CELL].T.contiguous()}, r"shape \(4, 24\), expected"),
    "without dimensions": ("encoder.pkl", lambda t: {**t, CELL: torch.tensor(1.0)}, r"shape \(\), expected"),
    "whole numbers": ("encoder.pkl", lambda t: {**t, CELL: t[CELL].long()}, "is of type torch.int64"),
    "larger than the file": (
        "encoder.pkl", lambda t: {**t, CELL: torch.zeros(1, 1).expand(1 << 16, 1 << 16)}, "larger than the file"
    ),
    "fewer words": (
        "token_embedder.pkl",
        lambda t: {**t, "word_emb_layer.embedding.weight": torch.zeros(7, 3)},
        r"shape \(7, 3\), expected \(8, 3\)",
    ),
    "code": ("encoder.pkl", lambda t: {"a": _Runs()}, r"encoder\.pkl: no weights can be read"),
    "itself in itself": ("encoder.pkl", lambda t: _cyclic(), r"encoder\.pkl: (no weights|holds more)"),
    "a list": ("token_embedder.pkl", lambda t: [1], "holds more than named tensors"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_fit_is_named(damage: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    file, change, message = DAMAGES[damage]
    torch.save(change({"encoder.pkl": encoder, "token_embedder.pkl": embedder}[file]()), folder / file)
    with pytest.raises(HeadworkError, match=message):
        read(folder)
    assert not MARK.exists()


@pytest.mark.parametrize("file", ["char.dic", "settings.json", "token_embedder.pkl", "encoder.pkl", "word.dic"])
def test_truncated_empty_and_absent_files_are_refused(file: str, folder: Path) -> None:
    whole = (folder / file).read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"\xff\xfe\x00"):
        (folder / file).write_bytes(content)
        with pytest.raises(HeadworkError, match=rf"{file}|ru: (the characters lack|words is 0)"):
            read(folder)
    (folder / file).unlink()
    with pytest.raises(HeadworkError, match=file):
        read(folder)


LISTS = {
    "a number twice": ("а\t0\nб\t0\n", "its 2 numbers are not those from 0 on"),
    "a number missing": ("а\t0\nб\t2\n", "its 2 numbers are not those from 0 on"),
    "no number": ("а\tб\n", "no number in 'а"),
    "a huge number": ("а\t99999999999999999999\n", "no number in"),
    "a negative number": ("а\t-1\n", "no number in"),
    "no marks": ("а\t0\nб\t1\n", "the characters lack <bos>"),
    "nothing": ("\n\n", "the characters lack <bos>"),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_that_number_nothing_are_refused(name: str, folder: Path) -> None:
    text, message = LISTS[name]
    (folder / "char.dic").write_text(text, "utf-8")
    with pytest.raises(HeadworkError, match=message):
        read(folder)


OTHERS = {
    "an LSTM of characters": ("token_embedder", {"name": "lstm"}, "Invalid enum value 'lstm'"),
    "another encoder": ("encoder", {"name": "lstm"}, "Invalid enum value 'lstm'"),
    "no characters": ("token_embedder", {"char_dim": 0}, "width is 0"),
    "a million layers": ("encoder", {"n_layers": 1_000_000}, "layers is 1000000"),
    "a word for a number": ("encoder", {"dim": "many"}, "dim"),
    "huge": ("encoder", {"dim": 1 << 62}, "hidden is"),
    "wider than the files": ("encoder", {"dim": 1 << 16}, "has shape"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_settings_that_no_model_has_are_named(name: str, folder: Path) -> None:
    part, change, message = OTHERS[name]
    (folder / "settings.json").write_text(json.dumps(OPTIONS | {part: OPTIONS[part] | change}))
    with pytest.raises(HeadworkError, match=message):
        read(folder)


@settings(max_examples=60)
@given(
    file=st.sampled_from(["config.json", "settings.json", "char.dic", "word.dic", "encoder.pkl"]),
    place=st.integers(0, 1 << 20),
    change=st.binary(min_size=1, max_size=4),
)
def test_any_change_of_bytes_gives_a_model_or_one_line(tmp_path_factory, file: str, place: int, change: bytes) -> None:
    folder = language(tmp_path_factory.mktemp("many") / "ru")
    data = bytearray((folder / file).read_bytes())
    data[place % len(data) : place % len(data) + len(change)] = change
    (folder / file).write_bytes(bytes(data))
    try:
        elmo = read(folder)
    except HeadworkError as error:
        assert "\n" not in str(error)
        return
    [vectors] = elmo.embed([["банк", "не"]])
    assert vectors.shape == (2, 8)
