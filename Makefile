# One command for each thing a person does here. ./run.sh and ./test.sh need nothing set up before.
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help check fmt lint types test bench docs lock

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

check: .venv/set-up.json ## format, lint, types, tests; generated docs and layers are tests too
	./test.sh

fmt: .venv/set-up.json ## format, and mend what the linter can mend
	.venv/bin/ruff check --fix --exit-zero --quiet
	.venv/bin/ruff format

lint: .venv/set-up.json ## lint
	.venv/bin/ruff check

types: .venv/set-up.json ## check types
	.venv/bin/mypy

test: ## every test but the long ones
	./test.sh

bench: .venv/set-up.json ## measure the figures; fails on a missed one
	$(PY) -m benchmarks $(ARGS)

docs: .venv/set-up.json ## write the generated docs anew
	$(PY) -m tools.docs

lock: .venv/set-up.json ## resolve the dependencies anew
	$(PY) tools/lock.py

.venv/set-up.json:
	./test.sh --help >/dev/null
	. tools/python.sh && find_python && "$$python" tools/setup.py --dev
