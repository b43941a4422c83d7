# `make` alone lists the targets. Every target does its own set-up first.
# The work itself is in tests/tools/ and tests/lab/; this file only names it.

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-kill demo-down test lint sanity unit conformance molecule delivery docs matrix bench mutants chaos clean
S ?= default
export CORE ?=
ARGS ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: ## five hosts, a ProxySQL cluster and its VIP on this machine, to look at
	@tests/tools/setup --hosts
	@tests/lab/demo up

demo-kill: ## kill the core that holds the VIP of `make demo`, and see how fast the other one takes over
	@tests/lab/demo kill

demo-down: ## remove what `make demo` made
	@tests/tools/setup
	@tests/lab/demo down

test: ## everything below, on a fresh machine too; what continuous integration runs
	@tests/tools/test

setup: ## the development environment in .venv
	@tests/tools/setup

lint: ## ruff, mypy, yamllint, ansible-lint, documentation, changelog, texts (1 min)
	@tests/tools/part lint

sanity: ## ansible-test sanity (1 min; CORE=2.18 by that ansible-core, CORE=all by each)
	@tests/tools/part sanity

unit: ## the engine as plain Python; ARGS go to pytest
	@tests/tools/part unit $(ARGS)

conformance: ## recorded answers of the real server, replayed; PROXYSQL_BIN for the real one
	@tests/tools/part conformance $(ARGS)

molecule: ## site.yml on real hosts, checked (S=scenario; FULL=1: what takes long, too)
	@tests/tools/setup --hosts
	@tests/tools/part molecule $(S)

delivery: ## the tarball: installed, by galaxy-importer, builder, navigator; the controller's playbook; guides
	@tests/tools/part delivery $(ARGS)

docs: ## the documentation site in .cache/docs/html, no warnings allowed
	@tests/tools/part docs

matrix: ## every ansible-core, Python and PyMySQL that is supported (10 min; ARGS=ends: the oldest)
	@tests/tools/part matrix $(ARGS)

bench: ## how fast it is, against a script by hand and community.proxysql (10 min; ARGS="--only plays": a part)
	@tests/tools/part bench $(ARGS)

mutants: ## does a test notice a broken engine? survivors are listed (1 h; ARGS=_planning)
	@tests/tools/part mutants $(ARGS)

chaos: ## faults under load, in random order, and a table (CHAOS_FAULTS=50; about 15 min)
	@tests/tools/chaos

clean: ## remove the test hosts, .venv and the caches of this checkout
	@tests/tools/clean
