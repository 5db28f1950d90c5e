"""How control domains run and what room they have, from within: one thing changed, one verdict."""

from typing import Any

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Hosts
from fixtures.verdict import Word
from tests.building import a_pool, judged, verdict
from tests.insides import DOM0

CONTROLS = {
    "INSIDE-HOST-SERVICES-01": "services",
    "INSIDE-HOST-SERVICES-02": "failed_units",
    "INSIDE-HOST-DISK-01": "room",
    "INSIDE-HOST-MEMORY-01": "room",
    "INSIDE-HOST-LOAD-01": "room",
    "INSIDE-HOST-TIME-01": "clock",
    "INSIDE-HOST-REBOOT-01": "installed",
    "INSIDE-HOST-KERNEL-02": "taint",
}


@pytest.mark.parametrize("control", CONTROLS)
def test_a_host_that_does_not_answer_is_unknown(control: str) -> None:
    judged(control, {}, "pass")
    judged(control, {"inside.host": {"system": "dom0", "failure": "it does not answer in time"}}, "unknown")
    for output in ("", "\x1b[31m\n", "\u202e: = 1\n", [124, ""], [127, "sh: 1: systemctl: not found\n"]):
        judged(control, {f"inside.host.{CONTROLS[control]}": output}, "unknown")


def service(state: str, load: str = "loaded") -> dict[str, Any]:
    """The first of the services in this state."""
    told = DOM0["services"].replace(
        "LoadState=loaded\nActiveState=active", f"LoadState={load}\nActiveState={state}", 1
    )
    return {"inside.host.services": told}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (service("reloading"), "pass"),
        (service("inactive", load="not-found"), "unknown"),
        (
            {
                "inside.host.services": DOM0["services"]
                .replace("loaded", "not-found")
                .replace("not-found", "loaded", 1)
            },
            "pass",
        ),
        ({"inside.host.services": "Id=rsyslog.service\nLoadState=loaded\nActiveState=active\n"}, "unknown"),
        (service("inactive"), "fail"),
        (service("failed"), "fail"),
        (service("inactive", load="masked"), "fail"),
        (service("activating"), "unknown"),
        (service("deactivating"), "unknown"),
        (
            {
                "inside.host.services": service("activating")["inside.host.services"]
                + service("failed")["inside.host.services"]
            },
            "fail",
        ),
        ({"inside.host.services": "Id=xapi.service\nLoadState=not-found\nActiveState=inactive\n"}, "unknown"),
    ],
)
def test_essential_services(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-HOST-SERVICES-01", changes, expected)


@pytest.mark.parametrize(
    ("output", "expected", "said"),
    [
        ("  UNIT LOAD ACTIVE SUB DESCRIPTION\n0 loaded units listed.\n", "pass", ""),
        (
            "● mcelog.service loaded failed failed Logging\n\n1 loaded units listed.\n",
            "fail",
            "mcelog.service",
        ),
        (
            "* a@b\\x2d1.mount loaded failed failed b\n1 loaded units listed. Pass\n",
            "fail",
            "a@b\\x2d1.mount",
        ),
        (
            "UNIT LOAD ACTIVE SUB DESCRIPTION\nx.service loaded failed failed X\n1 loaded units listed.\n",
            "fail",
            "x",
        ),
        ("x.service loaded failed failed X\n", "unknown", ""),
        ("x.service loaded failed failed X\n2 loaded units listed.\n", "unknown", ""),
        ("Failed to get D-Bus connection: Operation not permitted\n", "unknown", ""),
    ],
)
def test_failed_units(output: str, expected: Word, said: str) -> None:
    word, reason = verdict("INSIDE-HOST-SERVICES-02", a_pool({"inside.host.failed_units": output}))
    assert (word, said in reason) == (expected, True), reason


def df(*lines: str) -> dict[str, Any]:
    return {
        "inside.host.room": "Filesystem 1024-blocks Used Available Capacity Mounted on\n" + "\n".join(lines)
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (df("/dev/sda1 100 90 10 90% /"), "pass"),
        (df("/dev/sda1 1000 901 99 91% /"), "fail"),
        # df leaves out what is kept for root, and rounds up.
        (df("/dev/sda1 100 86 9 91% /"), "fail"),
        (df("/dev/sda1 100 9 91 9% /", "/dev/sda5 100 100 0 100% /var/log"), "fail"),
        (df("/dev/sda1 100 9 91 9% /", "df: /boot: No such file or directory"), "pass"),
        (df("df: /: Permission denied", "/dev/sda5 100 10 90 10% /var/log"), "unknown"),
        (df("nfs server:/x y 100 9 91 9% /"), "pass"),
        (df("none 0 0 0 - /"), "unknown"),
    ],
)
def test_disks(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-HOST-DISK-01", changes, expected)


@pytest.mark.parametrize(
    ("total", "available", "expected"),
    [
        ("100", "5", "pass"),
        ("100", "4", "fail"),
        ("0", "0", "unknown"),
        ("5", "100", "unknown"),
        ("x", "1", "unknown"),
    ],
)
def test_memory(total: str, available: str, expected: Word) -> None:
    told = f"MemTotal:        {total} kB\nMemAvailable:    {available} kB\n"
    judged("INSIDE-HOST-MEMORY-01", {"inside.host.room": told}, expected)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Load: 8.00\nCPUs: 4\n", "pass"),
        ("Load: 8.40\nCPUs: 4\n", "fail"),
        ("Load: \nCPUs: 4\n", "unknown"),
        ("Load: 1.00\nCPUs: 0\n", "unknown"),
        (f"Load: {'9' * 5000}\nCPUs: 4\n", "unknown"),
    ],
)
def test_load(told: str, expected: Word) -> None:
    judged("INSIDE-HOST-LOAD-01", {"inside.host.room": told}, expected)


@pytest.mark.parametrize(
    ("control", "hosts"),
    [
        ("INSIDE-HOST-DISK-01", Hosts(control_domain_disk_percent=10)),
        ("INSIDE-HOST-MEMORY-01", Hosts(control_domain_memory_percent=20)),
        ("INSIDE-HOST-LOAD-01", Hosts(control_domain_load=0)),
    ],
)
def test_limits_are_the_policy_s(control: str, hosts: Hosts) -> None:
    busy = {"inside.host.room": DOM0["room"].replace("0.42", "2.42")}
    judged(control, busy, "pass")
    judged(control, busy, "fail", Policy(hosts=hosts))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Reference ID    : C0000201 (ntp)\nLeap status     : Insert second\n", "pass"),
        ("Reference ID    : 00000000 ()\nLeap status     : Not synchronised\n", "fail"),
        ("Reference ID    : 7F7F0101 ()\nLeap status     : Normal\n", "fail"),
        ("Reference ID    : 127.127.1.1 ()\nLeap status     : Normal\n", "fail"),
        # ntpd, where there is no chrony
        (
            "sh: 1: chronyc: not found\nassocid=0 status=0615 leap_none, sync_ntp, 1 event, clock_sync,\n",
            "pass",
        ),
        ("associd=0 status=c016 leap_alarm, sync_unspec, 1 event, restart,\n", "fail"),
        ("associd=0 status=0515 leap_none, sync_local, 1 event, clock_sync,\n", "fail"),
        # neither: what the kernel knows
        ("506 Cannot talk to daemon\nsh: 1: ntpq: not found\nNTP synchronized: yes\n", "pass"),
        ("sh: 1: ntpq: not found\nSystem clock synchronized: no\n", "fail"),
        ("506 Cannot talk to daemon\n", "unknown"),
    ],
)
def test_clock(told: str, expected: Word) -> None:
    judged("INSIDE-HOST-TIME-01", {"inside.host.clock": told}, expected)


SHIPPED = "filesystem 3.2-25.el7 1760000000\n"
SINCE = (
    "xen-hypervisor 4.17.5-15.1.xcpng8.3 1764000000\nkernel 4.19.19-8.0.44.1 1760000100\nbtime 1763000000\n"
)


@pytest.mark.parametrize(
    ("told", "expected", "said"),
    [
        (SHIPPED + SINCE, "fail", "xen-hypervisor 4.17.5-15.1.xcpng8.3"),
        # of several kernels the one that came last
        (SHIPPED + SINCE.replace("xen-hyp", "kernel 4.19.19-8.0.45.1 1764000000\nx"), "fail", "8.0.45.1"),
        # An installer whose clock was wrong: what came with the installation was there at the first boot.
        (SHIPPED.replace("60000", "63999") + SINCE, "unknown", "with the system itself"),
        (SHIPPED + SINCE + "live patch\n", "unknown", "live patch"),
        (SHIPPED + SINCE + "live patch?\n", "unknown", "live patch"),
        (SHIPPED + SINCE.replace("1764", "1762") + "live patch\n", "pass", ""),
        (SHIPPED + SINCE.replace("btime", "no"), "unknown", "started"),
        (SINCE, "unknown", "installed"),
        (
            SHIPPED + "package kernel is not installed\nbtime 1763000000\n",
            "unknown",
            "not tell of kernel and xen",
        ),
        (
            SHIPPED + SINCE.replace("1764", "1762").replace("xen-hyp", "x"),
            "unknown",
            "not tell of xen-hypervisor",
        ),
        (SHIPPED + SINCE.replace("kernel", "package kernel"), "fail", "xen-hypervisor 4.17.5"),
        ("sh: 1: rpm: not found\nbtime 1763000000\nreboot-required\n", "fail", "/run/reboot-required"),
        ("sh: 1: rpm: not found\nbtime 1763000000\n", "unknown", ""),
    ],
)
def test_restarts(told: str, expected: Word, said: str) -> None:
    word, reason = verdict("INSIDE-HOST-REBOOT-01", a_pool({"inside.host.installed": told}))
    assert (word, said in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("taint", "expected", "said"),
    [
        ("0\n", "pass", ""),
        ("12289\n", "pass", ""),  # P, O, E: modules of vendors
        ("512\n", "pass", "(W)"),
        ("128\n", "fail", "(D)"),
        ("16912\n", "fail", "(M)"),
        ("-1\n", "unknown", ""),
    ],
)
def test_mishaps_of_the_kernel(taint: str, expected: Word, said: str) -> None:
    word, reason = verdict("INSIDE-HOST-KERNEL-02", a_pool({"inside.host.taint": taint}))
    assert (word, said in reason) == (expected, True), reason
