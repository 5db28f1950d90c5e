"""The guest: what it reports of itself, and whether its system is still kept secure."""

from fixtures.controls import control
from fixtures.facts.addresses import place, unaddressed
from fixtures.facts.guest_os import guest_os
from fixtures.facts.subject import several
from fixtures.facts.vm import VM

REPORTED = ("power_state", "guest_metrics.os_version")


@control("VM-GUEST-01", severity="low", evidence=REPORTED)
def test_guest_reports_its_system(vm: VM) -> str:
    """The guest reports its operating system.

    Why: Nobody can plan updates, licences or migrations of machines of which nobody knows what they run.
    Pass: os_version has a name or a distribution.
    Fail: A guest agent reports, but neither of them.
    Unknown: The VM is not running or has just started, or its report cannot be read.
    Not applicable: No guest tools are installed that could report (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=os-version
    Fix: Linux: install the tools from the vendor's packages, which know the distribution
    (xe-linux-distribution), and start their service again. Windows: update the tools (window: in guest).
    Sources: xen-api, xapi_guest_agent.ml (data/os_name, data/os_distro).
    """
    system = guest_os(vm)
    assert system.title, "the guest's agent reports neither a name nor a distribution of its system"
    return system.title


@control("VM-GUEST-02", severity="low", evidence=REPORTED)
def test_guest_reports_its_kernel(vm: VM) -> str:
    """The guest reports its kernel's version.

    Why: Whether a kernel has a known fault, or can balloon, is told by its version.
    Pass: os_version has a uname; or the guest is Windows and reports its number as major and minor.
    Fail: A guest agent reports, but none of these.
    Unknown: The VM is not running or has just started, or its report cannot be read.
    Not applicable: No guest tools are installed that could report (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=os-version
    Fix: As for VM-GUEST-01 (window: in guest).
    Sources: xen-api, xapi_guest_agent.ml (data/os_uname, data/os_majorver, data/os_minorver).
    """
    system = guest_os(vm)
    assert system.kernel, "the guest's agent reports no version of its kernel"
    return system.kernel


@control(
    "VM-GUEST-03",
    severity="medium",
    evidence=(
        "power_state",
        "guest_metrics.networks",
        "interfaces.device",
        "interfaces.currently_attached",
    ),
)
def test_guest_reports_an_address_for_each_interface(vm: VM) -> None:
    """The guest reports an IP address for each plugged interface.

    Why: An interface without an address is one that nobody reaches: DHCP failed, the driver is not there, or
    the agent does not see it.
    Pass: networks has an address for each interface that is plugged in.
    Fail: It has none for one of them, or a link-local one only (169.254.0.0/16, fe80::/10), which an
    interface gives itself when nobody else does.
    Unknown: The VM is not running or has just started, or its report or its interfaces cannot be read.
    Not applicable: No interface is plugged in, or no guest tools are installed that could report
    (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=networks
    Fix: Configure the interface in the guest, see to its DHCP server, or unplug it (xe vif-unplug); restart
    the agent when the address is there but not reported (window: in guest).
    Sources: xen-api, xapi_guest_agent.ml (networks); RFC 3927, RFC 4291.
    """
    lacking = unaddressed(vm)
    assert not lacking, f"no address is reported for interface {several(map(place, lacking))}"


@control("VM-GUEST-04", severity="medium", evidence=REPORTED)
def test_guest_system_is_supported(vm: VM) -> str:
    """The guest's operating system is not past its end of life.

    Why: A system that gets no more security updates stays open to all that is found from then on; tools and
    hypervisors drop it, too.
    Pass: The last day of security updates that come without paying extra has not passed when the pool is
    read (Debian's LTS counts; Ubuntu Pro, Red Hat's ELS, SUSE's LTSS and Microsoft's ESU do not).
    Fail: It has passed.
    Unknown: The VM is not running or has just started; its report cannot be read or tells no release; or the
    knowledge table does not know it.
    Not applicable: No guest tools are installed that could report (VM-TOOLS-01 fails).
    Verify: xe vm-param-get uuid={uuid} param-name=os-version
    Fix: Upgrade the system, after a snapshot (window: in guest, guest reboot); or replace the VM.
    Sources: fixtures/knowledge/guest_os.toml with a source for each system.
    """
    support = guest_os(vm).support
    words = f"{support.title}: security updates until {support.ends}"
    assert vm.pool.moment.date() <= support.ends, words
    return words
