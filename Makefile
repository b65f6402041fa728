# `make run` serves the cockpit with a demonstration business; `make test` checks everything.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
export PORT

.PHONY: help install run test lint bench soak lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## the environment in .venv, for run and tests alike

$(VENV)/.installed: requirements.txt requirements-dev.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@$(BIN)/uv pip install -q --python $(BIN)/python -r requirements.txt -r requirements-dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

run: install ## create the demonstration business on first start and serve on http://localhost:$(PORT)
	@DEMO_MODE=true $(BIN)/vigie serve

test: install ## lint, types, import rules and every test, with coverage
	@$(BIN)/python -m tests

lint: install ## style, types, import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy . && $(BIN)/lint-imports

bench: install ## the table of docs/performance.md (SCALE=default|10m|100m)
	@$(BIN)/python -m bench

soak: install ## slow tests: kills, long runs
	@$(BIN)/python -m pytest -m soak

lock: install ## resolve requirements*.in into pinned requirements*.txt
	@for f in requirements requirements-dev; do \
	  $(BIN)/uv pip compile -q $$f.in -o $$f.txt --python-version 3.11 --no-header --no-annotate && \
	  sed -i "1i # Pinned from $$f.in by \`make lock\`; do not edit by hand." $$f.txt; done

clean: ## remove the environment and the demonstration data
	rm -rf $(VENV) data
