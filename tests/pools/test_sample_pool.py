"""The embedded pool: it is what its generator writes, it holds together, and it shows every verdict.

The tables below are an oracle of their own: derived by hand from the documented truth tables of the
controls, not from what the checks say.
"""

import ipaddress
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
intranet              p        f         p         f         -        p        -        p
web-1                 p        u         p         p         p        p        -        p
web-2                 p        u         p         p         p        p        -        p
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
    known = {ref for rows in tables.values() for ref in rows} | {NULL}
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
    assert [(cls, name) for cls, name, _ in future] == [("pool", "telemetry_next_collection")]


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


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(["--pool", str(SAMPLE)], id="as a database file"),
        pytest.param([], id="through the simulator"),
    ],
)
def audit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[bool, Any]:
    """Whether the source had a clock, and the results of an audit by the real command line."""
    reports = tmp_path_factory.mktemp("reports")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", "--report-dir", str(reports), *request.param],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    return not request.param, json.loads((reports / "results.json").read_text("utf-8"))


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
