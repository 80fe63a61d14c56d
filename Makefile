# What one does with this repository. `make` alone lists the commands.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DOCS_READY := .venv/.docs_ready
SECONDS ?= 60
WORKERS ?= auto
PYTEST := $(BIN)/python -m pytest --numprocesses=$(WORKERS) --maxprocesses=8 --dist=worksteal

# Compiled files are kept, whatever the environment says: without them every process of the tests
# compiles the sources, and pytest's rewritten tests, anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help mnist test test-fast coverage check docs pages stubs fuzz bench format clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

mnist: $(READY) ## train the MNIST perceptron for 20 epochs and print its accuracy
	$(BIN)/python examples/mnist/mlp.py

test: $(READY) ## run all tests and docstring examples, on WORKERS (as many as cores) processes
	$(PYTEST)

test-fast: $(READY) ## run what tells most in a minute: one row of each operator, nothing long
	$(PYTEST) --fast tests

coverage: $(READY) ## run all tests, and fail where they reach less of symnet/ than pyproject.toml says
	$(PYTEST) --cov

check: $(READY) ## check format, lint, types, import floors, and that docs and stubs are current
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/python -m pytest tests/test_package.py -k floors
	$(BIN)/python tools/exports.py --check
	$(BIN)/python tools/stubs.py --check
	$(BIN)/python tools/reference.py --check
	$(BIN)/python tools/mxnet_names.py --check
	$(BIN)/python tools/pictures.py --check

docs: $(DOCS_READY) ## build the site of docs/ in build/site/; warnings and dead links are errors
	$(BIN)/python tools/site/build.py

pages: $(READY) ## write docs/operators/ and docs/mxnet_names.md, and the pictures of networks
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/mxnet_names.py
	$(BIN)/python tools/pictures.py

stubs: $(READY) ## write what files export by their folders, and the types of the operators' functions
	$(BIN)/python tools/exports.py
	$(BIN)/python tools/stubs.py

fuzz: $(READY) ## look for files that break the readers, SECONDS (60) for each reader
	$(BIN)/python tools/fuzz.py --seconds $(SECONDS)

bench: $(READY) ## run every script in benchmarks/
	@set -e; for script in benchmarks/[!_]*.py; do (set -x; $(BIN)/python $$script); done

format: $(READY) ## format the code and sort its imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the environment, caches and build outputs
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made anew when what it is made of changes; the file .ready is its date.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "symnet needs Python 3.11 or later, and '$(PYTHON)' is not one: $$($(PYTHON) --version 2>&1)"; \
	  echo "Name another: make PYTHON=python3.12"; exit 1; } >&2
	@echo "Making .venv (once; torch is large)"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt setuptools
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-build-isolation -e '.[data,examples,logging,onnx,viz,test]'
	@touch $@

# What the site alone needs, on top: nothing else waits for it.
$(DOCS_READY): $(READY)
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-build-isolation -e '.[data,examples,logging,onnx,viz,docs]'
	@touch $@
