"""A pool: when it was read."""

from datetime import UTC, datetime

import msgspec
import pytest

from fixtures.facts.judging import Unknown
from fixtures.facts.pool import Pool
from tests.building import a_reading


@pytest.mark.parametrize(
    ("clock", "read_at", "expected"),
    [
        ("2026-11-23T02:00:00Z", "2027-01-01T00:00:00Z", datetime(2026, 11, 23, 2, tzinfo=UTC)),
        (None, "2027-01-01T00:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_moment_is_the_pool_s_or_that_of_reading(
    clock: str | None, read_at: str, expected: datetime
) -> None:
    reading = msgspec.structs.replace(a_reading(), clock=clock, read_at=read_at)
    assert Pool(reading).moment == expected


def test_a_moment_that_nobody_can_read_is_unknown() -> None:
    with pytest.raises(Unknown, match="when the pool was read"):
        _ = Pool(msgspec.structs.replace(a_reading(), clock=None, read_at="yesterday")).moment
