"""Words from characters: every window counts, wherever it stands, and the fill takes part as it is.

Its numbers are held to a version in numpy by tests/models/test_elmo.py.
"""

import torch

from headwork.layers.character_cnn import CharacterCnn


def cnn(**settings) -> CharacterCnn:
    torch.manual_seed(0)
    return CharacterCnn(
        9, 4, **{"filters": ((1, 5), (3, 6)), "activation": "relu", "highways": 2, "out": 7, **settings}
    )


def test_shapes_and_gradients():
    layer = cnn()
    found = layer(torch.randint(0, 9, (3, 6)))
    assert found.shape == (3, 7)
    found.sum().backward()
    assert all(parameter.grad is not None for parameter in layer.parameters())
    assert layer(torch.zeros(0, 6, dtype=torch.int64)).shape == (0, 7)


def test_filters_of_one_character_see_no_order_and_wider_ones_do():
    word, turned = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[4, 3, 2, 1]])
    single, wide = cnn(filters=((1, 8),)), cnn(filters=((2, 8),))
    assert torch.equal(single(word), single(turned))
    assert not torch.allclose(wide(word), wide(turned))


def test_no_projection_where_the_widths_agree():
    layer = cnn(out=11)
    assert isinstance(layer.project, torch.nn.Identity)
    assert layer(torch.randint(0, 9, (3, 6))).shape == (3, 11)
