# Needs Python 3.11 or newer, make and a C library; everything else is fetched by bin/setup.py, once.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
AMPARO := .venv/bin/python -m amparo
ARGS ?=
APP ?=

.PHONY: help setup run test check messages bench screens locks helpers
.DEFAULT_GOAL := help

help:
	@echo "make run       set up what is missing and start everything (ARGS=\"--port 8080 --data DIR --no-demo\")"
	@echo "make test      run all tests (ARGS=\"amparo/ledger -x\" for some)"
	@echo "make check     style, types, layers, templates, missing migrations, translations"
	@echo "make messages  bring the translations up to date and compile them (APP=tickets for one app)"
	@echo "make helpers   build the programs that customers of remote sessions download (needs Debian's mingw)"
	@echo "make bench     measure; make screens: photograph the main screens"

setup:
	@$(PYTHON) bin/setup.py run

run:
	@$(PYTHON) bin/setup.py run
	@exec $(AMPARO) up $(ARGS)

test:
	@$(PYTHON) bin/setup.py test
	@exec $(AMPARO) test $(ARGS)

check:
	@$(PYTHON) bin/setup.py test
	@exec $(AMPARO) check

messages:
	@$(AMPARO) messages update $(APP)

bench:
	@$(PYTHON) bin/setup.py test
	@exec $(AMPARO) bench $(ARGS)

screens:
	@$(PYTHON) bin/setup.py test
	@exec $(AMPARO) screens $(ARGS)

helpers:
	@$(PYTHON) bin/helpers.py

locks:
	@$(PYTHON) bin/setup.py locks
