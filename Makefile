.DEFAULT_GOAL := help
PY := .venv/bin/python

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup: ## make .venv from the locks
	@sh scripts/setup.sh

PORT ?= 8080
run: setup ## run the example word-counter on a real text, then serve it and say what to type (PORT=8080)
	@echo 'The report on examples/word-counter/input.json:'
	@.venv/bin/pipedreamer run examples/word-counter --input examples/word-counter/input.json | $(PY) -c \
	    'import json, sys; print(json.dumps(json.load(sys.stdin)["outputs"]["report"], indent=2))'
	@echo
	@.venv/bin/pipedreamer dev examples/word-counter --port $(PORT)

test: setup components lint ## style, types, layers and every test
	@$(PY) -m pytest -q

unit: setup ## the quick part of the tests
	@$(PY) -m pytest -q tests/unit

lint: setup ## style, types and layers
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: setup ## put the code into the house's style
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: setup components ## measure against the goals, beside other systems (5 minutes; nothing fails on a time)
	@$(PY) -m benchmarks

bench-temporal: ## build Temporal's dev server for `make bench` (3 to 5 minutes; needs Go)
	@sh scripts/temporal.sh

soak: setup components ## the long series: 100,000 runs and more
	@$(PY) -m pytest -q tests/soak

components: setup ## the real servers and tools that tests and benchmarks use
	@sh scripts/components.sh

lock: ## write locks/ anew with the newest versions
	@sh scripts/lock.sh

wheel: setup ## build dist/*.whl
	@.venv/bin/uv build --quiet --wheel --no-build-isolation --out-dir dist

clean: ## remove what was made here
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help setup run test unit lint format bench bench-temporal soak components lock wheel clean
