"""Time on hosts: is it right, and does something keep it so?"""

from fixtures.controls import control
from fixtures.facts.clock import time_source
from fixtures.facts.host import Host
from fixtures.facts.judging import Unknown
from fixtures.facts.subject import several
from fixtures.policy import Policy


@control(
    "HOST-CLOCK-01",
    severity="medium",
    evidence=("answers.clock_offset", "answers.clock_doubt", "pool.hosts.answers.clock_offset"),
)
def test_clock_is_right(host: Host, policy: Policy) -> str:
    """The clock is close to those of the other hosts and of this machine.

    Why: Logins by Active Directory, certificates and HA depend on it, and guests take their time from the
    host that they start or arrive on.
    Pass: The clock is within 10 s (policy: hosts.clock_seconds) of this machine's, and of the middle one of
    this machine's and the pool's.
    Fail: It is off by more, whatever the doubt of the measurement. Where all hosts are off by the same, look
    at this machine first.
    Unknown: The pool was read from a file, the host did not answer, or the answer took so long that it could
    be either.
    Verify: date -u on the host; xe host-get-servertime host={uuid}
    Fix: Set up NTP on all hosts with the same servers (window: live).
    Sources: xen-api, datamodel of host (get_servertime); XenServer documentation, clock synchronization in
    resource pools.
    """
    deviations, limit = host.clock_deviations, policy.hosts.clock_seconds
    for deviation in deviations:
        assert not deviation.surely_beyond(limit), f"expected within {limit:g} s, actual {deviation}"
    doubtful = [str(deviation) for deviation in deviations if deviation.maybe_beyond(limit)]
    if doubtful:
        raise Unknown(f"it may be off by more than {limit:g} s: {several(doubtful)}")
    return several(map(str, deviations))


@control("HOST-NTP-01", severity="medium", evidence=("ntp_mode", "ntp_custom_servers"))
def test_ntp_is_set_up(host: Host) -> str:
    """NTP keeps the clock.

    Why: A clock that nothing sets drifts by seconds a day; the one that is right today is not next month.
    Pass: ntp_mode is DHCP or Factory, or Custom with a server.
    Fail: It is Disabled, or Custom without a server.
    Unknown: It is missing or unreadable, or a mode that is not known here.
    Not applicable: A xapi before 26.0, which does not tell.
    Verify: xe host-param-get uuid={uuid} param-name=ntp-mode (and ntp-custom-servers)
    Fix: xe host-set-ntp-custom-servers hostuuid={uuid} servers=<server>,<server>, then ntp-mode Custom
    (window: live).
    Sources: xen-api, doc: Host NTP and timezone; datamodel of host (ntp_mode).
    """
    source = time_source(host)
    assert source, f"expected NTP with a server, actual mode {host.record.ntp_mode}"
    return f"servers: {source}"
