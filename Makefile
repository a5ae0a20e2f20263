# Two commands: `make run`, `make test`. Each sets up .venv by itself (tools/setup.sh); PYTHON=... chooses the Python.
# `make run ARGS="--port 9000"` passes options to the beacon.
.DEFAULT_GOAL := help
.PHONY: run test lint test-deps bench clean help
export PYTHON
bin := .venv/bin
path := PATH="$(CURDIR)/$(bin):$$PATH"
at_once := -n 2 --dist loadgroup

run: ## start the beacon example: a page whose clicks are collected; Ctrl-C drains and prints the ledger
	@tools/setup.sh run
	@$(path) exec $(bin)/python -m examples.beacon $(ARGS)

test: lint ## lint, types, contracts, all tests but the slow ones; five minutes on two cores
	@$(path) $(bin)/python -m pytest -m "not slow" $(at_once)
	@echo "the contract suite again, through the other binding: LOCKFREE_BINDING=cffi"
	@$(path) LOCKFREE_BINDING=cffi $(bin)/python -m pytest -m "not slow" $(at_once) tests/contract

lint: ## what needs no run: ruff, mypy, imports, includes, memory orders, C format
	@tools/setup.sh dev
	@$(path) $(bin)/ruff check
	@$(path) $(bin)/ruff format --check
	@$(path) $(bin)/mypy
	@$(bin)/python tools/imports.py
	@$(bin)/python tools/includes.py
	@$(bin)/python tools/pairs.py
	@$(bin)/python tools/outside.py
	@git ls-files '*.c' '*.h' | xargs $(bin)/clang-format --dry-run -Werror

test-deps: ## install from Debian what some tests need (root): browser, wrk, clang
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(shell sed 's/#.*//' tests/debian.txt)

bench: ## the benchmarks; three minutes; give a quiet machine
	@tools/setup.sh dev
	@$(path) $(bin)/python -m pytest bench --benchmark-only

clean: ## remove all that was built, .venv too
	rm -rf .venv build dist site .nox .pytest_cache .mypy_cache .ruff_cache .benchmarks .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
