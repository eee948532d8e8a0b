"""How long a comparison will still take, from what its trials took so far.

A trial of a model that has run before is expected to take as long again; one of a model that has not is expected to
take its share of the budget that the recipes' typical cost suggests, corrected by how wrong the guesses of others were.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

STARTING_SECONDS = 4.0
"""a process that loads torch and the corpus"""
MEASURING_SECONDS = 6.0
"""a small network's predictions, explanations and latency"""


@dataclass
class Remaining:
    """Expected seconds of the trials that are left. `guesses` are the first expectations by model."""

    guesses: dict[str, float]
    took: dict[str, list[float]] = field(default_factory=dict)

    def note(self, model: str, seconds: float) -> None:
        self.took.setdefault(model, []).append(seconds)

    def expected(self, model: str) -> float:
        """Seconds of one trial: what it took, else its guess, corrected by the others.

        They count as much as their guesses weigh beside its own: a baseline of seconds says little of an hour.
        """
        if model in self.took:
            return _mean(self.took[model])
        guess = self.guesses[model]
        guessed = guess + sum(self.guesses[other] for other in self.took)
        took = guess + sum(_mean(times) for times in self.took.values())
        return guess * took / guessed

    def seconds(
        self, models: Sequence[str], *, current: str | None = None, elapsed: float = 0.0, share: float = 0.0
    ) -> float:
        """Expected seconds for `models` (one entry a trial) and the rest of the `current` trial."""
        rest = sum(self.expected(model) for model in models)
        if current is None:
            return rest
        by_guess = self.expected(current) - elapsed
        by_share = elapsed / share - elapsed if share > 0.05 else by_guess
        return rest + max(0.0, share * by_share + (1 - share) * by_guess)


def _mean(times: Sequence[float]) -> float:
    return sum(times) / len(times)
