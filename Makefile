# Each target sets up all that it needs in .venv; `make demo` is the place to start.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench mutation soak screenshot browser readers sshd lab venv requirements clean

demo: .venv/audit  ## audit the embedded sample pool; findings are what it is there to show
	@$(BIN)/pytest; status=$$?; test $$status -eq 0 -o $$status -eq 1

test: .venv/dev browser readers sshd  ## the suite's own tests, then the demo from end to end
	$(BIN)/pytest tests -n 2 --dist worksteal
	$(MAKE) demo

lint: .venv/dev  ## types and style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev browser  ## what reading, judging and the page cost, as ratios
	$(BIN)/python -m benchmarks

mutation: .venv/dev  ## break compliant pools field by field: names controls that cannot fail, or do without saying why
	$(BIN)/python -m tests.mutation

screenshot: .venv/dev browser  ## README's picture of the report
	$(BIN)/python -m tests.e2e.screenshot docs/images/report.png

# Tests in a browser are skipped where none can be installed.
browser:
	@command -v chromium > /dev/null || { \
	  test "$$(id -u)" -eq 0 && command -v apt-get > /dev/null && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
	} || echo "No chromium here, and it cannot be installed: tests in a browser are skipped."

# What reads SARIF, OHDF and CTRF in earnest. Tests with it are skipped where there is no npm.
readers: tests/reports/readers/package-lock.json
	@command -v npm > /dev/null || { echo "No npm here: reports are not given to their readers."; exit 0; }; \
	mkdir -p .venv/readers && cp tests/reports/readers/* .venv/readers && \
	npm ci --prefix .venv/readers --ignore-scripts --no-audit --no-fund --silent

# What machines to be asked over ssh are made of, unpacked only: installing openssh-server would start a server.
# Tests with machines are skipped where it cannot be had.
SSHD := openssh-server libwrap0 bash-static busybox-static
sshd:
	@test -x .venv/sshd/usr/sbin/sshd && command -v ssh > /dev/null || { \
	  test "$$(id -u)" -eq 0 && command -v apt-get > /dev/null && apt-get update -qq && \
	  { command -v ssh > /dev/null || \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openssh-client; } && \
	  mkdir -p .venv/sshd && cd .venv/sshd && apt-get download -qq -o APT::Sandbox::User=root $(SSHD) && \
	  for each in *.deb; do dpkg -x "$$each" . || exit; done; \
	} || echo "No sshd here, and it cannot be had: tests with machines are skipped."

# Neither in `make test` nor in CI: it takes minutes, all of a core, and packages that nothing else needs.
LAB := mmdebstrap genext2fs debian-archive-keyring qemu-system-x86 openssh-client
lab: .venv/dev  ## boot real Xen hosts under QEMU, and look inside; docs/lab.md
	@dpkg --status $(LAB) > /dev/null 2>&1 || { \
	  test "$$(id -u)" -eq 0 && command -v apt-get > /dev/null && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(LAB); \
	} || { echo "The lab cannot install what it needs here: $(LAB)"; exit 1; }
	$(BIN)/python -m tests.lab

soak: .venv/dev  ## what is left behind by two hundred audits of a pool that fails often; takes minutes
	$(BIN)/python -m benchmarks.soak

venv: .venv/audit  ## just the virtual environment of an audit

define POINTER
import os; options = os.environ.get("PYTEST_ADDOPTS", ""); all(map(os.path.exists, ("policy.toml", "checks", "pytest.ini"))) and "--config-file" not in options and os.environ.update(PYTEST_ADDOPTS="--config-file=pytest.ini " + options)
endef
export POINTER

# pytest looks for pytest.ini beside the first existing path of the command line, before it knows which
# options take a path: `pytest --pool /tmp/dump.xml` would look in /tmp. The .pth line names the file.
.venv/audit: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@echo "$$POINTER" > $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/poolproof.pth
	@touch $@

.venv/dev: requirements-dev.txt .venv/audit
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

requirements: .venv/dev  ## pin and hash anew
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.txt requirements.in
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.txt requirements-dev.in

docs/controls.md: .venv/audit $(wildcard checks/*.py)  ## the page of all controls, made from them
	$(BIN)/python -m fixtures.listing > $@

docs/results.schema.json: .venv/audit fixtures/verdict.py  ## the schema of results.json, made from its types
	$(BIN)/python -m reports.schema > $@

docs/inside-commands.md: .venv/audit fixtures/sources/inside/commands.py  ## the page of all commands, made from them
	$(BIN)/python -m fixtures.sources.inside.commands > $@

clean:
	rm -rf .venv .lab reports/out .pytest_cache .mypy_cache .ruff_cache .hypothesis
