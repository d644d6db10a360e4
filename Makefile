# `make` alone lists the targets. PYTHON, RUNTIME, TF_PLUGIN_DIR, AWS_PORT, API_PORT, WEB_PORT, VENDING_STRATEGY, SESSION_PER, ARGS,
# PLAN, STAGE, YES, WITH_TENANTS, NAME, STORE, FIELDS, SINGULAR, REMOVE may be set.

PYTHON ?= $(shell for python in .venv/bin/python python3.13 python3.12 python3.11; do \
	$$python -c "" 2> /dev/null && echo $$python && exit; done; echo python3)
AWS_PORT ?= 4566
API_PORT ?= 8000
WEB_PORT ?= 8080
VENDING_STRATEGY ?= web_identity
SESSION_PER ?= tenant
RUNTIME_OPTION = $(if $(RUNTIME),--runtime $(RUNTIME))
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup dev stack tenants entity lock test evidence drift wheels lint format bench attack mutants canaries prove package bootstrap deploy destroy rehearse clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "  make %-9s %s\n", $$1, $$2 }'

setup: ## Create the virtual environment with what is locked, or renew it
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 7))" 2> /dev/null \
		|| { echo "$(PYTHON) is not here, or much too old: install Python 3.11, 3.12 or 3.13, or name it, as in make setup PYTHON=python3.13"; exit 2; }
	@$(PYTHON) -m ops.setup $(INSTALLER_ONLY)

lock: ## Write the locks again after a change of a direct dependency; ARGS=--upgrade takes the newest of the others
	@$(MAKE) --no-print-directory setup INSTALLER_ONLY=--installer
	@$(BIN)/python -m ops.lock $(ARGS)

dev: setup ## Run the whole product on this machine until Ctrl-C
	@$(BIN)/python -m ops.dev --aws-port $(AWS_PORT) --api-port $(API_PORT) --web-port $(WEB_PORT) --vending-strategy $(VENDING_STRATEGY) --session-per $(SESSION_PER)

stack: setup ## Run everything but the API, for `chalice local --stage local` in a second terminal
	@$(BIN)/python -m ops.dev --no-api --aws-port $(AWS_PORT) --web-port $(WEB_PORT) --vending-strategy $(VENDING_STRATEGY) --session-per $(SESSION_PER)

tenants: setup ## List the running stage's tenants; ARGS="--help" says what else there is
	@$(BIN)/python -m ops.tenants $(or $(ARGS),list)

entity: setup ## Write an entity: NAME=invoices STORE=dynamodb FIELDS="number:text,due:date"; REMOVE=1 takes one out
	@$(BIN)/python -m ops.entity "$(NAME)" --store "$(STORE)" --fields "$(FIELDS)" --singular "$(SINGULAR)" $(if $(filter-out 0,$(REMOVE)),--remove)

test: lint ## Run every check, and the tests that need no AWS account and no hour: within ten minutes
	@echo "running the tests in two processes, a local stack of their own included"
	@$(BIN)/python -m pytest -n 2 $(ARGS)

evidence: setup ## Run the long rest: fuzzing, the page in a browser, attack matrix, canaries, proof; ARGS=proof some of it
	@$(BIN)/python -m ops.evidence $(ARGS)

drift: setup ## Check whether the newest AWS SDK has what localaws has not decided about
	@$(BIN)/python -m ops.drift

wheels: setup ## Build the evaluator, the local AWS and the prover into dist/, for others to install
	@$(BIN)/python -m ops.wheels

lint: setup ## Check formatting, lint, types, import contracts and Terraform's formatting
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@command -v terraform > /dev/null || { echo "terraform is not installed: get 1.11 or later from developer.hashicorp.com/terraform/install"; exit 2; }
	@terraform fmt -check -recursive infra

format: setup ## Format the Python and Terraform code, and write the README's table of routes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/python -m ops.routes_table
	@terraform fmt -recursive infra

bench: setup ## Measure what isolation costs, side by side; BENCH= names some of it
	@$(BIN)/python -m bench $(BENCH)

attack: setup ## Attack the running stage past its application, or one that is started for it
	@$(BIN)/python -m isolation.attack $(ARGS)

mutants: setup ## Change the app as a tired colleague would, over a hundred times: nothing may leak
	@$(BIN)/python -m isolation.mutants $(ARGS)

canaries: setup ## Weaken every control of a local stack in turn: the evidence must turn red
	@$(BIN)/python -m isolation.canaries $(ARGS)

prove: setup ## Prove that the plans of both roots, or PLAN=, keep tenants apart
	@$(BIN)/python -m isolation.proof $(PLAN) $(ARGS)

package: setup ## Make build/deployment.zip and build/api.json, which Terraform deploys
	@$(BIN)/python -m ops.package $(RUNTIME_OPTION)

bootstrap: setup ## Prepare an AWS account and region, once: STAGE= names the stage
	@$(BIN)/python -m ops.bootstrap "$(STAGE)"

deploy: setup ## Deploy a stage to AWS and try it out: STAGE= names it, YES=1 applies without asking
	@$(BIN)/python -m ops.deploy "$(STAGE)" $(RUNTIME_OPTION) $(if $(filter 1,$(YES)),--yes)

destroy: setup ## Destroy a stage of AWS: STAGE= names it; WITH_TENANTS=1 with all that they have
	@$(BIN)/python -m ops.destroy "$(STAGE)" $(if $(filter 1,$(YES)),--yes) $(if $(filter 1,$(WITH_TENANTS)),--with-tenants)

rehearse: setup ## Deploy to an emulator of AWS on this machine, use it over HTTP, and destroy it
	@$(BIN)/python -m ops.rehearse $(RUNTIME_OPTION)

clean: ## Remove the virtual environment, caches and the local stack's files
	@rm -rf .venv .local build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
