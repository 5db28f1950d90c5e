"""A machine of the lab as a pool of one host, and the verdicts of an audit that looks inside."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fixtures.sources.database_writer import write_database
from tests.e2e.commands import audit
from tests.inside.doors import Door

from .asking import ask
from .machine import Hardware
from .sayings import Said

CONNECTING: Final = 60
"""Seconds for a login: an emulated CPU takes several for ssh's cryptography, on a busy machine many."""

LOOKING: Final = 200
"""Seconds for all questions."""


def judge(hardware: Hardware, dom0: Door, told: Said, folder: Path) -> dict[str, tuple[str, str]]:
    """Control → verdict and reason, of all controls that look into hosts.

    `folder` gets the pool, the policy and the reports. Raises SystemExit when the audit does not run.
    """
    pool, policy = folder / "pool.xml", folder / "policy.toml"
    identity = ask(dom0, '. /etc/xensource-inventory && echo "$INSTALLATION_UUID"').strip()
    pool.write_bytes(database(hardware, told, dom0.address, identity))
    policy.write_text(logins(dom0))
    run = audit(
        f"--pool={pool}",
        f"--policy={policy}",
        "--inside=hosts",
        "-k=INSIDE-HOST",
        report_dir=folder / "report",
    )
    if run.code not in (0, 1):
        raise SystemExit(f"{hardware.name}: the audit ended with {run.code}\n{run.output}")
    return {each["control"]: (each["verdict"], each["reason"]) for each in run.results["verdicts"]}


def misjudged(hardware: Hardware, verdicts: Mapping[str, tuple[str, str]]) -> list[str]:
    """Which verdicts are not those that the machine's hardware deserves, a line each."""
    deserved = {
        "INSIDE-HOST-VIRT-01": "pass" if hardware.svm else "fail",
        # No BIOS has it locked here, and Xen cannot tell a lock from a CPU without.
        "INSIDE-HOST-VIRT-02": "pass" if hardware.svm else "unknown",
        "INSIDE-HOST-IOMMU-01": "pass" if hardware.iommu else "fail",
    }
    given = {control: word for control, (word, _) in verdicts.items()}
    return [
        f"{control}: {given.get(control, 'no verdict')}, where {word} is deserved"
        for control, word in deserved.items()
        if given.get(control) != word
    ] + [f"{control}: {reason}" for control, (word, reason) in verdicts.items() if word == "error"]


def database(hardware: Hardware, told: Said, address: str, identity: str) -> bytes:
    """A pool database with what xapi would tell of the host, as far as that is what Xen tells xapi."""
    host = {
        "uuid": identity,
        "name_label": hardware.name,
        "address": address,
        "enabled": True,
        "metrics": "OpaqueRef:metrics",
        "capabilities": told.xen_caps.split(),
        "chipset_info": {"iommu": str("pv_directio" in told.virt_caps.split()).lower()},
    }
    return write_database(
        {"schema_major_vsn": "5"},
        {
            "pool": {"OpaqueRef:pool": {"uuid": "lab", "name_label": "Lab", "master": "OpaqueRef:host"}},
            "host": {"OpaqueRef:host": host},
            "host_metrics": {"OpaqueRef:metrics": {"uuid": "metrics", "live": True}},
        },
    )


def logins(dom0: Door) -> str:
    """The policy that leads to a dom0."""
    login = {
        "sides": ["hosts"],
        "user": dom0.user,
        "port": dom0.port,
        "key": str(dom0.key),
        "known_hosts": str(dom0.known_hosts),
    }
    # What JSON writes of these, TOML reads.
    lines = [f"{key} = {json.dumps(value)}" for key, value in login.items()]
    head = ["[inside]", f"connect_timeout = {CONNECTING}", f"timeout = {LOOKING}", "", "[[inside.logins]]"]
    return "\n".join([*head, *lines, ""])
