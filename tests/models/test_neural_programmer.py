"""The neural programmer: its programs against plain Python, soft and hard, and questions that it learns to answer."""

import numpy as np
import pytest
import torch

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.drawn import prepare_drawn
from headwork.models.algorithm import Shape
from headwork.models.neural_programmer import OPERATIONS, NeuralProgrammer, NeuralProgrammerConfig, run_program
from headwork.tasks.algorithm import Learner, shape_of
from headwork.train.algorithm import Learn
from headwork.train.config import train_config
from headwork.train.fit import fit

pytestmark = pytest.mark.row("ME05")


def execute(program: list[tuple[str, int]], table: list[list[float]], pivot: float) -> float:
    """One table, no tensors."""
    rows, answer = list(range(len(table))), 0.0
    for operation, column in program:
        answer = 0.0
        match operation:
            case "sum":
                answer = sum(table[row][column] for row in rows)
            case "maximum":
                answer = max([table[row][column] for row in rows], default=0.0)
            case "count":
                answer = float(len(rows))
            case "greater":
                rows = [row for row in range(len(table)) if table[row][column] > pivot]
            case "lesser":
                rows = [row for row in range(len(table)) if table[row][column] < pivot]
            case "reset":
                rows = list(range(len(table)))
    return answer


def one_hot(places: list[int], many: int) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.tensor([places]), many).double()


def test_hard_programs_are_those_of_plain_python():
    """Every program of three steps over the columns of one table."""
    random = np.random.default_rng(0)
    for operations in np.ndindex(6, 6, 6):
        cells, columns, pivot = random.random((5, 3)), random.integers(0, 3, 3).tolist(), random.random()
        found = run_program(
            one_hot(list(operations), 6), one_hot(columns, 3), torch.tensor(cells)[None], torch.tensor([pivot])
        )
        program = [(OPERATIONS[operation], column) for operation, column in zip(operations, columns, strict=True)]
        assert found.item() == pytest.approx(execute(program, cells.tolist(), pivot))


def test_soft_choices_weigh_what_each_would_have_given():
    """In a program of one step the answer is linear in the operation and in the column."""
    torch.manual_seed(0)
    operations, columns = torch.rand(1, 1, 6).double().softmax(2), torch.rand(1, 1, 3).double().softmax(2)
    cells, pivot = torch.rand(1, 5, 3).double(), torch.tensor([0.5]).double()
    expected = sum(
        operations[0, 0, operation] * columns[0, 0, column]
        * execute([(OPERATIONS[operation], column)], cells[0].tolist(), 0.5)
        for operation in range(6)
        for column in range(3)
    )  # fmt: skip
    torch.testing.assert_close(run_program(operations, columns, cells, pivot)[0], expected)


def test_words_and_cells_are_told_apart():
    """The program follows from the words alone, and the answer from program, cells and pivot."""
    generator = prepare_drawn("tables:depth=2").generator
    examples = generator.draw(np.random.default_rng(0), 4, 30)
    torch.manual_seed(0)
    model = NeuralProgrammer(NeuralProgrammerConfig(hidden=8), shape_of(generator)).eval()
    inputs = torch.from_numpy(examples.inputs)
    other = inputs.clone()
    other[:, 4:] *= 0.5
    for one, changed in zip(model.program(inputs), model.program(other), strict=True):
        assert torch.equal(one, changed) and torch.equal(one.sum(2), torch.ones(30, 2)) and one.max() == 1
    cells, pivots = model.table(inputs)
    assert cells.shape == (30, 4, 3) and (cells > 0).all() and torch.equal(pivots, inputs[:, 3, 9])
    model.train()
    assert 0 < model.program(inputs)[0].min() < model.program(inputs)[0].max() < 1


def test_every_weight_learns_from_the_answer_alone():
    generator = prepare_drawn("tables:depth=2").generator
    examples = generator.draw(np.random.default_rng(0), 4, 30)
    torch.manual_seed(0)
    model = NeuralProgrammer(NeuralProgrammerConfig(hidden=8), shape_of(generator))
    model(torch.from_numpy(examples.inputs)).outputs[:, -1].square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_a_set_without_tables_is_refused():
    with pytest.raises(HeadworkError, match="channels called 'words'; those that the data set names are none"):
        NeuralProgrammer(NeuralProgrammerConfig(), Shape(4, 1, "number", 9))


def learned(data: str, seed: int, epochs: int) -> Learner:
    recipe = with_settings(load_recipe("neural-programmer", "algorithm"), (f"train.epochs={epochs}",))
    drawn = prepare_drawn(data)
    learner = Learner.new(recipe, drawn.generator, seed=seed)
    fit(Learn(learner, drawn, train_config(recipe), seed=seed))
    return learner


def check_programs(learner: Learner, data: str) -> float:
    """The share of right answers; each is what its program gives in plain Python."""
    right = []
    for examples in prepare_drawn(data).test:
        answered = learner.answer(examples)
        right.append(answered.score.mean())
        cells, pivots = learner.network.table(torch.from_numpy(examples.inputs))
        operations, columns = (answered.looks[name].argmax(2) for name in ("operations", "columns"))
        for row in range(len(examples)):
            program = [(OPERATIONS[a], b) for a, b in zip(operations[row], columns[row], strict=True)]
            expected = execute(program, cells[row].tolist(), pivots[row].item())
            assert answered.answers[row, -1, 0] == pytest.approx(expected, abs=1e-4)
    return float(np.mean(right))


def test_questions_of_one_step_are_learned_in_seconds_as_programs():
    assert check_programs(learned("tables", 0, 2), "tables") == 1


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_questions_of_two_steps():
    scores = [check_programs(learned("tables:depth=2", seed, 10), "tables:depth=2") for seed in range(3)]
    assert max(scores) > 0.75
