"""`--inside`, from the command line to the reports: real ssh to real sshd, and a pool that is a file."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.facts.records import NULL
from fixtures.sources.database_writer import write_database
from tests.e2e.commands import ROOT, TIMEOUT, Run, audit
from tests.inside.doors import all_known
from tests.inside.machines import Machine, needs_machines
from tests.inside.plausible import host, pv_guest

XEN1 = "aaaaaaaa-0000-4000-8000-000000000001"
WEB = "bbbbbbbb-0000-4000-8000-000000000001"
DBASE = "bbbbbbbb-0000-4000-8000-000000000002"
LIAR = "bbbbbbbb-0000-4000-8000-000000000003"
HALTED = "bbbbbbbb-0000-4000-8000-000000000004"

pytestmark = needs_machines


@dataclass(frozen=True)
class House:
    """A pool in a file, its machines, and the policy that says how they are reached."""

    folder: Path
    host: Machine
    guests: Machine

    def audit(self, *arguments: str | Path, to: str = "out") -> Run:
        """Audit it."""
        return audit(*arguments, f"--policy={self.folder / 'policy.toml'}", report_dir=self.folder / to)

    @property
    def pool(self) -> str:
        return f"--pool={self.folder / 'pool.xml'}"

    @property
    def logins(self) -> tuple[int, int]:
        """How often the host and the guests let us in."""
        return self.host.logins, self.guests.logins


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A host, and four VMs: web, one where nobody listens, one that claims web's address, a halted one."""
    with ExitStack() as stack:
        xen1 = stack.enter_context(Machine(*host(XEN1)))
        web = stack.enter_context(Machine(*pv_guest(WEB)))
        all_known([xen1.door, web.door], tmp_path / "known_hosts")
        addresses = {WEB: web.door.address, DBASE: "127.0.0.1", LIAR: web.door.address, HALTED: ""}
        (tmp_path / "pool.xml").write_bytes(
            write_database({"schema_major_vsn": "5"}, tables(xen1.door.address, addresses))
        )
        login = f'key = "{xen1.door.key}"\nknown_hosts = "{tmp_path}/known_hosts"\n'
        (tmp_path / "policy.toml").write_text(
            "[inside]\nconnect_timeout = 2\n"
            f'[[inside.logins]]\nsides = ["hosts"]\n{login}port = {xen1.door.port}\n'
            f"[[inside.logins]]\n{login}port = {web.door.port}\n"
        )
        yield House(tmp_path, xen1, web)


def tables(host_address: str, guests: dict[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The classes that it takes."""
    return {
        "pool": {"OpaqueRef:pool": {"uuid": "uuid-pool", "name_label": "Pool", "master": "OpaqueRef:xen1"}},
        "host": {
            "OpaqueRef:xen1": {
                "uuid": XEN1,
                "name_label": "xen1",
                "address": host_address,
                "metrics": "OpaqueRef:xen1-metrics",
            }
        },
        "host_metrics": {"OpaqueRef:xen1-metrics": {"uuid": "uuid-metrics", "live": True}},
        "VM": {
            f"OpaqueRef:{uuid}": {
                "uuid": uuid,
                "name_label": f"guest {uuid[-1]}",
                "power_state": "Running" if address else "Halted",
                "is_a_template": False,
                "is_a_snapshot": False,
                "is_control_domain": False,
                "guest_metrics": f"OpaqueRef:{uuid}-report" if address else NULL,
            }
            for uuid, address in guests.items()
        },
        "VM_guest_metrics": {
            f"OpaqueRef:{uuid}-report": {"uuid": f"{uuid}-report", "networks": {"0/ip": address}}
            for uuid, address in guests.items()
            if address
        },
    }


def found(run: Run, control: str) -> dict[str, tuple[str, str]]:
    """uuid of the subject → what a control says of it, and why."""
    return {
        each["subject"]["uuid"]: (each["verdict"], each["reason"])
        for each in run.results["verdicts"]
        if each["control"] == control
    }


def test_nobody_is_asked_who_was_not_to_be(house: House) -> None:
    run = house.audit(house.pool)
    assert house.logins == (0, 0)
    assert not [control for control, _ in run.verdicts if control.startswith("INSIDE")]


def test_nobody_is_asked_where_tests_are_only_collected(house: House) -> None:
    run = house.audit(house.pool, "--inside=hosts,guests", "--collect-only", "-q")
    assert run.code == 0, run.output
    assert "test_xen_has_hardware_virtualization[xen1" in run.output
    assert house.logins == (0, 0)


def test_every_machine_has_a_verdict_and_only_its_own(house: House) -> None:
    run = house.audit(house.pool, "--inside=hosts,guests")
    assert run.code == 0, run.output
    assert found(run, "INSIDE-HOST-VIRT-01")[XEN1][0] == "pass"
    xen = found(run, "INSIDE-LINUX-XEN-01")
    assert xen[WEB] == ("pass", "hypervisor: xen")
    assert xen[DBASE][0] == "unknown"
    assert "connection refused" in xen[DBASE][1]
    assert xen[LIAR] == (
        "unknown",
        f"another machine answers at {house.guests.door.address}: its uuid is {WEB}",
    )
    assert xen[HALTED] == ("unknown", "it does not run (power_state Halted)")
    address = house.guests.door.address
    assert "looked into 1 of 4 guests" in run.output
    assert "not into 'guest 2' at 127.0.0.1: connection refused" in run.output
    assert f"not into 'guest 3' at {address}: another machine answers at {address}" in " ".join(
        run.output.split()
    )
    assert house.logins == (1, 2)


def test_the_report_says_how_many_were_left_out(house: House) -> None:
    run = house.audit(house.pool, "--inside=guests", f"--vm={WEB}", "-k", "INSIDE-LINUX-XEN-01")
    assert run.results["pools"][0]["notes"][-1] == "looked into 1 of 1 guests; 3 more were not to be"


def test_a_gate_is_closed_by_a_machine_that_does_not_answer(house: House) -> None:
    of_dbase = ("--inside=guests", f"--vm={DBASE}", "-k", "INSIDE-LINUX-XEN-01")
    assert house.audit(house.pool, *of_dbase).code == 0
    assert house.audit(house.pool, *of_dbase, "--unknown=fail").code == 1
    assert house.logins == (0, 0), "who is not judged is not asked"


def test_a_run_does_not_say_that_it_looked_where_a_selection_left_nobody_over(house: House) -> None:
    run = house.audit(house.pool, "--inside=hosts,guests", f"--vm={WEB}")
    assert run.results["conditions"]["inside"] == ["guests"]
    assert "Looked into guests\n" in run.output
    assert house.logins == (0, 1)


def test_two_processes_say_what_one_says_and_ask_once(house: House) -> None:
    alone = house.audit(house.pool, "--inside=hosts,guests", to="alone")
    both = house.audit(house.pool, "--inside=hosts,guests", "-n2", to="both")
    assert both.verdicts == alone.verdicts
    assert sorted(map(str, both.results["verdicts"])) == sorted(map(str, alone.results["verdicts"]))
    assert house.logins == (2, 4)


def test_a_snapshot_is_judged_without_asking(house: House) -> None:
    snapshot = house.folder / "snapshot.json"
    asked = house.audit(house.pool, "--inside=hosts", f"--save-snapshot={snapshot}", to="asked")
    again = house.audit(f"--pool={snapshot}", "--inside=hosts", to="again")
    assert again.verdicts == asked.verdicts
    assert house.logins == (1, 0)
    lacking = house.audit(f"--pool={snapshot}", "--inside=guests", to="lacking")
    assert lacking.code == 4
    assert "was saved without: save it again with --inside" in lacking.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--inside=moon"], "'moon' is nothing to look into; there are hosts and guests"),
        (["--inside=hosts", "--policy=mission"], "the policy selects no control that looks there"),
        (["--pool=", "--inside=hosts"], "--pool has an empty value"),
    ],
)
def test_usage_errors_are_one_line(arguments: list[str], why: str, tmp_path: Path) -> None:
    run = audit(*arguments, report_dir=tmp_path)
    assert run.code == 4
    assert why in run.output
    assert not re.search("Traceback|INTERNALERROR", run.output)


def test_a_login_whose_key_is_not_there_looks_into_nothing(house: House) -> None:
    policy = house.folder / "policy.toml"
    policy.write_text(re.sub('key = ".*"', 'key = "/nowhere/key"', policy.read_text()))
    run = house.audit(house.pool, "--inside=hosts")
    assert run.code == 4
    assert "inside.logins: key: /nowhere/key cannot be read; name another file" in run.output
    assert house.logins == (0, 0)


def test_what_a_guest_writes_breaks_no_report(house: House) -> None:
    (house.guests.root / "sys/hypervisor/type").write_bytes(
        b"<script>alert(1)</script>\x1b[31m\xe2\x80\xae=cmd|'"
    )
    run = house.audit(house.pool, "--inside=guests", f"--vm={WEB}", "--report=html,json,junit,csv,markdown")
    word, reason = found(run, "INSIDE-LINUX-XEN-01")[WEB]
    assert word == "fail"
    assert "\x1b" not in reason
    assert "\x1b" not in run.output
    assert "<script>alert(1)" not in (run.report_dir / "compliance.html").read_text()


def test_an_interruption_waits_for_no_machine(house: House) -> None:
    (house.guests.root / "root/.bashrc").write_text("sleep 1000\n")
    command = [sys.executable, "-m", "pytest", house.pool, f"--policy={house.folder / 'policy.toml'}"]
    out = house.folder / "out"
    with subprocess.Popen(
        [*command, "--inside=guests", f"--vm={WEB}", f"--report-dir={out}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        while house.guests.logins == 0:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2, output.decode()
    left = subprocess.run(["pgrep", "-f", house.guests.door.address], capture_output=True, check=False)
    assert left.stdout == b""
