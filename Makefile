# `make train` and `make test` need nothing but Python 3.11.4 or newer. Without make: see docs/installation.md.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= picturebook
FOR ?= 3.12
# one process per core: let each of them compute on its own
PYTEST ?= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal -q

.PHONY: help train test coverage test-slow test-browser test-site site lessons format bench mutants gpu wheels lab release clean

help:
	@echo "make train      create $(VENV), draw the picture book, train a CLIP on it, write a report (DATA=picturebook)"
	@echo "make test       lint, types and tests"
	@echo "make coverage   the tests in random order, and the share of the library's lines that they run (SEED=that of an order)"
	@echo "make test-slow  the tests that take minutes"
	@echo "make test-browser  a lesson in JupyterLab, in headless Chromium (SCREENSHOTS=folder keeps pictures)"
	@echo "make site       docs, lessons and reference as a site that opens from its folder: website/_build/html/"
	@echo "make test-site  builds it and opens it in headless Chromium, offline (SCREENSHOTS=folder keeps pictures)"
	@echo "make format     format the code"
	@echo "make bench      side by side with OpenCLIP and Hugging Face, an hour (CAPTIONS=file MERGES=file: tokenizers, too)"
	@echo "make mutants    mutation testing of the core pages, hours (GROUPS=numbers: one group of them)"
	@echo "make gpu        seven minutes on a CUDA GPU: tests, a minute's learning, speed, with the PyTorch that is there"
	@echo "                (PHOTOS=folder: photos, too; MINUTES=5; OUT=folder; WHEELS=folder: packages for a machine offline; ARGS=--long)"
	@echo "make wheels     into WHEELS=folder, what make gpu needs beside PyTorch (for Python FOR=3.12)"
	@echo "make lab        your workbook of the course, in JupyterLab (WORKBOOK=folder: another place for it; ARGS=--allow-root: for JupyterLab)"
	@echo "make lessons    build the course's notebooks and the solutions out of the lessons' texts and the library"
	@echo "make release    the checklist of a release: versions, tests, sdist and wheel, a clean installation; uploads nothing"
	@echo "make clean      remove $(VENV); runs, drawn pictures and your workbook stay"

# installed again when the requirements change; every version comes from constraints.txt
$(VENV)/installed: pyproject.toml constraints.txt
	@echo "$(if $(SECOND),1 of 2: )installs PyTorch, minclip and what they need into $(VENV): some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

# these begin with what is above, which they tell that a second part follows
$(VENV)/installed-course $(VENV)/installed-peers $(VENV)/installed-site: SECOND := yes

$(VENV)/installed-course: $(VENV)/installed
	@echo "2 of 2: installs JupyterLab and what the lessons need: a minute or so"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[course]"
	@touch $@

# other people's CLIPs, which the tests compare with
$(VENV)/installed-peers: $(VENV)/installed
	@echo "2 of 2: installs what the tests need, with other people's CLIPs to compare with: some minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[classroom,completion,course,dev,export,hub,parquet,peers,probe,serve,shards,siglip,tensorboard]"
	@touch $@

$(VENV)/installed-site: $(VENV)/installed
	@echo "2 of 2: installs Sphinx and what the site needs: some minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[site]"
	@touch $@

train: $(VENV)/installed
	$(BIN)/minclip train --data $(DATA)

test: $(VENV)/installed-peers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(PYTEST) -m "not slow"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --nbval solutions -n auto --dist loadfile -q

coverage: $(VENV)/installed-peers
	$(BIN)/python -m benchmarks.suite_coverage $(if $(SEED),--seed $(SEED))

test-slow: $(VENV)/installed-peers
	$(PYTEST) -m "slow and not browser"

test-browser: $(VENV)/installed-peers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt playwright
	$(BIN)/python -m pytest -m browser -q

site: $(VENV)/installed-site
	@echo "builds the site: some minutes"
	$(BIN)/python -m website.build

test-site: $(VENV)/installed-site
	@echo "builds the site and opens its pages: some minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]" playwright
	$(BIN)/python -m pytest -q tests/test_site_pages.py tests/test_site_in_browser.py

mutants: $(VENV)/installed-peers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt mutmut
	$(BIN)/python -m benchmarks.mutants $(GROUPS)

lessons: $(VENV)/installed-course
	@echo "builds the lessons that changed, and runs their solutions: a minute or so each"
	$(BIN)/python -m minclip.course.build

format: $(VENV)/installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/installed-peers
	$(BIN)/python -m benchmarks.speed $(if $(CAPTIONS),--captions $(CAPTIONS)) $(if $(MERGES),--merges $(MERGES))

# with the PyTorch that is there, where it sees a GPU: another one is gigabytes, and may not fit the driver
gpu:
	$(if $(WHEELS),$(PYTHON) -m pip install --quiet --no-index --no-deps --upgrade --target $(WHEELS)/unpacked $(WHEELS)/*.whl)
	python=$(PYTHON); $(PYTHON) -c "import sys, torch; sys.exit(not torch.cuda.is_available())" 2>/dev/null \
	|| { $(MAKE) $(VENV)/installed-peers && python=$(BIN)/python; }; \
	PYTHONPATH=.:$(if $(WHEELS),$(WHEELS)/unpacked) $$python -m benchmarks.gpu \
		$(if $(MINUTES),--minutes $(MINUTES)) $(if $(OUT),--out $(OUT)) $(if $(PHOTOS),--photos $(PHOTOS)) $(ARGS)

# what a machine with PyTorch and no network may lack: minclip's own needs, its tests', and OpenCLIP
wheels: $(VENV)/installed
	$(BIN)/python -m pip download --quiet --no-deps --only-binary=:all: --python-version $(FOR) \
		--platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
		--dest $(WHEELS) -c constraints.txt ftfy wcwidth regex safetensors tqdm hypothesis sortedcontainers \
		pytest pluggy iniconfig open-clip-torch timm

lab: $(VENV)/installed-course
	$(BIN)/minclip course lab $(if $(WORKBOOK),"$(WORKBOOK)") $(if $(ARGS),--jupyter $(ARGS))

release: $(VENV)/installed-peers
	$(BIN)/python .ci/release.py

clean:
	rm -rf $(VENV)
