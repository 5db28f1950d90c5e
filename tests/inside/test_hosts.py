"""Hosts of recordings and of our own, really asked over ssh, and what the controls say of them."""

from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.policy.inside import Inside, Login
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine as Asked
from fixtures.verdict import Word
from tests.building import CHECKS, COMPLIANT, a_pool, verdict
from tests.corpus import CORPUS, needs_corpus
from tests.inside import plausible
from tests.inside.machines import Answer, Contents, Machine, needs_machines
from tests.inside.recordings import recorded

UUID: str = COMPLIANT["host"]["uuid"]


def asked(contents: Contents, **machine: Any) -> Pool:
    """A pool whose first host is such a machine, which has been asked."""
    with Machine(*contents, **machine) as started:
        door = started.door
        login = Login(user=door.user, port=door.port, key=str(door.key), known_hosts=str(door.known_hosts))
        (told,) = ask_all(
            [Asked(ref="OpaqueRef:host", system="dom0", address=door.address, login=login)], Inside()
        )
    return a_pool({"inside.host": msgspec.to_builtins(told)})


def as_a_host(contents: Contents) -> Contents:
    """The recorded hosts have Xen, but no XAPI, which keeps a host's uuid there."""
    files = {**contents.files, "/etc/xensource-inventory": f"INSTALLATION_UUID='{UUID}'\n"}
    return contents._replace(files=files)


@needs_machines
@pytest.mark.parametrize(
    ("inventory", "expected"),
    [
        (f"A='b'\nINSTALLATION_UUID='{UUID}'\r\n", "pass"),
        (f'INSTALLATION_UUID="{UUID.upper()}"\n', "pass"),
        (f"INSTALLATION_UUID={UUID}", "pass"),
        ("INSTALLATION_UUID='99999999-0000-4000-8000-000000000009'\n", "another machine answers at"),
        ("PRODUCT_VERSION='8.3.0'\n", "its uuid is not told"),
        (f"INSTALLATION_UUID='{UUID}'\nINSTALLATION_UUID='x'\n", "another machine answers at"),
        (None, "identity: sed: /etc/xensource-inventory: No such file or directory"),
    ],
)
def test_a_host_is_known_by_its_inventory(inventory: str | None, expected: str) -> None:
    """At a host's address may be any machine: whoever looks may not be in the pool's network."""
    good = plausible.host(UUID)
    files = {path: text for path, text in good.files.items() if path != "/etc/xensource-inventory"}
    if inventory is not None:
        files["/etc/xensource-inventory"] = inventory
    word, reason = verdict("INSIDE-HOST-KERNEL-02", asked(good._replace(files=files)))
    assert expected in f"{word}: {reason}"
    assert word in {"pass", "unknown"}


@needs_machines
@needs_corpus
@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        (
            "svmon/host",
            {
                "VIRT-01": "pass",
                "VIRT-02": "pass",
                "IOMMU-01": "fail",
                "XEN-01": "fail",
                "MICROCODE-01": "not_applicable",
            },
        ),
        (
            "svmoff/host",
            {
                "VIRT-01": "fail",
                "VIRT-02": "unknown",
                "IOMMU-01": "fail",
                "KERNEL-01": "fail",
                "SERVICES-02": "pass",
            },
        ),
        ("svmon-iommu/host", {"VIRT-01": "pass", "VIRT-02": "pass", "IOMMU-01": "pass"}),
    ],
)
def test_recorded_hosts(folder: str, expected: dict[str, Word]) -> None:
    pool = asked(as_a_host(recorded(folder)))
    words = {control: verdict(f"INSIDE-HOST-{control}", pool)[0] for control in expected}
    assert words == expected


@needs_machines
@needs_corpus
@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("xenonly-intel-novmx", "fail"),
        ("xenonly-intel-novmx-vtd", "pass"),
        ("xenonly-nosvm-amdiommu", "pass"),
        ("xenonly-svm-amdiommu", "pass"),
        ("xenonly-svm-noiommu", "fail"),
    ],
)
def test_recorded_messages_of_xen_are_a_second_witness(folder: str, expected: Word) -> None:
    assert CORPUS
    messages = (CORPUS / "xen" / folder / "xen-console.log").read_bytes()
    good = plausible.host(UUID)
    pool = asked(Contents({"xl info": "host : alder\n", "xl dmesg": messages}, good.files, good.links))
    assert verdict("INSIDE-HOST-IOMMU-01", pool)[0] == expected


@needs_machines
@needs_corpus
def test_a_recorded_host_against_the_record_of_another() -> None:
    pool = asked(as_a_host(recorded("svmoff/host")))
    assert verdict("INSIDE-CLAIM-VIRT-01", pool)[0] == "fail"
    assert verdict("INSIDE-CLAIM-IOMMU-01", pool)[0] == "fail"
    word, reason = verdict("INSIDE-CLAIM-SOFTWARE-01", pool)
    assert (word, "the host runs 4.17.7" in reason, "6.1.0-56-amd64" in reason) == ("fail", True, True)


@needs_machines
def test_a_host_of_our_own_passes_all_that_needs_no_other() -> None:
    pool = asked(plausible.host(UUID))
    judged = {control: verdict(control, pool) for control in CHECKS if control.startswith("INSIDE-HOST-")}
    of_the_pool = {"INSIDE-HOST-XEN-01", "INSIDE-HOST-KERNEL-01", "INSIDE-HOST-MICROCODE-01"}
    assert {control: said for control, said in judged.items() if said[0] != "pass"}.keys() == of_the_pool


@needs_machines
@pytest.mark.parametrize(
    ("control", "command", "output"),
    [
        ("SERVICES-01", "systemctl show *", "Id=xapi.service\nLoadState=loaded\nActiveState=failed\n"),
        (
            "SERVICES-02",
            "systemctl list-units *",
            "x.service loaded failed failed X\n1 loaded units listed.\n",
        ),
        (
            "DISK-01",
            "df *",
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 9 9 0 100% /\n",
        ),
        ("TIME-01", "chronyc *", plausible.CHRONY.replace("Normal", "Not synchronised")),
        ("REBOOT-01", "rpm *", plausible.RPM.replace("1762", "1764")),
    ],
)
def test_what_ails_a_host_is_found(control: str, command: str, output: str) -> None:
    good = plausible.host(UUID)
    program = command.partition(" ")[0]
    others = {line: told for line, told in good.commands.items() if not line.startswith(f"{program} ")}
    ill = Contents({**others, command: output}, good.files, good.links)
    assert verdict(f"INSIDE-HOST-{control}", asked(ill))[0] == "fail"


@needs_machines
def test_a_live_patch_leaves_it_open_whether_a_restart_is_due() -> None:
    good = plausible.host(UUID)
    updated = {**good.commands, "rpm -q --qf *": plausible.RPM.replace("1762", "1764")}
    patched = {**updated, "xen-livepatch list": " hp_1_1 | APPLIED\n"}
    locked = {**updated, "xen-livepatch list": Answer(stderr="Permission denied\n", status=1)}
    for commands in (patched, locked):
        pool = asked(Contents(commands, good.files, good.links))
        assert verdict("INSIDE-HOST-REBOOT-01", pool)[0] == "unknown"


@needs_machines
def test_another_host_at_its_address_is_no_witness() -> None:
    word, reason = verdict(
        "INSIDE-HOST-VIRT-01", asked(plausible.host("99999999-0000-4000-8000-000000000009"))
    )
    assert (word, "another machine answers" in reason) == ("unknown", True)


@needs_machines
def test_without_root_little_is_known_but_nothing_wrong() -> None:
    pool = asked(plausible.host(UUID), user="auditor", only_root=["xl"])
    assert verdict("INSIDE-HOST-VIRT-01", pool)[0] == "pass"  # by /sys/hypervisor
    for control in ("VIRT-02", "IOMMU-01"):
        word, reason = verdict(f"INSIDE-HOST-{control}", pool)
        assert (word, "Permission denied" in reason) == ("unknown", True), reason


@needs_machines
def test_without_chrony_the_kernel_is_asked() -> None:
    good = plausible.host(UUID)
    others = {line: told for line, told in good.commands.items() if not line.startswith("chronyc ")}
    for word, expected in (("yes", "pass"), ("no", "fail")):
        told = {
            "ntpq -c rv": "ntpq: read: Connection refused\n",
            "timedatectl": f" NTP synchronized: {word}\n",
        }
        pool = asked(Contents({**others, **told}, good.files, good.links))
        assert verdict("INSIDE-HOST-TIME-01", pool)[0] == expected


@needs_machines
@pytest.mark.parametrize(
    ("control", "path", "content", "expected"),
    [
        (
            "INSIDE-HOST-TLS-01",
            "/etc/stunnel/xapi.conf",
            plausible.STUNNEL.replace("TLSv1.2", "TLSv1"),
            "fail",
        ),
        ("INSIDE-HOST-TLS-01", "/etc/stunnel/xapi.conf", "[xapi]\naccept = 443\n", "unknown"),
        ("INSIDE-CLAIM-SYSLOG-01", "/etc/rsyslog.d/xenserver.conf", "*.* ~\n#*.* @192.0.2.53\n", "fail"),
        (
            "INSIDE-CLAIM-SYSLOG-01",
            "/etc/rsyslog.d/xenserver.conf",
            'action(type="omfwd"\n  target="192.0.2.53" port="514")\n',
            "pass",
        ),
        (
            "INSIDE-CLAIM-SYSLOG-01",
            "/etc/rsyslog.d/xenserver.conf",
            '*.* action(type="omfwd"\n)\n',
            "unknown",
        ),
        ("INSIDE-HOST-KERNEL-02", "/proc/sys/kernel/tainted", "4225\n", "fail"),
        ("INSIDE-HOST-MEMORY-01", "/proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 2 kB\n", "fail"),
        ("INSIDE-HOST-LOAD-01", "/proc/loadavg", "9.10 9.22 9.31 1/512 4711\n", "fail"),
    ],
)
def test_what_its_files_say(control: str, path: str, content: str, expected: Word) -> None:
    good = plausible.host(UUID)
    pool = asked(Contents(good.commands, {**good.files, path: content}, good.links))
    assert verdict(control, pool)[0] == expected


@needs_machines
def test_what_only_root_may_know_of_ssh() -> None:
    good = plausible.host(UUID)
    weak = {
        **good.commands,
        "/usr/sbin/sshd -T": plausible.SSHD.replace("x11forwarding no", "x11forwarding yes"),
    }
    denied = {**good.commands, "/usr/sbin/sshd -T": Answer(stderr="sshd: no hostkeys available\n", status=1)}
    for commands, expected in ((weak, "fail"), (denied, "unknown")):
        assert verdict("INSIDE-HOST-SSH-02", asked(Contents(commands, good.files, good.links)))[0] == expected
