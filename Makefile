# Everything happens in .venv beside this file; nothing is installed for the user or the system
# except by `make services`, which asks Debian for the servers that the tests need.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NAME   ?= supervisor
PEOPLE ?= 100000

.DEFAULT_GOAL := help
.PHONY: help install run test check migration contracts services services-stop drill bench contract

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Debian keeps the part of Python that makes virtual environments in a package of its own.
ensurepip = $(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update -qq && apt-get install -y -qq python3-venv; }

# Two stamps: running Rookery needs neither linters nor browsers' drivers.
$(VENV)/.runtime: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rookery needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/pip || $(call ensurepip) || { echo "no virtual environment; as root: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

install: $(VENV)/.dev ## create .venv with everything for running, testing and checking

run: $(VENV)/.runtime ## start the root in the foreground; ARGS="--home DIR --set KEY=VALUE" are passed on
	@exec $(BIN)/rookery run $(ARGS)

test: install services ## install and start the real servers, then run every test; ARGS are passed to pytest
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: install ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

migration: install ## write an app's next migration: make migration APP=email MESSAGE="why"
	@file=$$($(BIN)/python -m actors.database.migration.writing "$(APP)" "$(MESSAGE)") || exit 1; \
	test -z "$$file" || { echo "$$file"; $(BIN)/ruff check --quiet --fix "$$file"; $(BIN)/ruff format --quiet "$$file"; }

services: install ## install (Debian, as root) and start PostgreSQL, RabbitMQ, Redis on private ports
	$(BIN)/python -m tests.services start

services-stop: ## stop them
	$(BIN)/python -m tests.services stop

drill: install services ## a campaign to PEOPLE (100000) on real servers while a node is killed every five seconds
	@$(BIN)/python -m tests.drills --people $(PEOPLE)

bench: install ## run one benchmark: make bench NAME=supervisor
	@$(BIN)/python -m benchmarks $(NAME) --json

contract: install ## how much of each reference is held by tests, one JSON line per reference
	@$(BIN)/python -m tests.contract

contracts: install ## generate the modules of the protobuf schemas anew (apps/contracts/*.proto)
	$(BIN)/python -m apps.contracts.generate
