"""Security of hosts: what they encrypt, whom they let in, where they write it down."""

from datetime import timedelta

from fixtures.controls import control
from fixtures.facts.agreement import dissent, spelled
from fixtures.facts.answers import answer
from fixtures.facts.certificates import strong_key
from fixtures.facts.host import Host
from fixtures.facts.judging import NotApplicable
from fixtures.facts.logs import is_itself, syslog_destination
from fixtures.facts.subject import required
from fixtures.policy import Policy


@control(
    "HOST-TLS-01",
    severity="high",
    evidence=("server_certificates.type", "server_certificates.not_after"),
)
def test_certificates_are_valid(host: Host, policy: Policy) -> str:
    """The TLS certificates are valid, and will be for a while.

    Why: When the certificate between hosts expires, a pool that verifies certificates falls apart; when the
    one for clients does, they stop to connect, or learn to ignore warnings.
    Pass: The host's certificates are valid for more than 30 days (policy: hosts.certificate_days) from when
    the pool was read (a database file has no clock: when the file was read).
    Fail: One has expired, or will within that time.
    Unknown: The host's certificates are not listed, or an expiry is missing or unreadable.
    Not applicable: Releases before 8.2, which do not list certificates.
    Verify: xe certificate-list host-uuid={uuid} params=type,not-after
    Fix: xe host-refresh-server-certificate host={uuid} for the one between hosts, a new one with
    host-server-certificate-install for clients (window: live).
    Sources: xen-api, datamodel of Certificate; XenServer documentation, Certificate verification.
    """
    end, days = host.certificate_expiry, policy.hosts.certificate_days
    assert end - host.pool.moment > timedelta(days=days), (
        f"expected certificates for {days} days more, actual: the first ends {end:%Y-%m-%d}"
    )
    return f"the first ends {end:%Y-%m-%d}"


@control(
    "HOST-TLS-02",
    severity="high",
    evidence=("answers.certificate.key_type", "answers.certificate.key_bits"),
    gates=("upgrade",),
)
def test_certificate_key_is_long_enough(host: Host) -> str:
    """The key of the TLS certificate is long enough.

    Why: A short key can be broken, and newer releases refuse it: an upgrade to XenServer 8 stops there.
    Pass: RSA with 2048 bits or more, EC with 256 or more, Ed25519 or Ed448.
    Fail: The key is shorter.
    Unknown: The pool was read from a file, did not answer, or uses a type of key that is not known here.
    Verify: xe host-get-server-certificate host={uuid} | openssl x509 -noout -text
    Fix: Install a certificate with a key of 2048 bits or more (xe host-server-certificate-install), or let
    the host make one (xe host-emergency-reset-server-certificate on it) (window: live).
    Sources: XenCenter, CertificateKeyLengthCheck.cs; NIST SP 800-57 (EC of 256 bits is as strong as RSA of
    3072).
    """
    certificate = answer(host, "certificate", lambda answers: answers.certificate)
    key = f"{certificate.key_type} with {certificate.key_bits} bits"
    assert strong_key(certificate), f"expected RSA with 2048 bits or as strong, actual {key}"
    return key


@control("HOST-TLS-03", severity="high", evidence=("ssl_legacy",), gates=("upgrade",))
def test_legacy_ssl_is_off(host: Host) -> None:
    """Legacy SSL is off.

    Why: With it the host still takes protocols and ciphers that were broken long ago, and an upgrade to 8.2
    or later stops.
    Pass: ssl_legacy is false.
    Fail: It is true.
    Unknown: It is missing or unreadable.
    Not applicable: Releases before 7.0, which have no switch for it.
    Verify: xe host-param-get uuid={uuid} param-name=ssl-legacy
    Fix: xe pool-disable-ssl-legacy uuid=<pool> (window: live; clients older than 7.0 lose their connection).
    Sources: xen-api, datamodel of host (ssl_legacy); XenCenter, PoolLegacySslCheck.cs.
    """
    legacy = required(host.record.ssl_legacy, "host.ssl_legacy", host.pool, since="7.0")
    assert not legacy, "expected legacy SSL off, actual on"


@control("HOST-TLS-04", severity="medium", evidence=("https_only",))
def test_port_80_is_closed(host: Host) -> None:
    """Port 80 is closed: https only.

    Why: On port 80 a client that is configured carelessly sends its password in the clear.
    Pass: https_only is true.
    Fail: It is false.
    Unknown: It is missing or unreadable.
    Not applicable: A xapi before 22.27, where port 80 cannot be closed.
    Verify: xe host-param-get uuid={uuid} param-name=https-only
    Fix: xe pool-param-set uuid=<pool> https-only=true (window: live; old clients and scripts that use http
    stop working).
    Sources: xen-api, datamodel of host (https_only); XCP-ng 8.3 release notes, Restricted use of port 80.
    """
    https_only = required(host.record.https_only, "host.https_only", host.pool, since_xapi="22.27")
    assert https_only, "expected https only, actual: port 80 is open"


@control("HOST-TLS-05", severity="medium", evidence=("tls_verification_enabled",))
def test_certificates_are_verified(host: Host) -> None:
    """Hosts verify each other's certificates.

    Why: Without it whoever gets between two hosts of the pool reads and changes what they exchange, memory
    of migrating VMs among it. It is on in new installations, and stays off after an upgrade.
    Pass: tls_verification_enabled is true.
    Fail: It is false.
    Unknown: It is missing or unreadable.
    Not applicable: A xapi before 1.313, which has no verification.
    Verify: xe host-param-get uuid={uuid} param-name=tls-verification-enabled
    Fix: xe pool-enable-tls-verification (window: live).
    Sources: xen-api, datamodel of host; XenServer documentation, Certificate verification; XCP-ng 8.3 release
    notes.
    """
    field = "host.tls_verification_enabled"
    verified = required(host.record.tls_verification_enabled, field, host.pool, since_xapi="1.313")
    assert verified, "expected TLS verification on, actual off"


@control("HOST-SSH-01", severity="low", evidence=("ssh_enabled", "ssh_enabled_timeout"))
def test_ssh_is_as_the_policy_wants(host: Host, policy: Policy) -> str:
    """SSH is as the policy asks (by default: off, or switches itself off).

    Why: Who comes in by SSH is root on the host, past all roles and the audit trail of XAPI.
    Pass: SSH is off (also in auto mode, which opens it while xapi is down). Policy hosts.ssh "limited", the
    default: or a timeout switches it off.
    Fail: It is on; for "limited": without a timeout.
    Unknown: The fields are missing or unreadable.
    Not applicable: Policy "any"; a xapi before 25.21, which does not control SSH.
    Verify: xe host-param-get uuid={uuid} param-name=ssh-enabled (and ssh-enabled-timeout)
    Fix: xe host-disable-ssh uuid={uuid}, or xe host-param-set uuid={uuid} ssh-enabled-timeout=3600, or auto
    mode: xe host-param-set uuid={uuid} ssh-auto-mode=true (window: live).
    Sources: xen-api, doc: SSH Management; datamodel of host.
    """
    pool, record, asked = host.pool, host.record, policy.hosts.ssh
    if asked == "any":
        raise NotApplicable("the policy asks for nothing")
    if not required(record.ssh_enabled, "host.ssh_enabled", pool, since_xapi="25.21"):
        return "SSH is off"
    assert asked == "limited", "expected SSH off, actual on"
    timeout = required(record.ssh_enabled_timeout, "host.ssh_enabled_timeout", pool, since_xapi="25.21")
    assert timeout > 0, "expected SSH off or with a timeout, actual on without one"
    return f"SSH is on for {timeout} s"


@control("HOST-SSH-02", severity="low", evidence=("console_idle_timeout",))
def test_idle_consoles_are_closed(host: Host) -> str:
    """Idle consoles of the host are closed.

    Why: A console that root left open is open to whoever passes by.
    Pass: console_idle_timeout is more than 0.
    Fail: It is 0: never.
    Unknown: It is missing or unreadable.
    Not applicable: A xapi before 25.21, which has no such timeout.
    Verify: xe host-param-get uuid={uuid} param-name=console-idle-timeout
    Fix: xe host-param-set uuid={uuid} console-idle-timeout=900 (window: live).
    Sources: xen-api, doc: SSH Management; datamodel of host.
    """
    field = "host.console_idle_timeout"
    timeout = required(host.record.console_idle_timeout, field, host.pool, since_xapi="25.21")
    assert timeout > 0, "expected a timeout for idle consoles, actual: never"
    return f"closed after {timeout} s"


@control(
    "HOST-AUTH-01",
    severity="medium",
    evidence=("pool.hosts.external_auth_type", "pool.hosts.external_auth_service_name"),
)
def test_external_authentication_is_the_pool_s(host: Host) -> None:
    """External authentication is that of most hosts in the pool.

    Why: Where one host has left the domain, logins there fail or fall back to root; after it becomes master,
    nobody but root gets in.
    Pass: Most hosts have the same external_auth_type and external_auth_service_name (or all have none).
    Fail: No more than half of them have.
    Unknown: The fields are missing or unreadable, here or on too many of the other hosts.
    Not applicable: The pool has one host; releases before 5.5.
    Verify: xe host-list params=name-label,external-auth-type,external-auth-service-name
    Fix: xe host-enable-external-auth on the host that lacks it, or xe pool-disable-external-auth and
    pool-enable-external-auth for all (window: live).
    Sources: xen-api, xapi_pool.ml (detect_nonhomogeneous_external_auth).
    """
    others = dissent(host, lambda each: each.external_authentication)
    assert not others, (
        f"expected one authentication in the pool, actual {host.external_authentication}; {spelled(others)}"
    )


@control("HOST-SYSLOG-01", severity="low", evidence=("logging.syslog_destination", "address"))
def test_logs_go_to_another_machine(host: Host) -> str:
    """Logs go to another machine too.

    Why: When a host breaks, or is broken into, its own logs are gone or not to be trusted; and the host
    keeps them for a short time only.
    Pass: logging has a syslog_destination that is another machine.
    Fail: It has none, or the host itself (a loopback address, its own address or name).
    Unknown: logging is missing or unreadable.
    Verify: xe host-param-get uuid={uuid} param-name=logging
    Fix: xe host-param-set uuid={uuid} logging:syslog_destination=<address>, then xe
    host-syslog-reconfigure host-uuid={uuid} (window: live).
    Sources: xen-api, xapi_host.ml (syslog_reconfigure); XenCenter, Host.cs (SysLogDestination).
    """
    target = syslog_destination(host)
    assert target, "expected a remote syslog destination, actual none"
    assert not is_itself(host, target), f"expected another machine, actual {target}"
    return f"to {target}"
