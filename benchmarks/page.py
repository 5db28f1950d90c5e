"""The page in a real browser, beside pytest-html's own page of as many tests with the same outcomes."""

import json
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, Page

from tests.e2e.browser import browser, shown

from . import auditing
from .by_page import controls
from .process import ROOT, environment, run
from .simulator import simulator

CONTROLS: Final = 20

SIZE_AIM: Final = 3_000_000
OPEN_AIM: Final = 1.5
ANSWER_AIM: Final = 100
NODES_AIM: Final = 3_000

OPENINGS: Final = 3
"""How often a page is opened; the quickest counts."""

PYTEST_HTML_VMS: Final = 100
"""Up to so many VMs pytest-html's page is opened too: of ten times as many rows it takes minutes."""

OWN: Final = """\
from pathlib import Path

import pytest
from benchmarks import by_page
from reports import results

@pytest.mark.parametrize("said", {verdicts}, ids=lambda said: said.nodeid)
def test_it(said):
    match said.verdict:
        case "fail":
            pytest.fail(said.reason, pytrace=False)
        case "unknown" | "not_applicable":
            pytest.skip(said.reason)
"""

DRAWN: Final = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

FILTER: Final = f"""async (text) => {{
  const [input, start] = [document.getElementById("filter-q"), performance.now()]
  input.value = text
  input.dispatchEvent(new Event("input"))
  {DRAWN}
  return performance.now() - start
}}"""

OPEN: Final = f"""async ([hash, title]) => {{
  const start = performance.now()
  location.hash = hash
  const stands = () => document.querySelector("h2.title")?.textContent === title
  while (!stands()) await new Promise((done) => setTimeout(done))
  {DRAWN}
  return performance.now() - start
}}"""

CLICK: Final = f"""async (what) => {{
  const start = performance.now()
  document.querySelector(what).click()
  {DRAWN}
  return performance.now() - start
}}"""


class Cost(NamedTuple):
    """What a page costs whoever reads it."""

    size: int
    """Bytes of the file."""
    opening: float
    """Seconds until it shows its view."""
    filtering: float
    """Milliseconds until a filter is drawn."""
    object: float
    """Milliseconds until an object's page is drawn, or a row has unfolded."""
    nodes: int
    """Elements in the document: the most of the views that were opened."""


class Audited(NamedTuple):
    """The page of a real audit, and pytest-html's where it was opened."""

    verdicts: int
    memory: int
    """Peak of the audit's resident memory, in bytes."""
    ours: Cost
    own: Cost | None


class Comparison(NamedTuple):
    """The page of made-up verdicts, and pytest-html's where it was opened."""

    grown: int
    """Bytes by which the memory of the process grew that wrote our page."""
    ours: Cost
    own: Cost | None


def compare(vms: int) -> Comparison:
    """Write the pages of so many VMs, and open them."""
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        directory = Path(folder)
        path = directory / "ours.html"
        arguments = ["-m", "benchmarks.by_page", str(vms), str(CONTROLS), str(path)]
        written: dict[str, Any] = json.loads(run(arguments, environment()).output)
        ours = _best(chromium, path, lambda page: _read_ours(page, path, written["uuid"], written["name"]))
        made_up = f"by_page.verdicts({vms}, by_page.controls({CONTROLS}))"
        own = _own(chromium, made_up, directory) if vms <= PYTEST_HTML_VMS else None
        return Comparison(written["grown"], ours, own)


def compare_audited(vms: int, *, all_controls: bool) -> Audited:
    """Audit a live pool of so many VMs by `CONTROLS` controls or by the default policy, and open its page.

    The VMs are clones of the sample pool's: much of what is said of them is equal, and packs well.
    """
    with tempfile.TemporaryDirectory() as folder, simulator(vms) as server, browser() as chromium:
        directory = Path(folder)
        policy = directory / "policy.toml"
        policy.write_text(f"controls = {json.dumps(['!*', *controls(CONTROLS)])}\n")
        audit = auditing.audit(server, directory, *([] if all_controls else ["--policy", str(policy)]))
        uuid, name = _a_vm(directory / "results.json")
        path = directory / "compliance.html"
        ours = _best(chromium, path, lambda page: _read_ours(page, path, uuid, name))
        read = f"results.read(Path({str(directory / 'results.json')!r})).verdicts"
        own = _own(chromium, read, directory) if vms <= PYTEST_HTML_VMS and not all_controls else None
        return Audited(auditing.verdicts(directory), audit.memory, ours, own)


def _a_vm(path: Path) -> tuple[str, str]:
    """The uuid and the name of a VM that was judged, one with a plain name."""
    with path.open() as file:
        next(file)
        for line in file:  # one verdict a line: all of them would make this process larger than its children
            subject = json.loads(line.rstrip(",\n"))["subject"]
            if subject["kind"] == "vm" and re.fullmatch(r"[a-z0-9 -]+", subject["name"]):
                return subject["uuid"], subject["name"]
    raise SystemExit("no VM of this pool has a plain name")


def meets(cost: Cost) -> bool:
    """The page is as small and as quick as it shall be."""
    answers = max(cost.filtering, cost.object)
    heavy = cost.size > SIZE_AIM or cost.nodes > NODES_AIM
    return not heavy and cost.opening <= OPEN_AIM and answers <= ANSWER_AIM


def _own(chromium: Browser, verdicts: str, directory: Path) -> Cost:
    path = directory / "own.html"
    (directory / "test_own.py").write_text(OWN.format(verdicts=verdicts))
    plugins = ("-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin")
    files = (f"--html={path}", "--self-contained-html", str(directory / "test_own.py"))
    arguments = [
        "-m",
        "pytest",
        "--config-file=/dev/null",
        f"--rootdir={directory}",
        "--tb=no",
        "-q",
        *plugins,
        *files,
    ]
    run(arguments, environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTHONPATH=str(ROOT)), status=1)
    return _best(chromium, path, lambda page: _read_own(page, path))


def _best(chromium: Browser, path: Path, read: Callable[[Page], Cost]) -> Cost:
    costs = []
    for _ in range(OPENINGS):
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        costs.append(read(page))
        page.close()
    size, *columns = zip(*costs, strict=True)
    return Cost(size[0], *map(min, columns))


def _opened(page: Page, path: Path, stands: str) -> float:
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector(stands, state="attached", timeout=300_000)
    page.evaluate(f"async () => {{ {DRAWN} }}")
    return time.perf_counter() - start


def _nodes(page: Page) -> int:
    number: int = page.evaluate("document.querySelectorAll('*').length")
    return number


def _read_ours(page: Page, path: Path, uuid: str, name: str) -> Cost:
    opening = _opened(page, path, "body[data-ready]")
    nodes = [_nodes(page)]
    page.evaluate("location.hash = '#/matrix/vm'")
    page.wait_for_selector(".grid-cell")
    shown(page)
    filtering = page.evaluate(FILTER, name)
    page.evaluate(FILTER, "")
    nodes.append(_nodes(page))
    opening_object = page.evaluate(OPEN, [f"#/vm/{uuid}", f"VM {name}"])
    nodes.append(_nodes(page))
    return Cost(path.stat().st_size, opening, filtering, opening_object, max(nodes))


def _read_own(page: Page, path: Path) -> Cost:
    opening = _opened(page, path, ".results-table-row")
    filtering = page.evaluate(CLICK, "input[data-test-result=passed]")
    unfolding = page.evaluate(CLICK, ".collapsible td")
    return Cost(path.stat().st_size, opening, filtering, unfolding, _nodes(page))
