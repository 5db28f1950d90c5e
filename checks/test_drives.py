"""CD drives: was something left in them?"""

from fixtures.controls import control
from fixtures.facts.media import inserted
from fixtures.facts.vm import VM


@control(
    "VM-DRIVE-01",
    severity="medium",
    evidence=("drives.type", "drives.empty", "drives.VDI"),
    gates=("migration", "upgrade"),
)
def test_no_iso_is_left_in_the_drive(vm: VM) -> None:
    """No ISO is left in the CD drive.

    Why: A disc that nobody needs any more ties a VM: one on local storage, or in the host's own drive, keeps
    it on that host, and any one must be found wherever the VM shall start, also after a disaster. The tools'
    ISO stays behind from their installation. Judged on halted VMs too.
    Pass: All CD drives are empty, or there is none.
    Fail: A disc is in one; the guest tools' ISO and discs on storage of one host are told apart.
    Unknown: A drive, or the list of them, cannot be read.
    Verify: xe vbd-list vm-uuid={uuid} type=CD params=empty,vdi-name-label
    Fix: xe vm-cd-eject uuid={uuid} (window: live; a guest that has mounted the disc must let it go first).
    Sources: XenCenter, AssertCanEvacuateCheck.cs and VDI.cs (IsToolsIso); xen-api, agility.ml (an inserted
    ISO counts).
    """
    media = inserted(vm)
    assert not media, f"in the drive: {' and '.join(map(str, media))}"
