"""Pseudonyms: the same for the same, nothing of it in them, and useless without the key."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.facts.accounts import POOL_ADMIN
from fixtures.facts.records import NULL
from fixtures.pools import SAMPLE_LOCATION
from fixtures.redaction.pseudonyms import Pseudonyms
from fixtures.verdict import Subject

ONE = Pseudonyms(b"1" * 32)
OTHER = Pseudonyms(b"2" * 32)
UUID = "05661a73-0b47-5c5d-acb5-00ba6958a528"


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_any_name_has_a_readable_pseudonym(name: str) -> None:
    shown = ONE.named("host", name)
    assert re.fullmatch(r"host-[0-9a-f]{8}", shown)
    assert shown == Pseudonyms(b"1" * 32).named("host", name)
    assert shown != OTHER.named("host", name)
    assert ONE.originals[shown]


def test_uuids_and_references_keep_their_shape() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ONE.uuid(UUID))
    assert ONE.ref(f"OpaqueRef:{UUID}") == f"OpaqueRef:{ONE.uuid(UUID)}"
    assert ONE.uuid(UUID) != OTHER.uuid(UUID)


@pytest.mark.parametrize("ref", ["", NULL, POOL_ADMIN])
def test_references_that_every_pool_has_stay(ref: str) -> None:
    assert ONE.ref(ref) == ref


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("XEN1.Example.", "xen1.example"),
        ("2001:DB8::1", "[2001:db8:0::1]"),
        ("10.0.0.5 ", "10.0.0.5"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(one: str, same: str) -> None:
    assert ONE.address(one) == ONE.address(same)


def test_a_location_is_that_of_its_host() -> None:
    assert ONE.location("https://xen1.example:443") == f"https://{ONE.address('xen1.example')}"
    assert ONE.location("/home/alice/dump.xml").startswith("file-")
    assert ONE.location(SAMPLE_LOCATION) == SAMPLE_LOCATION


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("10.0.0.5", "addr-"),
        ("fe80::1", "addr-"),
        ("02:00:00:01:02:03", "mac-"),
        ("OpaqueRef:1", "OpaqueRef:"),
        ("payroll", "text-"),
        ("Running", "Running"),
    ],
)
def test_a_text_is_told_by_what_it_is(text: str, begins: str) -> None:
    assert ONE.recognised(text).startswith(begins)


def test_a_pool_that_could_not_be_read_is_named_as_its_location() -> None:
    lost = Subject(kind="pool", uuid=None, name="https://a.example", pool=None, ref="https://a.example")
    shown = ONE.subject(lost)
    assert shown.name == shown.ref == ONE.location("https://a.example")
