"""An AWD-LSTM put together from torch's own layers, and saved under the names of fastai: the tests' oracle.

Alone it is a language model; what stands on it in a classifier is written out below.
"""

import pickle
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from headwork.data.marked_words import MARKS

WORDS = [*MARKS, *"the a cat dog sat on mat . , ! 's \n 4".split(" "), "xxfake", "xxfake"]
Change = Callable[[dict[str, Tensor]], dict[str, Tensor]]


class ByHand(nn.Module):
    """In double precision, every weight drawn wide and kept to what single precision holds."""

    def __init__(self, *, dim: int = 6, hidden: int = 10, layers: int = 3, seed: int = 0):
        super().__init__()
        widths = [dim, *[hidden] * (layers - 1), dim]
        self.encoder = nn.Embedding(len(WORDS), dim)
        self.rnns = nn.ModuleList(nn.LSTM(widths[l], widths[l + 1], batch_first=True) for l in range(layers))
        self.decoder = nn.Linear(dim, len(WORDS))
        self.decoder.weight = self.encoder.weight
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.5, generator=generator)
        self.double()

    @torch.no_grad()
    def states(self, ids: Tensor) -> Tensor:
        """(B, T) words, by their places in the list, to (B, T, D)."""
        x = self.encoder(ids)
        for rnn in self.rnns:
            x, _ = rnn(x)
        return x

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) to (B, T, V) logits."""
        return self.decoder(self.states(ids)).detach()

    def saved(self, *, older: bool = False, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
        """The tensors under the names that fastai gives them."""
        found = {"0.encoder.weight": self.encoder.weight, "0.encoder_dp.emb.weight": self.encoder.weight}
        for number, rnn in enumerate(self.rnns):
            found[f"0.rnns.{number}.weight_hh_l0_raw"] = rnn.weight_hh_l0
            for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0"):
                found[f"0.rnns.{number}.module.{name}"] = getattr(rnn, name)
            if older:  # as training left it, half of its weights dropped
                found[f"0.rnns.{number}.module.weight_hh_l0"] = nn.functional.dropout(rnn.weight_hh_l0, 0.5)
        found |= {"1.decoder.weight": self.decoder.weight, "1.decoder.bias": self.decoder.bias}
        return {name: tensor.detach().to(dtype) for name, tensor in found.items()}

    def write(self, folder: Path, change: Change = lambda tensors: tensors, *, words: object = WORDS) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(change(self.saved()), folder / "weights.pth")
        (folder / "words.pkl").write_bytes(pickle.dumps(words))
        return folder


class ClassifierByHand(ByHand):
    """Three poolings of the states and two blocks: norm, linear layer, and a relu between the blocks."""

    def __init__(self, *, classes: int = 3, units: int = 4, older: bool = False):
        super().__init__()
        self.older = older
        generator = torch.Generator().manual_seed(1)
        self.blocks = []
        for width, out in ((3 * self.encoder.embedding_dim, units), (units, classes)):
            sizes = (width, width, width, (out, width), out)
            weight, bias, mean, linear, constant = (torch.randn(size, generator=generator).double() for size in sizes)
            variance = (torch.rand(width, generator=generator) + 0.1).double()
            self.blocks.append((weight, bias, mean, variance, linear, constant if older else 0 * constant))

    def classify(self, ids: list[int]) -> Tensor:
        """The (C,) logits of one text."""
        states = self.states(torch.tensor([ids]))[0]
        x = torch.cat([states[-1], states.amax(0), states.mean(0)])
        for number, (weight, bias, mean, variance, linear, constant) in enumerate(self.blocks):
            x = linear @ ((x - mean) / (variance + 1e-5).sqrt() * weight + bias) + constant
            x = x.relu() if number == 0 else x
        return x

    def saved(self, *, older: bool = False, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
        found = {}
        for name, tensor in super().saved(older=older, dtype=dtype).items():
            if name.startswith("0."):
                found[f"0.module.{name.removeprefix('0.')}"] = tensor
        for number, (weight, bias, mean, variance, linear, constant) in enumerate(self.blocks):
            norm, last = (f"{4 * number}", f"{4 * number + 2}") if self.older else (f"{number}.0", f"{number}.2")
            norms = {"weight": weight, "bias": bias, "running_mean": mean, "running_var": variance}
            found |= {f"1.layers.{norm}.{name}": tensor.to(dtype) for name, tensor in norms.items()}
            found[f"1.layers.{norm}.num_batches_tracked"] = torch.tensor(7)
            found[f"1.layers.{last}.weight"] = linear.to(dtype)
            if self.older:
                found[f"1.layers.{last}.bias"] = constant.to(dtype)
        return found
