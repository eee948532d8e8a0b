"""A comparison of translators from pairs to its page, and what a finished run answers."""

import itertools
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import ComparisonFolder, Run
from headwork.base.translation import TranslationComparison, TranslationRun
from headwork.compare.comparison import Options, compare
from headwork.compare.open import open_run
from headwork.compare.translate.assemble import _by_length
from headwork.compare.trial import run_trial
from headwork.compare.work import Settings
from headwork.data.bitext import Bitext, Pairs, prepare_bitext
from headwork.data.long import together
from headwork.explain.maps import attention_of
from headwork.measure.bleu import score_translations
from headwork.report.views import standings, write_report, write_run_report

WORDS = {"red": "rot", "house": "Haus", "old": "alt", "small": "klein", "tree": "Baum", "and": "und", "dog": "Hund"}
SETTINGS = ("train.epochs=12", "train.lr=1e-2", "model.vocabulary=300", "model.dropout=0.0")


@pytest.fixture(scope="module")
def bitext(tmp_path_factory: pytest.TempPathFactory) -> Bitext:
    random = np.random.default_rng(0)
    lines = ["en\tde"]
    for _ in range(400):
        chosen = random.choice(list(WORDS), random.integers(2, 9))
        lines.append("{}\t{}".format(" ".join(chosen), " ".join(WORDS[word] for word in chosen)))
    source = tmp_path_factory.mktemp("data") / "words.tsv"
    source.write_text("\n".join(lines) + "\n")
    return prepare_bitext(source)


@pytest.fixture(scope="module")
def compared(bitext: Bitext, tmp_path_factory: pytest.TempPathFactory) -> ComparisonFolder:
    folder = ComparisonFolder(tmp_path_factory.mktemp("out") / "compared")
    recipes = [with_settings(load_recipe(name, "translate"), SETTINGS, size="tiny") for name in ("rnn", "bahdanau")]
    compare(folder, bitext, recipes, Options(seeds=2, threads=1, offline=True, command="headwork compare words.tsv"))
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def finished(compared: ComparisonFolder) -> Run:
    return compared.trial("bahdanau", 0)


def test_the_result_tells_of_every_model(compared: ComparisonFolder, bitext: Bitext) -> None:
    result = compared.result(TranslationComparison)
    assert json.loads(compared.result_file.read_text())["task"] == "translate"
    assert {(model.name, *model.seeds) for model in result.models} == {("rnn", 0, 1), ("bahdanau", 0, 1)}
    for model in result.models:
        assert model.scores["bleu"].low <= model.scores["bleu"].mean <= model.scores["bleu"].high
        runs = [compared.trial(model.name, seed).result(TranslationRun) for seed in model.seeds]
        assert model.scores["bleu"].mean == pytest.approx(np.mean([run.bleu for run in runs]))
        assert sum(point.rows for point in model.lengths) == len(bitext.part("test"))
        assert bool(model.heads) == (model.name == "bahdanau")
    assert result.verdict.model in ("rnn", "bahdanau")
    assert "version:" in result.signatures["bleu"]
    assert all(sample.written.keys() == {"rnn", "bahdanau"} for sample in result.samples)


@pytest.mark.row("AT04")
def test_what_attention_brings_is_told_for_all_sentences_and_by_length(
    compared: ComparisonFolder, bitext: Bitext
) -> None:
    result, test = compared.result(TranslationComparison), bitext.part("test")
    models = {model.name: model for model in result.models}
    whole = models["bahdanau"].against_baseline
    assert whole is not None and models["rnn"].against_baseline is not None
    gap = models["bahdanau"].scores["bleu"].mean - models["rnn"].scores["bleu"].mean
    assert whole.difference == pytest.approx(gap) and whole.low < gap < whole.high
    lengths = np.array([len(source.split()) for source in test.sources])
    texts = {
        name: [
            pq.read_table(compared.trial(name, seed).predictions_file)["written"].to_pylist() for seed in model.seeds
        ]
        for name, model in models.items()
    }
    assert len(models["bahdanau"].gaps) > 1
    for found, none in zip(models["bahdanau"].gaps, models["rnn"].gaps, strict=True):
        places = np.flatnonzero((lengths >= found.shortest) & (lengths <= found.longest))
        bleu = {
            name: np.mean(
                [
                    BLEU().corpus_score([seed[i] for i in places], [[test.references[i][0] for i in places]]).score
                    for seed in seeds
                ]
            )
            for name, seeds in texts.items()
        }
        gap = found.gap
        assert gap.difference == pytest.approx(bleu["bahdanau"] - bleu["rnn"], abs=1e-6)
        assert gap.low <= gap.difference <= gap.high and none.gap.difference == 0
    assert "against rnn" in compared.report_file.read_text() and "6 to 8 words" in compared.report_file.read_text()
    assert "## What attention brings, by the length of the source" in compared.markdown_file.read_text()


def test_a_finished_comparison_is_not_run_again(compared: ComparisonFolder, bitext: Bitext) -> None:
    recipes = [with_settings(load_recipe(name, "translate"), SETTINGS, size="tiny") for name in ("rnn", "bahdanau")]
    told: list[str] = []
    options = Options(seeds=2, threads=1, offline=True)
    again = compare(compared, bitext, recipes, options, lambda what, *_: told.append(what))
    assert not told
    assert again == compared.result()


def test_the_table_and_the_page_show_what_was_found(compared: ComparisonFolder) -> None:
    result = compared.result(TranslationComparison)
    table = standings(result)
    assert [str(row.cells[0]) for row in table.rows] == [
        model.name for model in sorted(result.models, key=lambda model: -model.scores["bleu"].mean)
    ]
    page = compared.report_file.read_text()
    for section in ("verdict", "models", "lengths", "samples", "alignments", "heads", "training", "again"):
        assert f'id="{section}"' in page
    assert page.count('class="alignment"') == 3
    assert "headwork compare words.tsv" in page
    assert result.signatures["chrf"] in page
    markdown = compared.markdown_file.read_text()
    assert "| model |" in markdown
    assert "<svg" not in markdown


def test_the_page_of_a_run(finished: Run) -> None:
    page = write_run_report(finished).read_text()
    assert f"BLEU {finished.result(TranslationRun).bleu:.1f} on" in page
    assert 'class="alignment"' in page


def test_a_run_answers_and_shows_where_it_looks(finished: Run) -> None:
    translator, work = open_run(str(finished.folder), device="cpu")
    texts = ["red house", "", "old tree and small dog"]
    answers = list(work.answers(translator, texts, beam=3, explain=False))
    assert [answer["text"] for answer in answers] == texts
    assert answers[1]["translation"] == ""
    greedy = next(iter(work.answers(translator, texts[:1], beam=1, explain=True)))
    weights = np.array(greedy["alignment"]["weights"])
    assert weights.shape == (len(greedy["alignment"]["target"]), len(greedy["alignment"]["source"]))
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
    drawing = attention_of(translator, "red house")
    assert drawing.maps[0].columns[-1] == "⊙"
    with pytest.raises(HeadworkError, match="leave them out"):
        attention_of(translator, "red house", layer=1)


def test_a_text_that_is_too_long_is_translated_in_pieces(finished: Run) -> None:
    translator, work = open_run(str(finished.folder), device="cpu")
    sentence = "the red house . "
    long = sentence * 300
    (answer,) = work.answers(translator, [long], beam=1, explain=True)
    (sources,) = translator.read_sources([long])
    assert answer["text"] == long and answer["pieces"] == len(sources) > 1 and "alignment" not in answer
    end = translator.tokenizer.frame[1]
    assert all(len(ids) <= translator.config.max_tokens and ids[-1] == end for ids in sources)
    words = [translator.tokenizer.decode(ids).split() for ids in sources]
    assert [word for each in words for word in each] == long.split()
    assert all(each[-1] == "." for each in words), "a sentence is broken"
    few = [" ".join(each) for each in words]
    alone = list(work.answers(translator, few, beam=1))
    assert answer["translation"] == " ".join(each["translation"] for each in alone)
    assert answer["log_probability"] == pytest.approx(sum(each["log_probability"] for each in alone), rel=1e-5)
    with pytest.raises(HeadworkError, match="pieces"):
        attention_of(translator, long)


def test_a_sentence_that_is_too_long_is_broken(finished: Run) -> None:
    translator, _ = open_run(str(finished.folder), device="cpu")
    long = "red " * 500
    (sources,) = translator.read_sources([f"the house . {long}. the red house ."])
    most = translator.config.max_tokens
    assert all(len(ids) <= most and ids[-1] == translator.tokenizer.frame[1] for ids in sources)
    found = [translator.tokenizer.decode(ids) for ids in sources]
    assert found[0] == "the house ." and found[-1] == "the red house ." and len(sources) > 3
    assert "".join(found[1:-1]) == f"{long}."


@given(sizes=st.lists(st.integers(1, 12), max_size=20), most=st.integers(1, 15))
def test_neighbours_are_grouped_as_far_as_they_fit(sizes: list[int], most: int) -> None:
    groups = together(sizes, most)
    assert [place for start, end in groups for place in range(start, end)] == list(range(len(sizes)))
    sums = [sum(sizes[start:end]) for start, end in groups]
    assert all(total <= most or end - start == 1 for total, (start, end) in zip(sums, groups, strict=True))
    assert all(total + sizes[end] > most for total, (_, end) in zip(sums[:-1], groups[:-1], strict=True))


def test_a_command_for_classifiers_refuses_a_translator(finished: Run) -> None:
    with pytest.raises(HeadworkError, match="a run of the task translate"):
        open_run(str(finished.folder), device="cpu", task="classify")


def test_another_recipe_in_the_same_folder_is_refused(finished: Run, bitext: Bitext) -> None:
    recipe = with_settings(load_recipe("bahdanau", "translate"), ("model.hidden=12",), size="tiny")
    with pytest.raises(HeadworkError, match="another recipe"):
        run_trial(finished, recipe, bitext, seed=0, settings=Settings(offline=True))


def test_lengths_are_cut_so_that_every_sentence_counts_once() -> None:
    random = np.random.default_rng(0)
    sources = [" ".join(["w"] * int(length)) for length in random.integers(1, 12, 250)]
    pairs = Pairs(sources, sources, np.arange(250))
    points = list(_by_length([score_translations(sources, [[source] for source in sources])], pairs))
    assert sum(point.rows for point in points) == 250
    assert all(one.longest < other.shortest for one, other in itertools.pairwise(points))
    assert points[0].shortest == 1
    assert points[-1].longest == 11


def test_texts_that_were_translated_in_pieces_are_counted(bitext: Bitext, tmp_path: Path) -> None:
    settings = ("train.epochs=1", "model.vocabulary=300", "model.max_tokens=8")
    recipe = with_settings(load_recipe("bahdanau", "translate"), settings, size="tiny")
    run = Run(tmp_path / "run")
    result = run_trial(run, recipe, bitext, seed=0, settings=Settings(offline=True))
    translator, _ = open_run(str(run.folder), device="cpu")
    long = [len(pieces) > 1 for pieces in translator.read_sources(bitext.part("test").sources)]
    assert isinstance(result, TranslationRun) and 0 < result.in_pieces == sum(long) < len(long)
    assert (
        result.left_out > 0
        and f"{sum(long)} texts of the test side, translated in pieces" in write_run_report(run).read_text()
    )
