"""SSH, TLS and logs of hosts from within: one thing changed, one verdict."""

from typing import Any

import pytest

from fixtures.facts.inside.dom0_logs import machine
from fixtures.verdict import Word
from tests.building import ABSENT, a_pool, judged, verdict
from tests.insides import DOM0

CONTROLS = {
    "INSIDE-HOST-SSH-01": "sshd",
    "INSIDE-HOST-SSH-02": "sshd",
    "INSIDE-HOST-SSH-03": "sshd",
    "INSIDE-HOST-TLS-01": "stunnel",
    "INSIDE-CLAIM-SYSLOG-01": "rsyslog",
}


@pytest.mark.parametrize("control", CONTROLS)
def test_a_host_that_does_not_answer_is_unknown(control: str) -> None:
    judged(control, {}, "pass")
    judged(control, {"inside.host": {"system": "dom0", "failure": "it does not answer in time"}}, "unknown")
    denied = [255, "sshd: no hostkeys available -- exiting.\n"]
    for output in (denied, [2, "grep: /etc/stunnel/xapi.conf: Permission denied\n"], [127, "not found\n"]):
        judged(control, {f"inside.host.{CONTROLS[control]}": output}, "unknown")


def sshd(old: str, new: str) -> dict[str, Any]:
    assert old in DOM0["sshd"]
    return {"inside.host.sshd": DOM0["sshd"].replace(old, new)}


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        (sshd("ciphers ", "ciphers aes128-cbc,"), "fail", "aes128-cbc"),
        (sshd("ciphers ", "ciphers arcfour256,"), "fail", "arcfour256"),
        (sshd("macs ", "macs hmac-md5-etm@openssh.com,"), "fail", "hmac-md5"),
        (sshd("macs ", "macs hmac-sha1-96,"), "fail", "hmac-sha1-96"),
        (sshd("macs ", "macs hmac-sha1,umac-128@openssh.com,"), "pass", ""),
        (sshd("kexalgorithms ", "kexalgorithms diffie-hellman-group-exchange-sha1,"), "fail", "sha1"),
        (sshd("kexalgorithms ", "kexalgorithms diffie-hellman-group14-sha256,"), "pass", ""),
        (sshd("ciphers", "protocol 2,1\nciphers"), "fail", "protocol 1"),
        (sshd("ciphers", "protocol 2\nciphers"), "pass", ""),
        (sshd("ciphers ", "ciphers \u202e-cbc,"), "fail", "\\u202e-cbc"),
        (sshd("macs ", "nothing "), "unknown", "macs"),
    ],
)
def test_algorithms(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("INSIDE-HOST-SSH-01", a_pool(changes))
    assert (word, said in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        (sshd("permitemptypasswords no", "permitemptypasswords yes"), "fail", "permitemptypasswords yes"),
        (sshd("x11forwarding no", "X11Forwarding yes"), "fail", "x11forwarding yes"),
        (sshd("ignorerhosts yes", "ignorerhosts no"), "fail", "ignorerhosts no"),
        (sshd("permituserenvironment no", "permituserenvironment LANG,LC_*"), "fail", "environment"),
        (sshd("gatewayports no", "gatewayports clientspecified"), "fail", "gatewayports"),
        (sshd("gatewayports no\n", ""), "unknown", "gatewayports"),
    ],
)
def test_doors(changes: dict[str, Any], expected: Word, said: str) -> None:
    word, reason = verdict("INSIDE-HOST-SSH-02", a_pool(changes))
    assert (word, said in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("root", "passwords", "expected"),
    [
        ("yes", "passwordauthentication yes\nkbdinteractiveauthentication no", "fail"),
        ("yes", "passwordauthentication no\nkbdinteractiveauthentication yes", "fail"),
        ("yes", "passwordauthentication no\nchallengeresponseauthentication yes", "fail"),
        ("yes", "passwordauthentication no\nkbdinteractiveauthentication no", "pass"),
        ("without-password", "passwordauthentication yes", "pass"),
        ("forced-commands-only", "passwordauthentication yes", "pass"),
        ("no", "passwordauthentication yes", "pass"),
        ("yes", "", "unknown"),
        ("", "passwordauthentication yes", "unknown"),
    ],
)
def test_root(root: str, passwords: str, expected: Word) -> None:
    judged("INSIDE-HOST-SSH-03", {"inside.host.sshd": f"permitrootlogin {root}\n{passwords}\n"}, expected)


GOOD = "ciphers = ECDHE-RSA-AES256-GCM-SHA384\n"


@pytest.mark.parametrize(
    ("told", "expected", "said"),
    [
        (f"sslVersion = TLSv1.3\n{GOOD}", "pass", ""),
        (f"sslVersionMin = TLSv1.2\nsslVersion = all\n{GOOD}", "pass", ""),
        (
            f"sslVersion = all\noptions = NO_SSLv3\noptions = NO_TLSv1\noptions = NO_TLSv1.1\n{GOOD}",
            "pass",
            "",
        ),
        (f"sslVersion = all\noptions = NO_SSLv3\n{GOOD}", "fail", "TLSv1, TLSv1.1"),
        (f"sslVersion = SSLv23\noptions = NO_SSLv2\n{GOOD}", "fail", "SSLv3"),
        (f"sslVersionMin = TLSv1.1\n{GOOD}", "fail", "TLSv1.1"),
        # of two services the weaker one counts
        (f"sslVersion = TLSv1.2\n{GOOD}sslVersion = TLSv1\n", "fail", "TLSv1"),
        ("sslVersion = TLSv1.2\nciphers = !EXPORT:RSA+AES128-SHA256:RSA+RC4-SHA\n", "fail", "RSA+RC4-SHA"),
        ("sslVersion = TLSv1.2\nciphers = RSA+DES-CBC3-SHA\n", "fail", "DES"),
        ("sslVersion = TLSv1.2\nciphers = ECDHE-RSA-AES128-SHA:RC4-SHA:!RC4:@STRENGTH\n", "pass", ""),
        ("sslVersion = TLSv1.2\nciphers = HIGH:!aNULL\n", "unknown", "single ciphers"),
        ("sslVersion = TLSv1.2\n", "unknown", "ciphers"),
        (GOOD, "unknown", "protocol"),
        ("", "unknown", "protocol"),
    ],
)
def test_tls(told: str, expected: Word, said: str) -> None:
    status = 0 if told else 1
    word, reason = verdict("INSIDE-HOST-TLS-01", a_pool({"inside.host.stunnel": [status, told]}))
    assert (word, said in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("claimed", "told", "expected", "said"),
    [
        ("192.0.2.53", " @@192.0.2.53:514\n", "pass", ""),
        ("Logs.Example", "@(z9)logs.example:6514;RSYSLOG_SyslogProtocol23Format\n", "pass", ""),
        ("2001:db8::1", "\t@[2001:db8::1]:514\n", "pass", ""),
        ("logs.example:1514", 'omfwd\ntarget="logs.example"\n', "pass", ""),
        ("logs.example", 'omfwd\nTarget = ["a.example", "logs.example"]\n', "pass", ""),
        ("192.0.2.53", "", "fail", "to 192.0.2.53, rsyslog sends them to no machine"),
        ("192.0.2.53", "@198.51.100.1\n", "fail", "198.51.100.1"),
        ("192.0.2.53", "@\u202eevil\n", "fail", "\\u202eevil"),
        ("192.0.2.53", "omfwd\n", "unknown", "not understood"),
        ("", "@198.51.100.1\n", "not_applicable", "no syslog_destination"),
        (ABSENT, "@198.51.100.1\n", "unknown", "logging"),
    ],
)
def test_claim_of_logs(claimed: Any, told: str, expected: Word, said: str) -> None:
    logging = claimed if claimed is ABSENT else {"syslog_destination": claimed}
    pool = a_pool({"host.logging": logging, "inside.host.rsyslog": told})
    word, reason = verdict("INSIDE-CLAIM-SYSLOG-01", pool)
    assert (word, said in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("a.example", "a.example"),
        ("a.example:514", "a.example"),
        ("2001:db8::1", "2001:db8::1"),
        ("[::1]:5;x", "::1"),
    ],
)
def test_the_machine_of_a_destination(destination: str, expected: str) -> None:
    assert machine(destination) == expected
