"""How long a comparison will still take, from what its trials took so far.

A trial of a model that has run before is expected to take as long again; one of a model that has not is expected to
take its share of the budget that the recipes' typical cost suggests.
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
        """Seconds of one trial: what it took, else the guess, corrected by how wrong the other guesses were."""
        if model in self.took:
            return sum(self.took[model]) / len(self.took[model])
        return self.guesses[model] * self._correction()

    def _correction(self) -> float:
        guessed = sum(self.guesses[model] for model in self.took)
        took = sum(sum(times) / len(times) for times in self.took.values())
        return took / guessed if guessed else 1.0

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
