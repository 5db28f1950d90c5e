"""Guest tools: is the agent there, and is it current?"""

from fixtures.controls import control
from fixtures.facts.judging import NotApplicable
from fixtures.facts.subject import several
from fixtures.facts.tools_age import currency, open_advisories
from fixtures.facts.vm import VM
from fixtures.facts.windows_drivers import disagreement, foreign_to_windows_update, windows_drivers
from fixtures.policy import Policy
from fixtures.printable import printable

REPORT = ("power_state", "guest_metrics.PV_drivers_version", "guest_metrics.PV_drivers_detected")
DRIVERS = (
    "power_state",
    "platform.viridian",
    "guest_metrics.os_version.distro",
    "guest_metrics.PV_drivers_version",
)


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
    table's for the product) and no driver is open to an advisory. Products below 8 ship tools of their own
    version: there tools must not be older than the pool's product. On releases before 7.0 xapi compared the
    versions itself, and its word counts.
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


@control("VM-TOOLS-03", severity="medium", evidence=DRIVERS)
def test_windows_drivers_are_of_one_package(vm: VM) -> None:
    """Windows drivers of one package agree in vendor and version.

    Why: Drivers of several vendors or branches side by side are what an upgrade leaves that was not finished
    or not prepared: they are tested by nobody, and stop at the next start or update.
    Pass: All drivers that the guest lists are by one vendor (XenServer and Citrix are one) and share the
    first two numbers of their versions; the further ones are each driver's own.
    Fail: They differ in one of these.
    Unknown: The VM is not running or has just started; its report or a driver's version cannot be read; or
    Windows lists no drivers, because its host is too old to pass them on or it started before.
    Not applicable: The guest is no Windows, or has no guest tools (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-version
    Fix: Take a snapshot, remove all tools with the vendor's cleaner (XenClean, or XenServer's uninstaller),
    and install the current ones (window: in guest, one reboot or two).
    Sources: xen-api, xapi_guest_agent.ml (drivers/*); XCP-ng documentation, Windows guest tools.
    """
    difference = disagreement(windows_drivers(vm))
    assert difference is None, difference


@control("VM-TOOLS-04", severity="high", evidence=(*DRIVERS, "guest_metrics.other.feature-static-ip-setting"))
def test_no_driver_is_open_to_an_advisory(vm: VM) -> None:
    """No Windows driver is open to a security advisory.

    Why: Drivers run with all rights of the system. XSA-468 lets any user of the guest gain them.
    Pass: Every driver that an advisory names is listed, at its fixed version or above.
    Fail: A driver is below it; each one is named. VM-TOOLS-02, which asks how old the package is, fails too.
    Unknown: The VM is not running or has just started; its report cannot be read; no driver is open for
    certain, but a version cannot be read, a driver is not listed, or its vendor is not known.
    Not applicable: The guest is no Windows, or has no guest tools (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=PV-drivers-version
    Fix: Install the package that the advisory names, after a snapshot (window: in guest, one reboot or two).
    Sources: fixtures/knowledge/guest_tools.toml, advisories (XSA-468; XCP-ng documentation;
    detect_xsa468.py).
    """
    holes = open_advisories(vm)
    assert not holes, "; ".join(holes)


@control(
    "VM-TOOLS-05",
    severity="high",
    evidence=(*DRIVERS, "has_vendor_device"),
)
def test_windows_update_leaves_the_drivers_alone(vm: VM) -> None:
    """Windows Update does not replace the drivers by another vendor's.

    Why: With has_vendor_device ("Manage Citrix PV drivers via Windows Update") Windows Update installs
    Citrix' drivers over those of XCP-ng, and the VM loses its disks or network at the next start.
    Pass: has_vendor_device is false; or it is true and the drivers are XenServer's or Citrix'.
    Fail: It is true and drivers are another vendor's.
    Unknown: has_vendor_device is missing or unreadable; or it is true, and the VM is not running or has just
    started, its report or a driver's version cannot be read, or it lists no drivers.
    Not applicable: The guest is no Windows, or has no guest tools (VM-TOOLS-01 fails); releases before 7.0
    have no such device.
    Verify: xe vm-param-get uuid={uuid} param-name=has-vendor-device
    Fix: xe vm-param-set uuid={uuid} has-vendor-device=false (window: VM off).
    Sources: XCP-ng documentation, Windows guest tools; vatesfr/xen-orchestra issue 6627; xen-api, datamodel
    of VM (has_vendor_device).
    """
    foreign = foreign_to_windows_update(vm)
    named = several(printable(f"{driver.name} by {driver.vendor}", 60) for driver in foreign)
    assert not foreign, f"has_vendor_device is true: Windows Update will bring Citrix' drivers over {named}"
