"""Windows guests from within (`--inside guests`): do they use what Xen offers them?"""

from fixtures.controls import control
from fixtures.facts.inside.windows_updates import OWN_SERVER
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.subject import required, several
from fixtures.facts.vm import VM
from fixtures.facts.windows_drivers import TELLS_VENDOR_DEVICE, foreign_to_windows_update


@control(
    "INSIDE-WINDOWS-DRIVERS-01",
    severity="high",
    evidence=(
        "windows_guest.devices.driver",
        "windows_guest.devices.service",
        "windows_guest.devices.problem",
        "drives.type",
        "drives.currently_attached",
        "interfaces.currently_attached",
    ),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_drivers_of_xens_devices_work(vm: VM) -> str:
    """The drivers of Xen's devices work.

    Why: The pool counts a guest as having PV drivers when one of its devices is connected. Others may stand
    in the Device Manager with an exclamation mark, and what is added later does not appear.
    Pass: xenbus and xeniface serve their devices; so does xenvbd where the VM has disks, and xenvif and
    xennet where it has interfaces. A device that somebody has disabled does not count.
    Fail: One has no device, or a device with a problem or with another driver. Of several devices for xenbus
    one is enough.
    Unknown: The guest was not reached or does not answer; or Windows shows none of Xen's devices; or the VM's
    disks or interfaces are not to be had.
    Not applicable: Linux.
    Verify: in the guest: Get-CimInstance Win32_PnPEntity | Where-Object DeviceID -match '^XEN|VEN_5853'
    Fix: Restart the guest; then run the installer of its tools again, with drivers (window: guest reboot).
    Sources: win-pv-drivers, XenDeviceInfo.cs; Microsoft, Device Manager error messages (10, 14, 28, …).
    """
    idle = vm.windows_guest.idle_drivers
    assert not idle, f"not at work: {several(f'{name} ({why})' for name, why in idle.items())}"
    return f"at work: {several(sorted({device.driver for device in vm.windows_guest.devices}))}"


@control(
    "INSIDE-WINDOWS-DISKS-01",
    severity="high",
    evidence=("windows_guest.disks.model", "windows_guest.disks.device"),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_disks_are_not_emulated(vm: VM) -> str:
    """No disk is an emulated one.

    Why: Emulated disks are slow, keep the VM from live migration, and are four at most. PV drivers that are
    installed prove nothing: until xenvbd has had its restart, disks stay on the emulated controller.
    Pass: No disk is QEMU's; Xen's are XENSRC PVDISK. Those of iSCSI or of passed-through controllers are not
    emulated. CD drives are, and may be.
    Fail: One is QEMU's, by its model.
    Unknown: The guest was not reached or does not answer, or Windows shows no disk.
    Not applicable: Linux.
    Verify: in the guest: Get-CimInstance Win32_DiskDrive
    Fix: Restart the guest; then run the installer of its tools again, with drivers (window: guest reboot).
    Sources: win-xenvbd, src/xenvbd/target.c; QEMU, hw/ide/core.c.
    """
    disks = vm.windows_guest.disks
    emulated = [disk for disk in disks if disk.emulated]
    assert not emulated, f"expected Xen's disks, actual emulated: {several(map(str, emulated))}"
    return f"disks: {several(sorted({str(disk) for disk in disks}))}"


@control(
    "INSIDE-WINDOWS-NICS-01",
    severity="high",
    evidence=(
        "windows_guest.adapters.name",
        "windows_guest.adapters.device",
        "windows_guest.adapters.connected",
    ),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_connected_adapters_are_not_emulated(vm: VM) -> str:
    """No network adapter that is connected is an emulated one.

    Why: An emulated card is slow, costs the host a process' time for each packet, and its settings (a static
    address) stay behind when the PV adapter takes its place: better by plan than at the next start.
    Pass: No connected adapter is QEMU's. Cards that are passed through, and their virtual functions, are not
    emulated.
    Fail: One is: its PCI subsystem bears the vendor of QEMU or XenSource.
    Unknown: The guest was not reached or does not answer, or Windows shows no connected adapter.
    Not applicable: Linux.
    Verify: in the guest: Get-CimInstance Win32_NetworkAdapter -Filter PhysicalAdapter=TRUE
    Fix: Restart the guest; then run the installer of its tools again, with drivers (window: guest reboot).
    Sources: win-xenvif (XENVIF devices); QEMU, hw/pci/pci.c (PCI_SUBVENDOR_ID_REDHAT_QUMRANET).
    """
    connected = [each for each in vm.windows_guest.adapters if each.connected]
    emulated = [adapter for adapter in connected if adapter.emulated]
    assert not emulated, f"expected Xen's adapters, actual emulated: {several(map(str, emulated))}"
    return f"connected: {several(map(str, connected))}"


@control(
    "INSIDE-WINDOWS-AGENT-01",
    severity="high",
    evidence=("windows_guest.agents.name", "windows_guest.agents.state"),
    gates=("migration", "upgrade"),
    inside="guests",
)
def test_guest_agent_runs_in_windows(vm: VM) -> str:
    """A guest agent runs in Windows.

    Why: Without one the pool knows neither system nor addresses. Its last report stays in the pool when it
    stops, and all looks well.
    Pass: The service of one runs: XenSvc, or one named …xenguestagent….
    Fail: There is none, or it does not run.
    Unknown: The guest was not reached or does not answer; or Windows shows the user no services; or the VM
    has just started.
    Not applicable: Linux.
    Verify: in the guest: Get-Service XenSvc, *xenguestagent*
    Fix: Start it, and see in the event log why it stopped; or install the guest tools
    (window: in guest, no reboot).
    Sources: win-xenguestagent, INSTALL.md; win-pv-drivers, installer/GuestAgent.wxs.
    """
    running = vm.windows_guest.running_agents
    stopped = (f"{agent.name}: {agent.state}" for agent in vm.windows_guest.agents)
    assert running, f"no guest agent runs: {several(stopped) or 'none is installed'}"
    return f"it runs: {several(agent.name for agent in running)}"


@control(
    "INSIDE-WINDOWS-AGENT-02",
    severity="medium",
    evidence=("windows_guest.agents.name", "windows_guest.agents.start"),
    inside="guests",
)
def test_guest_agent_starts_with_windows(vm: VM) -> str:
    """The guest agent starts with Windows.

    Why: One that somebody started by hand is gone after the next restart, often unnoticed until a migration.
    Pass: The service of one starts automatically, delayed perhaps.
    Fail: All are started by hand, or disabled.
    Unknown: The guest was not reached or does not answer; or Windows shows the user no services.
    Not applicable: Linux; no agent is installed (INSIDE-WINDOWS-AGENT-01).
    Verify: in the guest: Get-CimInstance Win32_Service -Filter "Name='XenSvc'"
    Fix: Set-Service XenSvc -StartupType Automatic (window: in guest, no reboot).
    Sources: win-xenguestagent, INSTALL.md; win-pv-drivers, installer/GuestAgent.wxs.
    """
    agents = vm.windows_guest.agents
    if not agents:
        raise NotApplicable("no guest agent is installed: see INSIDE-WINDOWS-AGENT-01")
    started = [agent.name for agent in agents if agent.automatic]
    actual = several(f"{agent.name}: {agent.start}" for agent in agents)
    assert started, f"expected an automatic start, actual {actual}"
    return f"automatic: {several(started)}"


@control(
    "INSIDE-WINDOWS-DOTNET-01",
    severity="medium",
    evidence=("windows_guest.dotnet_profiles", "windows_guest.system.uname", "windows_guest.agents.name"),
    inside="guests",
)
def test_old_windows_has_dotnet_4(vm: VM) -> str:
    """An old Windows has .NET Framework 4, which the guest agent needs.

    Why: Without it the agent of XenServer's tools runs in part or not at all, and their installer stops.
    Windows before 8 and Server 2012 does not bring it.
    Pass: .NET Framework 4 is installed, Full or Client Profile.
    Fail: Neither is.
    Unknown: The guest was not reached or does not answer; or Windows shows the user no services.
    Not applicable: Linux; Windows 8, Server 2012 and later; the only agent is XCP-ng's of 9.0 and later,
    which needs none.
    Verify: in the guest: Get-ItemProperty "HKLM:\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\*"
    Fix: Install .NET Framework 4.8 where the release takes it, else 4.5.2 or 4.0 (window: guest reboot).
    Sources: win-xenguestagent, XenDpriv.Exe.Config (supportedRuntime v4.0); Microsoft, determine which .NET
    Framework versions are installed.
    """
    guest = vm.windows_guest
    if not guest.needs_dotnet:
        raise NotApplicable("this Windows brings it")
    if guest.agents and all(agent.without_dotnet for agent in guest.agents):
        raise NotApplicable("its agent needs none")
    assert guest.dotnet_profiles, "expected .NET Framework 4, actual none"
    return f"profile {several(guest.dotnet_profiles)}"


@control(
    "INSIDE-WINDOWS-REBOOT-01",
    severity="medium",
    evidence=("windows_guest.waiting_for_restart",),
    gates=("upgrade",),
    inside="guests",
)
def test_nothing_in_windows_waits_for_a_restart(vm: VM) -> None:
    """Nothing in Windows waits for a restart.

    Why: Drivers that wait for one are the old ones still, or none: what was installed against an advisory
    does not protect yet, and the next start takes longer and may go wrong when nobody looks.
    Pass: Neither a driver of Xen nor Windows (servicing, Windows Update) asks for a restart.
    Fail: One does.
    Unknown: The guest was not reached or does not answer.
    Not applicable: Linux.
    Verify: in the guest: Get-ChildItem HKLM:\\SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request
    Fix: Restart the guest in its window (window: guest reboot).
    Sources: win-xenbus, src/monitor/monitor.c; win-xenvif, src/xenvif/driver.c (DriverRequestReboot);
    Microsoft, Windows Update Agent (RebootRequired).
    """
    waiting = vm.windows_guest.waiting_for_restart
    assert not waiting, f"a restart is waited for: {several(waiting)}"


@control(
    "INSIDE-WINDOWS-UPDATE-01",
    severity="medium",
    evidence=("has_vendor_device", "guest_metrics.PV_drivers_version", "windows_guest.update_settings"),
    inside="guests",
)
def test_windows_update_may_bring_the_drivers_that_it_has(vm: VM) -> str:
    """Windows Update may bring the drivers that it is to bring.

    Why: has_vendor_device hands the PV drivers to Windows Update. Where Windows is told to take no drivers
    from there, nobody brings fixes: not those for XSA-468 either.
    Pass: No setting keeps drivers out.
    Fail: One does: ExcludeWUDriversInQualityUpdate is 1 (policy or settings), or the policy
    SearchOrderConfig 0.
    Unknown: The guest was not reached or does not answer; or its drivers are not to be told; or updates come
    from a server of the site, which may have drivers or not.
    Not applicable: Linux; has_vendor_device is off; the drivers are not those that Windows Update has
    (VM-TOOLS-05); releases before 7.0.
    Verify: in the guest: Get-ItemProperty HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate
    Fix: Allow drivers in that policy; or switch has_vendor_device off while the VM is halted, and update the
    drivers yourself (window: in guest, no reboot).
    Sources: Microsoft, policy CSP Update/ExcludeWUDriversInQualityUpdate, ADMX_DeviceSetup
    (DriverSearchPlaces_SearchOrderConfiguration); XenServer documentation, Windows VMs.
    """
    guest = vm.windows_guest
    if not required(vm.record.has_vendor_device, "VM.has_vendor_device", vm.pool, since=TELLS_VENDOR_DEVICE):
        raise NotApplicable("has_vendor_device is off: Windows Update has no drivers for it")
    if foreign_to_windows_update(vm):
        raise NotApplicable("its drivers are not those that Windows Update has: see VM-TOOLS-05")
    keeping_out = guest.keeping_drivers_out
    assert not keeping_out, f"drivers are kept out by {several(keeping_out)}"
    if guest.update_settings.get(OWN_SERVER) == "1":
        raise Unknown("updates come from a server of the site: whether it has the drivers is not known")
    return "no setting keeps drivers out"
