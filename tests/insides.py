"""What compliant machines answer from within: question → output. A new question needs an answer here."""

from typing import Any, Final

DOM0: Final = {
    "identity": "{uuid}\n",
    "xl_info": "xen_version            : 4.17.5-15\n"
    "virt_caps              : pv hvm hap hvm_directio pv_directio gnttab-v1 gnttab-v2\n"
    "xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64\n",
}
LINUX: Final = {
    "identity": "{uuid}\n",
    "hypervisor": "xen\n",
}
WINDOWS: Final = {
    "identity": "{uuid}\r\n",
}

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


BREAKS_FROM_WITHIN: Final[dict[str, dict[str, Any]]] = {
    "INSIDE-LINUX-XEN-01": {"inside.VM.hypervisor": "none\n"},
    "INSIDE-HOST-VIRT-01": {"inside.host.xl_info": "virt_caps : pv gnttab-v1\n"},
}
"""Control → what turns it, and no other, red."""
