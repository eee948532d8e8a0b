"""Scopes that differ from text to text: prefix, documents, buckets.

    prefix      j <= i, or j among the first n of the text        Raffel et al. 2020, section 3.2.1
    document    both in the same document of a packed row
    buckets     both in the same bucket: of a hash of their direction   Kitaev et al. 2020 (Reformer), section 2
                or of the nearest of learned centres                    Roy et al. 2021 (Routing), section 4.1

Axes: B texts, H heads, Q queries, K keys, d width of a head.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from headwork.attention.parts import Part
from headwork.attention.where import Where


@dataclass(frozen=True)
class Prefix(Part):
    """`lengths` of the prefix of each text, or one for all."""

    lengths: int | tuple[int, ...]

    def allowed(self, where: Where) -> Tensor:
        if isinstance(self.lengths, int):
            return (where.distance >= 0) | (where.j < self.lengths)
        lengths = torch.tensor(self.lengths, device=where.j.device)[where.texts][:, None, None, None]
        return (where.distance >= 0) | (where.j < lengths)


@dataclass(frozen=True, eq=False)
class Document(Part):
    """`of_key` (B, K) and `of_query` (B, Q): number of the document at each place; one tensor for self-attention."""

    of_key: Tensor
    of_query: Tensor = field(default=None)  # type: ignore[assignment]

    def allowed(self, where: Where) -> Tensor:
        of_query = self.of_key if self.of_query is None else self.of_query
        return at_places(of_query, where.texts, where.step) == at_places(self.of_key, where.texts, where.j)


class Hashed(Part, nn.Module):
    """Pairs that at least one of `rounds` random hashes puts into the same of `buckets` (even) buckets.

    h(x) = argmax [x R; -x R]; queries and keys should be the same vectors up to length, as in the Reformer.
    """

    def __init__(self, heads: int, dim: int, *, buckets: int, rounds: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.count, self.rounds = buckets // 2 * 2, rounds
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(heads, rounds, dim, buckets // 2, generator=generator)
        self.register_buffer("directions", drawn)

    def buckets(self, x: Tensor) -> Tensor:
        """(B, H, L, d) to (B, H, rounds, L) bucket numbers."""
        turned = x.detach().unsqueeze(2) @ self.get_buffer("directions").to(x.dtype)
        return torch.cat([turned, -turned], dim=-1).argmax(-1)

    def allowed(self, where: Where) -> Tensor:
        of_query, of_key = self.buckets(where.query), self.buckets(where.key)
        return (of_query.unsqueeze(-1) == of_key.unsqueeze(-2)).any(2)


class Routed(Part, nn.Module):
    """Pairs whose nearest of `clusters` centres is the same; `update` moves the centres, they have no gradient."""

    def __init__(self, heads: int, dim: int, *, clusters: int, decay: float = 0.999, seed: int = 0) -> None:
        super().__init__()
        self.count, self.decay = clusters, decay
        generator = torch.Generator().manual_seed(seed)
        drawn = F.normalize(torch.randn(heads, clusters, dim, generator=generator), dim=-1)
        self.register_buffer("centres", drawn)

    def buckets(self, x: Tensor) -> Tensor:
        """(B, H, L, d) to (B, H, 1, L) numbers of the nearest centres, by direction."""
        likeness = F.normalize(x.detach(), dim=-1) @ self.get_buffer("centres").to(x.dtype).transpose(-1, -2)
        return likeness.argmax(-1).unsqueeze(2)

    def allowed(self, where: Where) -> Tensor:
        of_query, of_key = self.buckets(where.query), self.buckets(where.key)
        return (of_query.unsqueeze(-1) == of_key.unsqueeze(-2)).any(2)

    @torch.no_grad()
    def update(self, x: Tensor) -> None:
        """Move each centre towards the mean of the (B, H, L, d) vectors nearest to it (Roy et al. 2021, equation 8)."""
        centres = self.get_buffer("centres")
        chosen = F.one_hot(self.buckets(x).squeeze(2), centres.shape[1]).to(centres.dtype)
        counts = chosen.sum((0, 2))
        means = (
            torch.einsum("bhlc,bhld->hcd", chosen, F.normalize(x, dim=-1).to(centres.dtype))
            / counts.clamp(min=1)[..., None]
        )
        moved = F.normalize(self.decay * centres + (1 - self.decay) * means, dim=-1)
        centres.copy_(torch.where(counts[..., None] > 0, moved, centres))


def at_places(numbers: Tensor, texts: Tensor, places: Tensor) -> Tensor:
    """Numbers (B, L) of the given texts at `places`, whose shape it keeps under (B, 1, …)."""
    rows, places = numbers[texts], places.expand(texts.shape[0], 1, *places.shape[-2:])
    inside = places.clamp(0, rows.shape[1] - 1).flatten(1)
    return rows.gather(1, inside).view(places.shape)
