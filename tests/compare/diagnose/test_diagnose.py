"""Minimal pairs: what counts can tell, what a cheat gets caught at, and what a language model is asked."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.published import write_decoder

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import Run
from headwork.compare import diagnose
from headwork.compare.diagnose import CLOZE, Asked, ask, diagnoses, lines_of
from headwork.compare.diagnose.asked import say_pairs, say_texts
from headwork.compare.diagnose.words import Causal, Masked, say_words
from headwork.data.corpus import Examples
from headwork.data.diagnostics import CLOZES, SUITES, Cloze, Contrast, Filled
from headwork.data.diagnostics.counted import counts_of, most_of
from headwork.data.pairs import PairExamples
from headwork.data.tokenizers import SPECIAL
from headwork.exchange.importing import import_model
from headwork.layers.transformer import CoreConfig
from headwork.models.formats import write_published
from headwork.models.published import Published, PublishedConfig
from headwork.ops.packed import pack
from headwork.report.diagnosis import as_markdown
from headwork.tasks.classify import Classifier, new_classifier
from headwork.tasks.language import new_language_model
from headwork.tasks.pair import Target, new_matcher
from headwork.tasks.published_language import load_published_language
from headwork.train.any import fit_any

TEXTS = [item for suite in SUITES["classify"] for item in suite()]
PAIRS = [item for suite in SUITES["pair"] for item in suite()]
WORDS = [item for suite in CLOZES for item in suite()]


def diagnosed(kind: str, items: Sequence, said: Sequence) -> dict[str, Any]:
    """The scores of each suite."""
    return scores_of(Asked("it", "it", kind, list(items), list(said), []))


def scores_of(asked: Asked) -> dict[str, Any]:
    return {score.suite: score for score in diagnoses([asked])[0].suites}


class Counted(Classifier):
    """Answers by a rule over the words of a text."""

    def __init__(self, rule):
        super().__init__(load_recipe("tfidf"), ["negative", "positive"])
        self.rule = rule

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        scores = np.array([self.rule(text.lower().replace(".", "").replace(",", "").split()) for text in texts])
        return np.stack([-scores, scores], 1)

    def cut(self, texts): ...
    def look(self, texts): ...
    def store(self, folder): ...
    @property
    def parameters(self) -> int:
        return 0


PRAISE, BLAME = {"good", "great", "wonderful"}, {"bad", "terrible", "awful"}


def balance(words: Sequence[str]) -> int:
    return sum(word in PRAISE for word in words) - sum(word in BLAME for word in words)


@pytest.mark.row("BE20")
def test_a_bag_of_words_is_at_chance_on_roles_and_blind_for_names():
    """A trained one, whose sums come in any order, and the same of a rule."""
    chance = np.random.default_rng(0)
    words = [*PRAISE, *BLAME, "film", "not", "the", "was", "it"]
    texts = [" ".join(chance.choice(words, 9)) for _ in range(150)]
    labels = np.array([balance(text.split()) > 0 for text in texts], np.int64)
    recipe = with_settings(load_recipe("bag"), ("train.epochs=2",), size="tiny")
    bag = new_classifier(recipe, ["negative", "positive"], texts, seed=0)
    examples = Examples(texts, labels, np.arange(150))
    fit_any(bag, examples, examples, seed=0)
    for model in (bag, Counted(balance)):
        said, notes = say_texts(model, TEXTS, None, None)
        found = diagnosed("classify", TEXTS, said)
        roles = found["role reversal"]
        assert roles.accuracy.mean == 0.5 == roles.sensitivity.mean == roles.words.accuracy == roles.words.sensitivity
        assert roles.word_pairs.accuracy == roles.word_pairs.sensitivity == 1
        assert "positive is 'positive', negative 'negative'" in notes[0]
    names = found["swap of names"]
    assert names.sensitivity.mean == 0 == names.wanted and names.sensitivity.high > 0


@pytest.mark.row("BE20")
def test_planted_cheats_are_seen():
    """One that takes "not" for blame whatever is denied, and one that dislikes a name."""
    cheat = Counted(lambda words: -1 if "not" in words else balance(words))
    found = diagnosed("classify", TEXTS, say_texts(cheat, TEXTS, None, None)[0])
    assert found["negation of praise"].sensitivity.mean == 1
    blamed = [item.first[0].split()[-1].strip(".") in BLAME for item in TEXTS if item.suite == "negation of blame"]
    assert found["negation of blame"].accuracy.mean == 0.5
    assert found["negation of blame"].sensitivity.mean == pytest.approx(np.mean(blamed) / 2)
    unkind = Counted(lambda words: -9 if "ling" in words else 1)
    found = diagnosed("classify", TEXTS, say_texts(unkind, TEXTS, None, None)[0])
    assert found["swap of names"].sensitivity.mean == pytest.approx(1 / 9)
    assert found["irrelevant addition"].sensitivity.mean == 0 and found["irrelevant addition"].accuracy.mean == 0.5
    assert found["intensifiers"].sensitivity.mean == 0.5
    wise = Counted(lambda words: balance(words[-1:]))
    roles = diagnosed("classify", TEXTS, say_texts(wise, TEXTS, None, None)[0])["role reversal"]
    assert roles.sensitivity.mean == pytest.approx(0.3 + 0.7 / 2)  # of seven of the ten words it knows nothing


@pytest.mark.row("BE20")
@pytest.mark.parametrize("span", [1, 2])
def test_the_most_that_counts_reach_is_what_no_counting_rule_beats(span: int):
    """A brute force over tables: for each different count vector the best answer, by scikit-learn's own counts."""
    from sklearn.feature_extraction.text import CountVectorizer

    for suites in SUITES.values():
        for suite in suites:
            items = list(suite())
            asked = [
                (texts, answer)
                for item in items
                for texts, answer in zip((item.first, item.second), item.answers, strict=True)
            ]
            sides = [[texts[side] for texts, _ in asked] for side in range(len(asked[0][0]))]
            counter = CountVectorizer(ngram_range=(1, span), token_pattern=r"\w+|[^\w\s]")
            rows = [np.asarray(counter.fit_transform(side).todense()) for side in sides]  # type: ignore[union-attr]
            answers: dict[bytes, Counter] = {}
            for row, (_, answer) in zip(np.hstack(rows), asked, strict=True):
                answers.setdefault(row.tobytes(), Counter())[answer] += 1
            best = sum(max(each.values()) for each in answers.values()) / len(asked)
            assert most_of(items, span).accuracy == best
    assert counts_of(("a b a",), 1) == counts_of(("a a b",), 1) != counts_of(("a b",), 1)


def test_items_are_pairs_that_differ_as_they_should():
    for item in (*TEXTS, *PAIRS):
        assert item.first != item.second and (item.answers[0] != item.answers[1]) == (item.change == "turns")
        if item.suite == "role reversal":
            assert counts_of(item.first, 1) == counts_of(item.second, 1)
    assert len(set(TEXTS)) == len(TEXTS) and len(set(PAIRS)) == len(PAIRS) and len(set(WORDS)) == len(WORDS)
    for item in WORDS:
        assert item.expected not in item.against and len(item.expected.word.split()) == 1
        for context, word in item.against:
            assert (context == item.expected.context) == (item.suite != "role reversal") or word == item.expected.word


def test_a_bag_of_two_texts_is_at_chance_on_roles():
    pairs = [("the dog is chasing the cat", text) for text in ("a dog", "no dog", "the cat", "not a cat")] * 8
    labels = np.arange(32) % 2
    firsts, seconds = ([pair[side] for pair in pairs] for side in (0, 1))
    matcher = new_matcher(load_recipe("tfidf", "pair"), Target(classes=("yes", "no")), None, seed=0)  # type: ignore[arg-type]
    matcher.fit(PairExamples(firsts, labels, np.arange(32), seconds).items, labels, seed=0)  # type: ignore[attr-defined]
    said, notes = say_pairs(matcher, PAIRS, None)
    found = diagnosed("pair", PAIRS, said)
    assert notes == ["what follows is 'yes'; --positive says otherwise"]
    assert found["role reversal"].words.accuracy == 0.5 == found["role reversal"].words.sensitivity
    matcher.target = Target(mean=3.0, spread=1.0)
    matcher.logits = lambda items: np.array([[len(second)] for _, second in items])  # type: ignore[method-assign]
    said, notes = say_pairs(matcher, PAIRS, None)
    found = diagnosed("pair", PAIRS, said)
    assert found["role reversal"].sensitivity.mean == 0.5 and found["role reversal"].accuracy is None
    assert found["negation"].sensitivity.mean < 0.5


KNOWN = sorted({word.lower() for item in WORDS for c, w in (item.expected, *item.against) for word in (*c.split(), w)})


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A random BERT with a masked head, imported; it lacks one word."""
    folder, words = tmp_path_factory.mktemp("bert"), [word for word in KNOWN if word not in ("umbrella", "instrument")]
    vocabulary = [*SPECIAL, "[MASK]", ".", ",", *[word.strip(",") for word in words if word.strip(",") != "umbrella"]]
    vocabulary = list(dict.fromkeys(vocabulary))
    torch.manual_seed(0)
    core = CoreConfig(vocabulary=len(vocabulary), dim=16, layers=1, heads=2, ff=16, positions=32)
    model = Published(PublishedConfig(family="bert", core=core, masked=True))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    write_published(model, folder)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    run = Run(tmp_path_factory.mktemp("imported") / "run")
    import_model(str(folder), run)
    return run


@pytest.mark.row("BE20")
def test_a_masked_model_is_asked_as_transformers_would(bert: Run, transformers, tmp_path: Path):
    from headwork.exchange.exporting import export

    export(bert, "hf", tmp_path / "hf")
    theirs = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path / "hf").eval()
    cut = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf")
    teller = Masked(bert.model, "cpu")
    told = teller.tell([Filled(context, word) for context, word in (WORDS[0].expected, WORDS[150].expected)])
    for (context, word), each in zip((WORDS[0].expected, WORDS[150].expected), told, strict=True):
        given = cut(f"{context} [MASK].", return_tensors="pt")
        place = (given["input_ids"][0] == cut.mask_token_id).nonzero().item()
        with torch.no_grad():
            logs = theirs(**given).logits[0, place].log_softmax(0)
        number = cut.convert_tokens_to_ids(word)
        assert each is not None and each.log_chance == pytest.approx(logs[number].item(), abs=1e-4)
        assert each.rank == (logs > logs[number]).sum().item()
    assert teller.tell([Filled("It began", "umbrella")]) == [None]


@pytest.mark.row("BE20")
def test_ettingers_scores_are_those_of_their_definitions(bert: Run):
    """Counted here item by item, from the chances that the model gives."""
    asked = ask(str(bert.folder))
    found = scores_of(asked)
    teller = Masked(bert.model, "cpu")
    model = teller.model
    for suite, score in found.items():
        items = [item for item in WORDS if item.suite == suite]
        right, top, moved = [], [], []
        for item in items:
            filled = (item.expected, *item.against)
            ids = [teller.tokenizer.encode([word])[0].ids[1:-1] for _, word in filled]
            if any(len(each) != 1 or each[0] == teller.tokenizer.unknown for each in ids):
                continue
            logs = [_behind(model, teller, context) for context, _ in filled]
            chances = [log[number].item() for log, (number,) in zip(logs, ids, strict=True)]
            order = logs[0].argsort(descending=True).tolist()
            if item.denied:
                right.append(order[0] != ids[1][0])
                top.append(ids[1][0] not in order[:5])
            else:
                right.append(order[0] == ids[0][0])
                top.append(ids[0][0] in order[:5])
            moved.append(all(chances[0] > other for other in chances[1:]))
        assert score.items == len(right) and score.left_out == len(items) - len(right)
        assert score.accuracy.mean == pytest.approx(np.mean(right)) and score.accuracy_5.mean == pytest.approx(
            np.mean(top)
        )
        assert score.sensitivity.mean == pytest.approx(np.mean(moved))
    assert found["common sense"].left_out == 1 and found["category membership"].left_out > 0
    assert "left out: " in as_markdown(diagnoses([asked]))


def _behind(model: Published, teller: Masked, context: str) -> torch.Tensor:
    ids = teller.tokenizer.encode([f"{context} ."])[0].ids
    ids = [*ids[:-2], teller.tokenizer.mask, *ids[-2:]]
    with torch.no_grad():
        return model(pack([ids]))["masked"][-3].log_softmax(0)


def test_a_writer_is_asked_for_what_its_losses_say(tmp_path: Path, monkeypatch):
    """The chance of a word is the product of its bytes', each behind all that stands before it."""
    write_decoder(tmp_path / "gpt2")
    run = Run(tmp_path / "run")
    import_model(str(tmp_path / "gpt2"), run)
    writer = load_published_language(run.model)
    told = Causal(writer).tell([Filled("A dog is", "black")])[0]
    ids = writer.vocabulary.encode("A dog is black").ids.tolist()[1:]
    with torch.no_grad():
        logs = writer.model(pack([ids]))["next"].log_softmax(1)
    by_hand = sum(logs[place - 1, ids[place]].item() for place in range(len("A dog is"), len(ids)))
    assert told is not None and told.log_chance == pytest.approx(by_hand, rel=1e-5)
    ranks = [(logs[place - 1] > logs[place - 1, ids[place]]).sum().item() for place in range(len("A dog is"), len(ids))]
    assert told.rank == max(ranks)
    monkeypatch.setattr(diagnose, "CLOZES", [lambda: WORDS[:2]])
    asked = ask(str(run.folder))
    assert asked.kind == CLOZE and len(asked.said) == 2 and None not in asked.said


def test_a_counting_writer_knows_what_it_read_and_no_roles_beyond_its_reach():
    """An n-gram model of a book that says what a sparrow is."""
    book = "A sparrow is a kind of bird.\nIt is a bird.\nWe saw which deer the hunter had shot.\n" * 40
    recipe = with_settings(load_recipe("ngram"), ("model.tokens=words",), size="tiny")
    model = new_language_model(recipe, [book], seed=0, device="cpu")
    model.fit([book])  # type: ignore[attr-defined]
    known = Cloze("k", "a", Filled("A sparrow is a kind of", "bird."), (Filled("A sparrow is a kind of", "deer"),))
    said = say_words(Causal(model), [known, *WORDS[:3]])
    assert said[0] and said[0].moved == 1 and said[0].right == [True]
    assert said[1:] == [None] * 3


def test_several_models_are_compared_on_the_same_items():
    kinder, wiser = Counted(lambda words: 1), Counted(lambda words: (-1) ** ("not" in words) * balance(words))
    asked = [
        Asked(name, name, "classify", TEXTS, list(say_texts(each, TEXTS, None, None)[0]), [])
        for name, each in (("k", kinder), ("w", wiser))
    ]
    first, second = diagnoses(asked)
    for one, other in zip(first.suites, second.suites, strict=True):
        gap = other.against_first["accuracy"]
        assert one.accuracy and other.accuracy
        assert not one.against_first and gap.difference == pytest.approx(other.accuracy.mean - one.accuracy.mean)
        assert gap.low <= gap.difference <= gap.high
    lines = list(lines_of(asked[:1]))
    assert len(lines) == len(TEXTS) and lines[0].asked == [["The film was good."], ["The film was not good."]]
    with pytest.raises(HeadworkError, match="one of the language models, k of the sentiment classifiers"):
        diagnoses([asked[0], Asked("b", "b", CLOZE, WORDS, [None] * len(WORDS), [])])


def test_what_has_no_answer_is_refused():
    odd = Counted(balance)
    odd.classes = ["left", "right"]
    for words, told in (
        ((None, None), "which class is positive does not follow"),
        (("left", None), "name it with --negative"),
        (("up", None), "no class 'up' among 'left', 'right'"),
        (("left", "left"), "are both 'left'"),
    ):
        with pytest.raises(HeadworkError, match=told):
            say_texts(odd, TEXTS[:1], *words)
    said, _ = say_texts(odd, [Contrast("s", "g", "stays", ("good",), ("bad",), (True, True))], "left", "right")
    assert said[0].right == [False, True] and said[0].moved == 1
    assert json.dumps(said[0].chances)
