# customer-360. `make help` lists what there is; Python 3.11 or newer and GNU make are all it needs.
# Paths here are relative, so that the project's own folder may have any name, with blanks too.

PYTHON ?= python3
C360_PORT ?= 8080
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
DEV := $(VENV)/ready-dev
# uv where it is there, since it is quicker; every hash is checked either way.
INSTALL := $(if $(shell command -v uv 2>/dev/null),uv pip install --quiet --python $(PY),$(PY) -m pip install -qq --progress-bar off --disable-pip-version-check)
SHELL := /bin/sh
export GX_ANALYTICS_ENABLED := false
# What another project set for its own Python must not reach ours.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-benchmarks up sql bench bench-identity bench-features bench-recommender bench-value peers peers-recbole reliability docs docs-site clean
.SUFFIXES:

help: ## list these commands
	@echo "customer-360: transactions, social posts and support logs become one customer_profile table, every night"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 22

run: $(READY) ## set up, make the sample world, run its night in a real Airflow, show what came of it
	@$(PY) -m examples.tour

test: $(DEV) .venv-client/ready .venv-s3/ready ## lint, types and every test that is no matter of minutes: before each commit
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m mypy
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore tests/benchmarks -m "not slow"

test-slow: $(DEV) .venv-client/ready ## the other tests: many nights, a standing Airflow, the shown outputs; every night, and before a release
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore tests/benchmarks -m slow

test-benchmarks: $(DEV) ## tests of the benchmarks
	$(PY) -m pytest -n 2 tests/benchmarks

up: $(READY) ## Airflow with its web page, every night at 02:00 Hong Kong time (C360_PORT=8080)
	@C360_PORT="$(C360_PORT)" $(PY) -m serving.local_airflow

sql: $(READY) ## ask the published tables: make sql q='select count(*) from customer_profile'
	@if [ -z "$$q" ]; then echo "give a query: make sql q='select count(*) from customer_profile'" >&2; exit 2; fi
	@$(VENV)/bin/c360 sql "$$q"

bench: $(DEV) ## speed beside a script, pandas and PySpark (only=small, only=events, sizes="1 3 10 30"), into docs/benchmarks.md
	@$(if $(filter events,$(only)),:,$(PY) benchmarks/speed.py)
	@$(if $(filter small,$(only)),:,$(PY) -m benchmarks.events $(if $(sizes),--sizes $(sizes)) --write docs/benchmarks.md)

bench-identity: $(DEV) ## accuracy and speed of identity resolution beside peers, into docs/benchmarks.md
	@$(PY) -m benchmarks.identity $(if $(only),--set "$(only)",--write docs/benchmarks.md)

bench-recommender: $(DEV) ## recommenders trained on the export: recall@10 and nDCG@10, into docs/benchmarks.md
	@$(PY) -m benchmarks.recommender $(if $(only),--set "$(only)",--write docs/benchmarks.md)

bench-features: $(DEV) ## features as of labels over a million events (events=30 labels=1, in millions), into docs/benchmarks.md
	@$(PY) -m benchmarks.features $(if $(events),--events $(events)) $(if $(labels),--labels $(labels)) --write docs/benchmarks.md

bench-value: $(DEV) .venv-value/ready ## who buys next: LightGBM on our features and on pandas', into docs/benchmarks.md
	@$(PY) -m benchmarks.value --write docs/benchmarks.md

reliability: $(DEV) ## break nights on purpose and count what held, into docs/reliability.md (about two hours)
	@$(PY) -m benchmarks.reliability $(if $(only),--only $(only)) --write docs/reliability.md

peers: .venv-peers/ready .venv-pandas/ready .venv-spark/ready .venv-recommenders/ready .venv-value/ready .venv-feast/ready ## install the peers of the benchmarks, and Feast for a test, in environments of their own

peers-recbole: .venv-recbole/ready ## install RecBole for bench-recommender (on Linux first PIP_EXTRA_INDEX_URL=, PyTorch's index for processors)

.venv-client/ready: tests/home/requirements-client.txt
.venv-s3/ready: tests/connectors/requirements-s3.txt
.venv-peers/ready: benchmarks/peers/requirements/identity.txt
.venv-pandas/ready: benchmarks/peers/requirements/pandas.txt
.venv-spark/ready: benchmarks/peers/requirements/spark.txt
.venv-recommenders/ready: benchmarks/peers/requirements/recommenders.txt
.venv-recbole/ready: benchmarks/peers/requirements/recbole.txt
.venv-value/ready: benchmarks/peers/requirements/value.txt
.venv-feast/ready: benchmarks/peers/requirements/feast.txt
.venv-docs/ready: docs/requirements.txt
.venv-%/ready:
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install -qq --progress-bar off --disable-pip-version-check --require-hashes -r $<
	@touch $@

docs: $(DEV) ## write docs/columns.md and docs/reference again from the code, and record new columns
	@mkdir -p docs
	@$(PY) -m serving.reference
	@$(PY) -m warehouse.publish.columns_page > docs/columns.new && mv docs/columns.new docs/columns.md
	@$(PY) -m tests.contracts.test_published_columns

docs-site: .venv-docs/ready ## build the docs as a site into site/, without a warning
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --clean --quiet && echo "open site/index.html"

clean: ## remove what can be made again; published generations in var/ stay
	rm -rf $(VENV) .venv-client .venv-s3 .venv-peers .venv-pandas .venv-spark .venv-recommenders .venv-recbole .venv-value .venv-feast .venv-docs site build ./*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis var/sample var/airflow

# The lock first, with every hash checked; then the project itself, of which nothing is fetched.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "customer-360 needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@[ -x $(PY) ] || $(PYTHON) -m venv $(VENV)
	@echo "installing $$(grep -c '^[a-z].*==' requirements.lock) packages of requirements.lock into $(VENV); a few minutes the first time" >&2
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# Lint, types, tests and benchmarks need more than a night does.
$(DEV): requirements-dev.lock $(READY)
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
