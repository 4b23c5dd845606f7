# make demo    the whole way on the flights notebook: check, export, dvc repro, verify
# make test    the tests, fast and slow
# Both set up .venv first. They need Python 3.11 or newer, git and make, nothing else.

NOTEBOOK := notebooks/flights.ipynb
WORKERS ?= 2
SUPPORTED := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$each -c '$(SUPPORTED)' 2>/dev/null && echo $$each && break; done)
# For the oldest pandas: it has no wheels beyond Python 3.12.
PYTHON_OLD ?= $(shell for each in python3.11 python3.12 $(PYTHON); do \
	$$each -c '$(SUPPORTED)' 2>/dev/null && echo $$each && break; done)

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DVC_NO_ANALYTICS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Without compiled modules each of some thousand processes that the tests start would compile nbprod anew.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help setup demo test fast lint docs current pandas2 pins startup clean

help:
	@sed -n 's/^# make /make /p' Makefile

setup: .venv/.ready

# $(call environment,folder,python,pins): a virtual environment with exactly the pinned packages, and this one
define environment
	@test -n "$(2)" || { echo "nbprod needs Python 3.11 or newer with venv. Found none: install it, or name it:" \
		"make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "setting up $(1) with $$($(2) --version) and the packages of $(3); the first time takes minutes"
	@test -x $(1)/bin/python || $(2) -m venv $(1)
	@$(1)/bin/python -m pip install --quiet --requirement $(3)
	@$(1)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(1)/.ready
endef

.venv/.ready: requirements/dev.txt pyproject.toml
	$(call environment,.venv,$(PYTHON),requirements/dev.txt)

.venv-pandas2/.ready: requirements/pandas2.txt pyproject.toml
	$(call environment,.venv-pandas2,$(PYTHON_OLD),requirements/pandas2.txt)

demo: .venv/.ready
	@echo; echo "1. check: is there anything in the notebook that stands in the way?"
	nbprod check $(NOTEBOOK)
	@echo; echo "2. export: run the notebook once, see what flows, write the package, its tests and the pipeline"
	nbprod export $(NOTEBOOK)
	@echo; echo "3. dvc repro: plain DVC runs the pipeline, each step in a process of its own"
	dvc repro
	dvc metrics show
	@echo; echo "4. verify: notebook and pipeline once more, every output compared"
	nbprod verify $(NOTEBOOK)
	@echo
	@echo "where to look"
	@echo "  notebooks/flights.ipynb    what went in"
	@echo "  flights/steps/             one plain function for each step"
	@echo "  flights/schemas/           what each frame must look like; yours to edit"
	@echo "  tests/flights/             the tests:       .venv/bin/pytest tests/flights"
	@echo "  dvc.yaml, params.yaml      the pipeline:    .venv/bin/dvc dag"
	@echo "  data/evaluate/             metrics, curves: .venv/bin/dvc plots show"
	@echo "change late_after in params.yaml and run .venv/bin/dvc repro: only what depends on it runs again"

# Each worker begins with a half of its own, so that what a folder's tests share is made once, and helps the other out.
test: .venv/.ready
	pytest -q -n $(WORKERS) --dist worksteal --durations=10

fast: .venv/.ready
	pytest -q -n $(WORKERS) --dist worksteal -m "not slow"

lint: .venv/.ready
	ruff check .
	ruff format --check .
	mypy
	lint-imports

docs: .venv/.ready
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
	@echo "the site is in site/; .venv/bin/mkdocs serve shows it"

# What export wrote for the flights notebook is committed: it must be what export writes today.
current: .venv/.ready
	nbprod export --check $(NOTEBOOK)

# The flights' samples were recorded with pandas 3, whose dates and texts have other types.
pandas2: .venv-pandas2/.ready
	PATH="$(CURDIR)/.venv-pandas2/bin:$$PATH" pytest -q -n $(WORKERS) --dist worksteal -m "not slow" \
		tests/record tests/values tests/run tests/emit tests/project tests/cli tests/cache --ignore tests/run/parameters

startup: .venv/.ready
	python benchmarks/startup.py

COMPILE := uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --no-annotate --no-header --upgrade
pins: .venv/.ready
	python -m pip install --quiet uv
	$(COMPILE) --group test --group check --group docs --group build --output-file requirements/dev.txt
	$(COMPILE) --group test --group build --constraint requirements/pandas2.in --output-file requirements/pandas2.txt

clean:
	rm -rf .venv .venv-pandas2 site dist .pytest_cache .mypy_cache .ruff_cache
