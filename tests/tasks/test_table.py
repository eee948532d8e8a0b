"""TaBERT reads tables: rows in any order, each question alone, nothing but what was masked is hidden."""

import numpy as np
import pytest
import torch
from tests.tables import asked_of, medals

from headwork.base.recipes import load_recipe, with_settings
from headwork.base.sheets import Asked, Sheet
from headwork.data.table_questions import TableQuestions
from headwork.layers.transformer import CoreConfig
from headwork.layers.vertical import Vertical
from headwork.models.tabert import Tabert
from headwork.models.table_batch import TableBatch, aligned_cells, cells_of
from headwork.tasks.neural_table import NeuralTabler
from headwork.tasks.table import load_tabler, new_tabler

SMALL = ("model.dropout=0.0", "model.max_tokens=90", "model.question_tokens=20", "model.start=nothing")


def questions(tables: int, first: int = 0, *, labels: bool = False) -> TableQuestions:
    asked, right = [], []
    for number in range(first, first + tables):
        header, rows = medals(number)
        sheet = Sheet(f"t{number}", tuple(header), tuple(map(tuple, rows)))
        if labels:
            row, other = rows[number % 5], rows[(number + 1) % 5]
            asked += [Asked(f"{row[0]} won {gold} gold", sheet) for gold in (row[1], other[1])]
            right += [("yes",), ("no",)]
        else:
            asked += [Asked(question, sheet) for question, _ in asked_of(number)]
            right += [(answer,) for _, answer in asked_of(number)]
    numbers = np.arange(len(asked))
    return TableQuestions(asked, right, list(map(str, numbers)), numbers, ("no", "yes") if labels else ())


def tabler(*settings: str, labels: bool = False, seed: int = 0, name: str = "tabert") -> NeuralTabler:
    recipe = with_settings(load_recipe(name, "table"), (*SMALL, *settings), size="tiny")
    made = new_tabler(recipe, questions(8, labels=labels), seed=seed)
    assert isinstance(made, NeuralTabler)
    return made


def shuffled(sheet: Sheet, seed: int = 0) -> Sheet:
    order = np.random.default_rng(seed).permutation(len(sheet.rows))
    return sheet._replace(rows=tuple(sheet.rows[place] for place in order))


@pytest.mark.row("BE27")
def test_vertical_attention_gives_the_same_whatever_the_order_of_the_rows():
    torch.manual_seed(0)
    vertical = Vertical(CoreConfig(vocabulary=5, dim=16, heads=2, ff=32, dropout=0.0), 2).double()
    with torch.no_grad():
        for parameter in vertical.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    places = [torch.randn(rows, 16, dtype=torch.float64) for rows in (3, 1, 4)]
    whole = vertical(torch.cat(places), (3, 1, 4))
    mixed = vertical(torch.cat([place[torch.randperm(len(place))] for place in places]), (3, 1, 4))
    assert torch.allclose(whole, mixed, atol=1e-12)
    alone = torch.cat([vertical(place, (len(place),)) for place in places])
    assert torch.allclose(whole, alone, atol=1e-12)
    # Rows do look at each other: it is not the mean of what each gives by itself.
    apart = vertical(places[0], (1, 1, 1)).mean(0)
    assert not torch.allclose(apart, whole[0], atol=1e-3)


@pytest.mark.row("BE27")
def test_a_whole_table_is_read_alike_whatever_the_order_of_its_rows():
    model = tabler("model.rows=5", "model.vertical=2")
    model.network.double()
    asked = questions(1).asked[1]
    one, other = (model.reader.read([asked._replace(sheet=sheet)]) for sheet in (asked.sheet, shuffled(asked.sheet)))
    reads = [model.network.read(read.batch([0])) for read in (one, other)]
    assert torch.allclose(reads[0].question, reads[1].question, atol=1e-9)
    assert torch.allclose(reads[0].columns, reads[1].columns, atol=1e-9)


@pytest.mark.parametrize("labels", [False, True])
def test_a_question_alone_is_answered_as_in_a_batch(labels):
    model = tabler("model.start=linear", labels=labels)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    model.network.eval()
    narrow = Asked("how many?", Sheet("n", ("A",), (("1",), ("2",))))
    asked = [*questions(2, 8, labels=labels).asked, narrow]
    read = model.reader.read(asked)
    together = model.network(read.batch(range(len(asked))))
    apart = torch.cat([model.network(read.batch([place])) for place in range(len(asked))])
    assert torch.allclose(together, apart, atol=1e-5)


def test_a_row_of_tokens_is_the_question_and_its_cells_cut_to_what_fits():
    model = tabler("model.max_tokens=48", "model.value_tokens=2", "model.name_tokens=2", name="tabert-k1")
    wide = Sheet("w", tuple(f"name {n}" for n in range(9)), (tuple(f"value {n}" for n in range(9)),) * 2)
    read = model.reader.read([Asked("which nation?", wide)])
    (table,) = read.tables
    assert len(table.rows) == 1 and table.length <= 48 < table.length + 11
    assert read.reading.columns_left_out == 1 and read.reading.texts_cut == 0
    batch = read.batch([0])
    assert batch.total == 9 and len(batch.seen) == len(table.rows[0]) < 9
    assert len(model.network(batch)) == len(table.meant.programs)
    ids = batch.tokens.ids.tolist()
    first, last = model.reader.tokenizer.frame
    assert ids[: len(table.question)] == table.question and ids[0] == first and ids[-1] == last
    assert batch.types.tolist() == [0] * len(table.question) + [1] * (len(ids) - len(table.question))


def test_cells_are_the_means_of_their_tokens_in_every_row():
    model = tabler("model.vertical=0", "model.rows=3")
    asked = questions(2, 3).asked[::4]
    batch = model.reader.read(asked).batch([0, 1])
    model.network.eval()
    hidden = model.network.core(batch.tokens, types=batch.types)
    read = model.network.read(batch)
    rows = torch.arange(6).repeat_interleave(torch.tensor(batch.tokens.lengths))
    for question, column in ((0, 2), (1, 0)):
        wanted = []
        for row in range(3):
            own = rows == 3 * question + row
            cell = 9 * question + 3 * row + column
            wanted.append(hidden[own & (batch.column == cell)].mean(0))
            place = aligned_cells(batch)[cell]
            assert torch.allclose(read.cells[place], wanted[-1], atol=1e-6)
            assert cells_of(batch)[cell] == 3 * question + column
        assert torch.allclose(read.columns[3 * question + column], torch.stack(wanted).mean(0), atol=1e-6)


@pytest.mark.row("BE27")
def test_recovering_hides_names_and_kinds_of_some_columns_and_nothing_else(monkeypatch):
    model = tabler("model.recover=1.0", "model.masked=0.5", "model.rows=2")
    batch = model.reader.read(questions(3).asked).batch(range(6))
    seen: list[torch.Tensor] = []
    read = Tabert.read

    def spy(self, batch: TableBatch, ids=None):
        seen.append(ids)
        return read(self, batch, ids)

    monkeypatch.setattr(Tabert, "read", spy)
    mask = model.reader.tokenizer.unknown
    torch.manual_seed(0)
    loss = model.network.recovered(batch, mask)
    (ids,) = seen
    hidden = ids != batch.tokens.ids
    assert hidden.any() and set(ids[hidden].tolist()) == {mask}
    columns = cells_of(batch)
    drawn = {int(columns[cell]) for cell in batch.column[hidden]}
    assert 0 < len(drawn) < len(batch.seen)
    for token in range(len(ids)):
        cell, part = int(batch.column[token]), int(batch.part[token])
        told = cell >= 0 and int(columns[cell]) in drawn and part in (1, 2)
        assert (ids[token] == mask) == (told or batch.tokens.ids[token] == mask)
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.network.recovery.parameters())


@pytest.mark.row("BE27")
def test_names_and_values_are_told_again_when_learnt():
    model = tabler("model.recover=1.0", "model.rows=2")
    batch, mask = model.reader.read(questions(2).asked).batch(range(4)), model.reader.tokenizer.unknown
    optimizer = torch.optim.AdamW(model.network.parameters(), lr=1e-2)
    torch.manual_seed(0)
    losses = []
    for _ in range(25):
        loss = model.network.recovered(batch, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.3 * np.mean(losses[:5])


@pytest.mark.parametrize("labels", [False, True])
def test_a_stored_model_answers_alike(labels, tmp_path):
    model = tabler("model.start=linear", labels=labels)
    model.temperature = 2.0
    asked = questions(2, 20, labels=labels).asked
    model.save(tmp_path)
    again = load_tabler(tmp_path)
    assert again.temperature == 2.0 and again.classes == model.classes
    assert again.answer(asked) == model.answer(asked)
    assert again.parameters == model.parameters
