# Every target sets up what it needs, in .venv in the checkout. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
MUTATION := $(VENV)/.mutation
CHECKS_VENV := .venv-checks
CHECKS_BIN := $(CHECKS_VENV)/bin
CHECKS := $(CHECKS_VENV)/.installed
DOCS_VENV := .venv-docs
DOCS_BIN := $(DOCS_VENV)/bin
DOCS := $(DOCS_VENV)/.installed
SUITES_VENV := .venv-suites
SUITES := $(SUITES_VENV)/.installed
ASYNCAPI := tests/contracts/asyncapi
ASYNCAPI_PARSER := $(ASYNCAPI)/node_modules/.installed
LOCK_UPGRADE := $(if $(UPGRADE),$(if $(filter all,$(UPGRADE)),--upgrade,--upgrade-package $(UPGRADE)))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo bench console-bench emulators-bench compare test soak recordings simulate mutants mutation chaos fuzz sdk-suites check docs format lint types imports infra-check contracts-check asyncapi-parser container-check image-test wheel-test functions-test compose-test azure-evidence compose-evidence lock lock-check page-vendor page-vendor-check console-pictures clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(RUNTIME) ## run the whole saga on this machine and prove that it adds up
	$(BIN)/quartet demo

bench: $(RUNTIME) ## what a saga costs on this machine, and how long it takes (ARGS="--in-flight 5000 --replicas 2")
	$(BIN)/quartet bench $(ARGS)

compare: $(RUNTIME) ## both styles of the shop on the same 400 orders, with an audit each; then 5 orders a second (ARGS="--replicas 2")
	$(BIN)/quartet bench --compare orchestrated --in-flight 400 --rate 5 --sagas 400 --seconds 40 $(ARGS)

test: $(DEV) $(ASYNCAPI_PARSER) ## run the tests, with coverage
	rm -rf .coverage && mkdir .coverage
	@# Much of the time is waiting for processes to start: more workers than two cores would seem to want.
	$(BIN)/python -m pytest -n $(or $(WORKERS),4) --dist loadfile --cov --cov-report=term

emulators-bench: $(DEV) ## what queries take in containers of 1,000 to 100,000 items, and a send while a client scans (ARGS="--largest 20000")
	$(BIN)/python -m tests.emulators.bench $(ARGS)

console-bench: $(DEV) ## search a projection of 100,000 sagas, and follow 200 sagas a second with pages open (ARGS="--sagas 10000")
	$(BIN)/python -m tests.console.bench $(ARGS)

page-vendor: $(DEV) ## copy the files of other projects into the console's page, from the npm packages that requirements/page locks
	$(BIN)/python -m tests.console.vendoring

page-vendor-check: $(DEV) ## compare these files with the locked packages, byte for byte (needs npm)
	$(BIN)/python -m tests.console.vendoring --check

console-pictures: $(DEV) ## make the pictures in docs/pictures/console again, from a whole stack (needs Chromium)
	QUARTET_PICTURES=1 $(BIN)/python -m pytest tests/console/browser/real/test_the_pictures.py

soak: $(DEV) ## the tests that take minutes
	$(BIN)/python -m pytest -m slow --timeout 600
	@# Once more with the receive loop of the SDK itself, see ADR 23.
	RECEIVE=stock $(BIN)/python -m pytest tests/faults tests/saga --timeout 600

check: $(DEV) format-check lint types imports contracts-check docs infra-check container-check lock-check page-vendor-check image-test wheel-test test ## what CI runs

recordings: $(DEV) ## make the recordings of the samples again, after a wanted change of a rule; then read the diff
	$(BIN)/python -m tests.recordings
	$(BIN)/python -m examples.trip.tests.recorded

simulate: $(DEV) ## thousands of sagas under faults on a virtual clock, then every fault at every request (SAGAS, SEED)
	$(BIN)/python -m tests.simulation --processes 2 --sagas $(or $(SAGAS),8000) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.simulation --processes 2 --exhaustive

mutants: $(DEV) ## plant bugs in copies of the source; the simulation must find each
	$(BIN)/python -m tests.mutants --processes 2

mutation: $(MUTATION) ## make every small change to the rules and the runtime, and list those that no test notices: takes minutes
	$(BIN)/python -m mutmut run --max-children 2
	$(BIN)/python -m tests.mutants.score

chaos: $(DEV) ## the whole stack under faults, kills and pauses, then audited (MINUTES, ORDERS, SEED, STYLE)
	$(BIN)/python -m tests.chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ORDERS),--orders $(ORDERS)) $(if $(SEED),--seed $(SEED)) $(if $(STYLE),--style $(STYLE))

fuzz: $(DEV) ## garbage against the emulators and the command line for some minutes, other garbage each time
	FUZZ_EXAMPLES=$(or $(EXAMPLES),3000) $(BIN)/python -m pytest tests/emulators/faults/test_fuzz.py tests/cli/test_fuzz_*.py --timeout=1800

sdk-suites: $(DEV) $(SUITES) ## the SDKs' own suites against the emulators, and the page of the results: takes 30 minutes (ARGS="--suite azure-cosmos")
	$(BIN)/python -m tests.sdk_suites $(ARGS)

format: $(DEV) ## format the code and sort the imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

.PHONY: format-check
format-check: $(DEV)
	$(BIN)/ruff format --check .

lint: $(DEV) ## ruff
	$(BIN)/ruff check .

types: $(DEV) ## mypy, strict
	$(BIN)/mypy

imports: $(DEV) ## the dependency rule
	$(BIN)/lint-imports --no-cache

contracts-check: $(DEV) ## the event contracts against those of the last release; see docs/contracts.md
	$(BIN)/python -m tests.contracts.gate

asyncapi-parser: $(ASYNCAPI_PARSER) ## install the parser of AsyncAPI, which the tests ask; needs the npm registry, and brings its own Node

docs: $(DOCS) ## build the documentation into .site; every warning is an error. Needs no network
	NO_MKDOCS_2_WARNING=1 $(DOCS_BIN)/mkdocs build --strict --quiet

infra-check: $(CHECKS) ## the infrastructure: checkov over infra/
	@# checkov skips a file that it cannot parse: run its parser first.
	$(CHECKS_BIN)/python -c "import pathlib, pycep; [pycep.BicepParser().parse(file_path=f) for f in pathlib.Path('infra').rglob('*.bicep')]"
	$(CHECKS_BIN)/checkov --config-file infra/checkov.yaml

container-check: $(CHECKS) ## the Dockerfile and the workflows: hadolint, checkov and zizmor
	$(CHECKS_BIN)/hadolint Dockerfile
	$(CHECKS_BIN)/checkov --file Dockerfile --framework dockerfile --quiet --compact --skip-download
	$(CHECKS_BIN)/checkov --directory .github --framework github_actions --quiet --compact --skip-download
	@# Without the network: it would ask GitHub whether a commit is in a fork, and whether an action has a known flaw.
	$(CHECKS_BIN)/zizmor --offline --quiet --no-progress --min-severity medium .github

image-test: $(DEV) ## build the image and run the stack in it, without Docker (needs buildah, and root or `buildah unshare`)
	QUARTET_STACK=image $(BIN)/python -m pytest tests/images

wheel-test: $(DEV) ## install the two wheels into an empty folder, make a project there, and run its tests and its demonstration
	QUARTET_WHEELS=1 $(BIN)/python -m pytest tests/wheels --timeout 900

functions-test: $(DEV) ## run the sagas as the host of Durable Functions would; needs python3.13 (or PYTHON313=…), installs into a folder of its own
	QUARTET_FUNCTIONS=1 $(BIN)/python -m pytest tests/functions --timeout 900

compose-test: $(DEV) ## the same test against `docker compose up`, with the emulators that COMPOSE_PROFILES names
	QUARTET_STACK=compose $(BIN)/python -m pytest tests/images

azure-evidence: $(DEV) ## deploy to your subscription, measure, report, remove; says what it costs and asks first (ARGS="--location westeurope")
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.evidence azure $(ARGS)

compose-evidence: $(DEV) ## the same with Docker and Microsoft's emulators, whose licence you must have accepted (ACCEPT_EULA=Y)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.evidence compose $(ARGS)

LOCK := $(CHECKS_BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
  --no-annotate --custom-compile-command 'make lock'

# What the shop runs with besides the library itself.
EXTRAS := --extra console --extra durable-tasks --extra telemetry --extra telemetry-azure

lock: $(CHECKS) ## compile the lock files again; what is locked stays, see CONTRIBUTING.md (UPGRADE=NAME or UPGRADE=all)
	$(LOCK) $(LOCK_UPGRADE) pyproject.toml emulators/pyproject.toml requirements/build.in requirements/shop.in \
	  $(EXTRAS) -o requirements/runtime.txt
	$(LOCK) $(LOCK_UPGRADE) pyproject.toml emulators/pyproject.toml --extra dev $(EXTRAS) --constraint requirements/runtime.txt -o requirements/dev.txt
	$(LOCK) $(LOCK_UPGRADE) requirements/examples.in --constraint requirements/dev.txt -o requirements/examples.txt
	$(LOCK) $(LOCK_UPGRADE) requirements/mutation.in --constraint requirements/dev.txt -o requirements/mutation.txt
	$(subst 3.11,3.13,$(LOCK)) $(LOCK_UPGRADE) pyproject.toml requirements/functions.in requirements/shop.in \
	  --constraint requirements/runtime.txt -o requirements/functions.txt
	$(LOCK) $(LOCK_UPGRADE) requirements/sdk-suites.in --constraint requirements/dev.txt --constraint requirements/examples.txt -o requirements/sdk-suites.txt
	$(LOCK) $(LOCK_UPGRADE) requirements/checks.in -o requirements/checks.txt
	$(LOCK) $(LOCK_UPGRADE) requirements/docs.in -o requirements/docs.txt
	$(LOCK) requirements/pip-oldest.in -o requirements/pip-oldest.txt
	$(LOCK) --upgrade requirements/pip-newest.in -o requirements/pip-newest.txt

lock-check: $(DEV) ## resolve every lock file with the oldest pip that a supported Python brings, and with the newest
	$(BIN)/python -m tests.locks

clean: ## remove the environment and what the tests left
	rm -rf $(ASYNCAPI)/node_modules $(VENV) $(CHECKS_VENV) $(DOCS_VENV) $(SUITES_VENV) .sdk-suites .venv-ci .venv-ci-checks .venv-ci-docs .site mutants .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Quartet needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 demo" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): $(VENV)/bin/python requirements/runtime.txt pyproject.toml emulators/pyproject.toml
	$(BIN)/python -m pip install -q --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e ./emulators -e .
	@touch $@

$(DEV): $(RUNTIME) requirements/dev.txt requirements/examples.txt
	$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --require-hashes -r requirements/examples.txt
	@touch $@

$(ASYNCAPI_PARSER): $(DEV) $(ASYNCAPI)/package.json $(ASYNCAPI)/package-lock.json
	$(BIN)/python -m tests.contracts.asyncapi_parser
	@touch $@

$(MUTATION): $(DEV) requirements/mutation.txt
	$(BIN)/python -m pip install -q --require-hashes -r requirements/mutation.txt
	@touch $@

$(CHECKS): $(VENV)/bin/python requirements/checks.txt
	$(PYTHON) -m venv $(CHECKS_VENV)
	$(CHECKS_BIN)/python -m pip install -q --require-hashes -r requirements/checks.txt
	@touch $@

$(SUITES): $(VENV)/bin/python requirements/sdk-suites.txt
	$(PYTHON) -m venv $(SUITES_VENV)
	$(SUITES_VENV)/bin/python -m pip install -q --require-hashes -r requirements/sdk-suites.txt
	@touch $@

$(DOCS): $(VENV)/bin/python requirements/docs.txt
	$(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_BIN)/python -m pip install -q --require-hashes -r requirements/docs.txt
	@touch $@
