"""What a run and a comparison write down of their data, beside the rows themselves."""

from pathlib import Path

import numpy as np

from headwork.base.files import write_json
from headwork.base.results import DataFacts
from headwork.data.split import SIDES


def write_facts(folder: Path, facts: DataFacts, *, rows: np.ndarray, sides: np.ndarray) -> None:
    """split.json (the rows of each side) and data.json, which comes last; rows: (n,) index in the source."""
    write_json(folder / "split.json", {"by": facts.split_by, **{side: rows[sides == side].tolist() for side in SIDES}})
    write_json(folder / "data.json", facts)
