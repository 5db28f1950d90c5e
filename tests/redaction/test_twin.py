"""The twin of a reading: every text is accounted for, and relations are what they were."""

from datetime import timedelta
from typing import get_args

import msgspec
import pytest
from msgspec import UNSET

from fixtures.controls import control_of
from fixtures.facts.pool import Pool
from fixtures.facts.reading import HostAnswers, Reading
from fixtures.facts.records import CLASSES
from fixtures.redaction.pseudonyms import Pseudonyms
from fixtures.redaction.redacted import listed
from fixtures.redaction.twin import ADDRESSES, CODED, MACS, NAMES, TEMPLATES, twin_of
from fixtures.surroundings import identity
from tests.building import CHECKS, a_pool, a_reading, verdict


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(b"1" * 32)


def test_tables_name_fields_that_there_are() -> None:
    fields = {f"{name}.{field}" for name, record in CLASSES.items() for field in record.__struct_fields__}
    named = {place for table in (NAMES, ADDRESSES, MACS, CODED) for place in table}
    assert named - fields == set()
    assert {".".join(place.split(".")[:2]) for place in TEMPLATES} <= fields


def test_no_text_is_taken_over_without_being_asked(pseudonyms: Pseudonyms) -> None:
    """A field that somebody adds, and no table names, is replaced."""
    marker = "Müßig of Acme"
    for name, record in CLASSES.items():
        texts = {
            field.name: marker
            for field in msgspec.structs.fields(record)
            if str in get_args(field.type) and field.name != "malformed"
        }
        reading = a_reading()
        rows = {"OpaqueRef:planted": msgspec.convert(texts, record)}
        planted = msgspec.structs.replace(
            reading, records=msgspec.structs.replace(reading.records, **{name: rows})
        )
        assert marker not in str(twin_of(planted, pseudonyms)), name


def test_everything_that_a_reading_tells_is_decided_on(pseudonyms: Pseudonyms) -> None:
    """What is new there is left out of the twin until somebody decides how it is shown."""
    decided = "source location read_at clock account role notes unread absent answers records"
    assert set(Reading.__struct_fields__) >= set(decided.split())
    asked = HostAnswers(
        clock_offset=1.5, clock_doubt=0.5, evacuation={"OpaqueRef:a": ["VM_LACKS_FEATURE", "x"]}
    )
    reading = msgspec.structs.replace(a_reading(), answers={"OpaqueRef:host": asked})
    (told,) = twin_of(reading, pseudonyms).answers.values()
    assert (told.clock_offset, told.clock_doubt) == (1.5, 0.5)
    assert told.evacuation == {pseudonyms.ref("OpaqueRef:a"): ["VM_LACKS_FEATURE", "x"]}


def test_objects_are_named_as_history_names_them(pseudonyms: Pseudonyms) -> None:
    pool = a_pool()
    twin = Pool(twin_of(pool.reading, pseudonyms))
    for original, shown in zip((pool, *listed(pool)), (twin, *listed(twin)), strict=True):
        assert pseudonyms.subject(identity(original)) == identity(shown)


SPEAK_OF_THE_TWIN = sorted(
    id_
    for id_, check in CHECKS.items()
    if id_ != "VM-GUEST-03" and (described := control_of(check)) is not None and described.inside is None
)


@pytest.mark.parametrize("control", SPEAK_OF_THE_TWIN)
def test_a_compliant_pool_is_compliant_under_pseudonyms(control: str, pseudonyms: Pseudonyms) -> None:
    """Reasons can then be given of the twin; but where addresses are read, or machines looked into."""
    pool = a_pool()
    twin = Pool(twin_of(pool.reading, pseudonyms), timedelta(minutes=3))
    word, _ = verdict(control, pool)
    assert verdict(control, twin)[0] == word


def test_templates_of_the_product_stay_and_those_of_tenants_go(pseudonyms: Pseudonyms) -> None:
    for label, stays in (("debian-12", True), ("debian-12-payroll", False), ("acme", False)):
        reading = a_reading({"VM.reference_label": label})
        (vm, *_) = twin_of(reading, pseudonyms).records.VM.values()
        assert (vm.reference_label == label) is stays
        assert vm.reference_label is not UNSET
