"""The embedded pool: it is what its generator writes, it holds together, and it shows every verdict.

The tables below are an oracle of their own: derived by hand from the documented truth tables of the
controls and from the purposes in the story, not from what the checks say. A new control needs a row in STORY:
tests name the one that is lacking.
"""

import ipaddress
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.facts.accounts import POOL_ADMIN
from fixtures.facts.records import NULL
from fixtures.pools import SAMPLE, generate, story
from fixtures.xapi.datamodel import FIELDS

WORDS = {"p": "pass", "f": "fail", "u": "unknown", "-": "not_applicable"}

VMS = """
                  TOOLS-01 TOOLS-02 DRIVERS-01 MEMORY-01 MEMORY-02 DISKS-01 DISKS-02 NAME-01
dbase                 p        p         p         p         p        p        -        p
erp-app               p        p         p         p         p        p        -        p
ad-dc-1               p        p         p         f         -        p        -        p
dbase-new             f        -         f         f         -        f        p        f
ad-dc-2               f        -         f         f         -        f        p        p
registry              f        -         p         p         f        p        -        p
checkout              f        -         f         p         u        f        p        p
helpdesk              p        u         p         p         p        p        -        p
intranet              p        f         p         f         -        p        -        p
web-1                 p        u         p         p         p        p        -        p
web-2                 p        u         p         p         p        p        -        p
web-2-copy            p        u         p         p         p        p        -        p
erp-reports           p        f         p         p         p        p        -        p
print-server          p        f         p         f         -        p        -        p
license-server        p        f         p         f         -        p        -        p
file-share            p        f         p         p         p        p        -        f
vendor-appliance      p        u         p         p         p        p        -        p
terminal-server       p        u         p         p         p        p        -        p
media-archive         f        -         f         p         u        f        f        p
nas-import            f        -         f         f         -        f        f        p
firewall              p        p         f         f         -        f        p        p
scanner               f        -         f         f         -        f        u        p
build-farm            p        p         p         -         -        p        -        p
cad-workstation       p        p         p         -         -        p        -        p
mirror                p        p         p         p         f        p        -        p
ledger                p        p         p         u         u        p        -        p
import-2015           u        u         u         f         -        u        p        p
mail-relay            u        u         u         p         -        u        p        p
archive-2019          u        u         u         f         -        u        u        p
batch-night           u        u         u         p         -        u        p        p
forensics             u        u         u         p         -        u        p        p
trial                 u        u         u         p         -        u        p        p
proxy-old             u        u         p         f         -        -        -        p
proxy                 p        p         p         p         p        -        -        p
router                f        -         p         f         -        -        -        p
payroll               p        p         p         p         p        -        -        p
monitoring            p        p         u         p         p        u        u        p
sync-node             u        u         u         p         u        u        p        p
kiosk                 u        u         p         p         p        p        -        p
invoices              p        p         p         f         -        p        -        f
backup                p        p         p         f         -        p        -        f
translations          p        p         p         f         -        p        -        f
nameless              p        p         p         f         -        p        -        u
blank                 u        u         u         f         -        u        p        p
"""

WITH_A_CLOCK = """
                  TOOLS-01 TOOLS-02 DRIVERS-01 MEMORY-01 MEMORY-02 DISKS-01 DISKS-02 NAME-01
checkout              u        u         u         p         u        u        p        p
"""
"""What differs where the source has a clock, and with it grace for guests that have just started."""

HOSTS = """
             LIVE-01 CPU-01 NAME-01
meridian-1      p       p      p
meridian-2      u       f      f
meridian-3      f       u      u
meridian-4      p       p      p
meridian-5      p       p      p
"""

NAMES = {
    # every other object of these classes passes
    ("pool", "pool"): "fail",
    ("sr", "iso"): "fail",
    ("sr", "leftover"): "unknown",
    ("network", "dmz"): "fail",
    ("network", "leftover"): "unknown",
    ("vdi", "handover"): "fail",
    ("vdi", "leftover"): "unknown",
}

STORY = """
HOST-AUTH-01        pf    meridian-3
HOST-BOND-01        pfu   meridian-5
HOST-CLOCK-01       pfu   meridian-5
HOST-CPU-02         pf    meridian-3
HOST-CPU-03         pfu   meridian-2
HOST-EOL-01         pf    meridian-3
HOST-EVACUATION-01  pfu   meridian-1
HOST-IOMMU-01       pf    meridian-2
HOST-LICENCE-01     -
HOST-LINK-01        pfu   meridian-2
HOST-LIVE-02        pf    meridian-2, meridian-3
HOST-MEMORY-01      pfu   meridian-5
HOST-MULTIPATH-01   pfu   meridian-5
HOST-MULTIPATH-02   pf    meridian-2
HOST-NTP-01         pf    meridian-5
HOST-POWER-01       pf    meridian-2
HOST-TLS-01         pf    meridian-5
HOST-TLS-02         pu
HOST-TLS-03         pf    meridian-2
HOST-TLS-04         pf    meridian-2
HOST-TLS-05         pf    meridian-3
HOST-UPDATES-01     pf    meridian-5
HOST-UPDATES-02     pf    meridian-2
HOST-VERSION-01     pf    meridian-1, meridian-3
HOST-VERSION-02     pf    meridian-3
NETWORK-HOSTS-01    pf-   quarantine
NETWORK-MTU-01      pf-   storage
POOL-ALARM-01       f     pool
POOL-BACKUP-01      p
POOL-HA-01          p
POOL-HEALTHCHECK-01 p
POOL-LICENCE-01     p
POOL-MEMORY-01      p
POOL-RBAC-01        f     pool
POOL-RBAC-02        -
POOL-READ-01        p
POOL-SR-01          p
POOL-SR-02          p
POOL-TLS-01         p
POOL-UPDATES-01     -
POOL-VSWITCH-01     p
SR-ALLOCATION-01    pf-   archive
SR-FILL-01          pf-   archive
SR-PBD-01           pf    archive, leftover
SR-TYPE-01          pf    leftover
VDI-BOOT-01         pf-   kiosk disk 0
VDI-CBT-01          pf-   file-share disk 0
VDI-MISSING-01      pf    archive-2019 disk 5
VDI-ORPHAN-01       pf-   handover, leftover
VDI-ORPHAN-02       pf-   backup
VDI-SHARED-01       pf-   web-content
VM-BACKUP-01        pfu-  intranet, print-server, license-server, file-share
VM-BLOCKED-01       pf    forensics
VM-BOOT-01          pfu-  helpdesk
VM-BOOT-02          pfu-  helpdesk
VM-BOOT-03          pfu-  erp-reports
VM-CPU-01           pf    import-2015
VM-CPU-02           pf    build-farm
VM-CPU-03           pf    terminal-server
VM-DISKS-03         p
VM-DISKS-04         p
VM-DRIVE-01         pf    dbase-new, ad-dc-2
VM-GUEST-01         pfu-  backup
VM-GUEST-02         pfu-  backup
VM-GUEST-03         pfu-  print-server
VM-GUEST-04         pfu-  intranet, firewall, payroll
VM-HA-01            pf-   firewall
VM-HA-02            pf-   license-server, vendor-appliance, cad-workstation
VM-HARDWARE-01      pf    trial
VM-HOTPLUG-01       pfu   dbase-new, ad-dc-2, media-archive, nas-import, scanner
VM-HOTPLUG-02       pfu   dbase-new, ad-dc-2, media-archive, nas-import, scanner
VM-MAC-01           pf    web-2, web-2-copy
VM-MEMORY-03        pfu-  vendor-appliance
VM-MIGRATE-01       pfu   dbase-new, ad-dc-2, registry, license-server, media-archive, nas-import, scanner,
                          build-farm, cad-workstation, sync-node
VM-MODE-01          pfu   proxy-old, proxy, payroll
VM-NAME-02          pfu   web-2, web-2-copy
VM-NESTED-01        pf    build-farm
VM-NESTED-02        pf    batch-night
VM-NET-01           pf    router
VM-NET-02           pf    forensics
VM-NET-03           pf-   intranet
VM-OWNER-01         -
VM-OWNER-02         -
VM-PENDING-01       pf    terminal-server
VM-POWERON-01       pf    kiosk
VM-REBOOT-01        pfu   dbase-new, ad-dc-2, registry, media-archive, nas-import, scanner, sync-node
VM-SHUTDOWN-01      pfu   dbase-new, ad-dc-2, registry, media-archive, nas-import, scanner, sync-node
VM-SNAPSHOT-01      pf    intranet
VM-SNAPSHOT-02      pf    erp-reports
VM-SNAPSHOT-03      pf    ledger
VM-STATE-01         pf    batch-night
VM-STATE-02         pf    forensics
VM-STORAGE-01       pf    vendor-appliance
VM-STORAGE-02       pf    archive-2019
VM-SUSPEND-01       pfu   dbase-new, ad-dc-2, registry, license-server, media-archive, nas-import, scanner,
                          build-farm, cad-workstation, sync-node
VM-SUSPEND-02       pfu-  license-server
VM-TEMPLATE-01      pfu-  proxy
VM-TEMPLATE-02      pfu-  mirror
VM-TIED-01          pf    scanner
VM-TIED-02          pf    license-server
VM-TIED-03          pf    cad-workstation
VM-TIED-04          pf    firewall
VM-TOOLS-03         pfu-  helpdesk
VM-TOOLS-04         pfu-  erp-reports, print-server, license-server, file-share
VM-TOOLS-05         pf-   file-share
VM-WINDOWS-01       pfu-  print-server
VM-WINDOWS-02       pfu   vendor-appliance
"""
"""All other controls that the default policy selects: which verdicts the demo shows of each, and on which
objects it fails, by their keys in the story.

A row without p is for another product (HOST-LICENCE-01, POOL-UPDATES-01), asks for what the policy does not
(POOL-RBAC-02, VM-OWNER-*), or is about the pool, of which there is one. One without f is about the pool too,
or about what no longer comes about by itself (HOST-TLS-02, VM-DISKS-03, VM-DISKS-04).
"""

FROM_A_FILE = {
    "asked of a live pool only": """HOST-CLOCK-01 HOST-EVACUATION-01 HOST-TLS-02 VM-MIGRATE-01 VM-REBOOT-01
        VM-SHUTDOWN-01 VM-SUSPEND-01""",
    "judged by today's date, where the source has no clock": """HOST-EOL-01 HOST-TLS-01 POOL-ALARM-01
        VM-BACKUP-01 VM-GUEST-04 VM-SNAPSHOT-01""",
}
"""Why the file may earn another verdict than the demo → controls."""

CLASS_OF = {"vm": "VM", "host": "host", "pool": "pool", "sr": "SR", "network": "network", "vdi": "VDI"}

Verdicts = dict[tuple[str, str], str]
"""(control, uuid of its subject) → verdict."""


def read(table: str, kind: str) -> Verdicts:
    """The verdicts of a table above."""
    header, *lines = [line.split() for line in table.strip().splitlines()]
    return {
        (f"{kind.upper()}-{control}", generate.uuid_of(CLASS_OF[kind], key)): WORDS[letter]
        for key, *letters in lines
        for control, letter in zip(header, letters, strict=True)
    }


def expected(*, clock: bool) -> Verdicts:
    """What an audit of the sample pool has to say, but for names of SRs, networks and VDIs that pass."""
    names = {
        (f"{kind.upper()}-NAME-01", generate.uuid_of(CLASS_OF[kind], key)): verdict
        for (kind, key), verdict in NAMES.items()
    }
    return read(VMS, "vm") | (read(WITH_A_CLOCK, "vm") if clock else {}) | read(HOSTS, "host") | names


@dataclass(frozen=True)
class Row:
    """What the demo shows of a control."""

    words: set[str]
    failing: set[str]
    """Keys of objects."""


def rows(table: str) -> dict[str, Row]:
    """Control → its row of STORY. A line that begins with blanks continues the one above it."""
    lines = re.sub(r"\n +", " ", table.strip()).splitlines()
    cells = (re.split(r"\s+", line, maxsplit=2) for line in lines)
    return {
        control: Row({WORDS[letter] for letter in letters}, set(filter(None, ", ".join(keys).split(", "))))
        for control, letters, *keys in cells
    }


def uuids(control: str, keys: Iterable[str]) -> set[str]:
    """The uuids of the objects of a control, by the keys that the story gives them."""
    cls = CLASS_OF[control.partition("-")[0].lower()]
    return {generate.uuid_of(cls, key) for key in keys}


def test_the_file_is_what_the_generator_writes() -> None:
    written = [generate.database() for _ in range(2)]
    assert written[0] == written[1]
    assert written[0] == SAMPLE.read_bytes(), "run python -m fixtures.pools.generate"


@pytest.fixture(scope="module")
def tables() -> generate.Tables:
    return generate.build()


def test_every_row_has_every_column_but_those_that_the_story_takes(tables: generate.Tables) -> None:
    lost = [
        (cls, row.get("uuid"), name)
        for cls, rows in tables.items()
        for row in rows.values()
        for name in FIELDS[cls]
        if name not in row
    ]
    taken = [
        ("VM", "ledger", "memory_dynamic_max"),
        ("VM", "nameless", "name_label"),
        ("VM_guest_metrics", "kiosk", "PV_drivers_version"),
        ("host", "meridian-3", "name_label"),
        ("SR", "leftover", "name_label"),
        ("network", "leftover", "name_label"),
        ("VDI", "leftover", "name_label"),
    ]
    assert sorted(lost) == sorted((cls, generate.uuid_of(cls, key), name) for cls, key, name in taken)


def test_no_enum_is_empty(tables: generate.Tables) -> None:
    empty = {
        (cls, name)
        for cls, rows in tables.items()
        for row in rows.values()
        for name, expression in FIELDS[cls].items()
        if expression == "enum" and row.get(name) == ""
    }
    assert not empty


def test_every_reference_resolves_but_those_that_the_story_breaks(tables: generate.Tables) -> None:
    known = {ref for rows in tables.values() for ref in rows} | {NULL, generate.READ_ONLY, POOL_ADMIN}
    broken = []
    for cls, rows in tables.items():
        for row in rows.values():
            for name, expression in FIELDS[cls].items():
                value = row.get(name, NULL)
                refs = {"ref": [value], "set(ref)": value}.get(expression, [])
                broken += [(cls, row["uuid"], name) for ref in refs if ref not in known]
    assert sorted(broken) == sorted(
        [
            ("VM", generate.uuid_of("VM", "sync-node"), "guest_metrics"),
            ("host", generate.uuid_of("host", "meridian-2"), "metrics"),
        ]
    )


def test_references_and_uuids_are_used_once(tables: generate.Tables) -> None:
    rows = [(ref, row) for table in tables.values() for ref, row in table.items()]
    assert len({ref for ref, _ in rows}) == len(rows)
    assert len({row["uuid"] for _, row in rows}) == len(rows)


DOCUMENTATION = [
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def test_addresses_are_those_of_documentation(tables: generate.Tables) -> None:
    told = [row["address"] for row in tables["host"].values()]
    told += [row[name] for row in tables["PIF"].values() for name in ("IP", "gateway", "DNS") if row[name]]
    told += [ip for row in tables["VM_guest_metrics"].values() for ip in row["networks"].values()]
    assert len(told) > 40
    for address in map(ipaddress.ip_address, told):
        assert any(address.version == net.version and address in net for net in DOCUMENTATION), address


def test_times_fit_to_the_clock(tables: generate.Tables) -> None:
    future = [
        (cls, name, row[name])
        for cls, rows in tables.items()
        for row in rows.values()
        for name, expression in FIELDS[cls].items()
        if expression == "datetime" and row[name] > generate.xapi_time(story.CLOCK)
    ]
    assert {(cls, name) for cls, name, _ in future} == {
        ("Certificate", "not_after"),
        ("pool", "telemetry_next_collection"),
    }


def test_guests_say_what_they_are_for() -> None:
    assert all(guest.purpose for guest in story.GUESTS)
    assert len({guest.key for guest in story.GUESTS}) == len(story.GUESTS)
    assert {line.split()[0] for line in VMS.strip().splitlines()[1:]} == {guest.key for guest in story.GUESTS}


@pytest.mark.parametrize("host", [host.key for host in story.HOSTS])
def test_domains_fit_into_their_host(tables: generate.Tables, host: str) -> None:
    (row,) = (row for row in tables["host"].values() if row["uuid"] == generate.uuid_of("host", host))
    metrics = tables["host_metrics"].get(row["metrics"])
    assert metrics is None or 0 < metrics["memory_free"] < metrics["memory_total"]


def test_only_what_can_run_there_runs_on_a_host(tables: generate.Tables) -> None:
    for row in tables["host"].values():
        types = {tables["VM"][ref]["domain_type"] for ref in row["resident_VMs"]}
        if not any("hvm" in capability for capability in row["capabilities"]):
            assert types == {"pv"}


ALLOWED = {
    "VM-TOOLS-01": "pass fail unknown",
    "VM-TOOLS-02": "pass fail unknown not_applicable",
    "VM-DRIVERS-01": "pass fail unknown",
    "VM-MEMORY-01": "pass fail unknown not_applicable",
    "VM-MEMORY-02": "pass fail unknown not_applicable",
    "VM-DISKS-01": "pass fail unknown not_applicable",
    "VM-DISKS-02": "pass fail unknown not_applicable",
    "VM-NAME-01": "pass fail unknown",
    "HOST-LIVE-01": "pass fail unknown",
    "HOST-CPU-01": "pass fail unknown",
    "HOST-NAME-01": "pass fail unknown",
    "POOL-NAME-01": "fail",  # there is one pool
    "SR-NAME-01": "pass fail unknown",
    "NETWORK-NAME-01": "pass fail unknown",
    "VDI-NAME-01": "pass fail unknown",
}


def audited(reports: Path, *arguments: str) -> Any:
    """The results of an audit by the real command line."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", "--report-dir", str(reports), *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    return json.loads((reports / "results.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The results of the demo: through the simulator, which has a clock and answers questions."""
    return audited(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def from_a_file(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The results of an audit of the same pool as a database file."""
    return audited(tmp_path_factory.mktemp("file"), "--pool", str(SAMPLE))


@pytest.fixture(params=["from_a_file", "demo"])
def audit(request: pytest.FixtureRequest) -> tuple[bool, Any]:
    """Whether the source had a clock, and the results."""
    return request.param == "demo", request.getfixturevalue(request.param)


def test_an_audit_gives_the_verdicts_that_the_truth_tables_demand(audit: tuple[bool, Any]) -> None:
    clock, results = audit
    given = {(each["control"], each["subject"]["uuid"]): each["verdict"] for each in results["verdicts"]}
    demanded = expected(clock=clock)
    wrong = {key: (demanded[key], given.get(key)) for key in demanded if given.get(key) != demanded[key]}
    assert not wrong, "(control, subject): (demanded, given)"
    others = {key: word for key, word in given.items() if key not in demanded and key[0] in ALLOWED}
    assert {control for control, _ in others} == {"SR-NAME-01", "NETWORK-NAME-01", "VDI-NAME-01"}
    assert set(others.values()) == {"pass"}


@pytest.mark.parametrize("control", ALLOWED)
def test_an_audit_shows_every_verdict_of_a_control(audit: tuple[bool, Any], control: str) -> None:
    _, results = audit
    shown = {each["verdict"] for each in results["verdicts"] if each["control"] == control}
    assert shown == set(ALLOWED[control].split())


def test_templates_snapshots_and_control_domains_are_not_judged(audit: tuple[bool, Any]) -> None:
    _, results = audit
    judged = {each["subject"]["uuid"] for each in results["verdicts"] if each["subject"]["kind"] == "vm"}
    assert judged == {generate.uuid_of("VM", guest.key) for guest in story.GUESTS}


def test_every_control_has_its_row(demo: Any) -> None:
    controls = {each["control"] for each in demo["verdicts"]}
    assert controls - ALLOWED.keys() == rows(STORY).keys(), "give the new control a row in STORY"


@pytest.mark.parametrize("control", rows(STORY))
def test_the_demo_shows_what_the_story_tells(demo: Any, control: str) -> None:
    row = rows(STORY)[control]
    shown = [each for each in demo["verdicts"] if each["control"] == control]
    assert {each["verdict"] for each in shown} == row.words
    failing = {
        each["subject"]["uuid"]: each["subject"]["name"] for each in shown if each["verdict"] == "fail"
    }
    demanded = uuids(control, row.failing)
    assert failing.keys() - demanded == set(), f"findings that the story does not tell: {failing}"
    assert demanded - failing.keys() == set(), f"of {row.failing} only these fail: {failing}"


def test_a_file_earns_the_verdicts_of_the_demo(demo: Any, from_a_file: Any) -> None:
    excused = set(" ".join(FROM_A_FILE.values()).split())
    new = generate.uuid_of("VM", "checkout")  # a file cannot tell that it has just started
    told = [
        {
            (each["control"], each["subject"]["uuid"]): each["verdict"]
            for each in results["verdicts"]
            if each["control"] not in excused and each["subject"]["uuid"] != new
        }
        for results in (demo, from_a_file)
    ]
    assert told[0] == told[1]
    assert "error" not in {each["verdict"] for each in from_a_file["verdicts"]}
