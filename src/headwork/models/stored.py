"""A network's weights as safetensors: written whole, read only when names, shapes and kinds of numbers fit."""

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from headwork.base.errors import HeadworkError
from headwork.base.files import write_atomically


def own_tensors(network: nn.Module) -> dict[str, Tensor]:
    """The state of a network, with a weight that stands in several places under the first of its names."""
    once = {name for name, _ in network.named_parameters()} | {name for name, _ in network.named_buffers()}
    return {name: value for name, value in network.state_dict().items() if name in once}


def save_tensors(network: nn.Module, path: Path) -> None:
    tensors = {name: value.detach().cpu().contiguous() for name, value in own_tensors(network).items()}
    write_atomically(path, lambda temporary: save_file(tensors, temporary))


def load_tensors(network: nn.Module, path: Path) -> None:
    """Fill `network` from `path`; a missing, additional or differently shaped tensor is refused by name.

    Shapes are compared in the header, before any weight is read.
    """
    again = "copy the run folder again or train it again"
    expected = {name: tuple(value.shape) for name, value in own_tensors(network).items()}
    try:
        with safe_open(path, "pt") as file:
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
            if found.keys() != expected.keys():
                odd = sorted(found.keys() ^ expected.keys())[0]
                state = "is not in the file" if odd in expected else "is not part of this model"
                raise HeadworkError(f"{path}: tensor {odd!r} {state}; {again}")
            for name, shape in expected.items():
                if found[name] != shape:
                    raise HeadworkError(f"{path}: tensor {name!r} has shape {found[name]}, expected {shape}; {again}")
            network.load_state_dict({name: file.get_tensor(name) for name in found}, strict=False)
    except (SafetensorError, FileNotFoundError) as error:
        raise HeadworkError(f"{path}: not a whole safetensors file ({error}); {again}") from error
