# `make train` and `make test` need nothing but Python 3.11.4 or newer. Without make: see README.md, "Without make".

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= picturebook
# one process per core: let each of them compute on its own
PYTEST ?= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal -q

.PHONY: help train test test-slow test-browser lessons format bench gpu lab clean

help:
	@echo "make train      create $(VENV), draw the picture book, train a CLIP on it, write a report (DATA=picturebook)"
	@echo "make test       lint, types and tests"
	@echo "make test-slow  the tests that take minutes"
	@echo "make test-browser  a lesson in JupyterLab, in headless Chromium (SCREENSHOTS=folder keeps pictures)"
	@echo "make format     format the code"
	@echo "make bench      side by side with OpenCLIP and Hugging Face, an hour (CAPTIONS=file MERGES=file: tokenizers, too)"
	@echo "make gpu        nine minutes on a CUDA GPU: tests, a minute's learning, speed (PHOTOS=folder: photos, too)"
	@echo "make lab        JupyterLab on the lessons"
	@echo "make lessons    build the notebooks of lessons/ and solutions/ out of the lessons' texts and the library"
	@echo "make clean      remove $(VENV); runs and drawn pictures stay"

# installed again when the requirements change; every version comes from constraints.txt
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

$(VENV)/installed-course: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[course]"
	@touch $@

# other people's CLIPs, which the tests compare with
$(VENV)/installed-peers: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[course,dev,export,peers,shards]"
	@touch $@

train: $(VENV)/installed
	$(BIN)/minclip train --data $(DATA)

test: $(VENV)/installed-peers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(PYTEST) -m "not slow"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --nbval solutions -n auto --dist loadfile -q

test-slow: $(VENV)/installed-peers
	$(PYTEST) -m "slow and not browser"

test-browser: $(VENV)/installed-peers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt playwright
	$(BIN)/python -m pytest -m browser -q

lessons: $(VENV)/installed-course
	$(BIN)/python -m minclip.course.build

format: $(VENV)/installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/installed-peers
	$(BIN)/python benchmarks/bench.py $(if $(CAPTIONS),--captions $(CAPTIONS)) $(if $(MERGES),--merges $(MERGES))

gpu: $(VENV)/installed-peers
	$(BIN)/python benchmarks/gpu.py

lab: $(VENV)/installed-course
	$(BIN)/jupyter lab lessons

clean:
	rm -rf $(VENV)
