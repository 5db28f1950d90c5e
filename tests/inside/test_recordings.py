"""Recordings, and what we made up in their stead, as machines."""

from uuid import uuid4

import pytest

from tests.corpus import needs_corpus
from tests.inside import plausible
from tests.inside.doors import ssh
from tests.inside.machines import Contents, Machine, needs_machines
from tests.inside.recordings import recorded

DRIVERS = "readlink /sys/block/*/device/driver /sys/class/net/*/device/driver; true"
AGENT = "systemctl show -p ActiveState xe-linux-distribution.service | grep ^ActiveState; true"
PV = ["vbd", "vif"]
EMULATED = ["sd", "e1000"]


@needs_machines
@needs_corpus
@pytest.mark.parametrize(
    ("folder", "virtualization", "says"),
    [
        ("svmon/host", "pv hvm hap gnttab-v1 gnttab-v2", "HVM: SVM enabled"),
        ("svmoff/host", "pv gnttab-v1 gnttab-v2", "I/O virtualisation disabled"),
        ("svmon-iommu/host", "pv hvm hvm_directio", "AMD-Vi: IOMMU 0 Enabled."),
    ],
)
def test_a_recorded_host(folder: str, virtualization: str, says: str) -> None:
    told = _ask(
        recorded(folder), "xl info; xl dmesg; cat /proc/xen/capabilities; systemctl is-system-running"
    )
    assert f"virt_caps              : {virtualization}" in told
    assert says in told
    assert told.endswith("control_d\nrunning\n")


@needs_machines
@needs_corpus
@pytest.mark.parametrize(
    ("folder", "kind", "drivers", "agent"),
    [
        ("svmoff/guest-pv", "PV", PV, "ActiveState=active\n"),
        ("svmoff/guest-pv-agent-dead", "PV", PV, "ActiveState=inactive\n"),
        ("svmon/guest-hvmpv", "HVM", PV, "System has not been booted with systemd"),
        ("svmon/guest-hvmemul", "HVM", EMULATED, "System has not been booted with systemd"),
    ],
)
def test_a_recorded_guest(folder: str, kind: str, drivers: list[str], agent: str) -> None:
    with Machine(*recorded(folder)) as machine:
        facts = ssh(machine.door, "cat /sys/hypervisor/guest_type /sys/hypervisor/uuid; cat /proc/mounts")
        links = ssh(machine.door, DRIVERS).stdout.decode().split()
        service = ssh(machine.door, AGENT)
    assert facts.stdout.decode().startswith(f"{kind}\n")
    assert b" / ext4 " in facts.stdout
    assert [link.rpartition("/")[2] for link in links] == drivers
    assert agent in (service.stdout + service.stderr).decode()


@needs_machines
def test_a_host_of_our_own() -> None:
    uuid = str(uuid4())
    told = _ask(plausible.host(uuid), "cat /etc/xensource-inventory; xl info; chronyc -n tracking")
    assert uuid in told
    assert " hvm_directio " in told
    assert told.endswith(": Normal\n")


@needs_machines
@pytest.mark.parametrize(
    ("contents", "drivers", "agent"),
    [
        (plausible.pv_guest("a"), PV, "ActiveState=active\n"),
        (plausible.emulated_guest("b"), EMULATED, "ActiveState=inactive\n"),
    ],
    ids=["pv", "emulated"],
)
def test_a_guest_of_our_own(contents: Contents, drivers: list[str], agent: str) -> None:
    told = _ask(contents, f"{DRIVERS}; {AGENT}").splitlines(keepends=True)
    assert [link.strip().rpartition("/")[2] for link in told[:2]] == drivers
    assert told[2:] == [agent]


def _ask(contents: Contents, command: str) -> str:
    with Machine(*contents) as machine:
        return ssh(machine.door, command).stdout.decode()
