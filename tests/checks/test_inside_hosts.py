"""What Xen and the control domain's kernel say from within, and what XAPI says of them."""

from typing import Any

import pytest

from fixtures.verdict import Word
from tests.building import ABSENT, CHECKS, COMPLIANT, a_pool, judged, verdict, verdicts_on
from tests.insides import DOM0, changed_xl_info

NO_XL = [127, "sh: 1: xl: not found\n"]
NOT_ROOT = [1, "cannot init xl context: Permission denied\n"]
NO_HVM = {
    "inside.host.xl_info": changed_xl_info("virt_caps", "pv pv_directio"),
    "inside.host.xen_caps": "xen-3.0-x86_64 \n",
}
UNREACHED = {"inside.host": {"system": "dom0", "failure": "it does not answer in time"}}
ANOTHER = {"inside.host.identity": "99999999-0000-4000-8000-000000000009\n"}
OF_ONE_HOST = [
    "INSIDE-HOST-VIRT-01",
    "INSIDE-HOST-VIRT-02",
    "INSIDE-HOST-IOMMU-01",
    "INSIDE-CLAIM-VIRT-01",
    "INSIDE-CLAIM-IOMMU-01",
    "INSIDE-CLAIM-SOFTWARE-01",
]
OF_THE_POOL = ["INSIDE-HOST-XEN-01", "INSIDE-HOST-KERNEL-01", "INSIDE-HOST-MICROCODE-01"]


@pytest.mark.parametrize("control", OF_ONE_HOST + OF_THE_POOL)
@pytest.mark.parametrize("why", [UNREACHED, ANOTHER])
def test_a_host_that_does_not_answer_is_unknown(control: str, why: dict[str, Any]) -> None:
    judged(control, why, "unknown")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (NO_HVM, "fail"),
        # Without root the kinds of guests tell it.
        ({"inside.host.xl_info": NOT_ROOT}, "pass"),
        (NO_HVM | {"inside.host.xl_info": NOT_ROOT}, "fail"),
        ({"inside.host.xl_info": NO_XL, "inside.host.xen_caps": "\n"}, "unknown"),
        ({"inside.host.xl_info": "virt_caps :\n", "inside.host.xen_caps": "xen-3.0-x86_64 \n"}, "fail"),
        ({"inside.host.xl_info": "virt_caps :\n", "inside.host.xen_caps": None}, "unknown"),
        ({"inside.host.xl_info": NO_XL, "inside.host.xen_caps": None}, "unknown"),
        ({"inside.host.xl_info": "host : alder\n", "inside.host.xen_caps": [1, "No such file"]}, "unknown"),
    ],
)
def test_hardware_virtualization(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-HOST-VIRT-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.host.xl_dmesg": ""}, "pass"),
        ({"inside.host.xl_dmesg": "(XEN) CPU0: VMX disabled by BIOS.\n"}, "fail"),
        ({"inside.host.xl_dmesg": "(XEN) [    1.2] CPU7: AMD SVM Extension is disabled in BIOS.\n"}, "fail"),
        (NO_HVM | {"inside.host.xl_dmesg": "(XEN) CPU0: VMX disabled by BIOS.\n"}, "fail"),
        # A ring forgets: that there is no message proves nothing.
        (NO_HVM, "unknown"),
        ({"inside.host.xl_dmesg": NO_XL}, "unknown"),
    ],
)
def test_locks_of_the_firmware(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-HOST-VIRT-02", changes, expected)


def virt_caps(capabilities: str) -> dict[str, Any]:
    return {"inside.host.xl_info": changed_xl_info("virt_caps", capabilities)}


ENABLED = {"inside.host.xl_dmesg": "(XEN) I/O virtualisation enabled\n"}
DISABLED = {"inside.host.xl_dmesg": "(XEN) I/O virtualisation disabled\n"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.host.xl_dmesg": "(XEN) [    2.145921] I/O virtualisation enabled\n"}, "pass"),
        (virt_caps("pv hvm hvm_directio"), "pass"),
        (virt_caps("pv pv_directio"), "pass"),
        (virt_caps("pv hvm hap") | DISABLED, "fail"),
        (virt_caps("pv hvm hap") | {"inside.host.xl_dmesg": ""}, "fail"),
        (virt_caps("pv hvm hap") | {"inside.host.xl_dmesg": NO_XL}, "fail"),
        (virt_caps("pv hvm hap") | ENABLED, "unknown"),
        (virt_caps("pv hvm hvm_directio") | DISABLED, "unknown"),
        ({"inside.host.xl_info": "virt_caps :\n"}, "unknown"),
        ({"inside.host.xl_info": "virt_caps :\n"} | DISABLED, "fail"),
        ({"inside.host.xl_info": "host : alder\n"} | ENABLED, "pass"),
        ({"inside.host.xl_info": "host : alder\n"} | DISABLED, "fail"),
        ({"inside.host.xl_info": NO_XL, "inside.host.xl_dmesg": NO_XL}, "unknown"),
        ({"inside.host.xl_info": NO_XL, "inside.host.xl_dmesg": ""}, "unknown"),
    ],
)
def test_iommu(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-HOST-IOMMU-01", changes, expected)


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (NO_HVM | {"host.capabilities": ["xen-3.0-x86_64"]}, "pass", ""),
        (NO_HVM, "fail", "XAPI's capabilities say hvm yes, Xen on the host says no"),
        ({"host.capabilities": ["xen-3.0-x86_64"]}, "fail", "say hvm no, Xen on the host says yes"),
        ({"host.capabilities": []}, "unknown", "empty"),
        ({"inside.host.xl_info": NO_XL, "inside.host.xen_caps": None}, "unknown", "no such command"),
    ],
)
def test_claim_of_hardware_virtualization(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("INSIDE-CLAIM-VIRT-01", a_pool(changes))
    assert (word, said in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        (virt_caps("pv hvm") | DISABLED | {"host.chipset_info": {"iommu": "false"}}, "pass"),
        (virt_caps("pv hvm") | DISABLED, "fail"),
        ({"host.chipset_info": {"iommu": "false"}}, "fail"),
        ({"host.chipset_info": {}}, "unknown"),
        ({"host.chipset_info": ABSENT}, "unknown"),
        (
            {"host.chipset_info": ABSENT, "host.software_version": {"product_version": "5.6"}},
            "not_applicable",
        ),
        (virt_caps("pv hvm") | ENABLED, "unknown"),
    ],
)
def test_claim_of_an_iommu(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-CLAIM-IOMMU-01", changes, expected)


def recorded(**versions: str) -> dict[str, Any]:
    return {"host.software_version": COMPLIANT["host"]["software_version"] | versions}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ({}, "pass", ""),
        (recorded(xen="4.17.5-14"), "fail", "record says Xen 4.17.5-14, the host runs 4.17.5-15"),
        (recorded(linux="4.19.0+2"), "fail", "record says kernel 4.19.0+2, the host runs 4.19.0+1"),
        (recorded(linux="4.19.0+2", xen=""), "fail", "kernel"),
        (recorded(xen="4.17\u202e"), "fail", "4.17\\u202e"),
        (recorded(xen=""), "unknown", "tells no xen"),
        ({"host.software_version": ABSENT}, "unknown", "tells no"),
        ({"inside.host.xl_info": "xen_version : 4.17.5-15\n"}, "unknown", "release"),
    ],
)
def test_claim_of_software(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("INSIDE-CLAIM-SOFTWARE-01", a_pool(changes))
    assert (word, said in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("control", "changes"),
    [
        ("INSIDE-CLAIM-VIRT-01", NO_HVM),
        ("INSIDE-CLAIM-IOMMU-01", virt_caps("pv hvm") | DISABLED),
        ("INSIDE-CLAIM-SOFTWARE-01", recorded(xen="4.17.5-14")),
        ("INSIDE-CLAIM-SYSLOG-01", {"inside.host.rsyslog": "@198.51.100.1\n"}),
    ],
)
def test_a_database_is_older_than_the_look_inside(control: str, changes: dict[str, Any]) -> None:
    assert verdict(control, a_pool(changes))[0] == "fail"
    assert verdict(control, a_pool(changes, clock=None))[0] == "unknown"
    assert verdict(control, a_pool(clock=None))[0] == "pass"


OTHER = {
    "INSIDE-HOST-XEN-01": ("xl_info", changed_xl_info("xen_version", "4.17.5-14")),
    "INSIDE-HOST-KERNEL-01": ("xl_info", changed_xl_info("version", "#1 SMP Mon Jan 5 2026")),
    "INSIDE-HOST-MICROCODE-01": ("cpu", DOM0["cpu"].replace("0xa101148", "0xa101111")),
}


@pytest.mark.parametrize("control", OF_THE_POOL)
def test_what_hosts_have_in_common(control: str) -> None:
    question, output = OTHER[control]
    one_differs = {f"inside.host2.{question}": output}
    assert [word for word, _ in verdicts_on(control, a_pool())] == ["pass", "pass"]
    # Of two hosts that differ nobody can say which is right; a silent one decides nothing.
    assert [word for word, _ in verdicts_on(control, a_pool(one_differs))] == ["fail", "fail"]
    assert verdict(control, a_pool({f"inside.host2.{question}": ""}))[0] == "unknown"
    assert verdict(control, a_pool({"inside.host2": ABSENT}))[0] == "unknown"
    assert verdict(control, a_pool({"host:2": ABSENT}))[0] == "not_applicable"


def test_a_rebuilt_xen_is_another() -> None:
    judged("INSIDE-HOST-XEN-01", {"inside.host.xl_info": changed_xl_info("build_id", "99")}, "fail")
    old = DOM0["xl_info"].replace("build_id", "no_such_line")
    judged("INSIDE-HOST-XEN-01", {"inside.host.xl_info": old, "inside.host2.xl_info": old}, "pass")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # Microcode of other CPUs is another anyway.
        ({"inside.host2.cpu": DOM0["cpu"].replace("17", "18")}, "not_applicable"),
        ({"inside.host.cpu": DOM0["cpu"] + "microcode\t: 0xa101111\n"}, "fail"),
        ({"inside.host.cpu": DOM0["cpu"].replace("microcode", "bugs")}, "unknown"),
        ({"inside.host.cpu": DOM0["cpu"].replace("stepping", "bugs")}, "unknown"),
    ],
)
def test_microcode(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-HOST-MICROCODE-01", changes, expected)


@pytest.mark.parametrize("flood", ["\n", "-", " ", "=", '"', "@", "1 "])
def test_a_host_that_babbles_costs_its_own_verdicts_only(flood: str) -> None:
    babble = {f"inside.host.{question}": flood * 200_000 for question in DOM0 if question != "identity"}
    pool = a_pool(babble)
    words = {control: verdict(control, pool)[0] for control in CHECKS if "INSIDE-HOST-" in control}
    assert set(words.values()) <= {"unknown", "fail"}, words
