# make demo [ARGS='…']   the whole story on a chain inside a folder; Python 3.11+, make and PyPI only
# make test              installs what the tests need and runs every one
# make check             linters, import contracts and drift checks
# make bench             ratios against named peers
# make figures           measures everything and writes the figures of docs/performance.md anew
# make lock              writes both lock files anew from pyproject.toml

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
INTEROP := tests/interop
DEBIAN_PACKAGES := chromium fonts-noto-cjk wrk
EVERYTHING := .venv/installed-dev node_modules/.installed .venv/browser $(INTEROP)/.venv/installed

.PHONY: demo test test-python test-contracts check drift bench figures lock clean

demo: .venv/installed
	$(BIN)/rootseal demo $(ARGS)

test: test-contracts test-python

test-python: $(EVERYTHING)
	$(BIN)/python -m pytest -n auto

test-contracts: node_modules/.installed
	npm run --silent test
	npm run --silent coverage

check: .venv/installed-dev node_modules/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) drift

# What is generated and committed is generated again and compared.
drift: .venv/installed-dev node_modules/.installed $(INTEROP)/.venv/installed
	npm run --silent compile
	$(BIN)/python -m scripts.export_abi --check
	$(BIN)/python -m tests.interop.table --check

bench: $(EVERYTHING)
	$(BIN)/python -m benchmarks.issue 1000 10000 100000
	$(BIN)/python -m benchmarks.issue 1000 5000 --peer
	$(BIN)/python -m benchmarks.verify
	$(BIN)/python -m benchmarks.serve

figures: $(EVERYTHING)
	$(BIN)/python -m benchmarks.figures --long

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rootseal needs Python 3.11 or newer; name one with make PYTHON=…")'
	[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	touch $@

node_modules/.installed: package-lock.json
	@command -v npm >/dev/null || { echo 'The tests need Node 20 and npm (the program itself does not).' >&2; exit 69; }
	npm ci --silent --no-audit --no-fund
	touch $@

# Verifiers of others, which the tests hand our credentials to: in environments of their own.
$(INTEROP)/.venv/installed: $(INTEROP)/requirements.lock $(INTEROP)/package-lock.json $(INTEROP)/install_blockcerts.mjs | .venv/installed
	@command -v npm >/dev/null || { echo 'The tests need Node 20 and npm (the program itself does not).' >&2; exit 69; }
	npm ci --prefix $(INTEROP) --ignore-scripts --silent --no-audit --no-fund
	node $(INTEROP)/install_blockcerts.mjs
	[ -x $(INTEROP)/.venv/bin/python ] || $(PYTHON) -m venv $(INTEROP)/.venv
	$(INTEROP)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(INTEROP)/requirements.lock
	touch $@

# The browser comes from Debian; where one may not install it, say what is wanted.
.venv/browser: | .venv/installed
	@command -v chromium >/dev/null && command -v wrk >/dev/null || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq \
	  && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(DEBIAN_PACKAGES) >/dev/null; } || { \
	  echo 'The browser tests need Debian packages: sudo apt-get install $(DEBIAN_PACKAGES)' >&2; exit 69; }
	touch $@

# uv resolves for every platform at once and writes hashes; it is installed beside, never into, .venv
lock:
	$(PYTHON) -m venv .lock-venv && .lock-venv/bin/pip install --quiet uv
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --prerelease if-necessary-or-explicit --generate-hashes pyproject.toml -o requirements.lock
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --prerelease if-necessary-or-explicit --generate-hashes --extra dev --constraint requirements.lock pyproject.toml -o requirements-dev.lock
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(INTEROP)/requirements.in -o $(INTEROP)/requirements.lock
	rm -rf .lock-venv

clean:
	rm -rf .venv node_modules $(INTEROP)/.venv $(INTEROP)/node_modules artifacts cache coverage coverage.json
