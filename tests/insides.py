"""What compliant machines answer from within: question → output. A new question needs an answer here
(of guests: in linux_insides.py and windows_insides.py).
"""

import re
from typing import Any, Final

from fixtures.sources.inside.commands import SERVICES

from .linux_insides import BREAKS_OF_LINUX, LINUX
from .windows_insides import WINDOWS

DOM0: Final = {
    "identity": "{uuid}\n",
    "xl_info": "release                : 4.19.0+1\n"
    "version                : #1 SMP Tue Nov 3 12:00:00 UTC 2026\n"
    "virt_caps              : pv hvm hap hvm_directio pv_directio gnttab-v1 gnttab-v2\n"
    "xen_version            : 4.17.5-15\n"
    "build_id               : 151b373fd64b321593bf987fd923cd10dabadac4\n",
    "xen_caps": "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 \n",
    "xl_dmesg": "",
    "cpu": "cpu family\t: 25\nmicrocode\t: 0xa101148\nmodel\t\t: 17\nstepping\t: 1\n"
    "vendor_id\t: AuthenticAMD\n",
    "services": "\n".join(f"Id={name}.service\nLoadState=loaded\nActiveState=active\n" for name in SERVICES),
    "failed_units": "0 loaded units listed. Pass --all to see loaded but inactive units, too.\n",
    "room": "Filesystem     1024-blocks    Used Available Capacity Mounted on\n"
    "/dev/sda1         18435804 3311412  14164852      19% /\n"
    "/dev/sda5          4054000  120000   3708000       4% /var/log\n"
    "/dev/sda1         18435804 3311412  14164852      19% /\n"
    "MemTotal:        8123456 kB\nMemAvailable:    6012345 kB\nLoad: 0.42\nCPUs: 16\n",
    "clock": "Reference ID    : C0000201 (192.0.2.1)\nLeap status     : Normal\n",
    "installed": "filesystem 3.2-25.el7 1760000000\nkernel 4.19.19-8.0.44.1.xcpng8.3 1762000000\n"
    "xen-hypervisor 4.17.5-15.1.xcpng8.3 1762000000\nbtime 1763000000\n",
    "taint": "4096\n",
    "rsyslog": "\t@192.0.2.53\n",
    "sshd": "permitrootlogin prohibit-password\nignorerhosts yes\nhostbasedauthentication no\n"
    "passwordauthentication yes\nkbdinteractiveauthentication no\nx11forwarding no\n"
    "permitemptypasswords no\npermituserenvironment no\ngatewayports no\n"
    "ciphers aes128-ctr,aes256-ctr,aes256-gcm@openssh.com\nmacs hmac-sha2-256,hmac-sha2-512\n"
    "kexalgorithms curve25519-sha256,ecdh-sha2-nistp256\n",
    "stunnel": "ciphers = ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256\n"
    "options = CIPHER_SERVER_PREFERENCE\nsslVersion = TLSv1.2\n",
}


def changed_xl_info(key: str, value: str) -> str:
    """What `xl info` prints on the compliant host, but for one line."""
    return re.sub(rf"(?m)^({key}\s*): .*$", rf"\1: {value}", DOM0["xl_info"])


_TEXTS: Final = {"dom0": DOM0, "linux": LINUX, "windows": WINDOWS}


def told_from_within(system: str, uuid: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a compliant machine of this uuid tells, as a reading keeps it, but for `changes`.

    A change is an output, or an exit status and an output, or None for a question without an answer.
    """
    texts = {question: text.replace("{uuid}", uuid) for question, text in _TEXTS[system].items()} | (
        changes or {}
    )
    answers = {
        question: (0, told) if isinstance(told, str) else told
        for question, told in texts.items()
        if told is not None
    }
    return {
        "system": system,
        "address": "192.0.2.10",
        "answers": {
            question: {"status": status, "output": output} for question, (status, output) in answers.items()
        },
    }


BREAKS_FROM_WITHIN: Final[dict[str, dict[str, Any]]] = BREAKS_OF_LINUX | {
    "INSIDE-HOST-VIRT-01 INSIDE-CLAIM-VIRT-01": {
        "inside.host.xl_info": changed_xl_info("virt_caps", "pv pv_directio gnttab-v1")
    },
    "INSIDE-HOST-VIRT-02": {"inside.host.xl_dmesg": "(XEN) CPU1: VMX disabled by BIOS.\n"},
    "INSIDE-HOST-IOMMU-01 INSIDE-CLAIM-IOMMU-01": {
        "inside.host.xl_info": changed_xl_info("virt_caps", "pv hvm hap gnttab-v1")
    },
    "INSIDE-HOST-XEN-01": {"inside.host.xl_info": changed_xl_info("build_id", "99")},
    "INSIDE-HOST-KERNEL-01": {"inside.host.xl_info": changed_xl_info("version", "#1 SMP Mon Jan 5 2026")},
    "INSIDE-HOST-MICROCODE-01": {
        "inside.host.cpu": DOM0["cpu"].replace("0xa101148", "0xa101111"),
    },
    "INSIDE-HOST-SERVICES-01": {
        "inside.host.services": DOM0["services"].replace("ActiveState=active", "ActiveState=failed", 1)
    },
    "INSIDE-HOST-SERVICES-02": {
        "inside.host.failed_units": "  mcelog.service loaded failed failed Mcelog\n1 loaded units listed.\n"
    },
    "INSIDE-HOST-DISK-01": {"inside.host.room": DOM0["room"].replace("120000   3708000", "3708000   120000")},
    "INSIDE-HOST-MEMORY-01": {"inside.host.room": DOM0["room"].replace("6012345", "12345")},
    "INSIDE-HOST-LOAD-01": {"inside.host.room": DOM0["room"].replace("0.42", "64.42")},
    "INSIDE-HOST-TIME-01": {"inside.host.clock": "Leap status     : Not synchronised\n"},
    "INSIDE-HOST-REBOOT-01": {"inside.host.installed": DOM0["installed"].replace("1762", "1764")},
    "INSIDE-HOST-SSH-01": {
        "inside.host.sshd": DOM0["sshd"].replace("curve25519-sha256", "diffie-hellman-group14-sha1")
    },
    "INSIDE-HOST-SSH-02": {"inside.host.sshd": DOM0["sshd"].replace("x11forwarding no", "x11forwarding yes")},
    "INSIDE-HOST-SSH-03": {"inside.host.sshd": DOM0["sshd"].replace("prohibit-password", "yes")},
    "INSIDE-HOST-TLS-01": {"inside.host.stunnel": DOM0["stunnel"].replace("TLSv1.2", "TLSv1.1")},
    "INSIDE-CLAIM-SYSLOG-01": {"inside.host.rsyslog": ""},
    "INSIDE-HOST-KERNEL-02": {"inside.host.taint": "4224\n"},
}
"""Controls (blanks between them) → what turns them, and no others, red."""
