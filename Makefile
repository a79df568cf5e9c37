# Each target is a line or two that a person could type.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check lint venv lab lab-down test-lab test-lab-all fault-table bench screenshots lock

demo: venv            ## the program on the built-in fleet
	$(BIN)/k0stui demo

venv: .venv/made      ## .venv with everything, versions and hashes from requirements.lock

.venv/made: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

test: venv            ## all tests that need nothing but this machine
	$(BIN)/python -m pytest -n 2 -m "not lab" --junitxml build/test.xml

lint: venv            ## form, types, layers, spelling, and whether the pictures are those of today
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/typos
	$(BIN)/python screenshots/take.py --check

check: lint test

lab: venv             ## real hosts: systemd-nspawn, sshd, journald, etcd (root, Debian)
	$(BIN)/python -m tests.lab prepare
	$(BIN)/python -m tests.lab up

lab-down: venv
	$(BIN)/python -m tests.lab down

test-lab: venv        ## tests on the lab's hosts; skipped with the reason where it cannot run
	$(BIN)/python -m tests.lab prepare
	$(BIN)/python -m pytest -m "lab and not slow" -rs -p no:xdist --junitxml build/test-lab.xml tests/lab

test-lab-all: venv    ## and those that take minutes each
	$(BIN)/python -m tests.lab prepare
	$(BIN)/python -m pytest -m lab -rs -p no:xdist --junitxml build/test-lab.xml tests/lab

fault-table: venv     ## FAULTS.md, from the reports of the last test runs
	$(BIN)/python -m tests.fault_table build/*.xml

bench: venv           ## every bar against its peer, in the same run
	$(BIN)/python -m bench

screenshots: venv
	$(BIN)/python screenshots/take.py

lock: venv            ## newest allowed versions, with hashes, without the address of an index
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/python -c "import tomllib; p=tomllib.load(open('pyproject.toml','rb')); print('\n'.join(p['project']['dependencies'] + p['project']['optional-dependencies']['fast'] + sum(p['dependency-groups'].values(), [])))" > .venv/requirements.in
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-header --no-annotate -o requirements.lock .venv/requirements.in
