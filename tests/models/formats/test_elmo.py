"""The published format of ELMo: outputs that TensorFlow gave, a round trip, and files that are damaged or hostile."""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headwork.base.errors import HeadworkError
from headwork.models import elmo as model
from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats.elmo import places, read, write
from headwork.ops.spelling import CLOSING, OPENING, spelling, spelt

ROUNDED = 2e-6
"""the stored outputs are float32: in float64 they differ by 1.1e-6, too"""
FIXTURES = {"elmo_allennlp": "sentences.json", "elmo_bilm_tf": "lm_embeddings_sentences.json"}
TINY = ElmoConfig(width=1, places=4, filters=((1, 1), (2, 2)), highways=1, projection=2, hidden=3, layers=1)


class Fixture:
    """Three lists of ten sentences, and the top layer that TensorFlow gave for them as three streams."""

    def __init__(self, folder: Path, sentences: str):
        self.folder = folder
        self.streams = [
            [text.split() for text in stream] for stream in json.loads((folder / sentences).read_text(encoding="utf-8"))
        ]
        self.expected = [self._stored(folder / f"lm_embeddings_{number}.hdf5") for number in range(len(self.streams))]

    @staticmethod
    def _stored(path: Path) -> list[np.ndarray]:
        with h5py.File(path) as file:
            return [np.concatenate([*file[str(number)][...]], axis=-1) for number in range(10)]

    def furthest(self, elmo: Elmo, *, state: str = "carry", sentences: int = 10) -> float:
        """The largest difference from TensorFlow; the streams are the rows of each call."""
        elmo.forget()
        differences = []
        for number in range(sentences):
            rows = [stream[number] for stream in self.streams]
            found = elmo.embed(rows, output=f"lstm_outputs{elmo.config.layers}", state=state)
            differences += [
                np.abs(vectors.numpy() - stream[number]).max()
                for vectors, stream in zip(found, self.expected, strict=True)
            ]
        return max(differences)


@pytest.fixture(scope="module", params=FIXTURES)
def fixture(request: pytest.FixtureRequest, real_data: Path) -> Fixture:
    return Fixture(real_data / "fixtures" / request.param, FIXTURES[request.param])


@pytest.fixture(scope="module")
def allennlp(real_data: Path) -> Fixture:
    return Fixture(real_data / "fixtures" / "elmo_allennlp", FIXTURES["elmo_allennlp"])


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return written(TINY, tmp_path / "tiny")


def written(config: ElmoConfig, folder: Path) -> Path:
    """A random model in the published format."""
    torch.manual_seed(0)
    folder.mkdir()
    write(Elmo(config), folder)
    return folder


@pytest.mark.row("EL05")
def test_all_sentences_equal_those_of_tensorflow_when_states_are_carried(fixture: Fixture):
    assert fixture.furthest(Elmo.load(fixture.folder)) < ROUNDED
    assert fixture.furthest(Elmo.load(fixture.folder).double()) < ROUNDED


@pytest.mark.row("EL05")
def test_without_carried_states_they_differ(fixture: Fixture):
    assert fixture.furthest(Elmo.load(fixture.folder), state="reset") > 0.5


@pytest.mark.row("EL05")
def test_a_stream_alone_equals_a_stream_beside_others(allennlp: Fixture):
    elmo = Elmo.load(allennlp.folder)
    for sentences, expected in zip(allennlp.streams, allennlp.expected, strict=True):
        elmo.forget()
        for sentence, vectors in zip(sentences, expected, strict=True):
            [found] = elmo.embed([sentence], output="lstm_outputs2", state="carry")
            assert np.abs(found.numpy() - vectors).max() < ROUNDED


@torch.no_grad()
@pytest.mark.row("EL04")
def test_the_words_alone_equal_the_table_of_tensorflow(allennlp: Fixture):
    elmo = Elmo.load(allennlp.folder)
    lines = (allennlp.folder / "vocab_test.txt").read_text(encoding="utf-8").strip().split("\n")
    with h5py.File(allennlp.folder / "elmo_token_embeddings.hdf5") as file:
        expected = file["embedding"][...]
    assert len(lines) == len(expected) == 458
    marks = {"<S>": OPENING, "</S>": CLOSING}
    ids = spelt([marks.get(line) or spelling(line) for line in lines], elmo.config.places)
    assert np.abs(elmo.words(ids).numpy() - expected).max() < ROUNDED
    words = [line for line in lines if line not in marks]
    rows = [line not in marks for line in lines]
    assert np.abs(elmo.table(words, context_free=True).numpy() - expected[rows]).max() < ROUNDED


def changed(elmo: Elmo, **settings) -> Elmo:
    """The same weights with other settings."""
    other = Elmo(msgspec.structs.replace(elmo.config, **settings))
    other.load_state_dict(elmo.state_dict())
    return other


def regated(elmo: Elmo, order: tuple[int, ...]) -> Elmo:
    """The gates' weights in another order."""
    with torch.no_grad():
        for layer in elmo.bilm.layers:
            for parameter in (layer.weight, layer.bias):
                parameter.copy_(parameter.unflatten(-1, (4, -1))[..., list(order), :].flatten(-2))
    return elmo


def carried_the_other_way(elmo: Elmo) -> Elmo:
    """sigmoid(-x) = 1 - sigmoid(x): what a highway carries and what it transforms change places."""
    with torch.no_grad():
        for highway in elmo.words.highways:
            highway.gate.weight.neg_()
            highway.gate.bias.neg_()
    return elmo


def turned(elmo: Elmo) -> Elmo:
    """Each direction with the weights of the other."""
    with torch.no_grad():
        for parameter in elmo.bilm.parameters():
            parameter.copy_(parameter.flip(0))
    return elmo


MISTAKES: dict[str, Callable[[Elmo], Elmo]] = {
    "no forget bias": lambda elmo: changed(elmo, forget_bias=0.0),
    "the gates of torch": lambda elmo: regated(elmo, (0, 2, 1, 3)),
    "the gates of headwork.ops.lstm": lambda elmo: regated(elmo, (3, 0, 2, 1)),
    "no cell clip": lambda elmo: changed(elmo, cell_clip=None),
    "no projection clip": lambda elmo: changed(elmo, projection_clip=None),
    "another skip": lambda elmo: changed(elmo, skip=not elmo.config.skip),
    "highways the other way": carried_the_other_way,
    "directions exchanged": turned,
    "tanh for relu": lambda elmo: changed(elmo, activation="tanh"),
    "words cut shorter": lambda elmo: changed(elmo, places=9),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_seen(mistake: str, allennlp: Fixture):
    wrong = MISTAKES[mistake](Elmo.load(allennlp.folder))
    assert allennlp.furthest(wrong) > 10 * ROUNDED


SPELLINGS = {
    "marks of the sentence exchanged": {"OPENING": CLOSING, "CLOSING": OPENING},
    "no marks but words of their names": {"OPENING": spelling("<S>"), "CLOSING": spelling("</S>")},
}


@pytest.mark.parametrize("mistake", SPELLINGS)
def test_other_marks_are_seen(mistake: str, allennlp: Fixture, monkeypatch: pytest.MonkeyPatch):
    for name, value in SPELLINGS[mistake].items():
        monkeypatch.setattr(model, name, value)
    assert allennlp.furthest(Elmo.load(allennlp.folder), sentences=1) > 1e-3


def same_bits(one: Elmo, other: Elmo) -> bool:
    tensors, others = one.state_dict(), other.state_dict()
    return one.config == other.config and all(torch.equal(tensors[name], others[name]) for name in tensors | others)


def test_a_round_trip_gives_the_same_bits(fixture: Fixture, tmp_path: Path):
    first = Elmo.load(fixture.folder)
    write(first, tmp_path)
    assert same_bits(Elmo.load(tmp_path), first)


@pytest.mark.parametrize("settings", [{"highways": 0}, {"projection": 3, "hidden": 4}, {"layers": 3, "skip": False}])
def test_a_round_trip_of_other_settings(settings: dict, tmp_path: Path):
    first = Elmo(msgspec.structs.replace(TINY, activation="tanh", cell_clip=None, **settings))
    write(first, tmp_path)
    assert same_bits(read(tmp_path), first)


def test_a_setting_that_the_format_cannot_hold_is_not_written(tmp_path: Path):
    with pytest.raises(HeadworkError, match=r"forget_bias is 0\.0"):
        write(Elmo(msgspec.structs.replace(TINY, forget_bias=0.0)), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.row("EL10")
def test_what_was_read_is_frozen_but_for_the_mix(tiny: Path):
    free = {name for name, parameter in read(tiny).named_parameters() if parameter.requires_grad}
    assert free == {"mix.scores", "mix.gamma"}


def test_every_weight_has_a_place_in_the_file():
    elmo = Elmo(TINY)
    in_file = sum(place.numel() for place in places(elmo).values())
    assert in_file == sum(p.numel() for p in elmo.parameters()) - sum(p.numel() for p in elmo.mix.parameters())


def test_the_files_may_have_longer_names_and_the_options_may_be_named(tiny: Path):
    for name in ("options.json", "weights.hdf5"):
        (tiny / name).rename(tiny / f"elmo_2x4096_{name}")
    assert read(tiny).config == read(tiny / "elmo_2x4096_options.json").config == TINY


CELL = "RNN_1/RNN/MultiRNNCell/Cell0/LSTMCell"


def plain(shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, np.float32)


def put(file: h5py.File, name: str, data: object) -> None:
    del file[name]
    file[name] = data


def moved_to_another_file(file: h5py.File) -> None:
    del file["char_embed"]
    file.create_dataset("char_embed", (261, 1), "f4", external=[("elsewhere.raw", 0, 261 * 4)])


def gathered_from_another_file(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((261, 1), "f4")
    layout[:] = h5py.VirtualSource("elsewhere.hdf5", "char_embed", (261, 1))
    del file["char_embed"]
    file.create_virtual_dataset("char_embed", layout)


def compressed(file: h5py.File) -> None:
    del file["char_embed"]
    file.create_dataset("char_embed", (261, 1), "f4", compression="gzip")


def never_stored(file: h5py.File) -> None:
    del file["char_embed"]
    file.create_dataset("char_embed", (261, 1), "f4")


DAMAGES: dict[str, tuple[Callable[[h5py.File], object], str]] = {
    "missing": (lambda f: f.pop(f"{CELL}/B"), "Cell0/LSTMCell/B' is missing"),
    "a group is missing": (lambda f: f.pop("CNN_proj"), "'CNN_proj/W_proj' is missing"),
    "renamed": (lambda f: f.move("CNN/b_cnn_1", "CNN/b_cnn_2"), "'CNN/b_cnn_2' has no place"),
    "left over": (lambda f: put_new(f, "softmax/W", plain((2, 2))), "'softmax' has no place"),
    "a layer too many": (lambda f: put_new(f, f"{CELL[:-10]}1/LSTMCell/B", plain((12,))), "Cell1' has no place"),
    "wrongly shaped": (
        lambda f: put(f, f"{CELL}/W_0", plain((4, 11))),
        r"W_0' has shape \(4, 11\), expected \(4, 12\)",
    ),
    "transposed": (lambda f: put(f, f"{CELL}/W_0", plain((12, 4))), r"shape \(12, 4\), expected \(4, 12\)"),
    "a number": (lambda f: put(f, f"{CELL}/B", np.float32(0)), r"shape \(\), expected \(12,\)"),
    "nothing": (lambda f: put(f, f"{CELL}/B", h5py.Empty("f4")), r"shape None, expected \(12,\)"),
    "integers": (lambda f: put(f, f"{CELL}/B", np.zeros(12, "i4")), "type int32, expected float32"),
    "doubles": (lambda f: put(f, f"{CELL}/B", np.zeros(12)), "type float64, expected float32"),
    "texts": (lambda f: put(f, f"{CELL}/B", ["x"] * 12), "type object, expected float32"),
    "a group for a tensor": (lambda f: put_group(f, f"{CELL}/B"), "B' has no place"),
    "a tensor for a group": (lambda f: put(f, "CNN_proj", plain((3, 2))), "'CNN_proj' has no place"),
    "a named type": (lambda f: put(f, "char_embed", np.dtype("f4")), "'char_embed' has no place"),
    "a link within": (lambda f: put(f, f"{CELL}/B", h5py.SoftLink("/char_embed")), "B' is a link"),
    "a link outside": (
        lambda f: put(f, "CNN_proj", h5py.ExternalLink("other.hdf5", "/CNN_proj")),
        "'CNN_proj' is a link",
    ),
    "a circle": (lambda f: put(f, f"{CELL}/B", f["/"]), "B' has no place"),
    "numbers in another file": (moved_to_another_file, "'char_embed' is compressed, in pieces or in another file"),
    "a view of another file": (gathered_from_another_file, "'char_embed' is compressed, in pieces or in another file"),
    "compressed": (compressed, "'char_embed' is compressed, in pieces or in another file"),
    "never stored": (never_stored, "'char_embed' is compressed, in pieces or in another file"),
}


def put_new(file: h5py.File, name: str, data: object) -> None:
    file[name] = data


def put_group(file: h5py.File, name: str) -> None:
    del file[name]
    file.create_group(name)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_fit_is_named(damage: str, tiny: Path):
    change, message = DAMAGES[damage]
    with h5py.File(tiny / "weights.hdf5", "r+") as file:
        change(file)
    with pytest.raises(HeadworkError, match=message):
        read(tiny)


def test_a_truncated_an_empty_and_a_foreign_file_are_refused(tiny: Path):
    path = tiny / "weights.hdf5"
    whole = path.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], b"", b"\x80\x04\x95" + bytes(len(whole))):
        path.write_bytes(content)
        with pytest.raises(HeadworkError, match=r"weights\.hdf5: (not readable as hdf5|[0-9,]+ bytes, where)"):
            read(tiny)


def test_options_that_ask_for_more_than_the_file_holds_fill_no_memory(tiny: Path):
    options = json.loads((tiny / "options.json").read_text())
    options["lstm"]["dim"] = 1 << 16
    options["lstm"]["projection_dim"] = 1 << 14
    (tiny / "options.json").write_text(json.dumps(options))
    with pytest.raises(HeadworkError, match="bytes, where the options ask for"):
        read(tiny)


OPTIONS = {
    "unknown key": (lambda o: o["lstm"].update(peepholes=True), "peepholes"),
    "no lstm": (lambda o: o.pop("lstm"), "lstm"),
    "a word for a number": (lambda o: o["lstm"].update(dim="many"), "dim"),
    "one direction": (lambda o: o.update(bidirectional=False), "bidirectional is false"),
    "no projection": (lambda o: o["lstm"].update(projection_dim=3), "expected it to be smaller"),
    "no layers": (lambda o: o["lstm"].update(n_layers=0), "layers is 0"),
    "a million layers": (lambda o: o["lstm"].update(n_layers=1_000_000), "layers is 1000000"),
    "a negative width": (lambda o: o["lstm"].update(projection_dim=-1), "projection is -1"),
    "huge numbers": (lambda o: o["lstm"].update(dim=1 << 62, projection_dim=1 << 61), "projection is"),
    "a window longer than the word": (lambda o: o["char_cnn"].update(filters=[[9, 1]]), "1 of window 9"),
    "no filters": (lambda o: o["char_cnn"].update(filters=[]), "filters has 0 entries"),
    "another alphabet": (lambda o: o["char_cnn"].update(n_characters=300), "n_characters"),
    "another activation": (lambda o: o["char_cnn"].update(activation="os.system"), "activation"),
    "a clip of nothing": (lambda o: o["lstm"].update(cell_clip=0), "cell_clip is 0"),
}


@pytest.mark.parametrize("damage", OPTIONS)
def test_options_that_no_model_has_are_named(damage: str, tiny: Path):
    change, message = OPTIONS[damage]
    options = json.loads((tiny / "options.json").read_text())
    change(options)
    (tiny / "options.json").write_text(json.dumps(options))
    with pytest.raises(HeadworkError, match=message):
        read(tiny)


def test_options_written_in_training_are_read(tiny: Path):
    options = json.loads((tiny / "options.json").read_text())
    options["char_cnn"]["n_characters"] = 261
    options |= {"bidirectional": True, "dropout": 0.1, "n_epochs": 10, "batch_size": 128}
    (tiny / "options.json").write_text(json.dumps(options))
    assert read(tiny).config == TINY


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"lstm": ' * 100_000])
def test_options_that_are_no_settings_are_refused(content: bytes, tiny: Path):
    (tiny / "options.json").write_bytes(content)
    with pytest.raises(HeadworkError, match=r"options\.json"):
        read(tiny)


def test_a_file_too_few_or_too_many(tiny: Path, tmp_path: Path):
    shutil.copy(tiny / "weights.hdf5", tiny / "old_weights.hdf5")
    with pytest.raises(HeadworkError, match=r"found old_weights\.hdf5, weights\.hdf5"):
        read(tiny)
    with pytest.raises(HeadworkError, match=r"expected one file \*options\.json of ELMo, found none"):
        read(tmp_path)
    with pytest.raises(HeadworkError, match=r"nothing\.json: cannot be read"):
        read(tiny / "nothing.json")


def test_without_h5py_one_line_says_what_to_install(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(HeadworkError, match=r"pip install 'headwork\[hdf5\]'"):
        read(tiny)


@pytest.fixture(scope="module")
def whole() -> tuple[bytes, bytes]:
    """The options and the weights of a tiny model."""
    with tempfile.TemporaryDirectory() as place:
        folder = written(TINY, Path(place) / "whole")
        return (folder / "options.json").read_bytes(), (folder / "weights.hdf5").read_bytes()


def read_or_one_line(options: bytes, weights: bytes, change: Callable[[Path], object] = lambda folder: None) -> None:
    """Either a model that gives vectors, or a refusal of one line."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "options.json").write_bytes(options)
        (folder / "weights.hdf5").write_bytes(weights)
        change(folder)
        try:
            elmo = read(folder)
        except HeadworkError as error:
            assert "\n" not in str(error)
            return
        [vectors] = elmo.embed([["a", "word"]])
        assert vectors.shape == (2, 2 * elmo.config.projection)


@settings(max_examples=200)
@given(place=st.integers(0, 1 << 20), change=st.binary(min_size=1, max_size=8), end=st.integers(0, 1 << 20))
def test_any_change_of_bytes_gives_a_model_or_one_line(whole, place: int, change: bytes, end: int):
    options, weights = whole
    data = bytearray(weights)
    data[place % len(data) : place % len(data) + len(change)] = change
    read_or_one_line(options, bytes(data[: end if 0 < end < len(data) else len(data)]))


@settings(max_examples=60)
@given(place=st.integers(0, 1 << 20), change=st.binary(min_size=1, max_size=3))
def test_any_change_of_options_gives_a_model_or_one_line(whole, place: int, change: bytes):
    options, weights = whole
    data = bytearray(options)
    data[place % len(data) : place % len(data) + len(change)] = change
    read_or_one_line(bytes(data), weights)


NAMES = sorted(places(Elmo(TINY)))
KINDS = ("f4", "f8", "f2", ">f4", "i4", "u1", "c8", "S3")


@settings(max_examples=100)
@given(
    name=st.sampled_from(NAMES),
    other=st.sampled_from([*NAMES, "CNN", "x/y/z", "RNN_0/RNN", "ελμο"]),
    shape=st.lists(st.integers(0, 12), max_size=5),
    kind=st.sampled_from(KINDS),
    keep=st.booleans(),
)
def test_any_other_tensor_gives_a_model_or_one_line(whole, name: str, other: str, shape: list, kind: str, keep: bool):
    def change(folder: Path) -> None:
        with h5py.File(folder / "weights.hdf5", "r+") as file:
            right = file[name].shape
            if not keep:
                del file[name]
            if other in file:
                del file[other]
            file[other] = np.zeros(right if keep else shape, kind)

    read_or_one_line(*whole, change)
