"""`headwork data` lists what lies below HEADWORK_DATA, each with the task that it is for."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from headwork.cli import group

FILES = {
    "letters/train.csv": "text,label\n",
    "letters/test.csv": "text,label\n",
    "both_xx_yy/train.xx": "a\n",
    "both_xx_yy/train.yy": "b\n",
    "album/train.captions.jsonl": "",
    "album/train.zip": "",
    "book/train.txt": "a\n",
    "drawings/train.zip": "",
    "words/train.conllu": "",
    "words/test.conllu": "",
    "machines/Boiler.csv": "LineId,Content,EventId,EventTemplate\n",
    "machines/other.csv": "LineId,Content\n",
    "asked/train.json": "{}",
    "asked/test.json": "{}",
}
LISTED = {
    "letters": "train.csv",
    "both_xx_yy": "xx to yy, line by line, for --task translate",
    "album": "pictures with captions, for --task translate",
    "book": "a running text, for --task language",
    "drawings": "pictures, for --task language",
    "words": "a word and its tag on each line, for --task tag",
    "machines/Boiler.csv": "lines of a log with their templates, for --task parse-log",
    "asked": "questions about passages, for --task span",
    "copy": "generated, for --task algorithm",
}


def test_each_kind_of_set_is_listed_once_with_its_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("HEADWORK_DATA", str(tmp_path))
    done = CliRunner().invoke(group, ["data"])
    assert done.exit_code == 0, done.output
    lines = [line.split(maxsplit=1) for line in done.output.splitlines()]
    listed = dict(lines)
    assert len(listed) == len(lines) and "machines/other.csv" not in listed
    for name, told in LISTED.items():
        assert told in listed[name]
