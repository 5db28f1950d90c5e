"""Hosts of recordings and of our own, really asked over ssh, and what the controls say of them."""

from typing import Any

import msgspec
import pytest

from fixtures.facts.pool import Pool
from fixtures.policy.inside import Inside, Login
from fixtures.sources.inside.asking import ask_all
from fixtures.sources.inside.machine import Machine as Asked
from fixtures.verdict import Word
from tests.building import COMPLIANT, a_pool, verdict
from tests.corpus import needs_corpus
from tests.inside import plausible
from tests.inside.machines import Contents, Machine, needs_machines
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
        ("svmoff/host", {"VIRT-01": "fail", "VIRT-02": "unknown", "IOMMU-01": "fail", "KERNEL-01": "fail"}),
        ("svmon-iommu/host", {"VIRT-01": "pass", "VIRT-02": "pass", "IOMMU-01": "pass"}),
    ],
)
def test_recorded_hosts(folder: str, expected: dict[str, Word]) -> None:
    pool = asked(recorded(folder))
    words = {control: verdict(f"INSIDE-HOST-{control}", pool)[0] for control in expected}
    assert words == expected


@needs_machines
@needs_corpus
def test_a_recorded_host_against_the_record_of_another() -> None:
    pool = asked(recorded("svmoff/host"))
    assert verdict("INSIDE-CLAIM-VIRT-01", pool)[0] == "fail"
    assert verdict("INSIDE-CLAIM-IOMMU-01", pool)[0] == "fail"
    word, reason = verdict("INSIDE-CLAIM-SOFTWARE-01", pool)
    assert (word, "the host runs 4.17.7" in reason, "6.1.0-56-amd64" in reason) == ("fail", True, True)


@needs_machines
@pytest.mark.parametrize("control", ["VIRT-01", "VIRT-02", "IOMMU-01"])
def test_a_host_of_our_own_passes(control: str) -> None:
    assert verdict(f"INSIDE-HOST-{control}", asked(plausible.host(UUID)))[0] == "pass"


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
