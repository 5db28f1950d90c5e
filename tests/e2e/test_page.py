"""compliance.html in a real browser: it opens, filters, sorts, links, prints; by keyboard alone; safely."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, expect

from fixtures import knowledge
from fixtures.audit import CHECKS
from fixtures.controls import load_controls
from fixtures.knowledge.frameworks import load as load_frameworks
from fixtures.policy.loading import build_policy, read_layers
from fixtures.pools.story import GUESTS
from fixtures.sources.snapshot import write_snapshot
from fixtures.verdict import Severity, Word
from reports.history import Change, History, LastKnown, Point
from tests.building import a_reading
from tests.e2e.browser import browser, needs_browser, shown
from tests.e2e.commands import Run, audit
from tests.e2e.screenshot import take
from tests.reports import given
from tests.reports.given import all_hostile
from tests.reports.written import write

pytestmark = needs_browser

VIEWS: Final = (
    "",
    "plan",
    "matrix",
    "matrix/host",
    "matrix/vdi",
    "controls",
    "controls?requirement=none",
    "frameworks",
    "frameworks/ISO%2FIEC%2027001%3A2022",
    "unknowns",
    "waivers",
    "control/VM-TOOLS-01",
)

WATCH: Final = """
window.violations = []
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`))
"""

COLOURS: Final = "axe.run({ runOnly: ['color-contrast', 'link-in-text-block'], resultTypes: ['violations'] })"
"""Rules of axe, once it is in the page, that the other colour scheme could break."""

CONTROLS: Final = load_controls((CHECKS,))

VMS: Final = len(GUESTS)
"""How many the sample pool has."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The audit of the embedded sample pool."""
    run = audit(report_dir=tmp_path_factory.mktemp("demo"))
    assert run.code == 1, run.output
    return run


class Tab:
    """A page of a report that notes whatever goes wrong in it."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.address = path.as_uri()
        self.wrong: list[str] = []
        page.add_init_script(WATCH)
        page.on(
            "console", lambda message: self.wrong.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", self._opened)
        page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if request.url.partition("#")[0] not in (self.address, "about:blank"):
            self.wrong.append(f"asks for {request.url}")

    def _opened(self, dialog: Dialog) -> None:
        self.wrong.append(f"opens a dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, route: str = "") -> Page:
        """Load the report anew, at a route."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}#/{route}")
        return shown(self.page)

    @property
    def violations(self) -> list[str]:
        """What the page's policy has blocked since it was opened."""
        found: list[str] = self.page.evaluate("window.violations")
        return found


@pytest.fixture
def tab(chromium: Browser, demo: Run) -> Iterator[Tab]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    made = Tab(context.new_page(), demo.report_dir / "compliance.html")
    yield made
    assert made.wrong == []
    context.close()


def uuid_of(run: Run, name: str) -> str:
    found: set[str] = {
        verdict["subject"]["uuid"]
        for verdict in run.results["verdicts"]
        if verdict["subject"].get("name") == name
    }
    (uuid,) = found
    return uuid


def subjects(run: Run, kind: str) -> set[str]:
    return {
        verdict["subject"]["uuid"]
        for verdict in run.results["verdicts"]
        if verdict["subject"]["kind"] == kind
    }


# It shows what was judged


@pytest.mark.parametrize("route", VIEWS)
def test_every_view_opens_within_bounds(tab: Tab, route: str) -> None:
    page = tab.open(route)
    assert tab.violations == []
    assert page.evaluate("document.querySelectorAll('*').length") <= 3000
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(".views [aria-current]")).to_have_count(0 if route.startswith("control/") else 1)


def test_the_overview_tells_what_it_was_judged_by(tab: Tab, demo: Run) -> None:
    page = tab.open()
    summary = demo.results["summary"]
    for word, label in (("pass", "✓ pass"), ("fail", "✗ fail"), ("unknown", "? unknown")):
        expect(page.locator(f".tiles .{word}")).to_have_text(f"{summary[word]}{label}")
    told = page.locator("main, [role=main]").inner_text()
    for text in (demo.results["conditions"]["policy_sha256"], demo.results["conditions"]["waivers_sha256"]):
        assert text in told
    page.get_by_role("link", name="The fix plan").click()
    expect(page.get_by_role("heading", name="Fix plan", level=2)).to_be_focused()


def score(said: Iterable[dict[str, Any]]) -> list[str]:
    """What a table tells of these verdicts: findings, unknown, passed of applicable, score."""
    words = Counter(each["verdict"] for each in said)
    applicable = words.total() - words["not_applicable"]
    passed = words["pass"] + words["waiver_not_needed"]
    share = min(round(100 * passed / applicable), 99 if passed < applicable else 100)
    return [
        f"{words['fail'] + words['error']:,}",
        f"{words['unknown']:,}",
        f"{passed:,} of {applicable:,}",
        f"{share} %",
    ]


def told_in(page: Page, table: str) -> dict[str, list[str]]:
    rows = page.get_by_role("region", name=table).locator("tbody tr").all()
    return {
        row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").all_inner_texts()[1:]
        for row in rows
    }


def test_the_overview_tells_the_score_and_what_it_is_of(tab: Tab, demo: Run) -> None:
    page = tab.open()
    verdicts = demo.results["verdicts"]
    by_severity = {
        severity: score(each for each in verdicts if each["severity"] == severity)
        for severity in get_args(Severity)
    }
    assert told_in(page, "By severity") == {**by_severity, "all": score(verdicts)}
    by_kind = told_in(page, "By kind")
    kinds = dict(zip(by_kind, ("vm", "host", "pool", "sr", "network", "vdi"), strict=True))
    assert by_kind == {
        name: score(each for each in verdicts if each["subject"]["kind"] == kind)
        for name, kind in kinds.items()
    }
    expect(page.get_by_text("what is unknown, waived or broken counts among them")).to_be_visible()
    expect(page.get_by_text("By pool")).to_have_count(0)


def test_the_overview_tells_hosts_with_what_runs_on_them(tab: Tab, demo: Run) -> None:
    page = tab.open()
    host = uuid_of(demo, "meridian-4")
    guests = {
        json.dumps(each["subject"], sort_keys=True)
        for each in demo.results["subjects"]
        if each.get("host") == host
    }
    there = [
        each
        for each in demo.results["verdicts"]
        if each["subject"]["uuid"] == host or json.dumps(each["subject"], sort_keys=True) in guests
    ]
    assert told_in(page, "By host")[f"meridian-4 and {len(guests)} VMs"] == score(there)
    expect(page.get_by_role("img", name=re.compile(f"^Heat map of {VMS} VMs by "))).to_be_visible()


def test_the_overview_tells_who_read_what_and_when(tab: Tab, demo: Run) -> None:
    told = " ".join(tab.open().locator("[role=main]").inner_text().split())
    (pool,) = demo.results["pools"]
    digest = sha256((demo.report_dir / "results.json").read_bytes()).hexdigest()
    conditions = demo.results["conditions"]
    for text in (
        f"Pool {pool['name']} {pool['uuid']}",
        f"Read {pool['read_at'].replace('T', ' ').replace('Z', ' UTC')}",
        f"Account {pool['account']}, role {pool['role']}",
        f"Rules {demo.results['rules_version']}, knowledge {demo.results['knowledge_version']}",
        f"Policy {conditions['policy']} SHA-256 {conditions['policy_sha256']}",
        f"Waivers {conditions['waivers']} SHA-256 {conditions['waivers_sha256']}",
        f"results.json SHA-256 {digest}",
    ):
        assert text in told


def test_several_pools_have_a_score_each(chromium: Browser, tmp_path: Path) -> None:
    said = [
        given.verdict("pass", uuid="a"),
        given.verdict("fail", uuid="b"),
        *(given.verdict(word, uuid=f"of {word}", pool="other") for word in get_args(Word)),
    ]
    pools = (given.pool(), given.pool(uuid="other", name="Bureau"), given.unread())
    tab = Tab(chromium.new_page(), write(tmp_path / "page.html", given.results(said, pools=pools), CONTROLS))
    page = tab.open()
    assert told_in(page, "By pool") == {
        "Atelier": ["1", "0", "1 of 2", "50 %"],
        "Bureau": ["2", "1", "2 of 6", "33 %"],
    }
    page.get_by_role("link", name="Bureau").click()
    expect(page.get_by_role("status")).to_have_text("7 of 9 VMs")
    expect(page.get_by_label("Pool")).to_have_value("other")
    page.close()
    assert tab.wrong == []


def test_many_hosts_are_cut_with_a_word(chromium: Browser, tmp_path: Path) -> None:
    said = [
        given.verdict("pass", kind="host", uuid=f"h{number}", control="HOST-LIVE-01") for number in range(70)
    ]
    tab = Tab(chromium.new_page(), write(tmp_path / "page.html", given.results(said), CONTROLS))
    page = tab.open()
    expect(page.get_by_text("The 64 with most findings of 70 hosts.")).to_be_visible()
    assert len(page.get_by_role("region", name="By host").locator("tbody tr").all()) == 64
    page.close()


def test_compliance_over_time_comes_from_the_history(chromium: Browser, tmp_path: Path) -> None:
    for _ in range(2):
        run = audit("-m", "host", report_dir=tmp_path)
    tab = Tab(chromium.new_page(), run.report_dir / "compliance.html")
    page = tab.open()
    share = score(run.results["verdicts"])[-1]
    expect(page.locator(".spark")).to_contain_text(
        f"Compliance over 2 runs from {run.results['started'][:10]}"
    )
    expect(page.locator(".spark")).to_contain_text(f"{share} then, {share} now")
    expect(page.get_by_role("img", name=re.compile("^Compliance over 2 runs"))).to_be_visible()
    page.close()
    assert tab.wrong == []


def test_the_matrix_shows_every_verdict(tab: Tab, demo: Run) -> None:
    page = tab.open("matrix/vm")
    told = {
        (address.rpartition("/")[2], control): word
        for address, control, word in page.evaluate("""
            [...document.querySelectorAll(".grid-body .grid-cell")].map((cell) => [
              cell.parentElement.querySelector("a").hash, ...cell.getAttribute("aria-label").split(": ")])""")
    }
    assert len(told) > 100  # what is in view
    labels = {"not_applicable": "not applicable"}
    expected = {
        (verdict["subject"].get("ref") or verdict["subject"]["uuid"], verdict["control"]): labels.get(
            verdict["verdict"], verdict["verdict"]
        )
        for verdict in demo.results["verdicts"]
    }
    assert {pair: expected.get(pair, "not judged") for pair in told} == told


def test_a_subjects_page_tells_evidence_and_repair(tab: Tab, demo: Run) -> None:
    uuid = uuid_of(demo, "registry")
    page = tab.open(f"vm/{uuid}?control=VM-TOOLS-01")
    item = page.locator("#verdict-VM-TOOLS-01")
    expect(item.locator("summary")).to_contain_text("✗ fail VM-TOOLS-01 high Guest tools are installed")
    expect(item.get_by_role("row", name="power_state")).to_contain_text('"Running"')
    expect(item).to_contain_text(f"xe vm-param-get uuid={uuid} param-name=PV-drivers-version")
    expect(item).to_contain_text("install xe-guest-utilities or xen-guest-agent")
    expect(item).not_to_contain_text("XCP-ng Windows tools")
    page.get_by_role("link", name="meridian-1", exact=True).click()
    expect(page.get_by_role("heading", name="host meridian-1")).to_be_focused()
    host = uuid_of(demo, "meridian-1")
    residents = sum(each.get("host") == host for each in demo.results["subjects"])
    expect(page.get_by_text(f"VMs on this host: {residents}")).to_be_visible()


def test_pages_of_all_subjects_have_all_their_verdicts(tab: Tab, demo: Run) -> None:
    page = tab.open("unknowns")
    for kind in ("vm", "host", "pool", "sr", "network"):
        for uuid in sorted(subjects(demo, kind) - {None})[:8]:
            page.evaluate(f"location.hash = '#/{kind}/{uuid}'")
            expect(page.locator("code", has_text=uuid).first).to_be_attached()
            page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
            verdicts = [each for each in demo.results["verdicts"] if each["subject"]["uuid"] == uuid]
            expect(page.locator(".verdicts > li")).to_have_count(len(verdicts))


def test_a_controls_page_tells_who_is_affected(tab: Tab, demo: Run) -> None:
    page = tab.open("control/VM-DISKS-02")
    failing = [
        each["subject"]["name"]
        for each in demo.results["verdicts"]
        if each["control"] == "VM-DISKS-02" and each["verdict"] == "fail"
    ]
    expect(page.get_by_role("heading", name=f"Findings: {len(failing)}")).to_be_visible()
    for name in failing:
        expect(page.get_by_role("link", name=name)).to_be_visible()


def test_the_plan_closes_every_failure_once(tab: Tab, demo: Run) -> None:
    page = tab.open("plan")
    more = page.locator(".plan > .more button")
    while more.count():
        more.click()
    closed = page.locator(".repair .facts b").all_inner_texts()
    assert sum(int(text.split()[0]) for text in closed) == demo.results["summary"]["fail"]
    # What repairs VM-DRIVERS-01 repairs VM-DISKS-01 too.
    first = page.locator(".repair", has_text="PV drivers are active (Linux)")
    expect(first).to_contain_text("VM-DISKS-01")
    expect(first.locator(".window")).to_have_text("guest reboot")
    # What follows from guest tools that are not there is closed with them; the template is the common cause.
    tools = page.locator(".repair", has_text="Guest tools are installed (Linux)")
    for control in ("VM-TOOLS-01", "VM-SHUTDOWN-01", "VM-REBOOT-01", "VM-MIGRATE-01"):
        expect(tools).to_contain_text(control)
    expect(tools.locator(".window")).to_have_text("in guest, no reboot")
    expect(tools).to_contain_text("In common: all made from debian-12")
    weights = {"critical": 8, "high": 4, "medium": 2, "low": 1}
    effects = [
        sum(int(number) * weights[severity] for number, severity in re.findall(r"\((\d+) (\w+)\)", facts))
        for facts in page.locator(".repair .facts").all_inner_texts()
    ]
    assert effects == sorted(effects, reverse=True)
    repairs = page.get_by_role("row", name="host evacuation").get_by_role("cell").first.inner_text()
    page.get_by_role("link", name="host evacuation").click()
    expect(page.locator(".repair")).to_have_count(int(repairs))
    assert page.url.endswith("#/plan?window=host+evacuation")


# Frameworks


def bearing(wanted: str) -> set[str]:
    """The ids of the controls of the demo's policy that bear on a requirement, or a framework."""
    policy = build_policy(
        read_layers("baseline", Path()), controls=CONTROLS, families=knowledge.load().families
    )
    return {
        id_
        for id_, control in CONTROLS.items()
        if policy.selects(id_)
        and any(
            wanted in (each.framework, f"{each.framework} {each.requirement}") for each in control.references
        )
    }


@pytest.mark.parametrize("framework", load_frameworks().frameworks)
def test_every_requirement_is_shown_with_its_controls_and_counts(tab: Tab, demo: Run, framework: str) -> None:
    page = tab.open("frameworks")
    page.get_by_role("navigation", name="Frameworks").get_by_role("link", name=framework).click()
    expect(page.get_by_role("heading", name=framework)).to_be_focused()
    assert page.url.endswith(f"#/frameworks/{quote(framework, safe='')}")
    requirements = load_frameworks().frameworks[framework].requirements
    rows = page.get_by_role("region", name=f"Requirements of {framework}").get_by_role("row")
    expect(rows).to_have_count(len(requirements) + 1)
    for number, requirement in requirements.items():
        row = rows.filter(has=page.get_by_role("rowheader", name=number, exact=True))
        asked, controls, _, fail, unknown, waived, passed, _ = row.get_by_role("cell").all_inner_texts()
        assert asked == requirement.title
        expected = bearing(f"{framework} {number}")
        judging = {each["control"] for each in demo.results["verdicts"]}
        lines = {
            "": sorted(expected & judging),
            "not judged in this run: ": sorted(expected - judging),
        }
        assert controls.splitlines() == [f"{lead}{', '.join(ids)}" for lead, ids in lines.items() if ids] or (
            controls == "none was selected" and not expected
        )
        words = Counter(each["verdict"] for each in demo.results["verdicts"] if each["control"] in expected)
        assert [int(fail), int(unknown), int(waived), int(passed)] == [
            words["fail"] + words["error"],
            words["unknown"],
            words["waived"],
            words["pass"],
        ]
    assert "no proof that it is met" in page.locator("[role=main]").inner_text()


def test_controls_that_bear_on_nothing_are_said_to(tab: Tab) -> None:
    page = tab.open("frameworks/NIST%20CSF%202.0")
    expect(page.get_by_role("heading", name="Controls that bear on other frameworks only")).to_have_count(0)
    expect(page.get_by_role("heading", name="Controls that bear on no requirement of any")).to_be_visible()
    page = tab.open("frameworks/CIS%20Controls%20v8")
    expect(page.get_by_role("heading", name="Controls that bear on other frameworks only")).to_be_visible()
    page = tab.open("control/VM-NAME-01")
    expect(page.get_by_text("no requirement of the frameworks that are known")).to_be_visible()
    page = tab.open("control/HOST-TLS-01")
    page.get_by_role("link", name="CIS Controls v8 3.10").click()
    assert page.url.endswith("#/controls?requirement=CIS+Controls+v8+3.10")
    expect(page.get_by_role("status")).to_have_text(
        re.compile(f"^{len(bearing('CIS Controls v8 3.10'))} controls that bear on CIS Controls v8 3.10,")
    )


def test_controls_are_filtered_by_requirement(tab: Tab) -> None:
    page = tab.open("controls")
    heads = page.get_by_role("rowheader")
    everything = set(heads.all_inner_texts())
    page.get_by_label("Requirement").select_option("NIST CSF 2.0 PR.DS-02")
    assert page.url.endswith("#/controls?requirement=NIST+CSF+2.0+PR.DS-02")
    assert set(heads.all_inner_texts()) == bearing("NIST CSF 2.0 PR.DS-02")
    page = tab.open("controls?requirement=ISO%2FIEC+27001%3A2022")
    expect(page.get_by_label("Requirement")).to_have_value("ISO/IEC 27001:2022")
    assert set(heads.all_inner_texts()) == bearing("ISO/IEC 27001:2022")
    page.get_by_label("Requirement").select_option("no requirement")
    assert set(heads.all_inner_texts()) == everything - set().union(
        *map(bearing, load_frameworks().frameworks)
    )
    page.get_by_label("Requirement").select_option("any")
    assert set(heads.all_inner_texts()) == everything
    assert page.url.endswith("#/controls")


def test_controls_that_judged_nothing_are_said_to(tab: Tab, demo: Run) -> None:
    page = tab.open("controls?requirement=NIST+CSF+2.0+PR.DS-02")
    idle = bearing("NIST CSF 2.0 PR.DS-02") - {each["control"] for each in demo.results["verdicts"]}
    assert "INSIDE-HOST-TLS-01" in idle
    expect(page.get_by_role("status")).to_contain_text(f"; {len(idle)} judged nothing in this run.")


def test_the_matrix_is_filtered_by_requirement(tab: Tab, demo: Run) -> None:
    page = tab.open("frameworks/NIST%20CSF%202.0")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="PR.DS-02"))
    row.get_by_role("link", name="hosts").click()
    assert page.url.endswith("#/matrix/host?requirement=NIST+CSF+2.0+PR.DS-02")
    expect(page.get_by_label("Requirement")).to_have_value("NIST CSF 2.0 PR.DS-02")
    expected = {id_ for id_ in bearing("NIST CSF 2.0 PR.DS-02") if id_.startswith("HOST-")}
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert {f"HOST-{head}" for head in heads if head.startswith("TLS")} == expected
    assert len(heads) == len(expected) + 3
    # What is counted is what is shown.
    findings = Counter(
        each["subject"]["name"]
        for each in demo.results["verdicts"]
        if each["control"] in expected and each["verdict"] == "fail"
    )
    first = page.locator(".grid-body .grid-row", has_text="meridian-2-cádiz")
    expect(first.locator(".grid-score").last).to_have_text(str(findings["meridian-2-cádiz"]))


def test_frameworks_are_reached_by_keyboard_and_printed(tab: Tab) -> None:
    page = tab.open()
    page.locator(".views a", has_text="Frameworks").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="NIST CSF 2.0")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ISO/IEC 27001:2022")).to_be_focused()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.get_by_role("rowheader", name="A.8.24")).to_be_visible()
    expect(page.locator(".tabs:visible")).to_have_count(0)
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")


# Filter, sort, deep links


def test_an_address_keeps_its_escapes(tab: Tab) -> None:
    page = tab.open("matrix/vm?q=a%26b%3D%25")
    expect(page.get_by_label("Text")).to_have_value("a&b=%")
    assert page.url.endswith("#/matrix/vm?q=a%26b%3D%25")


def test_a_filter_stands_in_the_address_and_a_link_shows_the_same(tab: Tab) -> None:
    page = tab.open("matrix/vm")
    page.get_by_label("Text").fill("NAS-")
    page.get_by_label("Verdict").select_option("finding")
    page.get_by_label("Severity").select_option("critical")
    expect(page.get_by_role("status")).to_have_text(f"1 of {VMS} VMs")
    address = page.url
    assert address.endswith("#/matrix/vm?q=NAS-&verdict=finding&severity=critical")
    page.goto("about:blank")
    page.goto(address)
    shown(page)
    expect(page.get_by_role("status")).to_have_text(f"1 of {VMS} VMs")
    expect(page.get_by_label("Text")).to_have_value("NAS-")
    expect(page.get_by_role("columnheader", name="DISKS-02")).to_be_visible()
    expect(page.get_by_role("columnheader", name="TOOLS-01")).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("status")).to_have_text(f"{VMS} of {VMS} VMs")


def vms_with(
    demo: Run, fits: Callable[[dict[str, Any]], bool], surroundings: Callable[[dict[str, Any]], bool]
) -> int:
    """How many VMs have such a verdict, and such surroundings."""
    around = {json.dumps(each["subject"], sort_keys=True): each for each in demo.results["subjects"]}
    return len(
        {
            key
            for each in demo.results["verdicts"]
            if each["subject"]["kind"] == "vm"
            and fits(each)
            and surroundings(around[key := json.dumps(each["subject"], sort_keys=True)])
        }
    )


@pytest.mark.parametrize(
    ("chosen", "address", "fits", "surroundings"),
    [
        ({"Text": "TIER:GOLD"}, "q=TIER%3AGOLD", None, lambda each: "tier:gold" in each.get("tags", ())),
        ({"Verdict": "unknown"}, "verdict=unknown", lambda each: each["verdict"] == "unknown", None),
        ({"Verdict": "any finding"}, "verdict=finding", lambda each: each["verdict"] == "fail", None),
        ({"Severity": "critical"}, "severity=critical", lambda each: each["severity"] == "critical", None),
        ({"Control": "VM-TOOLS-01"}, "control=VM-TOOLS-01", lambda each: True, None),
        ({"Tag": "tier:web"}, "tag=tier%3Aweb", None, lambda each: "tier:web" in each.get("tags", ())),
        (
            {"Control": "VM-TOOLS-01", "Verdict": "fail", "Tag": "tier:web"},
            "verdict=fail&control=VM-TOOLS-01&tag=tier%3Aweb",
            lambda each: each["control"] == "VM-TOOLS-01" and each["verdict"] == "fail",
            lambda each: "tier:web" in each.get("tags", ()),
        ),
        (
            {"Severity": "critical", "Verdict": "fail"},
            "verdict=fail&severity=critical",
            lambda each: each["severity"] == "critical" and each["verdict"] == "fail",
            None,
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_every_choice_narrows_and_stands_in_the_address(
    tab: Tab, demo: Run, chosen: dict[str, str], address: str, fits: Any, surroundings: Any
) -> None:
    def always(_: dict[str, Any]) -> bool:
        return True

    page = tab.open("matrix/vm")
    for label, option in chosen.items():
        field = page.get_by_label(label, exact=True)
        if label == "Text":
            field.fill(option)
        else:
            field.select_option(label=option)
    count = vms_with(demo, fits or always, surroundings or always)
    expect(page.get_by_role("status")).to_have_text(f"{count} of {VMS} VMs")
    assert page.url.endswith(f"#/matrix/vm?{address}")
    page = tab.open(f"matrix/vm?{address}")
    expect(page.get_by_role("status")).to_have_text(f"{count} of {VMS} VMs")
    for label, option in chosen.items():
        field = page.get_by_label(label, exact=True)
        shown_there = "each => each.selectedOptions?.[0]?.text ?? each.value"
        assert field.evaluate(shown_there) == option


def test_a_host_narrows(tab: Tab, demo: Run) -> None:
    page = tab.open("matrix/vm")
    page.get_by_label("Host", exact=True).select_option(label="meridian-2-cádiz")
    uuid = uuid_of(demo, "meridian-2-cádiz")
    count = vms_with(demo, lambda _: True, lambda each: each.get("host") == uuid)
    expect(page.get_by_role("status")).to_have_text(f"{count} of {VMS} VMs")
    assert page.url.endswith(f"#/matrix/vm?host={uuid}")


@pytest.mark.parametrize("column", ["Score", "Findings", "DISKS-01"])
def test_every_column_sorts(tab: Tab, demo: Run, column: str) -> None:
    page = tab.open("matrix/vm?verdict=finding")
    head = page.get_by_role("columnheader", name=column, exact=True)
    head.scroll_into_view_if_needed()
    head.click()
    sort = {"DISKS-01": "VM-DISKS-01"}.get(column, column.lower())
    assert page.url.endswith(f"#/matrix/vm?verdict=finding&sort={sort}")
    rows = page.locator(".grid-body .grid-row")
    ranks = ["fail", "error", "unknown", "waiver not needed", "waived", "not applicable", "pass"]

    def values() -> list[int]:
        if column == "DISKS-01":
            cells = [row.get_by_label(re.compile("^VM-DISKS-01: ")) for row in rows.all()]
            labels = [cell.get_attribute("aria-label") or "" for cell in cells]
            return [ranks.index(label.partition(": ")[2]) for label in labels]
        place = 0 if column == "Score" else 1
        texts = [row.locator(".grid-score").nth(place).inner_text() for row in rows.all()]
        return [int(text.removesuffix(" %")) for text in texts]

    ascending = column != "Findings"  # first what matters most
    assert values() == sorted(values(), reverse=not ascending)
    assert len(set(values())) > 1
    page.get_by_role("columnheader", name=column, exact=True).click()
    expect(page.get_by_role("columnheader", name=column, exact=True)).to_have_attribute(
        "aria-sort", "descending"
    )
    assert values() == sorted(values(), reverse=ascending)


def test_heads_sort(tab: Tab) -> None:
    page = tab.open("matrix/vm")
    names = page.locator(".grid-body .grid-name")
    worst = names.first.inner_text()
    page.get_by_role("columnheader", name="Name", exact=True).click()
    expect(page.get_by_role("columnheader", name="Name", exact=True)).to_have_attribute(
        "aria-sort", "ascending"
    )
    ascending = names.all_inner_texts()
    assert ascending == sorted(ascending, key=str.lower)
    page.get_by_role("columnheader", name="Name", exact=True).click()
    expect(page.get_by_role("columnheader", name="Name", exact=True)).to_have_attribute(
        "aria-sort", "descending"
    )
    assert page.url.endswith("?sort=name&down=1")
    page.get_by_label("Sort by").select_option("")
    expect(names.first).to_have_text(worst)


# By keyboard alone


def test_the_keyboard_walks_everywhere(tab: Tab, demo: Run) -> None:
    page = tab.open()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator(".views a", has_text="Matrix")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Matrix of VMs")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.grid') !== null"):
            break
    name = page.evaluate("document.activeElement.innerText")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("VM-")
    page.keyboard.press("Control+End")
    assert page.evaluate("document.activeElement.closest('.grid') !== null")
    assert page.evaluate("document.activeElement.dataset.row") == str(len(subjects(demo, "vm")) - 1)
    page.keyboard.press("Control+Home")
    assert page.evaluate("document.activeElement.innerText") == name
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"VM {name}")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    expect(page.get_by_text("What was read").first).to_be_visible()


def test_nothing_is_inaccessible(tab: Tab, demo: Run) -> None:
    found = {}
    vm, host = uuid_of(demo, "nas-import"), uuid_of(demo, "meridian-1")
    for route in (
        *VIEWS,
        "matrix/vm?verdict=fail",
        f"vm/{vm}?control=VM-DISKS-02",
        f"host/{host}",
        "nothing/here",
    ):
        page = tab.open(route)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        page.wait_for_timeout(50)
        page.emulate_media(color_scheme="light")
        found[route, "light"] = Axe().run(page).response["violations"]
        page.emulate_media(color_scheme="dark")
        found[route, "dark"] = page.evaluate(COLOURS)["violations"]
    told = [
        (*where, violation["id"], node["target"], node.get("failureSummary"))
        for where, violations in found.items()
        for violation in violations
        for node in violation["nodes"][:3]
    ]
    assert told == []


# Safe


def test_what_is_injected_does_not_run(tab: Tab) -> None:
    page = tab.open()
    page.evaluate("""() => {
      const script = document.createElement("script")
      script.textContent = "window.ran = 'script'"
      document.body.append(script)
      const picture = document.createElement("div")
      picture.innerHTML = '<img src="data:," onerror="window.ran = 1"><b style="color: red">x</b>'
      document.body.append(picture)
    }""")
    page.wait_for_function("window.violations.length >= 3")
    assert page.evaluate("window.ran") is None
    assert {violation.split()[0] for violation in tab.violations} == {
        "script-src-elem",
        "script-src-attr",
        "style-src-attr",
    }
    tab.wrong.clear()  # the browser says on the console what it has blocked


def test_a_script_that_came_into_the_file_does_not_run(tab: Tab, demo: Run, tmp_path: Path) -> None:
    markup = (demo.report_dir / "compliance.html").read_text("utf-8")
    copy = tmp_path / "copy.html"
    copy.write_text(
        markup.replace("</section>", "<script>window.ran = 1</script></section>", 1), encoding="utf-8"
    )
    other = Tab(tab.page.context.new_page(), copy)
    page = other.open()
    assert page.evaluate("window.ran") is None
    assert len(other.violations) == 1


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An audit of a pool in which everything has a hostile name, and most things fail."""
    names = list(all_hostile().values())
    changes: dict[str, object] = {
        "pool.name_label": names[0],
        "host.name_label": names[4],
        "SR.name_label": names[2],
        "network.name_label": names[3],
    }
    for index, name in enumerate(names):
        changes[f"VM:{index}.name_label"] = name
        changes[f"VM:{index}.tags"] = [name]
        changes[f"VM:{index}.reference_label"] = name
        if index % 2:
            changes[f"VM:{index}.guest_metrics"] = "OpaqueRef:NULL"
    folder = tmp_path_factory.mktemp("hostile")
    write_snapshot(folder / "pool.json", [a_reading(changes)])
    return audit("--pool", folder / "pool.json", report_dir=folder)


@pytest.mark.parametrize("width", [1280, 360])
def test_hostile_names_run_nothing_and_break_nothing(chromium: Browser, hostile_run: Run, width: int) -> None:
    assert hostile_run.code == 1, hostile_run.output
    context = chromium.new_context(viewport={"width": width, "height": 900})
    tab = Tab(context.new_page(), hostile_run.report_dir / "compliance.html")
    uuids = sorted(subjects(hostile_run, "vm"))
    for route in (*VIEWS, *uuids):
        if route in VIEWS:
            page = tab.open(route)
        else:
            page.evaluate(f"location.hash = '#/vm/{quote(route)}'")
            expect(page.locator("code", has_text=route).first).to_be_attached()
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, route
        assert page.evaluate("document.querySelectorAll('script').length") == 4, route
        assert page.evaluate("document.querySelectorAll('img:not([src=\"\"]), svg, iframe').length") == 0, (
            route
        )
        assert tab.violations == []
    page = tab.open("matrix/vm")
    expect(page.get_by_role("status")).to_have_text(f"{len(uuids)} of {len(uuids)} VMs")
    page.wait_for_timeout(100)
    context.close()
    assert tab.wrong == []


# On paper


def test_it_prints_as_a_document_on_a4(tab: Tab, demo: Run) -> None:
    page = tab.open()
    printed = page.pdf(prefer_css_page_size=True)
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([\d. ]+)\]", printed)}
    assert {(round(right), round(top)) for _, _, right, top in boxes} == {(595, 842)}
    assert len(re.findall(rb"/Type /Page\b", printed)) >= 3
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    told = page.locator("[role=main]").inner_text()
    for chapter in (
        "Fix plan",
        "Controls",
        "What could not be judged, and why",
        "Waivers",
        "What this was judged by",
        *load_frameworks().frameworks,
    ):
        assert chapter in told
    for name in ("nas-import", "media-archive"):
        assert name in told
    for hidden in (".views", ".grid", "#results-table", ".paper .more button"):
        expect(page.locator(f"{hidden}:visible")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".paper")).to_have_count(0)


def test_a_matrix_prints_as_a_table(tab: Tab) -> None:
    page = tab.open("matrix/vm?verdict=fail&control=VM-DISKS-02")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".paper tbody tr")).to_have_count(2)
    expect(page.locator(".paper tbody tr").first).to_contain_text("VM-DISKS-02")
    expect(page.locator(".paper")).to_contain_text("Only Verdict: fail; Control: VM-DISKS-02.")


# History and size


def test_history_is_shown_where_there_is_one(chromium: Browser, tmp_path: Path) -> None:
    said = [
        given.verdict("fail", uuid="a", name="web01"),
        given.verdict("pass", uuid="b", name="web02"),
        given.verdict("unknown", uuid="d", name="web03"),
    ]
    gone = given.verdict("fail", uuid="c", name="gone").subject
    history = History(
        compared_with="2026-11-22T06:00:00Z",
        changes=(
            Change(
                control="VM-TOOLS-01",
                subject=said[0].subject,
                change="still_failing",
                since="2026-11-01T06:00:00Z",
            ),
            Change(control="VM-TOOLS-01", subject=said[1].subject, change="fixed", since=None),
            Change(control="VM-TOOLS-01", subject=gone, change="left_scope", since=None),
        ),
        differences=("not the same rules: 1, then 2",),
        series=(
            Point(at="2026-11-21T06:00:00Z", counts={"fail": 2}),
            Point(at="2026-11-22T06:00:00Z", counts={"fail": 3, "pass": 1}),
            Point(at="2026-11-23T06:00:00Z", counts={"fail": 1, "pass": 1}),
        ),
        last_known=(
            LastKnown(
                control="VM-TOOLS-01", subject=said[2].subject, verdict="pass", at="2026-11-20T06:00:00Z"
            ),
        ),
    )
    tab = Tab(chromium.new_page(), write(tmp_path / "page.html", given.results(said), CONTROLS, history))
    page = tab.open()
    expect(page.locator(".spark")).to_contain_text(
        "Compliance over 3 runs from 2026-11-21 06:00:00 UTC: 0 % then, 50 % now"
    )
    expect(page.get_by_text("Not judged alike then and now: not the same rules: 1, then 2.")).to_be_visible()
    page.get_by_role("link", name="What changed", exact=True).click()
    expect(page.get_by_text("Not judged alike then and now: not the same rules: 1, then 2.")).to_be_visible()
    expect(page.get_by_role("heading", name="Still failing: 1")).to_be_visible()
    expect(page.get_by_text("web01 VM-TOOLS-01, since 2026-11-01 06:00:00 UTC")).to_be_visible()
    expect(page.get_by_text("vm gone VM-TOOLS-01")).to_be_visible()
    expect(page.get_by_role("heading", name="Newly unknown: 0")).to_be_visible()
    page = tab.open("vm/d?control=VM-TOOLS-01")
    expect(page.get_by_text("✓ pass, in the run of 2026-11-20 06:00:00 UTC")).to_be_visible()
    page.close()
    tab = Tab(chromium.new_page(), write(tmp_path / "without.html", given.results(said), CONTROLS))
    page = tab.open()
    expect(page.get_by_text("changed")).to_have_count(0)
    expect(page.locator(".spark")).to_have_count(0)
    page.close()
    assert tab.wrong == []


def test_ten_thousand_vms_cost_few_elements(chromium: Browser, tmp_path: Path) -> None:
    words: list[Word] = ["pass", "fail", "unknown", "pass", "not_applicable"]
    controls = [id_ for id_, control in CONTROLS.items() if control.subject == "vm"][:20]
    said = [
        given.verdict(
            words[(number + place) % 5],
            control=id_,
            uuid=f"{number:08}-0000",
            name=f"vm{number}",
            reason=f"r{place}",
        )
        for number in range(10_000)
        for place, id_ in enumerate(controls)
    ]
    path = write(tmp_path / "page.html", given.results(said), CONTROLS)
    assert path.stat().st_size <= 3_000_000
    tab = Tab(chromium.new_page(), path)
    for route in ("", "matrix/vm", "plan", "unknowns", "vm/00000007-0000"):
        page = tab.open(route)
        assert page.evaluate("document.querySelectorAll('*').length") <= 3000, route
    page = tab.open("matrix/vm")
    page.get_by_label("Text").fill("vm9999")
    expect(page.get_by_role("status")).to_have_text("1 of 10,000 VMs")
    page.close()
    assert tab.wrong == []


def test_the_picture_for_the_readme_can_be_taken(chromium: Browser, demo: Run, tmp_path: Path) -> None:
    take(chromium, demo.report_dir / "compliance.html", tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
