"""A checkpoint of TaBERT beside its network written out in numpy; what is wrong in it is found."""

import itertools
import json
import random
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tests.bert_by_hand import Tensors, attend, behind, bert, linear
from tests.damage import mutated
from tests.published import VOCABULARY
from tests.tables import NATIONS, asked_of, medals
from tests.tables import write_folder as write_tables

from headwork.base.errors import HeadworkError
from headwork.base.files import read_json
from headwork.base.recipes import load_recipe, with_settings
from headwork.base.runs import Imported, Run
from headwork.base.sheets import Asked, Sheet
from headwork.cli import group
from headwork.data.table_questions import TableQuestions
from headwork.exchange.exporting import export
from headwork.exchange.importing import import_model
from headwork.models import published
from headwork.models.formats import tabert
from headwork.models.published import Published
from headwork.ops.packed import pack
from headwork.tasks.neural_table import NeuralTabler
from headwork.tasks.table import new_tabler

THREE = ("query", "key", "value")
WIDTH, FF, LAYERS, HEADS, OVER, OVER_HEADS = 12, 20, 2, 3, 2, 2
WORDS = "how many gold did win which nation won the most nations are there points does have ? | text real number"
TOKENS = [*VOCABULARY, *WORDS.split(), *map(str.lower, NATIONS), *map(str, range(30))]
SETTINGS = {
    **{"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": FF},
    **{"max_position_embeddings": 96, "base_model_name": "bert-base-uncased", "max_cell_len": 5, "hidden_act": "gelu"},
    "cell_input_template": ["column", "|", "type", "|", "value"],
}
ROWS = {"num_vertical_layers": OVER, "num_vertical_attention_heads": OVER_HEADS, "sample_row_num": 3}


def weights(*, over: int = OVER) -> dict[str, torch.Tensor]:
    """All that is published of TaBERT, what only its pretraining used too."""
    torch.manual_seed(0)
    square, norm = (WIDTH, WIDTH), (WIDTH,)
    ff = {"intermediate.dense": (FF, WIDTH), "output.dense": (WIDTH, FF), "output.LayerNorm": norm}
    below = {f"attention.self.{one}": square for one in THREE} | ff
    below |= {"attention.output.dense": square, "attention.output.LayerNorm": norm}
    between = {f"attention.self_attention.{one}_linear": square for one in THREE} | ff
    between |= {"attention.self_output.dense": square, "attention.self_output.LayerNorm": norm}
    shapes = {
        **{"_bert_model.bert.embeddings.LayerNorm": norm, "_bert_model.bert.pooler.dense": square},
        **{f"_bert_model.bert.encoder.layer.{i}.{name}": below[name] for i in range(LAYERS) for name in below},
        **{
            f"_bert_model.cls.predictions.transform.{name}": own
            for name, own in (("dense", square), ("LayerNorm", norm))
        },
        **{f"vertical_transformer_layers.{i}.{name}": between[name] for i in range(over) for name in between},
    }
    found = {}
    for name, shape in shapes.items():
        found[f"{name}.weight"] = torch.randn(shape) * 0.3 + (len(shape) == 1)
        found[f"{name}.bias"] = torch.randn(shape[0]) * 0.3
    for name, count in (("word", len(TOKENS)), ("position", 96), ("token_type", 2)):
        found[f"_bert_model.bert.embeddings.{name}_embeddings.weight"] = torch.randn(count, WIDTH)
    table = found["_bert_model.bert.embeddings.word_embeddings.weight"]
    tied = {"bias": torch.randn(len(TOKENS)), "decoder.weight": table}
    found |= {f"_bert_model.cls.predictions.{name}": tensor for name, tensor in tied.items()}
    if over:
        found |= {f"span_based_prediction.prediction.{name}": tensor for name, tensor in tied.items()}
        found["span_based_prediction.dense1.weight"] = torch.randn(WIDTH, 2 * WIDTH)
    return found


def write_folder(folder: Path, tensors: dict[str, torch.Tensor], **settings) -> Path:
    folder.mkdir(exist_ok=True)
    over = {**ROWS} if any(name.startswith("vertical") for name in tensors) else {}
    (folder / "tb_config.json").write_text(json.dumps({**SETTINGS, **over, **settings}))
    (folder / "vocab.txt").write_text("\n".join(TOKENS) + "\n")
    torch.save(tensors, folder / "model.bin")
    return folder


def imported(folder: Path, out: Path) -> Run:
    shutil.rmtree(out, ignore_errors=True)
    import_model(str(folder), Run(out), offline=True)
    return Run(out)


def tabler(run: Run, *settings: str) -> tuple[NeuralTabler, list[Asked]]:
    """A model of tables that starts from what was imported, and questions about some."""
    asked = []
    for number in range(4):
        header, rows = medals(number)
        sheet = Sheet(f"t{number}", tuple(header), tuple(map(tuple, rows)))
        asked += [Asked(question, sheet) for question, _ in asked_of(number)]
    right = [(answer,) for number in range(4) for _, answer in asked_of(number)]
    numbers = np.arange(len(asked))
    train = TableQuestions(asked, right, list(map(str, numbers)), numbers, ())
    chosen = ("model.tokens=bert", f"model.pretrained={run.folder}", "model.max_tokens=90", "model.question_tokens=30")
    recipe = with_settings(load_recipe("tabert", "table"), (*chosen, *settings), size="small")
    made = new_tabler(recipe, train, seed=0)
    assert isinstance(made, NeuralTabler)
    return made, [asked[0], asked[5]]


def by_hand(tensors: Tensors, model: NeuralTabler, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """(D,) of the question, a mean over its tokens, and (M, D) of the columns, as the published network says them."""
    (table,) = model.reader.read([asked]).tables
    words, reads = len(table.question), []
    for row in table.rows:
        ids = [*table.question, *(token for cell in row for token in cell.ids)]
        segments = [0] * words + [1] * (len(ids) - words)
        hidden = bert(tensors, ids, segments, layers=LAYERS, heads=HEADS, prefix="_bert_model.bert.")
        ends = np.cumsum([words, *(len(cell.ids) for cell in row)])
        columns = [hidden[first : last - 1].mean(0) for first, last in itertools.pairwise(ends)]  # without delimiters
        reads.append(np.concatenate([hidden[:words], columns]))
    x = np.stack(reads)  # (K, places, D)
    for i in range(OVER if any(name.startswith("vertical") for name in tensors) else 0):
        at = f"vertical_transformer_layers.{i}"
        three = [linear(tensors, f"{at}.attention.self_attention.{name}_linear", x) for name in THREE]
        mixed = np.stack([attend(*(y[:, place] for y in three), OVER_HEADS) for place in range(x.shape[1])], 1)
        x = behind(tensors, at, x, mixed, output=f"{at}.attention.self_output")
    mean = x.mean(0)
    return mean[:words].mean(0), mean[words:]


def differs(folder: Path, tensors: dict[str, torch.Tensor], out: Path, *settings: str) -> float:
    """How far what an imported model reads is from what `tensors` read by hand, in float64."""
    model, asked = tabler(imported(folder, out), *settings)
    model.network.double().eval()
    numbers = {name: tensor.double().numpy() for name, tensor in tensors.items()}
    apart = []
    for one in asked:
        read = model.network.read(model.reader.read([one]).batch([0]))
        question, columns = by_hand(numbers, model, one)
        apart += [
            np.abs(read.columns.detach().numpy() - columns).max(),
            np.abs(read.question[0].detach().numpy() - question).max(),
        ]
    return float(max(apart))


@pytest.mark.row("BE27")
@pytest.mark.parametrize("old", [False, True], ids=["as published", "older names"])
def test_tables_are_read_as_tabert_reads_them(tmp_path: Path, old: bool):
    tensors = weights()
    names = {name: name.removeprefix("_bert_model.") if old else name for name in tensors}
    folder = write_folder(tmp_path / "tabert", {names[name]: tensor for name, tensor in tensors.items()})
    assert differs(folder, tensors, tmp_path / "out") < 1e-9
    model, asked = tabler(Run(tmp_path / "out"))
    config = model.network.config
    assert (config.vertical, config.vertical_heads, config.kinds) == (OVER, OVER_HEADS, ("text", "real", "real"))
    rows = model.reader.tokenizer.encode(["text", "real"])
    told = model.reader.read(asked[:1]).batch([0]).tokens.ids.tolist()
    assert [told.count(row.ids[1]) for row in rows] == [3, 6]  # of three rows: one column of names, two of numbers
    said = read_json(tmp_path / "out/imported.json", Imported)
    assert (said.family, said.heads, said.width) == ("tabert", ["masked"], WIDTH)


@pytest.mark.row("BE27")
def test_a_tabert_of_one_row_brings_no_layers_between_rows(tmp_path: Path):
    tensors = weights(over=0)
    folder = write_folder(tmp_path / "tabert", tensors)
    assert differs(folder, tensors, tmp_path / "out", "model.vertical=0", "model.rows=1") < 1e-9
    model, _ = tabler(Run(tmp_path / "out"))
    assert len(model.network.vertical.blocks) == 2  # those of the recipe, which learn from nothing


def swapped(tensors: dict[str, torch.Tensor], one: str, other: str) -> dict[str, torch.Tensor]:
    return {**tensors, one: tensors[other], other: tensors[one]}


LAST = f"vertical_transformer_layers.{OVER - 1}"
SEGMENTS = "_bert_model.bert.embeddings.token_type_embeddings.weight"
MISTAKES = {
    "queries for keys": lambda t: swapped(
        t, f"{LAST}.attention.self_attention.query_linear.weight", f"{LAST}.attention.self_attention.key_linear.weight"
    ),
    "norms changed": lambda t: swapped(
        t, f"{LAST}.output.LayerNorm.bias", f"{LAST}.attention.self_output.LayerNorm.bias"
    ),
    "layers between rows changed": lambda t: swapped(
        t, f"{LAST}.output.dense.weight", "vertical_transformer_layers.0.output.dense.weight"
    ),
    "segments changed": lambda t: {**t, SEGMENTS: t[SEGMENTS].flip(0)},
    "a bias moved": lambda t: {**t, f"{LAST}.output.LayerNorm.bias": t[f"{LAST}.output.LayerNorm.bias"] + 1e-4},
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_weights_is_seen(tmp_path: Path, mistake: str):
    tensors = weights()
    folder = write_folder(tmp_path / "tabert", MISTAKES[mistake](tensors))
    assert differs(folder, tensors, tmp_path / "out") > 1e-6


@pytest.mark.parametrize(
    "wrong", [{"num_vertical_attention_heads": 3}, {"num_attention_heads": 2}, {"layer_norm_eps": 1e-2}]
)
def test_a_mistake_in_the_settings_is_seen(tmp_path: Path, wrong: dict[str, float]):
    tensors = weights()
    folder = write_folder(tmp_path / "tabert", tensors, **wrong)
    assert differs(folder, tensors, tmp_path / "out") > 1e-6


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: {**t, f"{LAST}.more": torch.zeros(2)}, f"'{LAST}.more' has no place"),
        (
            lambda t: {n: x for n, x in t.items() if n != f"{LAST}.output.dense.bias"},
            f"'{LAST}.output.dense.bias' is missing",
        ),
        (lambda t: {**t, f"{LAST}.intermediate.dense.weight": torch.zeros(3, 3)}, "would have shape"),
        (lambda t: {n: x for n, x in t.items() if "embeddings" not in n}, "vocabulary is 0"),
    ],
)
def test_what_is_missing_or_left_over_is_refused_by_name(tmp_path: Path, change, told: str):
    folder = write_folder(tmp_path / "tabert", change(weights()))
    with pytest.raises(HeadworkError, match=told):
        imported(folder, tmp_path / "out")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"column_representation": "max_pool"}, "column_representation is 'max_pool'"),
        ({"context_first": False}, "context_first is False"),
        ({"cell_input_template": "column ( type ) : value"}, "cell_input_template is"),
        ({"column_delimiter": "|"}, "column_delimiter is '|'"),
        ({"num_vertical_attention_heads": 5}, "num_vertical_attention_heads must divide"),
        ({"num_hidden_layers": 10**9}, "layers is 1,000,000,000"),
        ({"num_vertical_layers": 10**9}, "num_vertical_layers is 1,000,000,000"),
        ({"num_vertical_attention_heads": 0}, "num_vertical_attention_heads must divide"),
    ],
)
def test_settings_that_are_not_computed_here_are_refused(tmp_path: Path, settings, told: str):
    folder = write_folder(tmp_path / "tabert", weights(), **settings)
    with pytest.raises(HeadworkError, match=re.escape(told)):
        imported(folder, tmp_path / "out")


@pytest.mark.parametrize("file", ["tb_config.json", "model.bin"])
def test_damaged_files_are_read_whole_or_refused_in_one_line(tmp_path: Path, file: str):
    folder = write_folder(tmp_path / "tabert", weights())
    whole = (folder / file).read_bytes()
    for seed in range(150):
        (folder / file).write_bytes(mutated(whole, random.Random(seed)))
        try:
            assert isinstance(tabert.read(folder), Published)
        except HeadworkError as error:
            assert "\n" not in str(error) and len(str(error)) < 2000


def test_nothing_of_the_file_is_run(tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return shutil.copyfile, (__file__, str(tmp_path / "trace"))

    folder = write_folder(tmp_path / "tabert", weights())
    torch.save({**weights(), "more": Trap()}, folder / "model.bin")
    with pytest.raises(HeadworkError, match="without running code"):
        imported(folder, tmp_path / "out")
    assert not (tmp_path / "trace").exists()


def test_as_an_encoder_of_texts_it_is_the_bert_below_its_layers_over_rows(tmp_path: Path):
    run = imported(write_folder(tmp_path / "tabert", weights()), tmp_path / "out")
    model = published.load(run.model)
    assert model.vertical is not None
    batch = pack([[2, 5, 6, 3], [2, 7, 3]])
    numbers = {name: tensor.double().numpy() for name, tensor in weights().items()}
    expected = [
        bert(numbers, ids, [0] * len(ids), layers=LAYERS, heads=HEADS, prefix="_bert_model.bert.")
        for ids in ([2, 5, 6, 3], [2, 7, 3])
    ]
    found = model.double()(batch)["hidden"].detach().numpy()
    assert np.abs(found - np.concatenate(expected)).max() < 1e-9
    with pytest.raises(HeadworkError, match="layers between the rows of tables"):
        export(run, "hf", tmp_path / "hf")


def test_the_command_imports_and_a_model_of_tables_learns_from_there(tmp_path: Path):
    folder = write_folder(tmp_path / "tabert", weights())
    data = write_tables(tmp_path / "medals")
    runner = CliRunner()
    result = runner.invoke(group, ["import", str(folder), "-o", str(tmp_path / "in"), "--offline"])
    assert result.exit_code == 0 and result.output.startswith(f"{tmp_path / 'in'}: tabert, {LAYERS} layers"), (
        result.output
    )
    asked = f"headwork train tabert-minilm DATA --set model.pretrained={tmp_path / 'in'}"
    assert result.output.splitlines()[-1] == asked
    line = [*asked.replace("DATA", str(data)).split()[1:], "--budget", "2s", "--set", "model.max_tokens=90"]
    result = runner.invoke(group, [*line, "-o", str(tmp_path / "run"), "--threads", "1"])
    assert result.exit_code == 0, result.output
    said = read_json(tmp_path / "run/model/config.json", dict)["recipe"]["model"]
    assert (said["vertical"], said["vertical_heads"], said["kinds"]) == (OVER, OVER_HEADS, ["text", "real", "real"])
    (tmp_path / "in/model/model.safetensors").unlink()
    result = runner.invoke(group, ["predict", str(tmp_path / "run"), str(data / "questions.csv")])
    assert result.exit_code == 0 and "answer" in json.loads(result.output.splitlines()[0])
