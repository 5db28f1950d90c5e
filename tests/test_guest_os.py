"""The table of guest systems: what it says today, and that a wrong table is one clear line."""

from datetime import date
from pathlib import Path

import pytest

from fixtures.errors import PoolproofError
from fixtures.knowledge import guest_os

TABLE = guest_os.load()


def test_loaded_once() -> None:
    assert guest_os.load() is TABLE


@pytest.mark.parametrize(
    ("distro", "name", "system"),
    [
        ("debian", "Debian GNU/Linux 12 (bookworm)", "debian"),
        ("Debian", "", "debian"),
        ("centos", "CentOS Linux release 7.9.2009 (Core)", "centos"),
        ("centos", "CentOS Stream release 9", "centos-stream"),
        ("windows", "Microsoft Windows Server 2022 Standard", "windows-server"),
        ("windows", "Microsoft Windows 10 Enterprise LTSC", "windows-ltsc"),
        ("windows", "Microsoft Windows 10 IoT Enterprise LTSC", "windows-iot-ltsc"),
        ("windows", "Microsoft Windows 11 Pro", "windows-11"),
        ("windows", "", "windows"),
        ("opensuse", "openSUSE Tumbleweed", None),
        ("", "Debian", None),
    ],
)
def test_systems_are_recognised(distro: str, name: str, system: str | None) -> None:
    assert TABLE.system(distro, name) is (TABLE.systems[system] if system else None)


@pytest.mark.parametrize(
    ("label", "name", "family", "mode"),
    [
        ("debian-12", "", "debian", "hvm"),
        ("debian-7-64bit", "", "debian", "pv"),
        ("", "Debian Wheezy 7.0 (64-bit)", "debian", "pv"),
        ("ubuntu-24.04", "", "debian", "hvm"),
        ("rhel-6-64bit", "", "redhat", "pv"),
        ("rhel-8", "", "redhat", "hvm"),
        ("almalinux-9", "", "redhat", "hvm"),
        ("", "SUSE Linux Enterprise Server 11 SP4 (64-bit)", "suse", "pv"),
        ("", "SUSE Linux Enterprise Server 15 (64-bit)", "suse", "hvm"),
        ("sles-12-sp2-64bit", "", "suse", None),
        ("windows-server-2016-64bit", "", "windows", "hvm"),
        ("", "Windows 8.1 (64-bit)", "windows", "hvm"),
        ("kylin-7", "", "linux", "hvm"),
        ("kylin-server-6-64bit", "NeoKylin Linux Server 6 (64 bit)", "linux", "pv"),
        ("other-install-media", "Other install media", None, None),
        ("", "", None, None),
    ],
)
def test_templates_are_recognised(label: str, name: str, family: str | None, mode: str | None) -> None:
    assert (TABLE.family(label, name), TABLE.mode(label, name)) == (family, mode)


def test_dates_are_no_typing_errors() -> None:
    ends = [day for system in TABLE.systems.values() for day in system.ends.values()]
    assert len(ends) > 150
    assert all(date(2005, 1, 1) < day < date(2040, 1, 1) for day in ends)


@pytest.mark.parametrize("key", [key for key, system in TABLE.systems.items() if key.startswith("windows")])
def test_microsoft_ends_support_on_a_patch_tuesday(key: str) -> None:
    assert {day.strftime("%A") for day in TABLE.systems[key].ends.values()} == {"Tuesday"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('family = "debian"', 'family = "debain"', "no such family: debain"),
        ('distros = ["debian"]', 'distro = ["debian"]', "unknown field `distro`"),
        ("12 = 2028-06-30", '12 = "soon"', "Invalid RFC3339"),
        ('version_from = "uname"', 'version_from = "numbers"', "version and version_from belong together"),
        (r"'^10\.0\.(\d{5})'", "'('", "systems.windows-iot-ltsc.version: missing )"),
        (r"'^10\.0\.(\d{5})'", "'10'", "must have one group"),
        ("version =", "version", "Expected '='"),
    ],
)
def test_a_wrong_table_is_one_clear_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = guest_os.FILE.read_text("utf-8")
    assert old in text
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PoolproofError) as caught:
        guest_os.load(wrong)
    message = str(caught.value)
    assert says in message
    assert message.startswith(str(wrong))
    assert "\n" not in message
