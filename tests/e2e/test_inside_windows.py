"""`--inside guests` for Windows, from the command line to the reports: HTTPS, NTLM, a pool in a file."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any, Final

import pytest

from fixtures.facts.records import NULL
from fixtures.sources.database_writer import write_database
from tests.e2e.commands import ROOT, TIMEOUT, Run, audit
from tests.inside.powershell import answering
from tests.inside.winrm_server import Windows
from tests.inside.winrm_shells import Answering, Output
from tests.windows_insides import DISKS, IDE, WINDOWS
from tests.xapi.servers import AUTHORITY

UUID: Final = "bbbbbbbb-0000-4000-8000-000000000009"
PASSWORD: Final = "Correct horse 1"
EVERYTHING: Final = ("-rA", "--tb=long", "--full-trace", "--showlocals", "--log-cli-level=DEBUG")
REPORTS: Final = "--report=html,json,junit,csv,markdown"


def told(**changes: str) -> Answering:
    """A guest that answers as a good one, but for changes."""
    return answering({key: text.replace("{uuid}", UUID) for key, text in WINDOWS.items()} | changes)


@contextmanager
def house(folder: Path, guest: Answering, password: str = PASSWORD) -> Iterator[Windows]:
    """A pool of one Windows VM in a file, and the policy that says how it is reached."""
    with Windows(guest, password=password) as machine:
        tables: dict[str, dict[str, dict[str, Any]]] = {
            "pool": {"OpaqueRef:pool": {"uuid": "uuid-pool", "name_label": "Pool", "master": NULL}},
            "VM": {
                "OpaqueRef:win": {
                    "uuid": UUID,
                    "name_label": "win1",
                    "power_state": "Running",
                    "domain_type": "hvm",
                    "is_a_template": False,
                    "is_a_snapshot": False,
                    "is_control_domain": False,
                    "guest_metrics": "OpaqueRef:report",
                    "VBDs": [],
                    "VIFs": [],
                }
            },
            "VBD": {},
            "VIF": {},
            "VM_guest_metrics": {
                "OpaqueRef:report": {
                    "uuid": "uuid-report",
                    "os_version": {"distro": "windows", "name": "Microsoft Windows Server 2022 Standard"},
                    "networks": {"0/ip": machine.address},
                }
            },
        }
        (folder / "pool.xml").write_bytes(write_database({"schema_major_vsn": "5"}, tables))
        AUTHORITY.cert_pem.write_to_path(str(folder / "ca.pem"))
        (folder / "password").touch(0o600)
        (folder / "password").write_text(f"{PASSWORD}\n")
        (folder / "policy.toml").write_text(
            "[inside]\nconnect_timeout = 2\ntimeout = 3600\n"
            f'[[inside.logins]]\nbackend = "winrm"\nuser = "auditor"\nport = {machine.port}\n'
            f'password_file = "{folder}/password"\nca_file = "{folder}/ca.pem"\n'
        )
        yield machine


def of_house(folder: Path, *arguments: str) -> Run:
    """Audit it, telling as much as can be told."""
    return audit(
        f"--pool={folder / 'pool.xml'}",
        f"--policy={folder / 'policy.toml'}",
        "--inside=guests",
        "-k=INSIDE",
        f"--log-file={folder / 'log'}",
        "--log-file-level=DEBUG",
        REPORTS,
        *EVERYTHING,
        *arguments,
        report_dir=folder / "out",
    )


def found(run: Run) -> dict[str, tuple[str, str]]:
    """Control → what it says, and why."""
    return {
        each["control"]: (each["verdict"], each["reason"])
        for each in run.results["verdicts"]
        if each["control"].startswith("INSIDE")
    }


def assert_kept(run: Run, folder: Path) -> None:
    """The password is in nothing that the run left behind or said."""
    left = [path for path in folder.rglob("*") if path.is_file() and path.name != "password"]
    assert len(left) > 5
    assert not [path for path in left if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in run.output


def test_from_policy_to_verdict(tmp_path: Path) -> None:
    with house(tmp_path, told(disks=DISKS + IDE)) as machine:
        run = of_house(tmp_path, f"--save-snapshot={tmp_path / 'snapshot.json'}")
        again = audit(
            f"--pool={tmp_path / 'snapshot.json'}", "--inside=guests", report_dir=tmp_path / "again"
        )
        assert machine.shells.actions.count("Create") == 1, "a snapshot is judged without asking"
    assert run.code == 1, run.output
    verdicts = found(run)
    assert verdicts["INSIDE-WINDOWS-DRIVERS-01"][0] == "pass"
    assert verdicts["INSIDE-WINDOWS-DISKS-01"] == (
        "fail",
        "expected Xen's disks, actual emulated: QEMU HARDDISK ATA Device",
    )
    assert {word for control, (word, _) in verdicts.items() if "LINUX" in control} == {"not_applicable"}
    assert found(again) == verdicts
    assert_kept(run, tmp_path)


def test_a_refused_password_is_unknown_and_shown_nowhere(tmp_path: Path) -> None:
    with house(tmp_path, told(), password="another") as machine:
        run = of_house(tmp_path)
        assert machine.shells.actions == []
    assert run.code == 0, run.output
    word, reason = found(run)["INSIDE-WINDOWS-DISKS-01"]
    assert word == "unknown"
    assert reason == "login refused: a wrong user or password, or it takes no NTLM"
    assert_kept(run, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_waits_for_no_machine(tmp_path: Path, number: signal.Signals) -> None:
    with house(tmp_path, lambda _: Output(delay=inf)) as machine:
        command = [sys.executable, "-m", "pytest", f"--pool={tmp_path / 'pool.xml'}", "--inside=guests"]
        with subprocess.Popen(
            [*command, f"--policy={tmp_path / 'policy.toml'}", f"--report-dir={tmp_path / 'out'}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            while "Receive" not in machine.shells.actions:
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(number)
            output, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2, output.decode()
