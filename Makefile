# Each verb sets up what it needs first; a second run starts at once.
# On a fresh machine this takes make, Python 3.11 or newer, and a network.

PYTHON ?= python3
TOOLS := .tools
BIN := .venv/bin
SYNCED := .venv/.synced
# Each worker of the tests runs a set of servers of its own.
TEST_WORKERS ?= 2

# Take a Python of this machine when there is one, else let uv fetch one.
export UV_PYTHON_PREFERENCE ?= system
# Trust the system's certificate store where there is one: it may hold a company's own.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS ?= true
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo up test crash faults matrix pictures tck fuzz bench check clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(SYNCED)  ## Get uv and every dependency into this directory

demo: setup  ## Copy a bucket, kill everything half way, watch it resume
	$(BIN)/waybill demo

up: setup  ## Run the servers and all processes of Waybill on this machine
	$(BIN)/waybill up

test: setup  ## Run the tests on real servers
	$(BIN)/pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

crash: setup  ## Kill at every point and prove that nothing is lost (slow)
	$(BIN)/pytest -m crash tests/crash

faults: setup  ## Copy a hundred times while one request in five goes wrong (slow)
	$(BIN)/pytest -m faults tests/faults

matrix: setup  ## Copy every size and name, by every route, on every S3 server (slow)
	$(BIN)/pytest -m matrix tests/matrix

pictures: setup  ## Take the pictures of the live page in docs/pictures anew
	$(BIN)/pytest -m pictures tests/ui

tck: setup  ## Run the protocol's own conformance kit (needs Java, Maven)
	$(BIN)/python deploy/tck/run.py $(if $(CI),--if-available)

fuzz: setup  ## Send the gateway 20,000 requests made from its OpenAPI document
	WAYBILL_TEST_FUZZ_CASES=20000 $(BIN)/pytest tests/gateway/test_fuzz.py

bench: setup  ## Measure throughput and what durability costs
	$(BIN)/python -m benchmarks; failed=$$?; \
	$(BIN)/python -m benchmarks.signaling && exit $$failed

check: setup $(TOOLS)/uv  ## Format, lint, types, import contracts, lock file
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(TOOLS)/uv lock --check

clean:  ## Remove what the verbs made here, but no data
	rm -rf .venv $(TOOLS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(SYNCED): pyproject.toml uv.lock
	@$(PYTHON) deploy/get_uv.py $(TOOLS)
	$(TOOLS)/uv sync --locked --all-extras
	@touch $@

$(TOOLS)/uv:
	@$(PYTHON) deploy/get_uv.py $(TOOLS)
