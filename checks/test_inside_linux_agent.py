"""The guest agent of Linux guests from within (`--inside guests`): installed, running, current, kept so."""

from packaging.version import Version

from fixtures.controls import control
from fixtures.facts.inside.linux_agent import ABSENT, family
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.subject import several
from fixtures.facts.tools_age import least_version
from fixtures.facts.vm import VM
from fixtures.policy import Policy


@control(
    "INSIDE-LINUX-AGENT-01",
    severity="high",
    evidence=(
        "linux.agent.packages.name",
        "linux.agent.services.name",
        "linux.agent.services.active",
        "linux.agent.services.result",
        "linux.agent.processes",
    ),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_guest_agent_runs(vm: VM) -> str:
    """A guest agent runs.

    Why: Without one the pool knows neither system nor addresses. One that gave up leaves its last report in
    the pool, where all looks well, and its service inactive with Result=success, which no monitoring lists.
    Pass: A process of xe-daemon or xen-guest-agent is there, or systemd calls its service running.
    Fail: Processes can be seen and none is theirs; or systemd calls their services inactive or failed.
    Unknown: The guest was not reached or does not answer; or processes of other users are hidden, and no
    service tells.
    Not applicable: Windows.
    Verify: in the guest: systemctl status xe-linux-distribution xe-daemon xen-guest-agent
    Fix: Install xe-guest-utilities or xen-guest-agent, or start its service, and see in its journal why it
    stopped (window: in guest, no reboot).
    Sources: xe-guest-utilities, xe-daemon/xe-daemon.go (it ends with success where xenstore refuses it);
    XCP-ng documentation, guest tools; a recording of Xen 4.17.
    """
    agent = vm.linux.agent
    assert agent.running, f"no guest agent runs: {agent.state}"
    return f"it runs: {several(map(str, agent.packages)) or several(agent.at_work)}"


@control(
    "INSIDE-LINUX-AGENT-02",
    severity="medium",
    evidence=(
        "linux.agent.services.name",
        "linux.agent.services.unit_file",
        "linux.agent.scripts",
        "linux.agent.enabled_scripts",
    ),
    inside="guests",
)
def test_guest_agent_starts_with_the_system(vm: VM) -> None:
    """The guest agent starts with the system.

    Why: One that somebody started by hand is gone after the next restart, often unnoticed until a migration.
    Pass: Its service is enabled (systemd), or in a runlevel (OpenRC, System V).
    Fail: It is disabled or masked, or in no runlevel.
    Unknown: The guest was not reached or does not answer; or what starts the agent cannot be told.
    Not applicable: Windows; no agent is installed (INSIDE-LINUX-AGENT-01).
    Verify: in the guest: systemctl is-enabled xe-linux-distribution; rc-update show
    Fix: systemctl enable xe-linux-distribution (Ubuntu: xe-daemon; xen-guest-agent), OpenRC: rc-update add
    xe-guest-utilities (window: in guest, no reboot).
    Sources: systemd, systemctl(1), is-enabled; Alpine wiki, OpenRC; XCP-ng documentation, guest tools.
    """
    agent = vm.linux.agent
    assert agent.starts_with_system, f"it is not started with the system: {agent.startup}"


@control(
    "INSIDE-LINUX-AGENT-03",
    severity="medium",
    evidence=("linux.agent.packages.name", "linux.agent.processes"),
    inside="guests",
)
def test_guest_agent_is_the_only_one(vm: VM) -> str:
    """There is only one guest agent.

    Why: Two write to the same places in xenstore: versions and addresses in the pool change by the minute.
    Pass: Packages and processes are of one: xe-guest-utilities or xen-guest-agent.
    Fail: There are packages or processes of both.
    Unknown: The guest was not reached, or does not answer.
    Not applicable: Windows; no agent is installed (INSIDE-LINUX-AGENT-01).
    Verify: in the guest: ps -e | grep -E 'xe-daemon|xen-guest-agent'
    Fix: Remove one of the packages (window: in guest, no reboot).
    Sources: xen-guest-agent's packages, which conflict with xe-guest-utilities; xenstore paths of both.
    """
    families = sorted(vm.linux.agent.families)
    assert len(families) == 1, f"expected one agent, actual {' and '.join(families)}"
    return f"only {families[0]}"


@control(
    "INSIDE-LINUX-AGENT-04",
    severity="medium",
    evidence=("linux.agent.packages.name", "linux.agent.packages.version", "pool.product_version"),
    gates=("upgrade",),
    inside="guests",
)
def test_package_of_the_agent_is_current(vm: VM, policy: Policy) -> str:
    """The package of the guest agent is current.

    Why: Builds of distributions report 6.6.80 whatever their age, and xen-guest-agent a number of its format:
    only the package tells how old it is.
    Pass: The package's version is at least the family's minimum (policy: tools.minimum; else the knowledge
    table's for the product, as for VM-TOOLS-02), or no minimum is known for it.
    Fail: It is older.
    Unknown: The guest was not reached or does not answer; no package tells the version; or the product's
    version is not known.
    Not applicable: Windows; no agent is installed (INSIDE-LINUX-AGENT-01).
    Verify: in the guest: dpkg-query -W 'xe-guest-utilities*' xen-guest-agent; rpm -qa 'xe-guest-*'
    Fix: Upgrade the package, from the vendor's archive where the distribution has no newer one
    (window: in guest, no reboot).
    Sources: fixtures/knowledge/guest_tools.toml with a source for each number.
    """
    package = vm.linux.agent.package
    version = package.upstream
    if version is None:
        raise Unknown(f"the version cannot be read: {package}")
    kind = family(package.name)
    minimum = policy.tools.minimum.get(kind) or least_version(vm.pool, kind)
    if minimum is None:
        return f"{package}: no minimum is known for it"
    assert version >= Version(minimum), f"{package} is older than {minimum}"
    return f"{package}: at least {minimum}"


@control(
    "INSIDE-LINUX-REPOSITORY-01",
    severity="low",
    evidence=("linux.repositories.manager", "linux.repositories.offering"),
    inside="guests",
)
def test_a_repository_offers_the_agent(vm: VM) -> str:
    """A repository that the guest uses offers the guest agent.

    Why: An agent that was installed from a file once is never updated with the rest of the system.
    Pass: apt knows a repository with xe-guest-utilities or xen-guest-agent; yum has EPEL or one of Xen's or
    XCP-ng's enabled; apk has community. Nothing is downloaded for it.
    Fail: apt's lists have neither package; apk has no community.
    Unknown: The guest was not reached or does not answer; apt has no lists, or compressed ones; yum has
    others, which may offer it; or another package manager is there.
    Not applicable: Windows; no agent is installed (INSIDE-LINUX-AGENT-01).
    Verify: in the guest: apt-cache policy xe-guest-utilities xen-guest-agent; yum repolist
    Fix: Enable universe (Ubuntu), EPEL, or community (Alpine); else put the vendor's package into a
    repository of your own (window: in guest, no reboot).
    Sources: XCP-ng documentation, guest tools; packages.ubuntu.com, pkgs.alpinelinux.org.
    """
    if not vm.linux.agent.installed:
        raise NotApplicable(ABSENT)
    repositories = vm.linux.repositories
    assert repositories.offer_agent, f"no repository of {repositories.manager} offers a guest agent"
    return f"{repositories.manager}: {several(repositories.offering)}"
