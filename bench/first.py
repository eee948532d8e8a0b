"""A process that embeds one text and ends: `python -m bench.first SIDE`."""

import json
import sys

from bench.embedders import SIDES

if __name__ == "__main__":
    print(json.dumps({"width": SIDES[sys.argv[1]]()(["how soon?"]).shape[1]}))
