# Three commands on a fresh machine: what they do is in scripts/, in plain Python.
# Another Python: make lab PYTHON=python3.12     Options: make lab ARGS="--port 9999"
PYTHON ?= python3
ARGS ?=

.PHONY: lab test bench

lab:   ## install into .venv and open JupyterLab on the first demo
	@$(PYTHON) -m scripts.lab $(ARGS)

test:  ## install what the tests need and run every check
	@$(PYTHON) -m scripts.check $(ARGS)

bench: ## ours beside each peer, in turns; some topics, or a GPU: make bench ARGS="vision --device cuda"
	@$(PYTHON) -m scripts.bench $(ARGS)
