# One command for each thing a person does here. ./run.sh and ./test.sh need nothing set up before.
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help check fmt lint types test bench bench-apps bench-supervisors soak docs lock
SEEDS := 10 11 12 13 14 15 16 17 18 19

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 26

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

bench: bench-apps bench-supervisors ## measure every figure; fails on a missed one

bench-apps: .venv/set-up.json ## measure apps and the daemon
	$(PY) -m benchmarks --apps 1,20,100,500 $(ARGS)

bench-supervisors: .venv/set-up.json ## measure beside other supervisors
	$(PY) -m benchmarks.supervisors.install
	$(PY) -m benchmarks.supervisors $(ARGS)

soak: .venv/set-up.json ## kill at random for an hour; SEEDS="1 2 3" chooses the storms
	STORM_SEEDS="$(SEEDS)" $(PY) -m pytest -s -m long tests/e2e/test_storms.py tests/e2e/test_survival.py tests/faults

docs: .venv/set-up.json ## write the generated docs anew
	$(PY) -m tools.docs
	$(PY) -m tools.man

lock: .venv/set-up.json ## resolve the dependencies anew
	$(PY) tools/lock.py

.venv/set-up.json:
	./test.sh --help >/dev/null
	. tools/python.sh && find_python && "$$python" tools/setup.py --dev
