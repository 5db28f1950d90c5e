"""What of the lab is no QEMU: its command lines, what it makes of answers, and the audit that it runs."""

import tarfile
from pathlib import Path
from typing import Final

import pytest

from tests.corpus import CORPUS, needs_corpus
from tests.inside.machines import Machine, needs_machines
from tests.inside.plausible import host
from tests.lab.image import CONFIGURATION, arguments, pack
from tests.lab.judging import judge, misjudged
from tests.lab.machine import HARDWARE, Hardware, command
from tests.lab.sayings import Said, contradictions, differences, recorded, said

HVM: Final = Said(
    "pv hvm hap",
    "xen-3.0-x86_64 hvm-3.0-x86_64",
    "xen-3.0-x86_64 hvm-3.0-x86_64",
    ("HVM: SVM enabled", "I/O virtualisation disabled"),
)
SVM: Final = Hardware("svm", svm=True, iommu=False)
UUID: Final = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.mark.parametrize("hardware", HARDWARE.values(), ids=HARDWARE)
def test_machines_have_what_they_are_given_and_only_loopback_reaches_them(hardware: Hardware) -> None:
    line = command(hardware, 2222)
    cpu = line[line.index("-cpu") + 1].split(",")
    assert ("+svm" in cpu, "-svm" in cpu) == (hardware.svm, not hardware.svm)
    assert ("amd-iommu" in line) == hardware.iommu
    network = line[line.index("-netdev") + 1].split(",")
    assert "restrict=on" in network
    assert [word for word in network if "fwd" in word] == ["hostfwd=tcp:127.0.0.1:2222-10.0.2.15:22"]


def test_paths_with_blanks_are_one_word_of_a_hook(tmp_path: Path) -> None:
    hooks = [word for word in arguments(tmp_path / "a b", Path("c d.tar")) if "-hook=" in word]
    assert "--essential-hook=tar-in 'c d.tar' /" in hooks
    assert any(hook.endswith(f"'{tmp_path}/a b/vmlinuz'") for hook in hooks)


def test_dom0_gets_keys_that_nobody_else_reads(tmp_path: Path) -> None:
    pack(tmp_path, tmp_path / "dom0.tar")
    with tarfile.open(tmp_path / "dom0.tar") as archive:
        members = {member.name: member for member in archive}
    assert {member.uid for member in members.values()} == {0}
    assert members["etc/ssh/ssh_host_ed25519_key"].mode == 0o600
    assert (tmp_path / "user_key").stat().st_mode & 0o777 == 0o600
    ours = {str(path.relative_to(CONFIGURATION)) for path in CONFIGURATION.rglob("*") if path.is_file()}
    assert ours < set(members)


@pytest.mark.parametrize(
    ("hardware", "told", "wrong"),
    [
        (SVM, HVM, []),
        (SVM, HVM._replace(capabilities="xen-3.0-x86_64"), ["capabilities is 'xen-3.0-x86_64', with SVM on"]),
        (SVM._replace(iommu=True), HVM, ["virt_caps is 'pv hvm hap', with the IOMMU on"]),
        (
            SVM._replace(svm=False),
            HVM._replace(xen_caps="", capabilities=""),
            ["virt_caps is 'pv hvm hap', with SVM off"],
        ),
    ],
)
def test_a_dom0_that_contradicts_its_hardware_is_noticed(
    hardware: Hardware, told: Said, wrong: list[str]
) -> None:
    assert contradictions(hardware, told) == wrong


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        (HVM, []),
        (HVM._replace(virt_caps="pv"), ["virt_caps: recorded 'pv hvm hap', here 'pv'"]),
        (HVM._replace(boot=HVM.boot[1:]), ["xl dmesg: recorded, not here: HVM: SVM enabled"]),
        (HVM._replace(boot=(*HVM.boot, "AMD-Vi: X")), ["xl dmesg: here, not recorded: AMD-Vi: X"]),
    ],
)
def test_a_dom0_that_differs_from_a_recording_is_noticed(told: Said, wrong: list[str]) -> None:
    assert differences(HVM, told) == wrong


@needs_corpus
@pytest.mark.parametrize("hardware", HARDWARE.values(), ids=HARDWARE)
def test_recordings_agree_with_the_hardware_of_their_name(hardware: Hardware) -> None:
    assert CORPUS
    told = recorded(CORPUS / "xen" / hardware.name / "host")
    assert contradictions(hardware, told) == []
    assert any("I/O virtualisation" in line for line in told.boot)


@needs_machines
def test_a_dom0_is_asked_and_judged(tmp_path: Path) -> None:
    hardware = Hardware("xen1", svm=True, iommu=True)
    with Machine(*host(UUID)) as machine:
        told = said(machine.door)
        verdicts = judge(hardware, machine.door, told, tmp_path)
    assert contradictions(hardware, told) == []
    assert "HVM: VMX enabled" in told.boot
    assert misjudged(hardware, verdicts) == []
    assert misjudged(hardware._replace(svm=False), verdicts) == [
        "INSIDE-HOST-VIRT-01: pass, where fail is deserved",
        "INSIDE-HOST-VIRT-02: pass, where unknown is deserved",
    ]
    broken = {**verdicts, "INSIDE-HOST-DISK-01": ("error", "KeyError: 'room'")}
    assert misjudged(hardware, broken) == ["INSIDE-HOST-DISK-01: KeyError: 'room'"]
