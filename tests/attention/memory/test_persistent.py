"""Persistent vectors against keys and values joined by hand."""

import torch
from torch.nn import functional as F

from headwork.attention.memory.persistent import Persistent

B, H, N, K, D, E = 2, 3, 5, 4, 6, 7


def test_persistent_vectors_are_joined_before_the_keys():
    torch.manual_seed(0)
    memory = Persistent(H, N, D, value_dim=E).double()
    query, key = torch.randn(2, B, H, K, D, dtype=torch.float64)
    value = torch.randn(B, H, K, E, dtype=torch.float64)
    causal = torch.ones(K, N + K, dtype=torch.bool).tril(N)
    output = F.scaled_dot_product_attention(query, *memory.extend(key, value), attn_mask=causal)
    for text in range(B):
        for head in range(H):
            for place in range(K):
                keys = torch.cat([memory.key[head] * D**0.5, key[text, head, : place + 1]])
                values = torch.cat([memory.value[head] * N**0.5, value[text, head, : place + 1]])
                expected = (keys @ query[text, head, place] / D**0.5).softmax(0) @ values
                torch.testing.assert_close(output[text, head, place], expected, rtol=0, atol=1e-12)


def test_vectors_begin_with_variance_one():
    torch.manual_seed(0)
    key, value = Persistent(4, 400, 25).pairs()
    assert abs(key.std().item() - 1) < 0.02
    assert abs(value.std().item() - 1) < 0.02


def test_gradients():
    memory = Persistent(H, N, D).double()
    query, key, value = torch.randn(3, 1, H, K, D, dtype=torch.float64)

    def output(own_key: torch.Tensor, own_value: torch.Tensor) -> torch.Tensor:
        own = {"key": own_key, "value": own_value}
        return F.scaled_dot_product_attention(query, *torch.func.functional_call(Called(memory), own, (key, value)))

    assert torch.autograd.gradcheck(output, (memory.key, memory.value))


class Called(Persistent):
    """`extend` as the call of a module that shares the parameters, for torch.func."""

    def __init__(self, memory: Persistent):
        torch.nn.Module.__init__(self)
        self.key, self.value = memory.key, memory.value

    forward = Persistent.extend
