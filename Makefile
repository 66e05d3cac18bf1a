# make demo   set up, audit the shipped example, explain its worst path
# make test   set up, run every test, ruff, formatting and mypy --strict
# make bench  start-up, size and speed against their budgets, and beside other tools (10 minutes)
# make bench-all  the same up to 100,000 pods and 1,000 workloads, with several seeds
# make laws   the laws over random worlds and spoiled files, a hundred thousand of them (hours)
# make schemas  write the JSON Schemas of the outputs again
# make docs   write docs/cli.md again

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SOURCES := pyproject.toml $(wildcard requirements/*.lock)

.PHONY: demo test laws bench bench-all schemas docs lock clean

demo: $(VENV)/.core
	@sh examples/demo.sh $(BIN)/ringwall

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto

bench: $(VENV)/.core
	@code=0; $(BIN)/python bench/start.py || code=$$?; $(BIN)/python bench/reach.py; exit $$code

bench-all: $(VENV)/.core
	@code=0; $(BIN)/python bench/start.py || code=$$?; \
	  $(BIN)/python bench/reach.py --pods 1000 10000 100000 --workloads 100 400 1000 \
	    --seeds 7 8 9 --timeout 1800; exit $$code

laws: $(VENV)/.dev
	RINGWALL_WORLDS=100000 RINGWALL_FUZZ=100000 $(BIN)/pytest -n auto tests/laws

schemas: $(VENV)/.dev
	$(BIN)/python -m ringwall.report.schema

docs: $(VENV)/.core
	$(BIN)/python -m ringwall.cli.reference > docs/cli.md

# Debian's python3 comes without venv; root can add it.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "installing python3-venv"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python $(SOURCES)
	$(PIP) --require-hashes -r requirements/core.lock
	$(PIP) --require-hashes -r requirements/build.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

# Needs uv on the PATH; run after a change of pyproject.toml.
lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements/core.lock
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.lock
	printf 'hatchling>=1.25\neditables>=0.5\n' | uv pip compile - --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements/build.lock

clean:
	rm -rf $(VENV) dist build
