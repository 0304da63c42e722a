# Minyi. `make run` runs the product, `make test` proves it, `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The first interpreter that runs and is new enough; a name on the PATH may be an empty shim.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
FRONTEND := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)
CATALOGUES := $(shell find src -name '*.po')
# Images of containers often forbid it, and then every process compiles 2,000 modules again (2.5 s).
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev run test test-cluster lint fix bench lock messages

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: .venv/base.stamp frontend/node_modules/.built.stamp .venv/messages.stamp ## install what the product needs

setup-dev: .venv/dev.stamp frontend/node_modules/.built.stamp .venv/messages.stamp ## … and what its tests need
	@tools/browser.sh

run: setup ## run the product and the WeChat sandbox (PORT=8000 SANDBOX_PORT=8010); Ctrl-C ends both
	@exec $(BIN)/minyi serve

test: setup-dev ## lint, types, import contracts and every test
	@$(BIN)/python tools/check.py

test-cluster: .venv/cluster.stamp ## score two campaigns on a local Spark (needs Java)
	@$(BIN)/pytest -q src/minyi/integrity/tests/test_cluster.py

lint: setup-dev ## only lint, types and import contracts
	@$(BIN)/python tools/check.py --only lint

fix: setup-dev ## mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev ## measure, each figure with its floor in the same run; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

.venv/cluster.stamp: requirements/cluster.txt .venv/dev.stamp
	@echo "installing Spark for its test …"
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements/cluster.txt
	@touch $@

lock: .venv/tools.stamp ## pin the dependencies again
	for name in tools base dev; do \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	    --upgrade --quiet requirements/$$name.in -o requirements/$$name.txt; done
	sed -E 's/ ?\\$$//; /^ /d' requirements/dev.txt | $(BIN)/uv pip compile --universal --python-version 3.11 \
	  --generate-hashes --no-header --upgrade --quiet -c - requirements/cluster.in -o requirements/cluster.txt

.venv/tools.stamp: requirements/tools.txt
	@test -n "$(PYTHON)" || { echo "Minyi needs Python 3.11 or newer (PYTHON=/path/to/python3)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

.venv/base.stamp: requirements/base.txt pyproject.toml .venv/tools.stamp
	@echo "installing Python packages …"
	@test -e .venv/dev.stamp || $(BIN)/uv pip sync --quiet --require-hashes requirements/tools.txt requirements/base.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . --editable packages/votelog
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml .venv/tools.stamp
	@echo "installing Python packages for tests …"
	@$(BIN)/uv pip sync --quiet --require-hashes requirements/tools.txt requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . --editable packages/votelog
	@touch $@ .venv/base.stamp

frontend/node_modules/.built.stamp: $(FRONTEND)
	@echo "building the pages' style and script …"
	@cd frontend && npm ci --no-audit --no-fund --silent && npm run --silent build >/dev/null
	@touch $@

.venv/messages.stamp: .venv/base.stamp $(CATALOGUES)
	@$(BIN)/python tools/messages.py compile
	@touch $@
