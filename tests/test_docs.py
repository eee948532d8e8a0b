"""Every command and Python example in README and docs is run; `make` words are targets; links lead somewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.test_captions import album
from tests.ducks import write_ducks
from tests.published import write_decoder, write_small_clip
from tests.tables import write_folder

from headwork.models.elmo import Elmo, ElmoConfig
from headwork.models.formats.elmo import write

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
LONG = {
    "attention.md",
    "disambiguate.md",
    "diagnose.md",
    "embed.md",
    "extend-vocabulary.md",
    "entity-sentiment.md",
    "first-steps.md",
    "formats.md",
    "hebrew.md",
    "language.md",
    "long-documents.md",
    "memory.md",
    "multilabel.md",
    "pair.md",
    "parse-log.md",
    "README.md",
    "retrieve.md",
    "several-tasks.md",
    "span.md",
    "summarize.md",
    "table.md",
    "tag.md",
    "translate.md",
}
"""pages with minutes of commands"""
BUDGET = re.compile(r"--budget \d+[smh]")
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
}


def blocks(language: str) -> list[tuple[str, str]]:
    return [(page.name, body) for page in PAGES for kind, body in FENCE.findall(page.read_text()) if kind == language]


def commands() -> list:
    """Each page's headwork commands in their order, for later ones use what earlier ones wrote."""
    found = []
    for page in PAGES:
        lines = [
            line.split("   #")[0].strip()
            for kind, body in FENCE.findall(page.read_text())
            if kind == "sh"
            for line in body.splitlines()
        ]
        mine = [line for line in lines if line.startswith("headwork ")]
        if mine:
            found.append(pytest.param(mine, id=page.name, marks=pytest.mark.slow if page.name in LONG else ()))
    return found


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the files that the pages speak of."""
    header, texts = "review,stars,author\n", []
    for number in range(120):
        word, stars = (("awful", 1), ("decent", 3), ("great", 5))[number % 3]
        texts.append(f'"A {word} film, seen on day {number}. I found it {word}.",{stars},writer{number % 20}\n')
    (tmp_path / "reviews.csv").write_text(header + "".join(texts))
    for name, part in (("train", texts[:60]), ("dev", texts[60:80]), ("test", texts[80:])):
        (tmp_path / f"{name}.csv").write_text(header + "".join(part))
    (tmp_path / "new.csv").write_text("review\nA great evening.\nAn awful one.\n")
    words = {"red": "rotes", "old": "altes", "small": "kleines"}
    pairs = [(f"a {word} house {n} .", f"ein {words[word]} Haus {n} .") for n in range(50) for word in words]
    (tmp_path / "pairs.tsv").write_text("en\tde\n" + "".join(f"{one}\t{other}\n" for one, other in pairs))
    for name, some in (("train", pairs[:100]), ("dev", pairs[100:120]), ("test", pairs[120:])):
        for end, column in (("en", 0), ("de", 1)):
            (tmp_path / f"{name}.{end}").write_text("".join(f"{pair[column]}\n" for pair in some))
    claims, likeness = ["premise,hypothesis,label\n"], ["sentence1,sentence2,score\n"]
    for number in range(90):
        claim, label, score = (("sleeps", "yes", 5), ("runs", "no", 1), ("dreams", "maybe", 3))[number % 3]
        claims.append(f'"A dog sleeps in house {number}.","An animal {claim} in house {number}.",{label}\n')
        likeness.append(f'"A dog sleeps in house {number}.","A dog {claim} in house {number}.",{score}.{number % 10}\n')
    (tmp_path / "claims.csv").write_text("".join(claims))
    moods = [("furious", "1,0,0"), ("glad", "0,1,0"), ("glad but afraid", "0,1,1"), ("here", "0,0,0")]
    lines = [f"I was {word} on day {number}.,{flags}\n" for number in range(30) for word, flags in moods]
    (tmp_path / "moods.csv").write_text("text,anger,joy,fear\n" + "".join(lines))
    said = (("מקסים", "good"), ("בושה", "bad"), ("בסדר", "so-so"))
    (tmp_path / "opinions.csv").write_text(
        "text,label\n" + "".join(f"{word} ביום {n},{label}\n" for n in range(40) for word, label in said)
    )
    asked = [
        (f"Bor fell as Al rose on day {n}", name, fares)
        for n in range(40)
        for name, fares in (("Al", "positive"), ("Bor", "negative"))
    ]
    (tmp_path / "news.csv").write_text("text,entity,polarity\n" + "".join(f"{','.join(row)}\n" for row in asked))
    felt = (("שמח", "joy"), ("מפחד", "fear"), ("שמח ומפחד", "fear|joy"), ("כועס", "anger"))
    (tmp_path / "feelings.tsv").write_text(
        "text\temotions\n" + "".join(f"אני {word} ביום {n}\t{labels}\n" for n in range(30) for word, labels in felt)
    )
    (tmp_path / "likeness.csv").write_text("".join(likeness))
    described = [
        {"summary": f"{verb} the {noun} {n}", "code": f"def {verb}_{noun}(x):\n    return x.{verb}({n})"}
        for n, (verb, noun) in enumerate((v, w) for v in ("open", "read", "send") for w in ("file", "key") * 15)
    ]
    (tmp_path / "functions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in described))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "files.py").write_text("def read_file(path):\n    return open(path).read()\n" * 4)
    paragraphs = []
    for number in range(30):
        context = f"Ada lives in town {number}. Boris lives in Oslo."
        answer = {"text": f"town {number}", "answer_start": 13}
        qas = [{"id": f"q{number}", "question": f"Where does Ada {number} live?", "answers": [answer]}]
        paragraphs.append({"context": context, "qas": qas})
    (tmp_path / "questions.json").write_text(json.dumps({"data": [{"title": "Ada", "paragraphs": paragraphs}]}))
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "ada.txt").write_text("A letter.\n\nAda lives in Zürich since 1990.\n")
    (tmp_path / "mine.conll").write_text(
        "".join(
            f"{('Ada', 'Bob')[n % 2]}\tB-PER\nwas\tO\nin\tO\nNew\tB-LOC\nYork\tI-LOC\n{n}\tO\n\n" for n in range(60)
        )
    )
    speech = [[("Ada", "PROPN"), ("sleeps", "VERB"), (str(n), "NUM"), (".", "PUNCT")][n % 2 :] for n in range(60)]
    (tmp_path / "parts.conllu").write_text(
        "\n".join(
            "".join("\t".join([str(n), word, "_", tag, *"______"]) + "\n" for n, (word, tag) in enumerate(words, 1))
            for words in speech
        )
    )
    found = [f"Dec {n},notice,Found child {n} in slot {n % 9},Found child <*> in slot <*>\n" for n in range(60)]
    (tmp_path / "apache.csv").write_text("Time,Level,Content,EventTemplate\n" + "".join(found))
    (tmp_path / "raw.log").write_text("[Dec 4] [notice] Found child 6725 in slot 10\nce] Found  child 7 in\n")
    write_ducks(tmp_path / "duck.csv")
    (tmp_path / "lines.txt").write_text("A great evening.\nAn awful one.\n")
    documents = []
    for n in range(40):
        sentences = [f"In town {n} rain fell.", "The river rose.", f"Bridge {n} was closed by noon."]
        documents.append({"source": sentences, "target": [f"Bridge {n} closed."]})
    (tmp_path / "docs.jsonl").write_text("".join(json.dumps(each) + "\n" for each in documents))
    (tmp_path / "article.txt").write_text("Rain fell all night.\nThe river rose. By noon the bridge was closed.\n")
    story = "In winter the {0} sleeps, in summer the {0} sings.\n\nNaïve, who asks the {0} why!\n\n"
    columns = np.where(np.arange(8) % 4 < 2, 30, 220) + np.arange(60)[:, None, None] % 9
    digits = np.broadcast_to(columns, (60, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "digits.npz", x_train=digits[:50], x_test=digits[50:])
    Image.fromarray(digits[0]).save(tmp_path / "digit.png")
    (tmp_path / "clip").mkdir()
    write_small_clip(tmp_path / "clip")
    Image.fromarray(album(tmp_path / "album", {"train": 20, "dev": 3, "test": 5})["test00.png"]).save(
        tmp_path / "photo.png"
    )
    write_folder(tmp_path / "medals", stem="games")
    (tmp_path / "asked.txt").write_text("which nation won the most gold?\nhow many nations are there?\n")
    write_decoder(tmp_path / "gpt2")
    write(Elmo(ElmoConfig(width=4, filters=((1, 8), (3, 16)), projection=8, hidden=16)), tmp_path / "elmo")
    (tmp_path / "book.txt").write_text("".join(story.format(word) for word in ("bear", "fox", "owl") * 40))
    return tmp_path


def run_all(lines: list[str], desk: Path) -> None:
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line], cwd=desk, capture_output=True, text=True, env=ENVIRONMENT, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"


@pytest.mark.parametrize("lines", commands())
def test_commands_run_with_a_second_for_each_model(lines: list[str], desk: Path) -> None:
    run_all([BUDGET.sub("--budget 1s", line) for line in lines if not is_long(line)], desk)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lines", commands())
def test_long_commands_run_as_they_stand(lines: list[str], desk: Path) -> None:
    run_all([line for line in lines if is_long(line)], desk)


def is_long(line: str) -> bool:
    """A comparison of the whole line-up."""
    return " compare " in line and "--models" not in line


@pytest.mark.parametrize(
    ("page", "body"),
    [(page, body) for page, body in blocks("python") if "import headwork" in body or "from headwork" in body],
)
def test_python_examples_run(page: str, body: str, desk: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", body], cwd=desk, capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert done.returncode == 0, f"{page}\n{done.stderr}"


def test_make_words_are_targets() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    words = {word for page in PAGES for word in re.findall(r"`?make ([a-z-]+)`?", page.read_text())}
    assert {
        word for word in words if word in targets or f"`make {word}" in "".join(p.read_text() for p in PAGES)
    } <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
