"""Linux guests as machines, asked over ssh: what controls make of what they really tell."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest
from msgspec import structs

from fixtures.facts.pool import Pool
from fixtures.policy.inside import Inside, Login
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine as Asked
from fixtures.verdict import Word
from tests.building import CHECKS, a_reading, verdict
from tests.corpus import needs_corpus
from tests.inside import plausible
from tests.inside.machines import Contents, Machine, needs_machines
from tests.inside.recordings import recorded
from tests.linux_insides import BREAKS_OF_LINUX

GUEST: Final = "OpaqueRef:VM"
UUID: Final = "5b1e5f3f-9d0c-4a57-8a63-0b3c6a0f4a11"

GOOD: Final[dict[str, Word]] = {
    "INSIDE-LINUX-XEN-01": "pass",
    "INSIDE-LINUX-DISKS-01": "pass",
    "INSIDE-LINUX-NICS-01": "pass",
    "INSIDE-LINUX-DRIVERS-01": "pass",
    "INSIDE-LINUX-BALLOON-01": "pass",
    "INSIDE-LINUX-REBOOT-01": "pass",
    "INSIDE-LINUX-EOL-01": "pass",
    "INSIDE-LINUX-AGENT-01": "pass",
    "INSIDE-LINUX-AGENT-02": "fail",  # nobody had enabled its service
    "INSIDE-LINUX-AGENT-03": "pass",
    "INSIDE-LINUX-AGENT-04": "pass",
    "INSIDE-LINUX-REPOSITORY-01": "unknown",  # apt was not asked
}
"""What is said of the recorded PV guest whose agent runs."""
NO_SYSTEMD: Final[dict[str, Word]] = {"INSIDE-LINUX-AGENT-02": "unknown"}


def pool_around(contents: Contents, changes: Mapping[str, Any], user: str = "root") -> Pool:
    """A compliant pool whose VM was looked into, and is this machine."""
    with Machine(*contents, user=user) as machine:
        door = machine.door
        login = Login(key=str(door.key), known_hosts=str(door.known_hosts), user=door.user, port=door.port)
        asked = Asked(ref=GUEST, system="linux", address=door.address, login=login)
        (told,) = ask_all([asked], Inside())
    assert told.failure is None
    uuid = told.answers["identity"].output.strip()
    reading = a_reading({"VM.uuid": uuid, **changes})
    return Pool(structs.replace(reading, inside={GUEST: told}), timedelta(minutes=3))


def said(contents: Contents, user: str = "root") -> dict[str, tuple[Word, str]]:
    """Control → what it says of the machine, and why."""
    pool = pool_around(contents, {}, user)
    return {each: verdict(each, pool) for each in CHECKS if each.startswith("INSIDE-LINUX-")}


RECORDED: Final = {
    "VM_guest_metrics.PV_drivers_version": {"major": "10", "minor": "0", "micro": "0", "build": "1"},
    "VM_guest_metrics.os_version": {
        "distro": "debian",
        "major": "12",
        "minor": "15",
        "name": "Debian 12.15",
        "uname": "6.1.0-56-amd64",
    },
    "VM_guest_metrics.networks": {"0/ip": "10.0.2.31", "0/ipv4/0": "10.0.2.31"},
    "VM.domain_type": "pv",
    "VM_metrics.current_domain_type": "pv",
}
"""What XAPI would tell of the recorded PV guest."""


def claims(contents: Contents, changes: Mapping[str, Any]) -> dict[str, tuple[Word, str]]:
    """Claim of guests → what it says of the machine, but for MAC, disks and memory, which are made up."""
    pool = pool_around(contents, changes)
    names = ("TYPE", "DRIVERS", "AGENT", "TOOLS", "OS", "KERNEL", "ADDRESS")
    return {name: verdict(f"INSIDE-CLAIM-{name}-01", pool) for name in names}


def words(told: Mapping[str, tuple[Word, str]]) -> dict[str, Word]:
    """Control → its verdict."""
    return {control: word for control, (word, _) in told.items()}


@needs_machines
@needs_corpus
@pytest.mark.parametrize(
    ("folder", "differs"),
    [
        ("svmoff/guest-pv", {}),
        ("svmoff/guest-pv-agent-dead", {"INSIDE-LINUX-AGENT-01": "fail"}),
        ("svmon/guest-hvmpv", NO_SYSTEMD),
        (
            "svmon/guest-hvmemul",
            {
                "INSIDE-LINUX-DISKS-01": "fail",
                "INSIDE-LINUX-NICS-01": "fail",
                "INSIDE-LINUX-AGENT-01": "fail",
                **NO_SYSTEMD,
            },
        ),
    ],
)
def test_recorded_guests(folder: str, differs: dict[str, Word]) -> None:
    told = said(recorded(folder))
    assert words(told) == GOOD | differs, told


@needs_machines
@needs_corpus
def test_what_is_emulated_and_what_gave_up_is_named() -> None:
    emulated = said(recorded("svmon/guest-hvmemul"))
    assert "sda (QEMU HARDDISK)" in emulated["INSIDE-LINUX-DISKS-01"][1]
    assert "eth0 (e1000)" in emulated["INSIDE-LINUX-NICS-01"][1]
    dead = said(recorded("svmoff/guest-pv-agent-dead"))
    assert "is inactive/dead, Result=success" in dead["INSIDE-LINUX-AGENT-01"][1]


@needs_machines
def test_an_alpine_guest_has_no_systemd_and_no_ip() -> None:
    told = said(plausible.alpine_guest(UUID))
    assert words(told) == dict.fromkeys(GOOD, "pass"), told
    assert "xe-guest-utilities 8.4.0-r9" in told["INSIDE-LINUX-AGENT-01"][1]


@needs_machines
def test_a_redhat_guest_with_lvm_a_newer_kernel_and_a_service_of_old() -> None:
    told = said(plausible.redhat_guest(UUID))
    failed = {control for control, word in words(told).items() if word == "fail"}
    assert failed == {"INSIDE-LINUX-REBOOT-01", "INSIDE-LINUX-EOL-01"}, told
    assert "3.10.0-1160.119.1.el7.x86_64" in told["INSIDE-LINUX-REBOOT-01"][1]
    assert told["INSIDE-LINUX-DISKS-01"] == ("pass", "in use: xvda (vbd)")
    assert told["INSIDE-LINUX-REPOSITORY-01"] == ("pass", "yum: epel")


@needs_machines
def test_an_ubuntu_guest_with_a_package_of_its_distribution_that_asks_for_a_restart() -> None:
    told = said(plausible.ubuntu_guest(UUID))
    failed = {control for control, word in words(told).items() if word == "fail"}
    assert failed == {"INSIDE-LINUX-REBOOT-01"}, told
    assert told["INSIDE-LINUX-AGENT-03"] == ("pass", "only xe-guest-utilities")
    assert told["INSIDE-LINUX-AGENT-04"] == ("pass", "xe-guest-utilities 7.20.0-0ubuntu1: at least 7.20")
    assert told["INSIDE-LINUX-REPOSITORY-01"] == ("pass", "apt: xe-guest-utilities")


@needs_machines
def test_nothing_of_it_needs_root() -> None:
    contents = plausible.alpine_guest(UUID)
    assert said(contents, user="auditor") == said(contents)


@needs_machines
@pytest.mark.parametrize("answers", [True, False])
def test_a_container_does_not_speak_for_the_machine_that_it_is_in(answers: bool) -> None:
    good = plausible.alpine_guest(UUID)
    number = 4026532198 if answers else 4026531836
    told = said(good._replace(links={**good.links, "/proc/self/ns/pid": f"pid:[{number}]"}))
    assert set(words(told).values()) == {"unknown" if answers else "pass"}, told
    assert ("a container answers" in told["INSIDE-LINUX-AGENT-01"][1]) == answers


@needs_machines
def test_an_agent_of_which_only_systemd_tells_has_a_name() -> None:
    assert said(plausible.pv_guest(UUID))["INSIDE-LINUX-AGENT-01"] == (
        "pass",
        "it runs: xe-linux-distribution",
    )


@needs_machines
@pytest.mark.parametrize(("state", "expected"), [("S", "pass"), ("Z", "fail")])
def test_an_agent_that_nobody_buried_does_not_run(state: str, expected: Word) -> None:
    good = plausible.alpine_guest(UUID)
    files = {**good.files, "/proc/1711/stat": f"1711 (xe-daemon) {state} 1 1711 1711 0 -1\n"}
    assert said(good._replace(files=files))["INSIDE-LINUX-AGENT-01"][0] == expected


@needs_machines
@pytest.mark.parametrize(("driver", "expected"), [("vbd", "pass"), ("vif", "pass"), ("other", "fail")])
def test_a_kernel_that_was_built_without_the_name_of_its_hypervisor(driver: str, expected: Word) -> None:
    good = plausible.alpine_guest(UUID)
    files = {path: text for path, text in good.files.items() if path != "/sys/hypervisor/type"}
    files[f"/sys/bus/xen/drivers/{driver}/uevent"] = ""
    assert said(good._replace(files=files))["INSIDE-LINUX-XEN-01"][0] == expected


@needs_machines
def test_passwords_of_repositories_stay_where_they_are() -> None:
    pool = pool_around(plausible.redhat_guest(UUID), {})
    assert "secret" not in str(pool.reading.inside[GUEST])


@needs_machines
def test_a_disk_without_a_model_and_an_interface_without_a_vendor_are_not_called_emulated() -> None:
    told = said(plausible.emulated_guest(UUID))
    assert told["INSIDE-LINUX-DISKS-01"] == (
        "unknown",
        "whether it is emulated cannot be told of sda (sd)",
    )
    assert told["INSIDE-LINUX-NICS-01"][0] == "unknown"


@needs_machines
@needs_corpus
def test_a_recorded_guest_says_what_xapi_would_say() -> None:
    told = claims(recorded("svmoff/guest-pv"), RECORDED)
    assert words(told) == dict.fromkeys(told, "pass"), told


@needs_machines
@needs_corpus
def test_a_recorded_guest_whose_agent_died_contradicts_its_last_report() -> None:
    told = claims(recorded("svmoff/guest-pv-agent-dead"), RECORDED)
    assert [name for name, word in words(told).items() if word == "fail"] == ["AGENT"], told
    assert told["AGENT"][1] == "XAPI says that its agent reports, the guest that none runs"


@needs_machines
@needs_corpus
def test_a_recorded_guest_on_emulated_devices_contradicts_a_report_of_active_drivers() -> None:
    hvm = {"VM.domain_type": "hvm", "VM_metrics.current_domain_type": "hvm"}
    told = claims(recorded("svmon/guest-hvmemul"), RECORDED | hvm)
    assert {name for name, word in words(told).items() if word == "fail"} == {"DRIVERS", "AGENT", "ADDRESS"}
    assert "sda (QEMU HARDDISK), eth0 (e1000)" in told["DRIVERS"][1]
    assert told["ADDRESS"][1] == "XAPI says 10.0.2.31, the guest 10.0.2.34"


@needs_machines
def test_all_claims_of_an_alpine_guest() -> None:
    uname = {"distro": "alpine", "major": "3", "name": "Alpine Linux v3.22", "uname": "6.6.49-0-virt"}
    pool = pool_around(plausible.alpine_guest(UUID), {"VM_guest_metrics.os_version": uname})
    told = {each: verdict(each, pool) for row in BREAKS_OF_LINUX for each in row.split() if "CLAIM" in each}
    assert words(told) == dict.fromkeys(told, "pass"), told
    assert told["INSIDE-CLAIM-DISKS-01"][1] == "XAPI says 1 (20 GiB), the guest 1 (20 GiB)"
