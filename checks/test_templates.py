"""Templates: was the VM made from one that fits what it became?"""

from fixtures.controls import control
from fixtures.facts.guest_os import guest_os
from fixtures.facts.judging import NotApplicable
from fixtures.facts.templates import DECIDED_BY, suits, template, template_mode
from fixtures.facts.vm import VM


@control(
    "VM-TEMPLATE-01",
    severity="low",
    evidence=(
        *DECIDED_BY,
        "power_state",
        "domain_type",
        "HVM_boot_policy",
        "metrics.current_domain_type",
        "PV_bootloader",
    ),
)
def test_template_makes_such_guests(vm: VM) -> str:
    """The template makes guests of the VM's own kind: PV or HVM.

    Why: An HVM Linux guest made from a PV template lacks what HVM templates set: device_id, viridian off,
    video memory; a PV guest made from an HVM template has what it cannot use. Such VMs boot, and behave like
    no other. Judged on halted VMs too: it is configuration.
    Pass: HVM from an HVM template, PV from a PV template.
    Fail: One from the other: by the template's label or name, or by a PV_bootloader on an HVM guest.
    Unknown: The domain type is not known, or nothing tells what guests the template makes.
    Not applicable: PVH guests, which no template makes; Windows, which is HVM always.
    Verify: xe vm-param-list uuid={uuid} | grep -E 'reference-label|PV-bootloader|HVM-boot|other-config'
    Fix: HVM from a PV template: xe vm-param-set uuid={uuid} PV-bootloader= platform:viridian=false
    platform:device_id=0001; or make the VM anew from the right template with its disks (window: VM off).
    Sources: xenserver/guest-templates-json (base-pvlinux.json, base-hvmlinux.json); XCP-ng documentation,
    conversion of PV guests.
    """
    actual = "pv" if vm.paravirtual else "hvm"
    if vm.domain_type == "pvh":
        raise NotApplicable("a pvh guest: no template makes such")
    made = template_mode(vm)
    if made == "hvm" and vm.windows:
        raise NotApplicable("the guest is Windows, which is HVM always")
    assert made == actual, f"a {vm.domain_type} guest made from a template for {made} guests: {template(vm)}"
    return f"a {vm.domain_type} guest from a template for such"


@control(
    "VM-TEMPLATE-02",
    severity="low",
    evidence=(
        *DECIDED_BY,
        "power_state",
        "guest_metrics.os_version.distro",
        "guest_metrics.os_version.name",
        "guest_metrics.os_version.uname",
    ),
)
def test_template_suits_the_system_inside(vm: VM) -> str:
    """The template is for the family of systems found inside.

    Why: Templates set what a system needs or cannot bear: viridian for Windows, device_id, limits of memory
    and vCPUs. A VM made from another family's template is slower or less stable than it must be, and people
    and programs that go by the template take it for what it is not.
    Pass: The template is for the family of the system that the guest reports: Windows, Debian and Ubuntu, Red
    Hat and its kin, SUSE; or for Linux whichever, and the guest is Linux.
    Fail: It is for another.
    Unknown: The VM is not running or has just started; its report cannot be read; the system that it tells is
    not in the knowledge table; or other_config is missing.
    Not applicable: The template is for any system, or not known; or no guest tools are installed that could
    report (VM-TOOLS-01 fails).
    Verify: xe vm-param-list uuid={uuid} | grep -E 'reference-label|os-version|other-config'
    Fix: Set the platform as the right template does, or make the VM anew from it with its disks (window: VM
    off).
    Sources: xenserver/guest-templates-json; xcp-ng-rpms/guest-templates-json;
    fixtures/knowledge/guest_os.toml.
    """
    made_from = template(vm)
    if made_from.family is None:
        raise NotApplicable("nothing that is known tells for which system its template is")
    system = guest_os(vm)
    assert suits(made_from, system), f"the guest is {system.title}, its template for another: {made_from}"
    return f"{system.title} from template {made_from}"
