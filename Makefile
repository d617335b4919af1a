# Everything that a person types here, with one line on each: `make help`.

VENV ?= .venv
# Where the clients of `make test-clients` are installed.
CLIENTS ?= .clients
# Where the server of `make test-selfhosted` is built.
SELFHOSTED ?= .selfhosted
# Where the gateways that `make bench` compares with are installed, and where it keeps its results.
BENCH_PEERS ?= .bench-peers
BENCH_RESULTS ?= .bench-results
# More words for the harness: make bench BENCH='--headlines --resume'
BENCH ?=
# The first Python that is new enough and can make a virtual environment.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
  $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && command -v $$python && break; done)

# Locked packages only: --require-hashes refuses a file that is not in the lock.
INSTALL := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input install --quiet
LOCKED := $(INSTALL) --require-hashes

.DEFAULT_GOAL := help
.PHONY: help install up test test-clients test-selfhosted check format-check lint types contracts bench bench-peers bench-docs soak chaos conformance lock clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r a b; do printf '%-20s %s\n' "$$a" "$$b"; done

install: $(VENV)/.installed ## make the virtual environment with exactly the locked packages

up: install ## install, then start Mainstay (with simulated providers where no provider key is set)
	@$(VENV)/bin/mainstay up

test: $(VENV)/.installed-test ## install what tests need, then run every test
	@scripts/install-services
	@$(VENV)/bin/python -m pytest -q --numprocesses 2 --dist loadfile

chaos: $(VENV)/.installed-test ## break each dependency under load and print the table of docs/reliability.md
	@scripts/install-services
	@$(VENV)/bin/python -m tests.chaos

test-clients: $(VENV)/.installed-test ## install the tools people use, and run them through the gateway during outages
	@PYTHON='$(PYTHON)' scripts/install-clients '$(CLIENTS)'
	@MAINSTAY_CLIENTS='$(CLIENTS)' $(VENV)/bin/python -m pytest -q tests/clients

test-selfhosted: $(VENV)/.installed-test ## build a llama.cpp server once (minutes), and test the gateway before two of them
	@PYTHON='$(PYTHON)' scripts/install-selfhosted '$(SELFHOSTED)'
	@MAINSTAY_SELFHOSTED='$(SELFHOSTED)' $(VENV)/bin/python -m pytest -q tests/selfhosted

# The tests come last, so that their closing line is the last one.
check: format-check lint types contracts test ## all that CI checks: format, lint, types, import contracts, tests

format-check: $(VENV)/.installed-dev ## check the format of the code
	@$(VENV)/bin/ruff format --check

lint: $(VENV)/.installed-dev ## look for known mistakes (ruff, all rules)
	@$(VENV)/bin/ruff check --quiet

types: $(VENV)/.installed-dev $(VENV)/.installed-test ## check the types (mypy, strict)
	@$(VENV)/bin/mypy

contracts: $(VENV)/.installed-dev ## check that each floor imports only what lies below it
	@$(VENV)/bin/lint-imports --no-cache

conformance: $(VENV)/.installed-test ## play every pair of dialects and print the table of docs/conformance.md
	@$(VENV)/bin/python -m tests.conformance

bench: $(VENV)/.installed-test ## measure the figures of docs/performance.md, beside nginx and the peers that are installed
	@scripts/install-bench-tools && scripts/install-services
	@$(VENV)/bin/python -m bench --peers '$(BENCH_PEERS)' --kept '$(BENCH_RESULTS)' $(BENCH)

bench-peers: ## install LiteLLM and Portkey, for `make bench` to compare with
	@PYTHON='$(PYTHON)' scripts/install-bench-peers '$(BENCH_PEERS)'

bench-docs: $(VENV)/.installed-bench ## write the results of `make bench` and `make soak` into docs/performance.md, with plots
	@$(VENV)/bin/python -m bench.paper '$(BENCH_RESULTS)' docs

soak: $(VENV)/.installed-test ## two hours of hard traffic in minutes: nothing may grow
	@scripts/install-bench-tools
	@$(VENV)/bin/python -m bench --only soak --kept '$(BENCH_RESULTS)' $(BENCH)

lock: ## renew requirements/*.lock from requirements/*.in
	@PYTHON='$(PYTHON)' scripts/lock

clean: ## remove the virtual environment and every cache; keeps mainstay-data
	rm -rf $(VENV) $(CLIENTS) $(SELFHOSTED) $(BENCH_PEERS) $(BENCH_RESULTS) .venv-ci .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n '$(PYTHON)' || { echo 'Mainstay needs Python 3.11 or newer with venv (on Debian: apt-get install python3 python3-venv).' >&2; exit 1; }
	@echo 'making $(VENV) with $(PYTHON)'
	@'$(PYTHON)' -m venv $(VENV)

# The stamps remember that a lock file is installed, so that a second `make up` starts at once.
$(VENV)/.installed: requirements/build.lock requirements/runtime.lock pyproject.toml | $(VENV)/bin/python
	@echo 'installing locked packages'
	@$(LOCKED) -r requirements/build.lock
	@$(LOCKED) -r requirements/runtime.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-test: requirements/test.lock $(VENV)/.installed
	@echo 'installing locked packages for the tests'
	@$(LOCKED) -r requirements/test.lock
	@touch $@

$(VENV)/.installed-dev: requirements/dev.lock $(VENV)/.installed
	@echo 'installing locked packages for the checks'
	@$(LOCKED) -r requirements/dev.lock
	@touch $@

$(VENV)/.installed-bench: requirements/bench.lock $(VENV)/.installed-test
	@echo 'installing locked packages for the plots'
	@$(LOCKED) -r requirements/bench.lock
	@touch $@
