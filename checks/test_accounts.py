"""Accounts: who may do everything, and who says who somebody is?"""

from fixtures.controls import control
from fixtures.facts.accounts import name_of
from fixtures.facts.judging import NotApplicable
from fixtures.facts.pool import Pool
from fixtures.facts.subject import required, several
from fixtures.policy import Policy


@control(
    "POOL-RBAC-01",
    severity="medium",
    evidence=("subjects.roles", "subjects.other_config.subject-name"),
)
def test_few_may_do_everything(pool: Pool, policy: Policy) -> str:
    """No more users and groups have the role pool-admin than the policy allows.

    Why: pool-admin is root on every host: it reads every secret of the pool, and every disk. Who has it
    should be a short list that somebody has read.
    Pass: At most so many subjects have it (policy: pool.pool_admins); the reason names them.
    Fail: More have it; the reason names them.
    Unknown: Roles are missing or unreadable, or subjects could not be read.
    Not applicable: The pool has no subjects: root is its only account. Releases before 5.6, which have no
    roles.
    Verify: xe subject-list params=uuid,other-config,roles
    Fix: xe subject-role-remove uuid=<subject> role-name=pool-admin, and subject-role-add with the least role
    that will do (window: live). A group counts as one: look after its members in the directory.
    Sources: XenServer documentation, role-based access control; xen-api, constants.ml (the role's reference).
    """
    if not pool.subjects:
        raise NotApplicable("the pool has no subjects: root is its only account")
    admins = pool.pool_admins
    told = several(map(name_of, admins)) or "none"
    assert len(admins) <= policy.pool.pool_admins, (
        f"expected at most {policy.pool.pool_admins} with pool-admin, actual {len(admins)}: {told}"
    )
    return f"pool-admin: {told}"


@control("POOL-RBAC-02", severity="medium", evidence=("hosts.external_auth_type",))
def test_accounts_come_from_a_directory(pool: Pool, policy: Policy) -> None:
    """External authentication is configured, where the policy asks for it.

    Why: Without a directory everybody shares root: nobody can tell who did what, nobody has less than all
    rights, and nobody's access ends when they leave.
    Pass: Every host names an external authentication (AD).
    Fail: A host names none, and the policy asks for it (policy: pool.external_authentication).
    Unknown: The field is missing or unreadable.
    Not applicable: The policy does not ask for it; releases before 5.5, which have none.
    Verify: xe host-list params=name-label,external-auth-type,external-auth-service-name
    Fix: xe pool-enable-external-auth uuid={uuid} auth-type=AD service-name=<domain> config:user=<joiner>
    config:pass=<password>, then xe subject-add and subject-role-add (window: live).
    Sources: XenServer documentation, manage users.
    """
    if not policy.pool.external_authentication:
        raise NotApplicable("the policy asks for no external authentication")
    without = [
        host.ref
        for host in pool.members
        if not required(host.record.external_auth_type, "host.external_auth_type", pool, since="5.5")
    ]
    assert not without, f"expected an external authentication, actual none on {pool.host_names(without)}"


@control("POOL-TLS-01", severity="medium", evidence=("tls_verification_enabled",))
def test_hosts_verify_each_other(pool: Pool) -> None:
    """TLS certificates are verified within the pool.

    Why: Without it hosts speak to whoever answers at an address: on the management network a man in the
    middle reads the pool's secret and the memory of migrating VMs.
    Pass: pool.tls_verification_enabled is true.
    Fail: It is false, as in every pool that was upgraded from before 8.3 and not told otherwise.
    Unknown: The field is missing or unreadable.
    Not applicable: Releases before 8.3 (XenServer 8), which cannot.
    Verify: xe pool-param-get uuid={uuid} param-name=tls-verification-enabled
    Fix: xe pool-enable-tls-verification (window: live; there is no way back).
    Sources: XenServer 8 documentation, certificate verification; XCP-ng 8.3 release notes.
    """
    enabled = required(
        pool.record.tls_verification_enabled, "pool.tls_verification_enabled", pool, since="8.3"
    )
    assert enabled, "expected TLS verification on, actual off"
