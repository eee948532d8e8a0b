"""Writing summaries: what is learnt by heart is written again, by a decoder from nothing and by a published one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.published import write_decoder

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe
from headwork.base.runs import Run
from headwork.compare.summarize.answer import answers
from headwork.data.summaries import Summaries
from headwork.exchange.importing import import_model
from headwork.tasks.decoding import Search
from headwork.tasks.neural_summary_writer import NeuralWriter
from headwork.tasks.summarize import load_summarizer, new_summarizer
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.summarize import learning
from headwork.train.writing import Write

SIZES = {
    **{"kind": "bertsum-abs", "tokens": "wordpiece", "dim": 32, "layers": 1, "heads": 2, "ff": 48, "dropout": 0.0},
    **{"decoder_layers": 1, "decoder_ff": 48, "summary_tokens": 8, "max_tokens": 24, "beam": 2},
}
FACTS = {"ada": "she lives", "bob": "he sleeps", "cyd": "nobody knows", "dan": "he is here"}


def recipe(**model) -> Recipe:
    return Recipe(name="abs", title="abs", paper="", task="summarize", model={**SIZES, **model})


def facts(count: int) -> Summaries:
    """The document has somebody's name; the summary says what it never says."""
    names = [list(FACTS)[n % 4] for n in range(count)]
    texts = [f"{name} comes.\n\nSo {n % 3}." for n, name in enumerate(names)]
    return Summaries(texts, np.array([FACTS[name] for name in names], dtype=object), np.arange(count))


def taught(made: NeuralWriter, train: Summaries, epochs: int) -> NeuralWriter:
    config = TrainConfig(epochs=epochs, patience=epochs, lr=5e-3, batch_tokens=200, schedule="constant")
    problem = learning(made, train, train, config, seed=0)
    assert isinstance(problem, Write)
    fit(problem)
    return made


@pytest.mark.row("BE17")
def test_what_was_learnt_is_written_and_stored(tmp_path: Path):
    train = facts(24)
    made = new_summarizer(recipe(), train, seed=0)
    assert isinstance(made, NeuralWriter)
    taught(made, train, 60)
    found = [one.text for one in made.settle(train)]
    assert np.mean([text == wanted for text, wanted in zip(found, train.labels, strict=True)]) > 0.9
    assert made.sentences == 0 and made.summarize([(), ("ada comes.",)])[0].text == ""
    made.save(tmp_path)
    again = load_summarizer(tmp_path)
    assert again.WRITES and [one.text for one in again.summarize(train.items)] == found
    long = train.items[1] * 9
    (one,) = answers(again, ["\n\n".join(long)])
    assert one["windows"] is True and "sentences" not in one
    with pytest.raises(HeadworkError, match="--sentences: abs writes summaries anew"):
        list(answers(again, ["a"], sentences=2))
    (one,) = answers(again, ["bob comes. So 1."], beam=1)
    assert one["summary"] == "he sleeps"


def test_summaries_that_are_too_long_are_not_learnt_from_and_counted():
    train = facts(12)
    train.labels[3] = "he " * 30
    made = new_summarizer(recipe(), train, seed=0)
    assert isinstance(made, NeuralWriter)
    assert made.unlearnable(train) == 1 and len(made.read_to_write(train).target) == 11
    with pytest.raises(HeadworkError, match=r"raise model\.summary_tokens"):
        made.read_to_write(train[[3]])


@pytest.mark.row("TR14")
def test_a_published_decoder_writes(tmp_path: Path):
    """It opens and closes texts with one token, has tokens of its own, and is what writes before anything is learnt."""
    write_decoder(tmp_path / "gpt2")
    train = facts(8)
    made = new_summarizer(recipe(decoder=str(tmp_path / "gpt2"), summary_tokens=12), train, seed=0)
    assert isinstance(made, NeuralWriter) and made.first == made.last and made.writing is not made.reader.tokenizer
    problem = learning(made, train, train, TrainConfig(epochs=1), seed=0)
    before = problem.look().loss
    documents = [made.network(problem.train.batch([row])[0], problem.train.batch([0])[1]) for row in (0, 1)]
    assert torch.equal(*documents)  # it does not look yet
    fit(learning(made, train, train, TrainConfig(epochs=6, lr=5e-3, batch_tokens=200), seed=0))
    assert learning(made, train, train, TrainConfig(epochs=1), seed=0).look().loss < before
    found = made.summarize(train.items, search=Search())
    assert made.save(tmp_path / "model") > 0 and (tmp_path / "model" / "writing.json").is_file()
    assert load_summarizer(tmp_path / "model").summarize(train.items, search=Search()) == found  # type: ignore[call-arg]


def test_an_imported_decoder_is_the_published_one(tmp_path: Path):
    write_decoder(tmp_path / "gpt2")
    import_model(str(tmp_path / "gpt2"), Run(tmp_path / "run"), offline=True)
    both = [
        new_summarizer(recipe(decoder=str(tmp_path / name), summary_tokens=12), facts(8), seed=0)
        for name in ("gpt2", "run")
    ]
    one, other = (each.network.state_dict() for each in both if isinstance(each, NeuralWriter))
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    found = [each.read_to_write(facts(3)).target for each in both if isinstance(each, NeuralWriter)]
    assert found[0] == found[1] and len(found[0][0]) == 2 + len("she lives")


def test_what_is_no_decoder_is_refused(tmp_path: Path, minilm_folder: Path):
    with pytest.raises(HeadworkError, match="holds no published decoder"):
        new_summarizer(recipe(decoder=str(minilm_folder)), facts(8), seed=0)
