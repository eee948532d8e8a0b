"""A comparison of models that answer from passages, from a file to its page, and what a finished run answers."""

import functools
import importlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner

from headwork.base.errors import HeadworkError
from headwork.base.limits import DEFAULT_LIMITS
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.span import SpanComparison, SpanRun
from headwork.cli import group
from headwork.compare import comparison
from headwork.compare.asked import Asked as Given
from headwork.compare.comparison import Options, compare
from headwork.compare.lineup import default_names
from headwork.compare.open import open_run
from headwork.compare.span.answer import Library, questions_asked
from headwork.compare.span.excerpt import excerpt
from headwork.compare.span.parts import question_word
from headwork.compare.span.trial import check, threshold_of
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.questions import QuestionCorpus, prepare_questions
from headwork.measure.answers import best, exact, f1
from headwork.measure.latency import measure_latency
from headwork.report.views import standings, write_report, write_run_report
from headwork.tasks.span import NOWHERE, Found, load_answerer

trial_module = importlib.import_module("headwork.compare.span.trial")  # the package gives the function of that name
NAMES = ("sentence", "window", "two-way-lstm")
SETTINGS = (
    *("train.epochs=2", "train.lr=1e-2", "train.batch_tokens=600"),
    *("model.max_tokens=60", "model.question_tokens=16", "model.stride=12", "model.dropout=0.0"),
)
PEOPLE = "Ada Boris Clara Dora Emil Franz Greta Hana".split()
TOWNS = "Paris Rome Oslo Bern Kyiv Lima Cairo Zürich".split()


def write_questions(path: Path, *, silent: bool, articles: int = 24) -> Path:
    """Who lives where; with `silent` every fourth question is about somebody else."""
    chance, data = np.random.default_rng(0), []
    for number in range(articles):
        names, towns = (list(map(str, chance.choice(pool, 4, replace=False))) for pool in (PEOPLE, TOWNS))
        lines = [f"{name} <b>lives</b> in {town}. 👩‍👧" for name, town in zip(names[:3], towns, strict=False)]
        context, qas = " ".join(lines) + " And so on." * (12 * (number % 3)), []
        for which in range(4 if silent else 3):
            told = {"text": towns[which], "answer_start": context.index(towns[which])} if which < 3 else None
            question = f"Where does {names[which]} live?" if which % 2 else f"What is the town of {names[which]}?"
            qas.append({"id": f"{number}-{which}", "question": question, "answers": [told] if told else []})
        data.append({"title": f"t{number}", "paragraphs": [{"context": context, "qas": qas}]})
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return path


def recipes() -> list:
    chosen = [load_recipe(name, "span") for name in NAMES]
    return [with_settings(each, SETTINGS, size="tiny") if each.kind == "span-lstm" else each for each in chosen]


def compared(folder: Path, *, silent: bool) -> tuple[QuestionCorpus, ComparisonFolder]:
    corpus = prepare_questions(write_questions(folder / "people.json", silent=silent))
    out = ComparisonFolder(folder / "out")
    options = Options(
        seeds=1, threads=1, offline=True, curve=silent, command="headwork compare people.json --task span"
    )

    def run_here(_, trial, settings, threads, hear) -> None:
        run_trial(trial.run, trial.recipe, corpus, seed=trial.seed, settings=settings, progress=lambda share: None)

    with pytest.MonkeyPatch.context() as patch:  # a dozen processes and latencies to the third digit take a minute
        patch.setattr(comparison, "CURVE_SHARES", (0.3,))
        patch.setattr(comparison, "run_in_process", run_here)
        patch.setattr(trial_module, "measure_latency", functools.partial(measure_latency, seconds=0.05))
        compare(out, corpus, recipes(), options)
    write_report(out)
    return corpus, out


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[QuestionCorpus, ComparisonFolder]:
    return compared(tmp_path_factory.mktemp("plain"), silent=False)


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> tuple[QuestionCorpus, ComparisonFolder]:
    return compared(tmp_path_factory.mktemp("silent"), silent=True)


@pytest.fixture(params=["plain", "silent"])
def either(request: pytest.FixtureRequest) -> tuple[QuestionCorpus, ComparisonFolder]:
    return request.getfixturevalue(request.param)


@pytest.mark.row("BE11")
def test_the_scores_are_those_of_the_answers(either):
    corpus, folder = either
    test = corpus.part("test")
    for name in NAMES:
        run = folder.trial(name, 0)
        found = parquet.read_table(run.predictions_file, filters=[("side", "=", "test")]).to_pydict()
        assert found["row"] == test.rows.tolist()
        for score, column in ((f1, "f1"), (exact, "exact")):
            expected = [best(score, text, people) for text, people in zip(found["answer"], test.people, strict=True)]
            assert found[column] == expected
            assert run.result(SpanRun).scores[column] == pytest.approx(np.mean(expected))
        for text, start, end, one in zip(found["answer"], found["start"], found["end"], test.asked, strict=True):
            assert text in ("", one.passage[start:end])


def test_the_result_tells_of_every_model(either):
    corpus, folder = either
    result, test = folder.result(SpanComparison), corpus.part("test")
    assert json.loads(folder.result_file.read_text())["task"] == "span"
    assert {model.name for model in result.models} == set(NAMES)
    for model in result.models:
        assert model.scores.keys() == {"f1", "exact"}
        assert all(score.low <= score.mean <= score.high for score in model.scores.values())
        assert model.reading.in_windows == (
            sum("so on" in a.passage for a in test.asked) if "lstm" in model.name else 0
        )
        assert len(model.thresholds) == corpus.unanswerable
    assert (result.drawn, result.groups) == ("passages", len({one.passage for one in test.asked}))
    for parting in result.partings:
        assert sum(part.rows for part in parting.parts) == len(test)
        for name in NAMES:
            mean = sum(part.rows * part.f1[name].mean for part in parting.parts) / len(test)
            assert mean == pytest.approx(next(m for m in result.models if m.name == name).scores["f1"].mean)
    assert any("few articles" in note for note in result.warnings)
    if corpus.unanswerable:
        assert any(part.name == "no answer" for part in result.partings[1].parts)
        assert all(model.curve for model in result.models)


def test_the_table_and_the_page_show_what_was_found(either):
    corpus, folder = either
    result, page = folder.result(SpanComparison), folder.report_file.read_text()
    table = standings(result)
    assert {str(row.cells[0]) for row in table.rows} == set(NAMES)
    assert ("threshold" in [column.title for column in table.columns]) == corpus.unanswerable
    assert "F1 by question word" in page and "F1 by words of the passage" in page and "<script" not in page
    assert '<mark class="of-people">' in page and "<b>lives</b>" not in page and "&lt;b&gt;lives" in page
    assert "questions read" in page and "rows read" not in page
    text = folder.markdown_file.read_text()
    assert f"| **{result.best}**" in text and "## F1 by words of the answer" in text
    run_page = write_run_report(folder.trial("two-way-lstm", 0)).read_text()
    assert ("only <code>headwork ask</code>" in run_page) != corpus.unanswerable and "F1 on dev" in run_page


def test_mistakes_are_marked_in_their_passage(either):
    corpus, folder = either
    test = corpus.part("test")
    for model, mistakes in folder.result(SpanComparison).mistakes.items():
        assert mistakes, model
        for mistake in mistakes:
            place = test.rows.tolist().index(mistake.row)
            assert mistake.question == test.asked[place].question
            assert best(f1, mistake.answer, mistake.people) < 1
            shown = "".join(piece.text for piece in mistake.pieces if piece.of in ("people", "both"))
            assert all(person in shown for person in mistake.people)
            if mistake.answer:
                own = "".join(piece.text for piece in mistake.pieces if piece.of in ("model", "both"))
                assert own == mistake.answer


def test_an_excerpt_is_the_passage_with_gaps():
    passage = "".join(chr(ord("a") + place % 26) for place in range(1000))
    pieces = excerpt(passage, [(10, 20), (700, 710)], (15, 25))
    assert [(piece.text, piece.of) for piece in pieces if piece.of] == [
        (passage[10:15], "people"), (passage[15:20], "both"), (passage[20:25], "model"), (passage[700:710], "people"),
    ]  # fmt: skip
    assert "".join(piece.text for piece in pieces) == f"{passage[:115]} … {passage[610:800]} …"
    words = "word " * 100
    start, *shown, end = (piece.text for piece in excerpt(words, [(250, 254), (250, 259)], None))
    assert start == "… " and end == " …" and shown[1] == "word word" and set("".join(shown).split()) == {"word"}
    (only, end) = excerpt(passage, [], None)
    assert passage.startswith(only.text) and end.text == " …"


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("In what year?", "what"),
        ("Whose dog is it?", "who"),
        ("How many?", "how"),
        ("東京?", "another"),
        ("WHERE?", "where"),
    ],
)
def test_questions_are_parted_by_their_word(question, word):
    assert question_word(question) == word


def test_a_threshold_withholds_what_scores_less(silent, plain):
    corpus, folder = silent
    answerer, _ = open_run(str(folder.trial("two-way-lstm", 0).folder), device="cpu")
    assert answerer.abstains and not open_run(str(plain[1].trial("window", 0).folder), device="cpu")[0].abstains
    dev = corpus.part("dev")
    found = answerer.find(dev.asked)
    assert threshold_of(answerer, dev, found) == answerer.threshold

    def worth(threshold: float) -> float:
        texts = [
            "" if answerer.withheld(span, threshold) else one.passage[span.start : span.end]
            for one, span in zip(dev.asked, found, strict=True)
        ]
        return float(np.mean([best(f1, text, people) for text, people in zip(texts, dev.people, strict=True)]))

    assert worth(answerer.threshold) == pytest.approx(max(worth(span.score) for span in found))
    assert answerer.withheld(NOWHERE, -np.inf) and answerer.withheld(Found(0, 3, 1.0), 1.5)


@pytest.mark.row("BE11")
def test_a_run_answers_new_questions_inside_the_passage(either):
    _, folder = either
    passage = "👩‍👧 Ada lives in Zürich. " * 9
    for name in NAMES:
        answerer, work = open_run(str(folder.trial(name, 0).folder), device="cpu")
        texts = Given(None, io.BytesIO(), ("Where does Ada live?", passage), (None, None), DEFAULT_LIMITS)
        stream = Given(
            None, io.BytesIO(b"Who?\t \xe2\x80\xa6 .\nWho?\tAda\r\n"), (None, None), (None, None), DEFAULT_LIMITS
        )
        assert work.answers is not None
        (one,) = work.answers(answerer, work.asked(answerer, texts))
        assert one.keys() == {"question", "answer", "start", "end", "score"}
        if one["answer"] is not None:
            assert one["answer"] == passage[one["start"] : one["end"]] and one["answer"]
        found = list(work.answers(answerer, work.asked(answerer, stream)))
        assert [each["question"] for each in found] == ["Who?", "Who?"]
        if name in ("sentence", "window"):
            assert found[0]["answer"] is None and found[0]["score"] is None


def test_files_of_questions_are_answered_with_their_ids(plain, tmp_path):
    _, folder = plain
    path = write_questions(tmp_path / "new.json", silent=True, articles=2)
    lines = tmp_path / "new.jsonl"
    lines.write_text(json.dumps({"question": "Who?", "context": "Ada."}) + "\n")
    run = str(folder.trial("sentence", 0).folder)
    done = CliRunner().invoke(group, ["predict", run, str(path)])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["id"] for each in found] == [f"{n}-{q}" for n in range(2) for q in range(4)]
    done = CliRunner().invoke(group, ["predict", run, str(lines)])
    assert json.loads(done.stdout)["answer"] == "Ada"


def test_what_is_no_question_is_refused(plain, tmp_path):
    _, folder = plain
    answerer = load_answerer(folder.trial("sentence", 0).model)
    (tmp_path / "empty.jsonl").write_text('{"question": " ", "context": "Ada."}\n')

    def asked(file=None, stream: Any = b"", texts: Any = (None, None), columns: Any = (None, None)) -> list:
        return questions_asked(answerer, Given(file, io.BytesIO(stream), texts, columns, DEFAULT_LIMITS))

    for words, told in (
        ({"texts": ("Who?", None)}, "--text-b"),
        ({"texts": ("Who?", " ")}, "--text-b"),
        ({"stream": b"Who?\n"}, "line 1: expected a question, one tab"),
        ({"columns": ("a", None)}, "leave them out"),
        ({"file": str(tmp_path / "empty.jsonl")}, "line 1: the question is empty"),
    ):
        with pytest.raises(HeadworkError, match=told):
            asked(**words)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Texts of which one speaks of Emil."""
    (tmp_path / "papers" / "deep").mkdir(parents=True)
    for name in ("one.txt", "deep/two.md"):
        body = "\r\n\r\n".join(f"Paragraph {n} is about the weather. " * 15 for n in range(9))
        (tmp_path / "papers" / name).write_text(body, encoding="utf-8", newline="")
    with (tmp_path / "papers" / "one.txt").open("a", encoding="utf-8", newline="") as end:
        end.write("\r\n\r\n👩‍👧 Emil lives in Zürich, since 1990.\r\n")
    return tmp_path / "papers"


@pytest.mark.row("BE11")
def test_a_folder_is_asked(plain, papers):
    _, folder = plain
    answerer = load_answerer(folder.trial("sentence", 0).model)
    for by in ("bm25", "tfidf"):
        library = Library(papers, by=by)
        (hit,) = library.ask(answerer, "Where does Emil live?", passages=5, count=1, threshold=0.01)
        whole = Path(hit.file).read_bytes().decode()
        assert Path(hit.file).name == "one.txt" and whole[hit.start : hit.end] == hit.answer
        assert hit.answer.startswith("Emil") and whole.find(hit.before + hit.answer + hit.behind) >= 0
        assert library.ask(answerer, "Where does Emil live?", passages=5, count=1, threshold=2.0) == []
        several = library.ask(answerer, "the weather of Emil", passages=9, count=4, threshold=0.0)
        assert len(several) == 4 and [hit.score for hit in several] == sorted((h.score for h in several), reverse=True)
    with pytest.raises(HeadworkError, match="--question"):
        library.ask(answerer, " ", passages=5, count=1)


def test_the_command_asks_a_folder(plain, papers):
    _, folder = plain
    words = ["ask", str(folder.trial("sentence", 0).folder), str(papers), "--question", "Where does Emil live?"]
    done = CliRunner().invoke(group, [*words, "--threshold", "0.01", "--count", "1"])
    assert done.exit_code == 0 and done.stdout.startswith("Emil") and "one.txt, characters" in done.stdout
    done = CliRunner().invoke(group, [*words, "--threshold", "0.01", "--count", "1", "--json"])
    found = json.loads(done.stdout)
    assert found["answer"].startswith("Emil") and found["end"] - found["start"] == len(found["answer"])
    assert CliRunner().invoke(group, [*words, "--threshold", "5"]).stdout == "no answer\n"


def test_a_damaged_model_is_refused(plain, tmp_path):
    _, folder = plain
    stored = folder.trial("two-way-lstm", 0).model
    for file in stored.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(HeadworkError):
        load_answerer(tmp_path)
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(config.replace('"longest"', '"longer"'))
    with pytest.raises(HeadworkError, match="longer"):
        load_answerer(tmp_path)


def test_one_seed_is_the_same_again(plain, tmp_path):
    corpus, folder = plain
    run_trial(Run(tmp_path / "again"), recipes()[-1], corpus, seed=0, settings=Settings(explains=False))
    again = Run(tmp_path / "again").result(SpanRun)
    before = folder.trial("two-way-lstm", 0)
    stored = [run.model / "model.safetensors" for run in (before, Run(tmp_path / "again"))]
    assert stored[0].read_bytes() == stored[1].read_bytes()
    assert again.scores == before.result(SpanRun).scores and again.threshold == before.result(SpanRun).threshold


def test_the_default_line_up_begins_with_baselines():
    assert default_names("span")[:2] == ["sentence", "window"] and "minilm" in default_names("span")


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(HeadworkError, match="label_smoothing"):
        check(with_settings(load_recipe("two-way-lstm", "span"), ("train.label_smoothing=0.1",)))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.row("BE11")
def test_on_real_questions_reading_beats_overlap(real_data, minilm_folder, tmp_path):
    """SQuAD: F1 of the encoder is at least 20 points above that of the best sentence, paired."""
    chosen = [load_recipe(name, "span") for name in ("sentence", "minilm")]
    options = Options(seeds=1, threads=1, budget_seconds=900, offline=True)
    folder = ComparisonFolder(tmp_path / "squad")
    compare(folder, prepare_questions("squad"), chosen, options)
    result = folder.result(SpanComparison)
    gaps = {model.name: model.against_best for model in result.models}
    assert result.best == "minilm" and gaps["sentence"].difference < -0.2 and gaps["sentence"].high < 0
