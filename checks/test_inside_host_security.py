"""Security of hosts from within: whom does SSH let in, and what may clients speak?"""

from fixtures.controls import control
from fixtures.facts.host import Host
from fixtures.facts.subject import several


@control(
    "INSIDE-HOST-SSH-01",
    severity="medium",
    evidence=("dom0.sshd.weak_algorithms",),
    inside="hosts",
)
def test_ssh_offers_strong_algorithms_only(host: Host) -> None:
    """SSH offers strong algorithms only.

    Why: Whoever records a session with a weak cipher or key exchange may read it one day, and root's work on
    a host is in it.
    Pass: Among ciphers, MACs and key exchanges is none in CBC mode, arcfour, 3DES, Blowfish or CAST, none
    with MD5, RIPEMD or a MAC cut to 96 or 64 bits, and no key exchange with SHA-1.
    Fail: Some are, or protocol 1 is.
    Unknown: The host was not reached, or whoever looks is not root, so that sshd does not tell.
    Verify: sshd -T | grep -E "^(ciphers|macs|kexalgorithms) " as root
    Fix: Name the strong ones in /etc/ssh/sshd_config (Ciphers, MACs, KexAlgorithms), then systemctl reload
    sshd, and log in anew before you leave (window: live). XCP-ng and XenServer ship lists with AES in CBC
    mode and diffie-hellman-group14-sha1 for old clients.
    Sources: CIS Benchmarks of Linux, Configure SSH Server; OpenSSH, sshd_config(5); XCP-ng, xcp-ng-release
    (sshd_config).
    """
    weak = host.dom0.sshd.weak_algorithms
    assert not weak, f"expected strong algorithms only, actual: {several(weak)}"


@control("INSIDE-HOST-SSH-02", severity="medium", evidence=("dom0.sshd.open_doors",), inside="hosts")
def test_ssh_has_no_needless_doors(host: Host) -> None:
    """SSH has no doors that nobody needs.

    Why: Empty passwords and trust in other machines' names let strangers in; X11 and forwarding for others
    let one who is in reach further than the host.
    Pass: Empty passwords, X11 forwarding, host-based authentication, rhosts, environments of users and
    gateway ports are all off.
    Fail: One is on.
    Unknown: The host was not reached, or whoever looks is not root, so that sshd does not tell.
    Verify: sshd -T as root
    Fix: Set PermitEmptyPasswords, X11Forwarding, HostbasedAuthentication, PermitUserEnvironment and
    GatewayPorts to no and IgnoreRhosts to yes in /etc/ssh/sshd_config, then systemctl reload sshd (window:
    live). XCP-ng ships X11Forwarding yes.
    Sources: CIS Benchmarks of Linux, Configure SSH Server; OpenSSH, sshd_config(5).
    """
    doors = host.dom0.sshd.open_doors
    assert not doors, f"expected all of them closed, actual: {several(doors)}"


@control("INSIDE-HOST-SSH-03", severity="medium", evidence=("dom0.sshd.root_by_password",), inside="hosts")
def test_root_needs_a_key(host: Host) -> None:
    """Root comes in by SSH with a key only.

    Why: A password can be guessed, and root's is the pool's: XAPI takes the same one. A host has to let root
    in, since it has no other users.
    Pass: PermitRootLogin is prohibit-password, forced-commands-only or no, or SSH takes no passwords at all.
    Fail: Root may use a password.
    Unknown: The host was not reached, or whoever looks is not root, so that sshd does not tell.
    Verify: sshd -T | grep -E "^(permitrootlogin|passwordauthentication) " as root
    Fix: Put your key into /root/.ssh/authorized_keys, see that it lets you in, then set PermitRootLogin
    prohibit-password in /etc/ssh/sshd_config and systemctl reload sshd (window: live; tools that log in with
    the password stop working).
    Sources: CIS Benchmarks of Linux, Configure SSH Server; OpenSSH, sshd_config(5).
    """
    assert not host.dom0.sshd.root_by_password, "expected keys only for root, actual: a password will do"


@control("INSIDE-HOST-TLS-01", severity="high", evidence=("dom0.tls.weak",), inside="hosts")
def test_clients_speak_strong_tls(host: Host) -> None:
    """XAPI's clients speak TLS 1.2 or later, with strong ciphers.

    Why: Passwords of administrators and consoles of VMs go over it. What XAPI says of legacy TLS is what it
    was told last; what counts is what its stunnel was configured with.
    Pass: The configuration allows TLS 1.2 and later only, and no cipher with RC4, DES, MD5, NULL or for
    export.
    Fail: It allows an older protocol, or such a cipher.
    Unknown: The host was not reached, whoever looks is not root, or protocols or ciphers are not named one by
    one.
    Verify: grep -E "sslVersion|options|ciphers" /etc/stunnel/xapi.conf as root (before 8.2:
    /etc/xensource/xapi-ssl.conf)
    Fix: xe host-param-set uuid={uuid} ssl-legacy=false, where the release still has it; then
    xe-toolstack-restart, which writes the file anew (window: live).
    Sources: xen-api, xapi_stunnel_server.ml; stunnel(8), sslVersion and options; openssl, ciphers(1).
    """
    weak = host.dom0.tls.weak
    assert not weak, f"expected TLS 1.2 and strong ciphers, actual also: {several(weak)}"
