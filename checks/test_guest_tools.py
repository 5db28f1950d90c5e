"""Guest tools: is the agent there, and is it current?"""

from fixtures.controls import control
from fixtures.facts.judging import NotApplicable
from fixtures.facts.tools_age import currency
from fixtures.facts.vm import VM
from fixtures.policy import Policy

REPORT = ("power_state", "guest_metrics.PV_drivers_version", "guest_metrics.PV_drivers_detected")


@control(
    "VM-TOOLS-01",
    severity="high",
    evidence=(*REPORT, "guest_metrics.other.feature-static-ip-setting", "metrics.start_time"),
    gates=("migration", "upgrade"),
)
def test_guest_tools_are_installed(vm: VM) -> None:
    """Guest tools are installed.

    Why: Without an agent a VM cannot be shut down, rebooted or suspended cleanly from outside, and
    reports no operating system, addresses or memory use.
    Pass: A guest agent reported its version, or that it can set addresses.
    Fail: The guest runs and no agent has reported since its start; "drivers only" where its devices use
    PV drivers all the same.
    Unknown: The VM is not running; its report cannot be read; or it started so recently that the agent
    may not have reported yet (policy: tools.grace_minutes).
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-version
    Fix: Linux: install xe-guest-utilities or xen-guest-agent from the distribution and start its service
    (window: in guest, no reboot). Windows: install XenServer VM Tools or the XCP-ng Windows tools
    (window: in guest, one reboot or two).
    Sources: xen-api, xapi_guest_agent.ml and xapi_pv_driver_version.ml; XenCenter, VM.cs.
    """
    tools = vm.guest_tools
    assert tools.installed, tools.absence


@control(
    "VM-TOOLS-02",
    severity="medium",
    evidence=(
        *REPORT,
        "guest_metrics.PV_drivers_up_to_date",
        "guest_metrics.os_version.distro",
        "pool.product_version",
        "pool.product_brand",
    ),
    gates=("upgrade",),
)
def test_guest_tools_are_current(vm: VM, policy: Policy) -> str:
    """Guest tools are current.

    Why: Old tools carry known vulnerabilities and fail to start, migrate or resume on newer hosts.
    Pass: The agent's version is at least the family's minimum (policy: tools.minimum; else the knowledge
    table's for the product; below product 8 the product's own version) and no driver is open to an
    advisory. On releases before 7.0 xapi compared the versions itself, and its word counts.
    Fail: The version is below the minimum, or a driver is below an advisory's fixed version.
    Unknown: VM-TOOLS-01 is unknown; the family of tools is not recognised; the version tells no age
    (6.6.80 of distributions, builds proto-*); or Windows drivers do not report their versions, so that
    an advisory can be neither confirmed nor ruled out.
    Not applicable: No guest tools are installed (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-version
    Fix: Linux: upgrade the package (window: in guest, no reboot). Windows: install the current tools over
    the old ones, after a snapshot (window: in guest, one reboot or two).
    Sources: xen-api, datamodel of VM_guest_metrics (PV_drivers_up_to_date deprecated since 7.0);
    fixtures/knowledge/guest_tools.toml with a source for each number.
    """
    tools = vm.guest_tools
    if not tools.installed:
        raise NotApplicable(f"{tools.absence}: see VM-TOOLS-01")
    age = currency(vm, policy.tools.minimum, accept_unknown_age=policy.tools.accept_unknown_age)
    assert age.current, age.reason
    return age.reason
