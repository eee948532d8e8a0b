"""What layers cost, against torch's own counter of operations on the layers that headwork has."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from headwork.layers.convolution import PackedConvolution
from headwork.layers.recurrent import Recurrent
from headwork.layers.transformer import CoreConfig, SelfAttention
from headwork.measure.complexity import convolution, lstm, projections, restricted_attention, self_attention

pytestmark = pytest.mark.row("TR09")
WIDTH = 32


def counted(layer: torch.nn.Module, tokens: int) -> int:
    x = torch.randn(tokens, WIDTH)
    # with gradients, short texts are written out: torch counts nothing inside the fused kernel of a CPU
    with FlopCounterMode(display=False) as counter:
        layer(x, [tokens])
    return counter.get_total_flops()


@pytest.mark.parametrize("tokens", [16, 64, 100])
def test_operations_are_those_that_torch_counts(tokens: int):
    attention = SelfAttention(CoreConfig(vocabulary=10, dim=WIDTH, layers=1, heads=4, ff=8, positions=tokens)).eval()
    of_attention = self_attention(tokens, WIDTH).operations + projections(tokens, WIDTH)
    assert counted(attention, tokens) == of_attention
    recurrent = Recurrent("lstm", WIDTH, hidden=WIDTH, directions=1)
    assert counted(recurrent, tokens) == lstm(tokens, WIDTH).operations
    windows = PackedConvolution(WIDTH, filters=WIDTH, window=3)
    assert counted(windows, tokens) == convolution(tokens, WIDTH, 3).operations


def test_attention_is_the_cheaper_where_texts_are_shorter_than_vectors():
    """Section 4 of the paper: self-attention against recurrence, n against d."""
    assert self_attention(WIDTH, WIDTH).operations < lstm(WIDTH, WIDTH).operations
    assert self_attention(8 * WIDTH, WIDTH).operations > lstm(8 * WIDTH, WIDTH).operations


def test_a_window_as_wide_as_the_text_is_the_whole():
    assert restricted_attention(64, WIDTH, 64) == self_attention(64, WIDTH)
    assert restricted_attention(64, WIDTH, 8).path == 8
    assert lstm(64, WIDTH).path == lstm(64, WIDTH).steps == 64
