"""Captions of pictures: the grid against slices, the decoder against formulas, and what the penalty does."""

import numpy as np
import pytest
import torch
from tests.models.translators import translator
from torch.nn import functional as F

from headwork.base.errors import HeadworkError
from headwork.base.recipes import load_recipe, with_settings
from headwork.data.bitext import REFERENCES, Pairs
from headwork.data.grid import place_names, places_of
from headwork.data.picture_text import document_of
from headwork.layers.grid import GridEncoder
from headwork.models.rnn_translator import RnnTranslator, doubly_stochastic
from headwork.ops.packed import pack
from headwork.tasks.decoding import Search
from headwork.tasks.translate import Translator, packed
from headwork.train.config import TrainConfig
from headwork.train.fit import fit
from headwork.train.translate import Translate

SHAPE, GRID = (8, 8, 3), 4
PICTURES = np.random.default_rng(0).integers(0, 256, (3, *SHAPE), dtype=np.uint8)
TARGETS = [[2, 10, 11, 5], [2, 5, 6, 7, 8, 9], [2]]


def sources(pictures=PICTURES):
    return packed([places_of(document_of(each), SHAPE, GRID) for each in pictures])


def captioner(*settings: str, **options) -> RnnTranslator:
    return translator("show-attend-tell", "picture=[8, 8, 3]", f"grid={GRID}", *settings, **options)


def test_a_place_has_the_pixels_that_lie_there() -> None:
    places = places_of(document_of(PICTURES[0]), SHAPE, GRID)
    for name, pixels in zip(place_names(GRID), places, strict=True):
        row, column = (2 * int(part) - 2 for part in name.split(":"))
        np.testing.assert_array_equal(pixels.reshape(2, 2, 3), PICTURES[0, row : row + 2, column : column + 2])


@pytest.mark.parametrize("shape, grid", [((8, 8, 3), 4), ((8, 8, 1), 8), ((16, 16, 3), 2)])
def test_the_encoder_puts_the_picture_together_again(shape, grid) -> None:
    picture = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    encoder = GridEncoder(shape, grid=grid, hidden=16).double()
    places = torch.tensor(places_of(document_of(picture), shape, grid))
    found = (encoder.picture(places)[0].permute(1, 2, 0) + 1) * 127.5
    np.testing.assert_allclose(found.numpy(), picture, atol=1e-9)
    assert encoder(places).shape == (1, grid * grid, 16)


def test_a_state_sees_its_surroundings_and_not_the_far_corner() -> None:
    encoder = GridEncoder((32, 32, 1), grid=16, hidden=8).double()
    encoder.norm = torch.nn.Identity()  # it alone looks at all places
    for halving in encoder.halving:
        halving[1] = torch.nn.Identity()  # type: ignore[index]
    near = torch.randint(0, 255, (256, 4), generator=torch.Generator().manual_seed(0)).double()
    encoder.picture = lambda places: places.view(1, 16, 16, 2, 2).permute(0, 1, 3, 2, 4).reshape(1, 1, 32, 32)  # type: ignore
    near.requires_grad_()
    (seen,) = torch.autograd.grad(encoder(near)[0, 0].sum(), near)
    touched = (seen != 0).any(1).view(16, 16)
    assert touched[0, 0] and touched[:2, :2].all() and not touched[8:].any() and not touched[:, 8:].any()


@pytest.mark.row("AT18")
def test_the_decoder_by_its_formulas() -> None:
    """Xu et al. 2015, section 3.1, written out for one picture: mean start, gated context, an LSTM that reads both."""
    model = captioner().eval()
    source, target = sources(PICTURES[:1]), TARGETS[0]
    with torch.no_grad():
        found = model(source, pack([target]))
        (maps,) = model.alignment(source, pack([target]))
        a = model.places(source.ids)[0]
        score = model.mechanism.score
        state = tuple(part for part in model.steps[0].first(model.first[0](a.mean(0)[None]).tanh()))
        for step, token in enumerate(target):
            hidden = state[0]
            scores = torch.stack(
                [score.dense(hidden[:, None, None], place[None, None, None], None).squeeze() for place in a]
            )
            weights = scores.softmax(0)
            torch.testing.assert_close(maps[step], weights, rtol=0, atol=1e-9)
            context = model.gate(hidden).sigmoid() * (weights @ a)
            embedded = model.targets(torch.tensor([token]))
            state = model.steps[0](torch.cat([embedded, context], 1), state)
            deep = model.read(torch.cat([state[0], context, embedded], 1)).unflatten(1, (-1, 2)).amax(2)
            expected = F.linear(deep, model.output.weight, model.bias)
            torch.testing.assert_close(found[step : step + 1], expected, rtol=0, atol=1e-9)


@pytest.mark.row("AT18")
def test_the_penalty_is_the_formula() -> None:
    model = captioner("coverage=0.7").train()
    source, target = sources(), pack(TARGETS)
    logits, penalty = model.learn(source, target)
    torch.testing.assert_close(logits, model(source, target))
    total = 0.0
    for alphas in model.alignment(source, target):
        for place in range(GRID * GRID):
            total += (1 - sum(float(step[place]) for step in alphas.detach())) ** 2
    assert penalty is not None
    assert penalty.item() == pytest.approx(0.7 * total / sum(map(len, TARGETS)), abs=1e-9)
    assert model.tape is None and captioner("coverage=0.0").learn(source, target)[1] is None


def test_padding_adds_nothing_to_the_penalty() -> None:
    alphas = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    found = doubly_stochastic(alphas, [5, 2], [3, 1])
    expected = ((1 - alphas[0].sum(0)) ** 2).sum() + ((1 - alphas[1, 0, :2]) ** 2).sum()
    torch.testing.assert_close(found, expected)


@pytest.mark.row("AT18")
def test_a_large_weight_brings_the_sums_near_1() -> None:
    """As many steps as places, and a decoder that at first looks at few of them."""
    targets, far = pack([[2, *range(5, 20)]] * 3), {}
    for weight in (0.0, 50.0):
        model = captioner(f"coverage={weight}", seed=1).train()
        with torch.no_grad():
            for parameter in model.mechanism.modules():
                for each in parameter.parameters():
                    each.mul_(8.0)
        optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
        answers = torch.arange(5, 21).repeat(3)
        sums = [torch.stack([each.sum(0) for each in model.alignment(sources(), targets)])]
        for _ in range(60):
            logits, penalty = model.learn(sources(), targets)
            loss = F.cross_entropy(logits, answers) + (0.0 if penalty is None else penalty)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        sums.append(torch.stack([each.sum(0) for each in model.alignment(sources(), targets)]))
        far[weight] = [(each - 1).abs().mean().item() for each in sums]
    assert far[0.0][0] > 0.3 and far[0.0][1] > 0.3
    assert far[50.0][1] < 0.3 * far[0.0][1]


COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (20, 40, 220)}


def scenes(count: int, seed: int) -> Pairs:
    """A square of one colour on grey, left or right, and what there is to say of it."""
    random, rows = np.random.default_rng(seed), []
    for _ in range(count):
        name, side = random.choice(list(COLOURS)), int(random.integers(2))
        picture = np.full(SHAPE, 128, np.uint8) + random.integers(0, 20, SHAPE, dtype=np.uint8)
        picture[2:6, 4 * side : 4 * side + 4] = COLOURS[str(name)]
        rows.append((document_of(picture), f"a {name} square on the {('left', 'right')[side]}"))
    return Pairs([row[0] for row in rows], [row[1] for row in rows], np.arange(count))


@pytest.mark.row("AT18")
def test_it_learns_to_say_what_is_where(tmp_path) -> None:
    words = (f"model.grid={GRID}", "model.vocabulary=300", "model.dropout=0.0")
    recipe = with_settings(load_recipe("show-attend-tell", "translate"), words, size="tiny")
    train, test = scenes(120, 0), scenes(20, 5)
    made = Translator.new(recipe, ("picture", "caption"), train, seed=0, picture=SHAPE)
    config = TrainConfig(epochs=14, patience=99, lr=1e-2, batch_tokens=400, weight_decay=0.0)
    fit(Translate(made, train, scenes(20, 1), config, seed=0))
    made.save(tmp_path)
    loaded = Translator.load(tmp_path)
    for search in (Search(), Search(beam=3, coverage_penalty=0.01)):
        written = [each.text for each in loaded.translate(test.sources, search)]
        assert np.mean([one == other for one, other in zip(written, test.targets, strict=True)]) > 0.9
    drawn = loaded.align(test.sources[0], test.targets[0])
    assert drawn.source == place_names(GRID) and drawn.weights.shape == (len(drawn.target), GRID * GRID)


def test_what_is_refused() -> None:
    texts = Pairs(["a b"] * 9, ["c d"] * 9, np.arange(9))
    with pytest.raises(HeadworkError, match="it reads pictures, and the data are texts"):
        Translator.new(load_recipe("show-attend-tell", "translate"), ("a", "b"), texts, seed=0)
    for name in ("bahdanau", "transformer"):
        with pytest.raises(HeadworkError, match="it reads texts, and the data are pictures"):
            Translator.new(load_recipe(name, "translate"), ("a", "b"), scenes(9, 0), seed=0, picture=SHAPE)
    with pytest.raises(HeadworkError, match="expected squares of the grid's side"):
        recipe = load_recipe("show-attend-tell", "translate")
        Translator.new(recipe, ("a", "b"), scenes(9, 0), seed=0, picture=(24, 24, 3))
    with pytest.raises(HeadworkError, match="gated and coverage"):
        translator("rnn", "coverage=1.0")
    assert Pairs(["x"], [f"a{REFERENCES}b"], np.arange(1)).references == [["a", "b"]]
