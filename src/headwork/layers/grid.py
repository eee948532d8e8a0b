"""A small convolutional network that reads a picture and gives a state for each place of a grid.

Each convolution of stride 2 halves the rows and columns until they are those of the grid; a residual pair at the end
lets a state know of its neighbours. It stands where Xu et al. 2015, "Show, attend and tell", section 3.1.1, have the
last convolution of a network that was trained on photographs.

Axes: B pictures, g places on a side, K = g² places, N = B K, P intensities of a place, H width of a state.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

NARROWEST = 8


class GridEncoder(nn.Module):
    """`picture` is (height, width, channels); both sides are `grid` times a power of two."""

    def __init__(self, picture: tuple[int, int, int], *, grid: int, hidden: int) -> None:
        super().__init__()
        height, _, self.channels = picture
        self.grid, self.side = grid, height // grid
        halvings = self.side.bit_length() - 1
        widths = [self.channels, *(max(NARROWEST, hidden >> step) for step in range(halvings)[::-1])]
        widths = widths if halvings else [*widths, hidden]
        self.halving = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, 3, stride=2 if halvings else 1, padding=1), nn.GroupNorm(1, after), nn.ReLU()
            )
            for before, after in pairwise(widths)
        )
        self.first = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.second = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.norm = nn.GroupNorm(1, hidden)

    def forward(self, places: Tensor) -> Tensor:
        """(N, P) intensities to (B, K, H)."""
        x = self.picture(places)
        for halving in self.halving:
            x = halving(x)
        x = x + self.second(F.relu(self.norm(self.first(x))))
        return x.flatten(2).transpose(1, 2)

    def picture(self, places: Tensor) -> Tensor:
        """(N, P) to (B, c, h, w) between -1 and 1."""
        grid, side = self.grid, self.side
        parted = places.view(-1, grid, grid, side, side, self.channels)
        whole = parted.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)
        return whole.to(self.norm.weight.dtype) / 127.5 - 1


def fits(picture: tuple[int, int, int], grid: int) -> bool:
    """Can the encoder bring such pictures to the grid?"""
    height, width, _ = picture
    side = height // grid
    return height == width == side * grid and side > 0 and side & (side - 1) == 0
