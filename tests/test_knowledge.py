"""The knowledge table: what it says today, and that a wrong table is one clear line."""

import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

from fixtures import knowledge
from fixtures.errors import PoolproofError
from fixtures.knowledge.edition import edition

TABLE = knowledge.load()


@pytest.mark.parametrize("line", ["xenserver-8", "xcp-ng-8"])
@pytest.mark.parametrize(
    ("family", "minimum"),
    [
        ("xenserver-windows", "9.4"),
        ("xcpng-windows", "9.0"),
        ("xe-guest-utilities", "7.20"),
        ("xen-guest-agent", None),
    ],
)
def test_minimum(line: str, family: str, minimum: str | None) -> None:
    known = TABLE.product_lines[line].minimums.get(family)
    assert (known.version if known else None) == minimum


@pytest.mark.parametrize(
    ("vendor", "family"),
    [("XenServer", "xenserver-windows"), ("Citrix", "xenserver-windows"), ("XCP_ng", "xcpng-windows")],
)
def test_vendor_of_drivers_tells_the_family(vendor: str, family: str) -> None:
    assert [key for key, value in TABLE.families.items() if vendor in value.driver_vendors] == [family]


@pytest.mark.parametrize(
    ("family", "version", "build", "ageless"),
    [
        ("xe-guest-utilities", "6.6.80", "0", True),
        ("xe-guest-utilities", "6.6.80", "", True),
        ("xe-guest-utilities", "6.6.8", "0", False),
        ("xe-guest-utilities", "8.4.0", "1", False),
        ("xenserver-windows", "6.6.80", "0", False),
        ("xen-guest-agent", "1.0.0", "proto-0.4.0", True),
        ("xen-guest-agent", "1.0.0", "proto-0.5.0-dev", True),
        ("xcpng-windows", "1.0.0", "proto-0.5.0", True),
        ("xe-guest-utilities", "1.0.0", "0.4.0-proto-", False),
    ],
)
def test_versions_that_tell_no_age(family: str, version: str, build: str, ageless: bool) -> None:
    assert any(entry.matches(family, version, build) for entry in TABLE.ageless) is ageless


@pytest.mark.parametrize(
    ("family", "driver", "version"),
    [
        ("xcpng-windows", "xenbus", "9.0.9065"),
        ("xcpng-windows", "xenvif", "9.0.9065"),
        ("xenserver-windows", "xenbus", "9.1.11.115"),
        ("xenserver-windows", "xeniface", "9.1.12.94"),
        ("xenserver-windows", "xenvif", None),
        ("xe-guest-utilities", "xenbus", None),
    ],
)
def test_fixed_versions_of_xsa_468(family: str, driver: str, version: str | None) -> None:
    (advisory,) = [entry for entry in TABLE.advisories if entry.id == "XSA-468"]
    assert advisory.cves == ("CVE-2025-27462", "CVE-2025-27463", "CVE-2025-27464")
    assert advisory.fixed_version(family, driver) == version


def test_a_named_driver_wins_over_every_driver() -> None:
    (advisory,) = [entry for entry in TABLE.advisories if entry.id == "XSA-468"]
    every, *_ = advisory.fixed
    named = knowledge.Fixed(
        family=every.family, driver="xennet", version="9.9", source=every.source, checked=every.checked
    )
    for fixed in ((every, named), (named, every)):
        both = knowledge.Advisory(
            id="X", title="", cves=(), published=advisory.published, url="https://", install={}, fixed=fixed
        )
        assert both.fixed_version(every.family, "xennet") == "9.9"
        assert both.fixed_version(every.family, "xenbus") == every.version


@pytest.mark.parametrize("family", list(TABLE.families))
def test_releases_stand_oldest_first(family: str) -> None:
    versions = [Version(release.version) for release in TABLE.families[family].releases]
    assert versions == sorted(set(versions))
    assert versions


def test_loaded_once() -> None:
    assert knowledge.load() is TABLE


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('cves = ["CVE', 'cvse = ["CVE', "unknown field `cvse`", id="misspelt key"),
        pytest.param('version = "9.4.0"', "version = 9.4", "Expected `str`, got `float`", id="wrong type"),
        pytest.param('version = "9.4.0"', 'version = "v9.4"', "regex", id="not a version"),
        pytest.param('released = "2025-01"', 'released = "January"', "regex", id="not a date"),
        pytest.param("checked = 2026-11-23", "checked = 1", "Expected `date | null`", id="no date"),
        pytest.param('source = "https:', 'source = "http:', "regex", id="source without TLS"),
        pytest.param('guest = "unix"', 'guest = "beos"', "Invalid enum value 'beos'", id="unknown guest"),
        pytest.param('family = "xcpng-', 'family = "xcpgn-', "no such family: xcpgn-windows", id="family"),
        pytest.param("minimums.xcpng-", "minimums.xcpgn-", "no such family: xcpgn-windows", id="minimum"),
        pytest.param('"XenServer", "Citrix"', '"XCP_ng"', "vendor XCP_ng stands more than once", id="vendor"),
        pytest.param('build_prefix = "proto-"\n', "", "needs a version or a build_prefix", id="matches all"),
        pytest.param("version =", "version", "Expected '='", id="not TOML"),
    ],
)
def test_a_wrong_table_is_one_clear_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = knowledge.FILE.read_text("utf-8")
    assert old in text
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PoolproofError) as caught:
        knowledge.load(wrong)
    message = str(caught.value)
    assert says in message
    assert message.startswith(str(wrong))
    assert "\n" not in message


def test_a_missing_table_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PoolproofError, match=r"missing\.toml: cannot be read: No such file"):
        knowledge.load(tmp_path / "missing.toml")


def test_a_new_release_and_a_new_advisory_are_one_table_each(tmp_path: Path) -> None:
    longer = tmp_path / "longer.toml"
    longer.write_text(
        knowledge.FILE.read_text("utf-8")
        + """
[[advisories]]
id = "XSA-999"
title = "made up"
cves = []
published = 2027-01-01
url = "https://xsa.example/999"
install = {xcpng-windows = "9.9"}
fixed = [{family = "xcpng-windows", driver = "xennet", version = "9.9.1", source = "https://xsa.example/", \
checked = 2027-01-02}]

[[families.xen-guest-agent.releases]]
version = "9.9"
source = "https://releases.example/"
checked = 2027-01-02
""",
        "utf-8",
    )
    table = knowledge.load(longer)
    assert table.advisories[-1].fixed_version("xcpng-windows", "xennet") == "9.9.1"
    assert table.families["xen-guest-agent"].releases[-1].version == "9.9"


def test_the_edition_is_that_of_the_newest_table() -> None:
    tables = knowledge.FILE.parent.glob("*.toml")
    assert edition() == max(tomllib.loads(table.read_text("utf-8"))["version"] for table in tables)
