# Two commands do all set-up: `make demo` and `make test`. Needs Python 3.11 to 3.13 with venv, make and git.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
UV_VERSION := 0.13.9
export UV_PROJECT_ENVIRONMENT := $(VENV)
# uv lives in the environment it fills, hence --inexact: an exact sync would remove it.
SYNC := $(BIN)/uv sync --frozen --inexact --compile-bytecode --quiet

.PHONY: help demo test test-airflow test-model test-scale check format up clean

help:
	@echo "make demo    install, then run the whole pipeline on an invented world"
	@echo "make test    install, then run the default test suite"
	@echo "make check   format, lint, types, import contracts, SQL style"
	@echo "make up      Airflow with its web page and schedule on 127.0.0.1"

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "No Python found: install Python 3.11 to 3.13 with venv"; exit 1; }
	@echo "Creating $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.installed: pyproject.toml uv.lock | $(BIN)/uv
	@echo "Installing from the lock (the first time downloads about 250 MB)"
	@$(SYNC) --no-dev
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(SYNC)
	@touch $@

demo: $(VENV)/.installed
	@$(BIN)/leumund demo

up: $(VENV)/.installed
	@$(BIN)/leumund up

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

test-airflow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m airflow

test-model: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m model

test-scale: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m scale

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint warehouse

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
