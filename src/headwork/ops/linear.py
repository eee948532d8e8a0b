"""Linear layers that take their activation and their residual along, so that both can be fused when predicting.

    y = residual + dropout(activation(x W^T + b))

Axes: N packed tokens, I width in, O width out.
"""

import copy
import functools
from collections.abc import Callable
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.ops.dropout import drop

Model = TypeVar("Model", bound=nn.Module)
Precision = Literal["fp32", "bf16", "fp16"]
"""of prediction: bf16 rounds the factors of the linear layers, fp16 on a CPU their weights alone"""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "relu": F.relu,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
}
"""gelu is x Φ(x) (Hendrycks and Gimpel 2016, section 2), gelu_tanh and quick_gelu the two approximations given there"""

_OVER: dict[str, Callable[[Tensor], Tensor]] = {
    **ACTIVATIONS,
    "relu": torch.relu_,
    "gelu": torch.ops.aten.gelu_,
    "gelu_tanh": functools.partial(torch.ops.aten.gelu_, approximate="tanh"),
}
"""the same, written over their argument where torch can"""

_FUSED = {"none": ("none", ""), "relu": ("relu", ""), "gelu": ("gelu", "none"), "gelu_tanh": ("gelu", "tanh")}


class Linear(nn.Linear):
    """nn.Linear with what follows it: the plain, trainable definition."""

    def forward(
        self, x: Tensor, *, activation: str = "none", residual: Tensor | None = None, dropout: float = 0.0
    ) -> Tensor:
        """(N, I) to (N, O); `residual` is (N, O)."""
        y = ACTIVATIONS[activation](F.linear(x, self.weight, self.bias))
        if self.training and dropout:
            y = drop(y, dropout)
        return y if residual is None else residual + y


class FrozenLinear(nn.Module):
    """A Linear for prediction: computes in one kind of number, what follows the product written over it.

    bfloat16 weights take oneDNN's own layout where that works; in float32 the plain product is the faster one. It
    holds no parameters: it can be neither trained nor stored.
    """

    def __init__(self, linear: nn.Linear, dtype: torch.dtype) -> None:
        super().__init__()
        self.out_features, self.dtype = linear.out_features, dtype
        self.bias = None if linear.bias is None else linear.bias.detach().to(dtype)
        self.weight = linear.weight.detach().to(dtype)
        self.packed = dtype == torch.bfloat16 and self.weight.device.type == "cpu" and packing_works(dtype)
        if self.packed:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(self.weight)

    def forward(
        self, x: Tensor, *, activation: str = "none", residual: Tensor | None = None, dropout: float = 0.0
    ) -> Tensor:
        """As `Linear.forward` in evaluation; the input is first taken over into the layer's own kind of number."""
        x = x.to(self.dtype)
        residual = residual if residual is None else residual.to(self.dtype)
        if not x.numel():
            return x.new_zeros(*x.shape[:-1], self.out_features)
        if self.packed:
            return _packed(x, self.weight, self.bias, activation, residual)
        return _finish(F.linear(x, self.weight, self.bias), activation, residual)


class HalfLinear(nn.Module):
    """A Linear for prediction on the CPU: its weight rounded to float16, products and sums in float32.

    A short text waits for the weights to come from memory, not for the products; here they are half as long.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.out_features = linear.out_features
        self.weight = torch.ops.quantized.linear_prepack_fp16(
            linear.weight.detach().float(), None if linear.bias is None else linear.bias.detach().float()
        )

    def forward(
        self, x: Tensor, *, activation: str = "none", residual: Tensor | None = None, dropout: float = 0.0
    ) -> Tensor:
        """As `Linear.forward` in evaluation, in float32."""
        return _finish(torch.ops.quantized.linear_dynamic_fp16(x.float(), self.weight), activation, residual)


class FrozenNorm(nn.Module):
    """A LayerNorm for prediction on a GPU, which wants weights in the kind of number of what they scale."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.shape, self.eps = norm.normalized_shape, norm.eps
        self.weight, self.bias = norm.weight.detach(), norm.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """As nn.LayerNorm, in the kind of number of `x`; sums are in float32 whatever that is."""
        return F.layer_norm(x, self.shape, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)


def for_inference(model: Model, dtype: torch.dtype = torch.float32) -> Model:
    """A copy of `model` that only predicts: gradients off, every `Linear` frozen and computing in `dtype`.

    float16 on a CPU is a `HalfLinear`. The copy is a snapshot: training the original afterwards does not change it. A
    copy that is given comes back as is.
    """
    if any(isinstance(module, FrozenLinear | HalfLinear) for module in model.modules()):
        return model
    fast = copy.deepcopy(model).eval().requires_grad_(False)
    for parent in list(fast.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, Linear):
                setattr(parent, name, frozen(layer, dtype))
            elif isinstance(layer, nn.LayerNorm) and layer.weight.is_cuda and dtype != torch.float32:
                setattr(parent, name, FrozenNorm(layer))
    return fast


def frozen(linear: nn.Linear, dtype: torch.dtype = torch.float32) -> FrozenLinear | HalfLinear:
    """A layer that only predicts, computing in `dtype`; a `HalfLinear` for float16 on a CPU."""
    half = dtype == torch.float16 and linear.weight.device.type == "cpu"
    return HalfLinear(linear) if half else FrozenLinear(linear, dtype)


def dtype_of(precision: Precision, device: str = "cpu") -> torch.dtype:
    """What to compute in; float32 where a processor would be slower with what is asked for."""
    if device == "cpu" and not {"fp32": lambda: True, "bf16": multiplies_bf16, "fp16": halving_works}[precision]():
        return torch.float32
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


@functools.cache
def packing_works(dtype: torch.dtype) -> bool:
    """Do torch's private oneDNN operators exist here, take `dtype`, and agree with the plain product?"""
    generator = torch.Generator().manual_seed(0)
    x, weight, bias, residual = (
        torch.randn(shape, generator=generator).to(dtype) for shape in ((5, 24), (40, 24), (40,), (5, 40))
    )
    product = F.linear(x.double(), weight.double(), bias.double())
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight)
        pairs = [(_packed(x, packed, bias, name, None), ACTIVATIONS[name](product)) for name in _FUSED]
        pairs.append((_packed(x, packed, bias, "none", residual), product + residual.double()))
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
    rounding = 16 * torch.finfo(dtype).eps
    return all(torch.allclose(fast.double(), exact, rtol=rounding, atol=rounding) for fast, exact in pairs)


@functools.cache
def halving_works() -> bool:
    """Does torch's private FBGEMM operator exist here, and agree with the product of the rounded weight?"""
    generator = torch.Generator().manual_seed(0)
    layer, x = Linear(24, 40), torch.randn(5, 24, generator=generator)
    rounded = layer.weight.detach().half().double()
    try:
        product = HalfLinear(layer)(x)
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
    return torch.allclose(product.double(), F.linear(x.double(), rounded, layer.bias.detach().double()), atol=1e-5)


@functools.cache
def multiplies_bf16() -> bool:
    """Does the processor multiply bfloat16 itself? Where it does not, bfloat16 is many times slower than float32."""
    given = torch.cpu.get_capabilities()
    if given.get("architecture") == "x86_64":  # oneDNN also takes it where AVX512 has no instruction for it
        itself = given.get("avx512_bf16") or given.get("amx_bf16")
    else:
        itself = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return bool(itself) and packing_works(torch.bfloat16)


def _packed(x: Tensor, weight: Tensor, bias: Tensor | None, activation: str, residual: Tensor | None) -> Tensor:
    if activation == "none" and residual is not None:
        return torch.ops.mkldnn._linear_pointwise.binary(x, residual, weight, bias, "add")
    name, algorithm = _FUSED.get(activation, _FUSED["none"])
    y = torch.ops.mkldnn._linear_pointwise(x, weight, bias, name, [], algorithm)
    return _finish(y, "none" if activation in _FUSED else activation, residual)


def _finish(y: Tensor, activation: str, residual: Tensor | None) -> Tensor:
    """The activation and the residual written over a product that nobody else holds."""
    y = _OVER[activation](y)
    return y if residual is None else y.add_(residual)
