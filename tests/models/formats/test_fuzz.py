"""Damaged and hostile files: whatever is done to a published folder, it is read whole or refused in one line."""

import pickle
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from tests.damage import mutated

from headwork.base.errors import HeadworkError
from headwork.models.formats import read_published
from headwork.models.published import Published

FILES = ("config.json", "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "modules.json")


@pytest.fixture(scope="module")
def folders(transformers, tmp_path_factory) -> dict[str, Path]:
    """By the file that is to be damaged: a folder in which it counts."""
    small = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 4}
    model = transformers.BertForMaskedLM(
        transformers.BertConfig(vocab_size=99, max_position_embeddings=4, type_vocab_size=1, **small)
    )
    base = tmp_path_factory.mktemp("fuzz")
    model.save_pretrained(base / "whole")
    model.save_pretrained(base / "shards", max_shard_size="1KB")
    shutil.copytree(base / "whole", base / "pickled")
    (base / "pickled/model.safetensors").unlink()
    torch.save(load_file(base / "whole/model.safetensors"), base / "pickled/pytorch_model.bin")
    shutil.copytree(base / "whole", base / "sentences")
    modules = (
        '[{"idx":0,"name":"0","path":"","type":"x.Transformer"},{"idx":1,"name":"1","path":"p","type":"x.Pooling"}]'
    )
    (base / "sentences/modules.json").write_text(modules)
    (base / "sentences/p").mkdir()
    (base / "sentences/p/config.json").write_text('{"pooling_mode_mean_tokens":true}')
    places = ("whole", "whole", "shards", "pickled", "sentences")
    return {file: base / place for file, place in zip(FILES, places, strict=True)}


def read_or_refused(folder: Path) -> None:
    try:
        assert isinstance(read_published(folder), Published)
    except HeadworkError as error:
        assert "\n" not in str(error) and len(str(error)) < 2000


def damage(folders: dict[str, Path], into: Path, file: str, seed: int) -> None:
    draw = random.Random(seed)
    folder = into / file
    if not folder.exists():
        shutil.copytree(folders[file], folder)
    whole = (folders[file] / file).read_bytes()
    (folder / file).write_bytes(mutated(whole, draw))
    read_or_refused(folder)


@pytest.mark.parametrize("file", FILES)
def test_mutations(file: str, folders, tmp_path: Path):
    for seed in range(100):
        damage(folders, tmp_path, file, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("file", FILES)
def test_many_mutations(file: str, folders, tmp_path: Path):
    for seed in range(100, 2_600):
        damage(folders, tmp_path, file, seed)


def test_the_undamaged_are_read(folders):
    for folder in set(folders.values()):
        assert read_published(folder).config.masked


@settings(max_examples=60)
@given(
    change=st.sampled_from(
        ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"]
    ),
    value=st.one_of(st.integers(-5, 5), st.sampled_from([2**31, 2**62, 10**9])),
)
def test_sizes_beyond_the_file_are_refused_before_they_are_allocated(folders, tmp_path_factory, change, value):
    folder = tmp_path_factory.mktemp("sizes")
    shutil.copy(folders["config.json"] / "model.safetensors", folder)
    text = (folders["config.json"] / "config.json").read_text()
    lines = [f'  "{change}": {value},' if f'"{change}"' in line else line for line in text.splitlines()]
    (folder / "config.json").write_text("\n".join(lines))
    read_or_refused(folder)


MARK = Path("headwork-was-run")
"""in the working folder, which is the test's own"""


class _Runs:
    def __reduce__(self) -> tuple:
        return (Path.touch, (MARK,))


def _pickle(folder: Path, content: object) -> None:
    with (folder / "pytorch_model.bin").open("wb") as file:
        pickle.dump(content, file)


def _save(folder: Path, content: object) -> None:
    torch.save(content, folder / "pytorch_model.bin")


def _bomb(folder: Path, content: object) -> None:
    torch.save(content, folder / "plain.bin")
    with (
        zipfile.ZipFile(folder / "plain.bin") as plain,
        zipfile.ZipFile(folder / "pytorch_model.bin", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in plain.infolist():
            bomb.writestr(entry.filename, plain.read(entry))


def _cyclic() -> dict:
    itself: dict = {}
    itself["bert"] = itself
    return itself


HOSTILE: dict[str, tuple[Callable[[Path, object], object], object]] = {
    "code in a pickle": (_pickle, {"a": _Runs()}),
    "code in torch's file": (_save, {"a": _Runs()}),
    "a whole module": (
        lambda folder, content: torch.save(content, folder / "pytorch_model.bin"),
        torch.nn.Linear(1, 1),
    ),
    "more than tensors": (_save, {"a": [1]}),
    "itself in itself": (_save, _cyclic()),
    "compressed": (_bomb, {"a": torch.zeros(1 << 20)}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pickles_are_refused_and_never_run(name: str, folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(folders["config.json"] / "config.json", tmp_path)
    write, content = HOSTILE[name]
    write(tmp_path, content)
    with pytest.raises(HeadworkError, match=r"pytorch_model\.bin: (no weights|holds)"):
        read_published(tmp_path)
    assert not MARK.exists()


@pytest.mark.parametrize("place", ["../whole/model.safetensors", "/etc/passwd", "pytorch_model.bin"])
def test_an_index_names_files_beside_it_alone(place: str, folders, tmp_path: Path):
    shutil.copy(folders["config.json"] / "config.json", tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text(f'{{"weight_map": {{"a": "{place}"}}}}')
    with pytest.raises(HeadworkError, match="no safetensors file beside it"):
        read_published(tmp_path)
