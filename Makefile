# Case timeline. `make` alone lists what there is. Needs make and Python 3.11 or later; uses uv where it is installed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
IN_VENV := $(VENV)/bin/
BASE_PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
ifdef UV
INSTALL := UV_PYTHON_DOWNLOADS=never uv pip install --python $(VENV)/bin/python
else
INSTALL := $(IN_VENV)python -m pip install --disable-pip-version-check
endif

CODE := $(wildcard domain projections infra services benchmarks tests)
# Those without a main are parts that the others share; those of the size of an authority come last.
LONG := $(patsubst %,benchmarks/%.py,live measures metrics rebuild equality)
BENCHMARKS := $(filter-out $(LONG),$(sort $(shell grep -ls '^def main\b' benchmarks/*.py))) $(LONG)
PYTEST := $(IN_VENV)python -m pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## List what make can do
	@echo 'Case timeline. What make can do:'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'Start with: make run'

.PHONY: setup
setup: $(VENV)/.development ## Install everything for development into .venv
	@echo 'Ready. The commands are in $(VENV)/bin; try: make run'

.PHONY: run
run: $(VENV)/.runtime ## Start the service under ./data, with an invented authority; Ctrl-C stops it
	@echo 'Starting the service (the first time fills ./data with an invented authority)'
	@$(IN_VENV)python -m services run || { code=$$?; [ $$code -eq 130 ] || exit $$code; }

.PHONY: up
up: $(VENV)/.runtime ## Start Kafka, PostgreSQL, the service apart and Prometheus, under ./data; STACK='--nodes 3' for three brokers
	@infra/deploy/install_debian java mvn postgres prometheus
	@echo 'Starting Kafka, PostgreSQL, the service and Prometheus (the first time fetches Kafka)'
	@$(IN_VENV)python -m infra.deploy.stack up $(STACK)

.PHONY: down
down: ## Stop what make up started
	@if [ -d $(VENV) ]; then $(IN_VENV)python -m infra.deploy.stack down $(STACK); fi

.PHONY: test
test: $(VENV)/.development programs ## Run every test, in a real browser too
	@echo 'Running every test (some minutes)'
	@$(PYTEST)

.PHONY: test-fast
test-fast: $(VENV)/.development programs ## Run the tests that take milliseconds
	@echo 'Running the tests not marked slow'
	@$(PYTEST) -m 'not slow'

MINUTES := 10

.PHONY: faults
faults: $(VENV)/.development programs ## Kill, pause and cut off brokers and writers at length, and check what is left
	@echo 'Letting one broker and then three fail under writers, $(MINUTES) minutes each (MINUTES=1 for less)'
	@$(IN_VENV)python -m tests.faults --minutes $(MINUTES)

KILLS := 100

.PHONY: kills
kills: $(VENV)/.development programs ## Kill projectors, rebuilds and their database at length, and compare the views
	@echo 'Killing projectors and rebuilds, $(KILLS) times for each log and views (KILLS=20 for less)'
	@$(IN_VENV)python -m tests.kills --kills $(KILLS)

.PHONY: reference
reference: $(VENV)/.development ## Hold every clock of an invented authority against the slow reference
	@echo 'Reading 2,000 children on 20 days each, and 1,000 histories, twice (some minutes)'
	@$(IN_VENV)python -m tests.domain.hold_against_reference

.PHONY: lint
lint: $(VENV)/.development ## Check style and likely mistakes
	@echo 'Checking style with ruff'
	@$(IN_VENV)ruff check .

.PHONY: typecheck
typecheck: $(VENV)/.development ## Check types, strictly
	@echo 'Checking types with mypy'
	@$(IN_VENV)mypy $(CODE)

.PHONY: check
check: lint typecheck test ## Lint, typecheck and test: what a change must pass

.PHONY: bench
bench: $(VENV)/.development ## Measure speed, each figure beside its baseline, in hours; SIZE=small in minutes
	@echo 'Measuring, one benchmark after another; figures are ratios to a baseline measured in the same run'
	@for file in $(BENCHMARKS); do \
	    case ' $(LONG) ' in *" $$file "*) size='$(SIZE:%=--%)' ;; *) size= ;; esac; \
	    printf '\n%s: %s\n' "$$file" "$$(sed -n '1s/"""//gp' "$$file")"; \
	    name="$${file%.py}"; $(IN_VENV)python -m "$${name//\//.}" $$size; \
	done

.PHONY: lock
lock: ## Lock the dependencies anew after pyproject.toml changed (needs uv)
	@$(BASE_PYTHON) -m infra.deploy.lock

.PHONY: clean
clean: ## Remove what tests, tools and builds left; ./data, .venv and Kafka stay
	@echo 'Removing caches and build output'
	@rm -rf build dist test-results benchmarks/results .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	@find . \( -path ./$(VENV) -o -path ./data -o -path ./.kafka -o -path ./.git \) -prune -o -name __pycache__ -type d -exec rm -rf {} +

# The tests run with the real ones of all that the service works with.
.PHONY: programs
programs:
	@infra/deploy/install_debian chromium ip java mvn postgres prometheus

# Each stamp is written last: what was interrupted is done again, what is done is not.

$(VENV)/.made:
	@if [ -z '$(BASE_PYTHON)' ]; then echo 'No Python 3.11 or later found. Install one, then try again.' >&2; exit 1; fi
	@echo 'Making a Python environment in $(VENV)'
ifdef UV
	@UV_PYTHON_DOWNLOADS=never uv venv --quiet --allow-existing --python "$$($(BASE_PYTHON) -c 'import sys; print(sys._base_executable)')" $(VENV)
else
	@$(BASE_PYTHON) -m venv $(VENV) || { \
	    echo 'Python could not make an environment. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
endif
	@touch $@

$(VENV)/.runtime: requirements.lock | $(VENV)/.made
	@echo 'Installing what the service needs into $(VENV) (a minute or so the first time)'
	@$(INSTALL) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.development: requirements-dev.lock pyproject.toml | $(VENV)/.made
	@echo 'Installing the service and its development tools into $(VENV) (a minute or two the first time)'
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@
