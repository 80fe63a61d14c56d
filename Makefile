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
.PHONY: help mnist test test-fast coverage check docs pages stubs fuzz bench peers figures gpu format clean

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
	$(BIN)/python tools/figures_page.py --check

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

# Peers that are not installed are left out. MXNET=PYTHON names an interpreter with mxnet 1.9.1,
# which no environment of today's Python can have.
FIGURES := benchmarks/results/figures
PEERS := .peers
MXNET ?=
OF_PEERS = $(if $(wildcard $(PEERS)/bin/python),--$1 $(PEERS)/bin/python)
OF_MXNET = $(if $(MXNET),--mxnet $(MXNET))
OPTIONS_fit = $(call OF_PEERS,keras)
OPTIONS_char_lstm = $(call OF_PEERS,jax) $(OF_MXNET)
OPTIONS_providers = $(OF_MXNET)
OPTIONS_vision = $(OF_MXNET)
OPTIONS_images = $(OF_MXNET)
BENCHMARKS := $(patsubst benchmarks/%.py,%,$(wildcard benchmarks/[!_]*.py))

bench: $(READY) $(BENCHMARKS:%=bench-%) ## run every script in benchmarks/ (one: make bench-fit), and write the page of figures
	$(BIN)/python tools/figures_page.py

$(BENCHMARKS:%=bench-%): bench-%: $(READY)
	SYMNET_FIGURES=$(FIGURES) $(BIN)/python benchmarks/$*.py $(OPTIONS_$*)

figures: $(READY) ## write benchmarks/results/README.md, of what was measured
	$(BIN)/python tools/figures_page.py

peers: ## make .peers, an environment with what benchmarks compare with: JAX and Keras
	$(PYTHON) -m venv --clear $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet jax keras numpy
	$(PEERS)/bin/python -m pip install --quiet torch --index-url https://download.pytorch.org/whl/cpu

# From the source tree, with whatever Python has torch for the GPU: nothing is installed. Each part
# runs alone too, as `make gpu-tests`, and ends after GPU_SECONDS at the latest.
GPU_PYTHON ?= $(PYTHON)
GPU_SECONDS ?= 110
GPU_PARTS := gpu-tests gpu-mnist_step gpu-char_lstm gpu-fit
ON_GPU := PYTHONPATH=. SYMNET_FIGURES=$(FIGURES)/gpu timeout $(GPU_SECONDS) $(GPU_PYTHON)
HAS_GPU = $(GPU_PYTHON) -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2> /dev/null

gpu: ## on a machine with a GPU: run the tests that need one, and benchmarks on it, in 8 minutes
	@if $(HAS_GPU); then $(MAKE) --no-print-directory --keep-going $(GPU_PARTS); \
	else echo "torch of '$(GPU_PYTHON)' finds no GPU: nothing was run"; fi

gpu-tests:
	$(ON_GPU) -m pytest -q -m gpu -p no:cacheprovider tests

gpu-%:
	$(ON_GPU) benchmarks/$*.py --gpu --turns 7
	$(GPU_PYTHON) tools/figures_page.py

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
