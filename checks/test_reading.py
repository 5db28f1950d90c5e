"""Reading: an audit that did not see a pool says so."""

from fixtures.controls import control
from fixtures.facts.judging import Unknown
from fixtures.facts.source import Source


@control(
    "POOL-READ-01",
    severity="critical",
    evidence=("location", "failure", "unread"),
    gates=("migration", "upgrade"),
)
def test_pool_could_be_read(source: Source) -> None:
    """The pool could be read.

    Why: A pool that nobody could read is not a compliant pool.
    Pass: All that the controls need of the pool was read.
    Fail: Its VMs or hosts were not; the reason says why. (When it is the only pool the run ends with exit
    code 4.)
    Unknown: VMs and hosts were read, other classes were not; the reason says which and why, and the
    verdicts that need them are unknown too.
    Verify: xe -s <master> -u <account> pool-list
    Fix: As the reason says: docs/connecting.md explains each message (window: live).
    Sources: this run.
    """
    assert source.failure is None, source.failure
    assert not source.lost, source.unread
    if source.unread:
        raise Unknown(source.unread)
