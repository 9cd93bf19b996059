# Every target sets up what it needs: a virtual environment in .venv, made once by the first Python >= 3.10 found.
# PYTHON=/path/to/python chooses another; ARGS="…" is handed on to the tests and the benchmarks.

PYTHON ?=
ARGS ?=
HOURS ?= 1
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check benchmark stress soak setup clean

help:
	@echo "make demo                  train, register, deploy, score, change, update and delete a service, step by step"
	@echo "make test [ARGS=...]       run all tests this machine can run; ARGS goes to pytest, e.g. ARGS='-k wire'"
	@echo "make check                 style (ruff), types (mypy strict) and the architecture tests"
	@echo "make benchmark [ARGS=...]  measure Modelport beside its peers; see benchmarks/README.md, ARGS=--quick is short"
	@echo "make stress [ARGS=...]     fuzz HTTP and the wire, fail at every point: a quarter of an hour; see tests/stress/README.md"
	@echo "make soak HOURS=n          a service at 70 % load with reloads and updates: does anything grow? see stress/README.md"
	@echo "make clean                 remove the virtual environments and everything generated"
	@echo "PYTHON=/path/to/python     with any of them: the Python (3.10 or later) that makes the virtual environment"

setup:
	@PYTHON='$(PYTHON)' sh scripts/setup

demo: setup
	@$(BIN)/python examples/demo.py $(ARGS)

test: setup
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: setup
	@$(BIN)/ruff check --quiet $(wildcard src tests benchmarks stress examples)
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest -q -n 0 tests/architecture $(ARGS)

benchmark: setup
	@$(BIN)/python -m benchmarks $(ARGS)

stress: setup
	@$(BIN)/python -m pytest -n 0 -rA --timeout 3600 tests/stress --stress $(ARGS)

soak: setup
	@$(BIN)/python -m stress.soak --hours $(HOURS)

clean:
	rm -rf .venv benchmarks/.venvs benchmarks/results dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
