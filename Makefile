# make demo    grade the sample class: what an instructor sees
# make test    everything that must hold: lint, types, the assignment, the test suite
# make quick   lint, types, the rules for imports, the unit tests: within a minute, while editing
# make bench   what grading a submission costs, and where the time goes (bench/class.py: a class)
# make clean   remove the environment and whatever these commands made
#
# The README has the same as plain pip commands.

# Any Python from 3.10 on. More for pip goes into PIP_FLAGS, such as
# PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu" for the small build of torch.
PYTHON ?= python3
PIP_FLAGS ?=

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt
QUICK_CHECKS := "ruff check ." "ruff format --check ." "mypy"
# The right styles are graded by tests/test_styles.py.
CHECKS := $(QUICK_CHECKS) "grader check --no-styles"

# A process for each processor, and two more, as many tests wait; the tests of a file, which may
# share a fixture, in one. The long files come first: see tests/conftest.py.
PYTEST_FLAGS ?= -n auto --dist loadfile --no-loadscope-reorder -rs

# Hundreds of processes would compile the same modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test quick bench clean
.DEFAULT_GOAL := demo

demo: .venv/installed
	$(BIN)/grader grade data/sample_class --out grades

# Every check runs, whatever the ones before it said; pytest has the last word.
test: .venv/installed-dev
	$(call run,$(CHECKS),)

quick: .venv/installed-dev
	$(call run,$(QUICK_CHECKS),-m "not slow" -q)

define run
@failed=; \
for check in $(1); do \
	echo "== $$check"; $(BIN)/$$check || failed="$$failed [$$check]"; \
done; \
test -z "$$failed" || echo "== FAILED so far:$$failed"; \
echo "== pytest"; $(BIN)/python -m pytest $(PYTEST_FLAGS) $(2) && test -z "$$failed"
endef

bench: .venv/installed-dev
	$(BIN)/python bench/throughput.py

clean:
	rm -rf .venv grades build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that an environment is complete; it is made anew when a pin changes.
.venv/installed: pyproject.toml constraints.txt
	$(environment)
	$(INSTALL) -e .
	@touch $@

# It holds what `.venv/installed` has too.
.venv/installed-dev: pyproject.toml constraints.txt
	$(environment)
	$(INSTALL) -e ".[dev]"
	@touch .venv/installed $@

define environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	{ echo "Python 3.10 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
$(PYTHON) -m venv .venv
endef
