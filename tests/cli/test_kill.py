"""kill -9 at any moment, the same command again, the same bits; Ctrl-C ends with 130."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def start(*words: object, cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "headwork", *map(str, words)],
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # A shell's background job ignores Ctrl-C, and would hand that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "model/model.safetensors").read_bytes()).hexdigest()


def test_a_killed_run_ends_with_the_same_weights(headwork, things: Path, tmp_path: Path) -> None:
    words = [
        "train",
        "bilstm-attention",
        things,
        "--size",
        "tiny",
        "--set",
        "train.epochs=60",
        "--set",
        "train.patience=99",
        "--device",
        "cpu",
    ]
    began = time.monotonic()
    assert headwork(*words, "-o", tmp_path / "calm").returncode == 0
    took = time.monotonic() - began
    kills = 0
    for share in (0.4, 0.6, 0.8):
        process = start(*words, "-o", tmp_path / "killed", cwd=tmp_path)
        try:
            process.wait(timeout=share * took)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    done = headwork(*words, "-o", tmp_path / "killed")
    assert done.returncode == 0, done.stderr
    assert kills
    assert weights(tmp_path / "calm") == weights(tmp_path / "killed")
    assert not (tmp_path / "killed/checkpoint").exists()


def lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_with_130_and_no_trial_outlives_it(headwork, things: Path, tmp_path: Path) -> None:
    words = [
        "compare",
        things,
        "--models",
        "tfidf,han",
        "--seeds",
        1,
        "--budget",
        "1h",
        "--set",
        "train.epochs=5000",
        "--set",
        "train.patience=5000",
        "-o",
        tmp_path / "out",
    ]
    process = start(*words, cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "out/trials/han-0/plan.json").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert (tmp_path / "out/trials/tfidf-0/result.json").is_file()
    deadline = time.monotonic() + 20  # a worker ends by itself, as soon as it gets a core
    while lives(process.pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not lives(process.pid)
