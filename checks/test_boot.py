"""Boot: firmware, Secure Boot and TPM as the guest needs them."""

from fixtures.controls import control
from fixtures.facts.boot import CERTIFICATES, NEEDS_VTPM
from fixtures.facts.judging import NotApplicable, Unknown
from fixtures.facts.vm import VM
from fixtures.policy import Policy
from fixtures.printable import printable

MODE = ("power_state", "domain_type", "metrics.current_domain_type", "HVM_boot_params.firmware")
SYSTEM = ("guest_metrics.os_version", "reference_label", "platform.viridian", "platform.device_id")


@control("VM-BOOT-01", severity="medium", evidence=(*MODE, *SYSTEM, "platform.secureboot"))
def test_firmware_is_as_needed(vm: VM, policy: Policy) -> str:
    """Firmware and Secure Boot are as the guest and the policy ask.

    Why: Windows 11 and Windows Server 2025 are not supported on a BIOS, and their updates fail there; and
    Secure Boot that is asked of a BIOS protects nothing, whatever the settings seem to say.
    Pass: The firmware is UEFI; or it is a BIOS, the guest is content with that, and nothing asks for Secure
    Boot. Policy hardware.secure_boot "required": UEFI, and platform secureboot is true.
    Fail: Windows 11 or Windows Server 2025 on a BIOS; or platform secureboot is true on a BIOS; or no Secure
    Boot where the policy requires it.
    Unknown: The boot settings, the domain type, the platform or, on a BIOS, the guest's report cannot be
    read; nothing says which Windows the VM runs; or Secure Boot is required, and `auto`.
    Not applicable: PV guests have no firmware; releases before 8.0 have nothing but a BIOS.
    Verify: xe vm-param-get uuid={uuid} param-name=HVM-boot-params
    Fix: For a guest that needs UEFI: convert its system disk from MBR to GPT in the guest (mbr2gpt), then xe
    vm-param-set uuid={uuid} HVM-boot-params:firmware=uefi (window: VM off, after a snapshot). Else xe
    vm-param-set uuid={uuid} platform:secureboot=false (window: VM off).
    Sources: xenserver/guest-templates-json, windows-11.json and windows-server-2025.json; XCP-ng
    documentation, guest UEFI Secure Boot.
    """
    fault = vm.boot.fault(must_be_secure=policy.hardware.secure_boot == "required")
    assert not fault, fault
    return f"firmware {printable(vm.boot.firmware, 20)}"


@control("VM-BOOT-02", severity="medium", evidence=(*MODE, *SYSTEM, "VTPMs"))
def test_a_vtpm_is_there_where_needed(vm: VM) -> None:
    """A virtual TPM is there where the guest needs one.

    Why: Windows 11 asks for a TPM 2.0: without one it was installed by a trick, and its feature updates fail.
    Pass: Windows 11 has a vTPM.
    Fail: It has none.
    Unknown: VTPMs or the guest's report is missing or unreadable; or nothing says which Windows the VM runs.
    Not applicable: It runs another system; PV guests; releases before 8.0.
    Verify: xe vtpm-list vm-uuid={uuid}
    Fix: xe vtpm-create vm-uuid={uuid} (window: VM off; XenServer 8 or XCP-ng 8.3).
    Sources: xenserver/guest-templates-json, windows-11.json; Microsoft, Windows 11 requirements.
    """
    if vm.boot.demanding_system != NEEDS_VTPM:
        raise NotApplicable("the VM does not run Windows 11")
    assert vm.boot.vtpms, "vTPMs for Windows 11: expected one, actual none"


@control("VM-BOOT-03", severity="high", evidence=(*MODE, "secureboot_certificates_state"))
def test_secure_boot_certificates_are_current(vm: VM) -> None:
    """Secure Boot certificates are current.

    Why: Microsoft's certificates of 2011 expire from June 2026. A VM that has only those does not start any
    more once an update brings it a boot loader signed by those of 2023.
    Pass: The state of the VM's certificates is ok.
    Fail: It is update_available, or update_on_boot: prepared, but the VM has not started since.
    Unknown: The state, the boot settings or the domain type is missing or unreadable.
    Not applicable: The VM has no UEFI firmware; releases before 8.3 tell no such state.
    Verify: xe vm-param-get uuid={uuid} param-name=secureboot-certificates-state
    Fix: Have the BitLocker recovery key at hand, mark the VM for the update in XenCenter (in the API:
    VM.update_secureboot_certificates_on_boot), and restart it (window: guest reboot).
    Sources: XenServer documentation, manage UEFI Secure Boot certificate remediation; xen-api, design
    document on Secure Boot certificate expiry.
    """
    firmware = vm.boot.firmware
    if firmware != "uefi":
        raise NotApplicable(f"the firmware is {printable(firmware, 20)}")
    state = vm.boot.certificates
    if state not in CERTIFICATES:
        raise Unknown(f"the state of its certificates is {printable(state, 40)!a}, which is not known")
    assert state == "ok", f"certificates: expected ok, actual {state}"
