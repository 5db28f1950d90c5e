"""The decorator that makes a function a control, and the documentation that it demands."""

from pathlib import Path

import pytest

from fixtures.audit import CHECKS
from fixtures.controls import control, control_of, load_controls, rules_version
from fixtures.errors import PoolproofError
from fixtures.facts.subject import evidence
from fixtures.facts.vm import VM
from fixtures.policy import Policy
from tests import building

DOCSTRING = """The VM is fine.

    Why: Because.
    Pass: It is.
    Fail: It is
    not.
    Verify: xe vm-list
    Fix: Make it so (window: live).
    Sources: experience.
    """


def fine(vm: VM, policy: Policy) -> None:
    pass


def test_the_docstring_is_the_documentation() -> None:
    fine.__doc__ = DOCSTRING
    found = control_of(control("VM-FINE-01", severity="low", evidence=("power_state",))(fine))
    assert found is not None
    assert (found.id, found.title, found.subject, found.parameter) == (
        "VM-FINE-01",
        "The VM is fine",
        "vm",
        "vm",
    )
    assert found.fails == "It is not."
    assert (found.unknown, found.not_applicable) == ("", "")


@pytest.mark.parametrize(
    ("id_", "severity", "docstring", "said"),
    [
        ("vm-fine-1", "low", DOCSTRING, "is no control id"),
        ("VM-FINE-01", "huge", DOCSTRING, "severity 'huge' is none of"),
        ("VM-FINE-01", "low", "", "lacks Fail, Fix, Pass, Sources, Verify, Why"),
        ("VM-FINE-01", "low", DOCSTRING.replace("Fix: ", ""), "lacks Fix"),
    ],
)
def test_a_control_without_its_documentation_is_refused(
    id_: str, severity: str, docstring: str, said: str
) -> None:
    fine.__doc__ = docstring
    with pytest.raises(ValueError, match=said):
        control(id_, severity=severity, evidence=())(fine)  # type: ignore[arg-type] # that is the point


def test_a_control_has_one_subject() -> None:
    def about_nothing() -> None:
        pass

    about_nothing.__doc__ = DOCSTRING
    with pytest.raises(ValueError, match="exactly one subject"):
        control("VM-FINE-01", severity="low", evidence=())(about_nothing)


def test_all_controls_are_found_and_tested() -> None:
    assert load_controls([CHECKS]).keys() == building.CHECKS.keys()


def test_an_id_is_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "twice"
    folder.mkdir()
    source = (
        "from fixtures.controls import control\n"
        "@control('VM-FINE-01', severity='low', evidence=())\n"
        f"def test_fine(vm):\n    {DOCSTRING!r}\n"
    )
    for name in ("test_one.py", "test_two.py"):
        (folder / name).write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PoolproofError, match="VM-FINE-01 is taken"):
        load_controls([folder])


def test_the_rules_have_a_version_that_changes_with_them(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("1")
    before = rules_version([tmp_path])
    (tmp_path / "test_one.py").write_text("2")
    assert rules_version([tmp_path]) != before
    assert rules_version([CHECKS]).startswith("0.1.0+")


@pytest.mark.parametrize("id_", building.CHECKS)
def test_evidence_names_fields_that_are_there(id_: str) -> None:
    found = control_of(building.CHECKS[id_])
    assert found is not None
    values = evidence(building.subject(found, building.a_pool()), found.evidence)
    assert values.keys() == set(found.evidence)
    assert "(no such field)" not in values.values()
