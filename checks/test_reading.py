"""Reading: an audit that did not see a pool says so."""

from fixtures.controls import control
from fixtures.facts.source import Source


@control(
    "POOL-READ-01", severity="critical", evidence=("location", "failure"), gates=("migration", "upgrade")
)
def test_pool_could_be_read(source: Source) -> None:
    """The pool could be read.

    Why: A pool that nobody could read is not a compliant pool.
    Pass: The pool's VMs and hosts were read.
    Fail: They were not; the reason says why. (When it is the only pool the run ends with exit code 4.)
    Verify: xe -s <master> -u <account> pool-list
    Fix: As the reason says: docs/connecting.md explains each message (window: live).
    Sources: this run.
    """
    assert source.failure is None, source.failure
