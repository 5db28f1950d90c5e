"""INSIDE-LINUX-*: what a Linux guest tells of itself, one thing changed, one verdict."""

import random
from typing import Any, Final

import pytest

from fixtures.policy import Policy
from fixtures.policy.sections import Tools
from fixtures.verdict import Word
from tests.building import ABSENT, GIB, a_pool, judged, verdict
from tests.linux_insides import AGENT, BREAKS_OF_LINUX, DEBIAN, KERNEL, LINUX, SERVICE

CONTROLS: Final = sorted({control for controls in BREAKS_OF_LINUX for control in controls.split()})
FIXED: Final = {"VM.memory_dynamic_min": 2 * GIB}
NOT_THERE: Final = [127, "sh: not found"]
WINDOWS: Final = {"inside.VM": {"system": "windows", "answers": {}}}
SILENT: Final = {"inside.VM": {"system": "linux", "failure": "connection refused"}}
DISKS: Final = LINUX["disks"]
EMULATED: Final = "disk|sda|sd|41943040|0|QEMU HARDDISK\n"
HIDDEN: Final = AGENT.replace("init|systemd\n", "").replace("process|xe-daemon\n", "")
GAVE_UP: Final = (
    AGENT.replace("process|xe-daemon\n", "").replace("=active", "=inactive").replace("=running", "=dead")
)
ALPINE: Final = (
    "manager|apk\npackage|xe-guest-utilities|8.4.0-r9\nscript|xe-guest-utilities\n"
    "enabled|xe-guest-utilities\nbinary|/usr/sbin/xe-daemon\ninit|init\nprocess|xe-daemon\n"
)
NONE: Final = "manager|dpkg-query\ninit|systemd\n"


@pytest.mark.parametrize("control", [each for each in CONTROLS if each.startswith("INSIDE-LINUX-")])
@pytest.mark.parametrize(("changes", "expected"), [(SILENT, "unknown"), (WINDOWS, "not_applicable")])
def test_who_does_not_answer_and_who_is_not_asked(
    control: str, changes: dict[str, Any], expected: Word
) -> None:
    judged(control, changes, expected)


@pytest.mark.parametrize("control", CONTROLS)
def test_no_answer_is_an_error(control: str) -> None:
    """Whatever a guest prints: lines lost, doubled and swapped, fields of other alphabets or endless."""
    chance = random.Random(control)
    for _ in range(60):
        changes = {f"inside.VM.{question}": garbled(LINUX[question], chance) for question in list(LINUX)[1:]}
        word, reason = verdict(control, a_pool(changes))
        assert word in {"pass", "fail", "unknown", "not_applicable"}
        assert "\x1b" not in reason
        assert "\u202e" not in reason


@pytest.mark.parametrize("question", list(LINUX)[1:])
def test_a_guest_that_babbles_is_not_listened_to(question: str) -> None:
    changes = {f"inside.VM.{question}": LINUX[question] * 40000}
    words = {verdict(control, a_pool(changes))[0] for control in CONTROLS}
    assert words == {"pass", "unknown"}


def garbled(text: str, chance: random.Random) -> str:
    """An answer as nobody would give it who means well."""
    lines = text.splitlines()
    for _ in range(chance.randrange(1, 5)):
        fields = chance.choice(lines).split("|")
        fields[chance.randrange(len(fields))] = chance.choice(
            [
                "",
                "\x1b[31m",
                "\u202e",
                "9" * 5000,
                "٣",
                "-1",
                "0x",
                "a|b",
                "=",
                "dm-0/dm-0",
                ".".join("1" * 99),
            ]
        )
        lines[chance.randrange(len(lines))] = "|".join(fields)
        chance.shuffle(lines)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("disks", "expected"),
    [
        (DISKS, "pass"),
        (NOT_THERE, "unknown"),
        (DISKS + EMULATED, "pass"),
        (DISKS + EMULATED + "used|/dev/sda\n", "fail"),
        (DISKS + EMULATED + "on|sda/sda1\nused|/dev/sda1\n", "fail"),
        (
            DISKS + EMULATED + "on|sda/sda3\ndisk|md0||1|0|\nbelow|md0|sda3\nbelow|dm-1|md0\nused|/dev/dm-1",
            "fail",
        ),
        (DISKS + "disk|nvme0n1|nvme|9|0|QEMU NVMe Ctrl\nused|/dev/nvme0n1\n", "fail"),
        (DISKS + "disk|nvme0n1|nvme|9|0|INTEL SSDPE\nused|/dev/nvme0n1\n", "pass"),
        (DISKS + "disk|sda|sd|9|0|VIRTUAL-DISK\nused|/dev/sda\n", "pass"),
        (DISKS + "disk|sda|sd|9|0|\nused|/dev/sda\n", "unknown"),
        (DISKS + "disk|sda|sd|9|0|\n", "pass"),
        (DISKS + "disk|nbd0||9|0|\nused|/dev/nbd0\n", "pass"),
        (DISKS + "unresolved|zfs\n", "pass"),
        (DISKS + EMULATED + "unresolved|zfs\n", "unknown"),
        (DISKS + EMULATED + "used|/dev/root\n", "unknown"),
        (DISKS + EMULATED + "used|/dev/sr0\nused|/dev/zram0\nused|/dev/loop3\n", "pass"),
        ("disk|xvda|vbd|9|0|\n", "not_applicable"),
        ("", "not_applicable"),
        ("disk|xvda\nbelow|dm-0\non|\nused|/dev/xvda\n", "pass"),
        ("below|dm-0|dm-1\nbelow|dm-1|dm-0\nused|/dev/dm-0\ndisk|xvda|vbd|x|0|\nused|/dev/xvda", "pass"),
    ],
)
def test_disks_in_use(disks: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-DISKS-01", {"inside.VM.disks": disks}, expected)


def test_an_emulated_disk_is_named_and_its_name_obeyed_by_nobody() -> None:
    disks = "disk|sda\x1b[2J|sd|9|0|QEMU HARD\u202eDISK\nused|/dev/sda\x1b[2J\n"
    word, reason = verdict("INSIDE-LINUX-DISKS-01", a_pool({"inside.VM.disks": disks}))
    assert word == "fail"
    assert r"sda\x1b[2J (QEMU HARD\u202eDISK)" in reason


@pytest.mark.parametrize(
    ("interfaces", "expected"),
    [
        ("eth0|vif|up||device/vif/0|02:00:00:00:10:01\n", "pass"),
        ("eth0|vif|up||device/vif/0|a\neth1|e1000|up|0x1af4||b\n", "fail"),
        ("eth0|8139cp|up|0x5853||a\n", "fail"),
        ("eth0|e1000|unknown|0x1af4||a\n", "fail"),
        ("eth0|e1000|up|0x8086||a\n", "pass"),
        ("eth0|e1000|up|||a\n", "unknown"),
        ("eth0|vif|up||device/vif/0|a\neth1|e1000|down|0x1af4||b\n", "pass"),
        ("eth0|ixgbevf|up|0x8086||a\n", "pass"),
        ("eth0|vif|down||device/vif/0|a\n", "not_applicable"),
        ("", "not_applicable"),
        (NOT_THERE, "unknown"),
    ],
)
def test_interfaces_that_are_up(interfaces: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-NICS-01", {"inside.VM.interfaces": interfaces}, expected)


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        (KERNEL, "pass"),
        ("release|6.1.0\ndriver|vbd\ndriver|vif\n", "pass"),
        ("release|6.1.0\nlisted|builtin\nlisted|dep\nmodule|xen-blkfront\nmodule|xen-netfront\n", "pass"),
        ("release|6.1.0\nlisted|builtin\nlisted|dep\nmodule|xen-blkfront\ndriver|vif\n", "pass"),
        ("release|6.1.0\nlisted|builtin\nlisted|dep\nmodule|xen-blkfront\n", "fail"),
        ("release|6.1.0\nlisted|builtin\nlisted|dep\n", "fail"),
        ("release|6.1.0\nlisted|dep\n", "unknown"),
        ("release|6.1.0\n", "unknown"),
        ("release|\n", "unknown"),
        (NOT_THERE, "unknown"),
    ],
)
def test_pv_drivers(kernel: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-DRIVERS-01", {"inside.VM.kernel": kernel}, expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"inside.VM.kernel": "release|6.1.0\nsysfs|\n"}, "fail"),
        ({"inside.VM.kernel": "release|6.1.0\n"}, "unknown"),
        ({"inside.VM.kernel": NOT_THERE}, "unknown"),
        ({"VM.memory_dynamic_min": ABSENT}, "unknown"),
        (FIXED, "not_applicable"),
        (FIXED | {"inside.VM.kernel": "release|6.1.0\nsysfs|\n"}, "not_applicable"),
    ],
)
def test_balloon(changes: dict[str, Any], expected: Word) -> None:
    judged("INSIDE-LINUX-BALLOON-01", changes, expected)


@pytest.mark.parametrize(
    ("running", "installed", "expected"),
    [
        ("6.1.0-30-amd64", ["6.1.0-30-amd64", "6.1.0-9-amd64"], "pass"),
        ("6.1.0-30-amd64", ["6.1.0-30-amd64", "6.1.0-31-amd64"], "fail"),
        ("6.1.0-30-amd64", ["6.1.0-31-amd64"], "fail"),
        ("6.1.0-30-amd64", ["6.1.0-30-amd64", "6.1.0-31-cloud-amd64", "6.1.0-31-rt-amd64"], "pass"),
        ("6.12.43+deb13-amd64", ["6.12.43+deb13-amd64", "6.12.48+deb13-amd64"], "fail"),
        ("6.8.0-40-generic", ["6.8.0-40-generic", "5.15.0-119-generic"], "pass"),
        ("5.14.0-427.13.1.el9_4.x86_64", ["5.14.0-427.13.1.el9_4.x86_64", "5.14.0-503.el9_5.x86_64"], "fail"),
        ("5.14.0-503.el9_5.x86_64", ["5.14.0-503.el9_5.x86_64", "5.14.0-427.13.1.el9_4.x86_64"], "pass"),
        ("5.15.0-3.el9uek.x86_64", ["5.15.0-3.el9uek.x86_64", "6.0.0-1.el9.x86_64"], "pass"),
        ("6.6.49-0-virt", ["6.6.52-0-virt"], "fail"),
        ("6.6.49-0-virt", ["6.6.49-0-lts"], "unknown"),
        ("6.1.0-30-amd64", [], "unknown"),
        ("custom", ["custom"], "unknown"),
    ],
)
def test_a_newer_kernel(running: str, installed: list[str], expected: Word) -> None:
    lines = "".join(f"installed|{each}\n" for each in installed)
    judged("INSIDE-LINUX-REBOOT-01", {"inside.VM.kernel": f"release|{running}\n{lines}"}, expected)


def test_an_update_that_asks_for_a_restart() -> None:
    judged("INSIDE-LINUX-REBOOT-01", {"inside.VM.kernel": KERNEL + "reboot|\n"}, "fail")
    judged("INSIDE-LINUX-REBOOT-01", {"inside.VM.kernel": NOT_THERE}, "unknown")


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (DEBIAN, "pass"),
        (DEBIAN.replace("12", "11"), "fail"),
        ("ID=ubuntu\nVERSION_ID='24.04'\n", "pass"),
        ("ID=ubuntu\nVERSION_ID='18.04'\n", "fail"),
        ('ID="ol"\nVERSION_ID="9.4"\n', "pass"),
        ('ID="centos"\nVERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n', "fail"),
        ('ID="centos"\nVERSION_ID="9"\nPRETTY_NAME="CentOS Stream 9"\n', "pass"),
        ('ID="opensuse-leap"\nVERSION_ID="15.4"\nPRETTY_NAME="openSUSE Leap 15.4"\n', "fail"),
        ("PRETTY_NAME=CentOS release 6.10 (Final)\n", "fail"),
        ("PRETTY_NAME=Red Hat Enterprise Linux Server release 6.10 (Santiago)\n", "fail"),
        ("ID=alpine\nVERSION_ID=3.20.9\n", "fail"),
        ("PRETTY_NAME=Something\n", "unknown"),
        ("ID=debian\n", "unknown"),
        ("ID=plan9\nVERSION_ID=4\n", "unknown"),
        ("", "unknown"),
        ([2, "sed: can't read /etc/redhat-release"], "unknown"),
    ],
)
def test_end_of_life(release: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-EOL-01", {"inside.VM.release": release}, expected)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (AGENT, "pass"),
        (ALPINE, "pass"),
        ("init|systemd\nprocess|xen-guest-agent\n", "pass"),
        ("process|xe-daemon\n", "pass"),
        (HIDDEN, "pass"),
        (HIDDEN.replace("=running", "=exited"), "unknown"),
        (HIDDEN.replace("=active", "=inactive").replace("=running", "=dead"), "fail"),
        (GAVE_UP, "fail"),
        (GAVE_UP.replace("=inactive", "=active").replace("=dead", "=exited"), "fail"),
        (ALPINE.replace("process|xe-daemon\n", ""), "fail"),
        (NONE, "fail"),
        ("manager|dpkg-query\n", "unknown"),
        ("", "unknown"),
        (NOT_THERE, "unknown"),
    ],
)
def test_agent_runs(agent: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-AGENT-01", {"inside.VM.agent": agent}, expected)


def test_an_agent_that_gave_up_cleanly_is_told_with_its_state() -> None:
    reason = verdict("INSIDE-LINUX-AGENT-01", a_pool({"inside.VM.agent": GAVE_UP}))[1]
    assert "xe-guest-utilities 8.4.0-1" in reason
    assert "xe-linux-distribution.service is inactive/dead, Result=success" in reason
    assert "none is installed" in verdict("INSIDE-LINUX-AGENT-01", a_pool({"inside.VM.agent": NONE}))[1]


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (AGENT, "pass"),
        (ALPINE, "pass"),
        (AGENT.replace("=enabled", "=disabled"), "fail"),
        (AGENT.replace("=enabled", "=masked").replace("=loaded", "=masked"), "fail"),
        (AGENT.replace("=enabled", "=disabled") + "script|xe-linux-distribution\n", "fail"),
        (AGENT.replace("=enabled", "=disabled") + "script|xe-daemon\nenabled|xe-daemon\n", "pass"),
        (AGENT.replace("=enabled", "=generated"), "fail"),
        (
            AGENT.replace("=enabled", "=generated")
            + "script|xe-linux-distribution\nenabled|xe-linux-distribution\n",
            "pass",
        ),
        (AGENT.replace("=enabled", "=static"), "unknown"),
        (AGENT.replace("=loaded", "=not-found"), "unknown"),
        (ALPINE.replace("enabled|xe-guest-utilities\n", ""), "fail"),
        ("process|xe-daemon\n", "unknown"),
        (NONE, "not_applicable"),
        (NONE + SERVICE.replace("=enabled", "=masked").replace("=loaded", "=masked"), "not_applicable"),
        (NOT_THERE, "unknown"),
    ],
)
def test_agent_starts_with_the_system(agent: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-AGENT-02", {"inside.VM.agent": agent}, expected)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (AGENT, "pass"),
        (AGENT + "package|xe-guest-utilities-latest|8.4.0-2\n", "pass"),
        (AGENT + "package|xen-guest-agent|0.4.0-0\n", "fail"),
        (AGENT + "process|xen-guest-agent\n", "fail"),
        ("process|xen-guest-agent\n", "pass"),
        (SERVICE, "not_applicable"),
        (NONE, "not_applicable"),
        (NOT_THERE, "unknown"),
    ],
)
def test_agent_is_the_only_one(agent: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-AGENT-03", {"inside.VM.agent": agent}, expected)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (AGENT, "pass"),
        (AGENT.replace("8.4.0-1", "7.20.0-0ubuntu1"), "pass"),
        (AGENT.replace("8.4.0-1", "1:7.20.0-0ubuntu1"), "pass"),
        (AGENT.replace("8.4.0-1", "7.10.0-0ubuntu1"), "fail"),
        (AGENT.replace("8.4.0-1", "unreleased"), "unknown"),
        (AGENT.replace("package|xe-guest-utilities|8.4.0-1", "package|xen-guest-agent|0.4.0-0"), "pass"),
        (AGENT + "package|xen-guest-agent|0.4.0-0\n", "unknown"),
        ("manager|rpm\nbinary|/usr/sbin/xe-daemon\n", "unknown"),
        ("binary|/usr/sbin/xe-daemon\n", "unknown"),
        (NONE, "not_applicable"),
        (NOT_THERE, "unknown"),
    ],
)
def test_package_is_current(agent: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-AGENT-04", {"inside.VM.agent": agent}, expected)


def test_policy_and_product_decide_how_old_a_package_may_be() -> None:
    strict = Policy(tools=Tools(minimum={"xe-guest-utilities": "9.0"}))
    judged("INSIDE-LINUX-AGENT-04", {}, "fail", strict)
    judged("INSIDE-LINUX-AGENT-04", {"host.software_version": {}}, "unknown")


@pytest.mark.parametrize(
    ("repositories", "expected"),
    [
        (LINUX["repositories"], "pass"),
        ("manager|apt\nlists|\npacked|\n", "unknown"),
        ("manager|apt\npacked|\noffered|xen-guest-agent\n", "pass"),
        ("manager|apt\nlists|\n", "fail"),
        ("manager|apt\n", "unknown"),
        ("manager|yum\nrepository|base\nrepository|epel\n", "pass"),
        ("manager|yum\nrepository|base\nrepository|epel\ndisabled|\nrepository|extras\n", "unknown"),
        ("manager|yum\nrepository|our-xen-tools\n", "pass"),
        ("manager|apk\noffered|community\n", "pass"),
        ("manager|apk\n", "fail"),
        ("", "unknown"),
        (NOT_THERE, "unknown"),
    ],
)
def test_a_repository_offers_the_agent(repositories: Any, expected: Word) -> None:
    judged("INSIDE-LINUX-REPOSITORY-01", {"inside.VM.repositories": repositories}, expected)


def test_without_an_agent_no_repository_is_asked_for() -> None:
    judged("INSIDE-LINUX-REPOSITORY-01", {"inside.VM.agent": NONE}, "not_applicable")
