"""The documentation is true: what it names is there, what is there is named, and its example runs."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest

from fixtures import knowledge
from fixtures.audit import CHECKS
from fixtures.controls import load_controls
from fixtures.facts.pool import Pool
from fixtures.judge import run
from fixtures.policy import Policy
from fixtures.policy.inside import Login
from fixtures.policy.loading import build_policy, read_layers
from fixtures.pools import SAMPLE
from fixtures.sources import read_file
from fixtures.sources.inside.commands import page
from fixtures.verdict import Severity, Word
from fixtures.xapi.connection import Connection
from fixtures.xapi.readonly import READ_ONLY_METHODS
from reports.repairs import ways
from reports.terminal import EXIT_CODES
from tests import building
from tests.e2e.commands import ROOT, TIMEOUT, Run, audit

README: Final = ROOT / "README.md"
CONNECTING: Final = ROOT / "docs" / "connecting.md"
POLICY: Final = ROOT / "docs" / "policy.md"
INSIDE: Final = ROOT / "docs" / "inside.md"
EXAMPLE: Final = ROOT / "docs" / "adding-a-control.md"
PAGES: Final = (README, *sorted((ROOT / "docs").glob("*.md")))

OPTION: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its own head."""
    below = page.read_text("utf-8").partition(f"\n{heading}\n")[2]
    table = re.search(r"^\|.*\|\n\|[-|]+\|\n((?:\|.*\|\n)+)", below, re.MULTILINE)
    assert table, f"{page.name} has no table below {heading!r}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[1].splitlines()]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


# Options


@cache
def help_of(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_is_named_exists(page: Path) -> None:
    commands = ("pytest", "fixtures.simulator", "reports.nagios", "tests.lab")
    known = {option for command in commands for option in OPTION.findall(help_of("-m", command))}
    text = page.read_text("utf-8")
    if page.name == "inside-commands.md":  # its blocks are commands of other programs
        text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert set(OPTION.findall(text)) <= known


def test_every_option_of_ours_is_documented() -> None:
    ours = help_of("-m", "pytest").partition("\naudit of XenServer")[2].partition("\n\n")[0]
    options = set(re.findall(r"^  (--[a-z-]+)", ours, re.MULTILINE))
    assert options > {"--pool", "--vm"}
    assert options <= {option for page in PAGES for option in OPTION.findall(page.read_text("utf-8"))}


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for page in PAGES for name in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.M)
    }
    assert {"demo", "test"} <= named <= targets


# Controls, verdicts, exit codes


def test_the_table_of_controls_is_true() -> None:
    controls = load_controls([CHECKS])
    policy = build_policy(read_layers("mission", ROOT), controls=controls, families=knowledge.load().families)
    assert sorted(rows(README, "## What it checks")) == sorted(
        [control.id, control.title, control.severity]
        for control in controls.values()
        if policy.selects(control.id)
    )


def test_severities_mean_what_their_markers_say() -> None:
    markers = dict(
        re.findall(r"^    (\w+): a finding (.*)$", (ROOT / "pytest.ini").read_text(), re.MULTILINE)
    )
    assert markers.keys() == set(get_args(Severity))
    text = " ".join(README.read_text("utf-8").split())
    assert [word for word, meaning in markers.items() if f"{word} {meaning}" not in text] == []


def test_the_table_of_verdicts_is_complete() -> None:
    words = {word.replace("_", " ") for word in get_args(Word)}
    assert {row[0] for row in rows(README, "## What the verdicts mean")} == words


def test_the_table_of_exit_codes_is_complete() -> None:
    text = README.read_text("utf-8")
    assert re.findall(r"^\| (\d) \|", text, re.MULTILINE) == [str(int(code)) for code in sorted(EXIT_CODES)]


def test_the_finding_that_is_read_out_is_real() -> None:
    told = {row[0].strip("*"): row[1] for row in rows(README, "## How to read a finding")}
    page = (ROOT / "reports" / "templates" / "said.js").read_text("utf-8")
    assert [name for name in told if not re.search(rf'\[\s*"{name}",', page)] == []
    control = load_controls([CHECKS])["VM-TOOLS-01"]
    (reading,) = read_file(SAMPLE)
    (vm,) = (vm for vm in Pool(reading).vms if vm.name == "registry")
    with pytest.raises(AssertionError) as finding:
        run(building.CHECKS[control.id], {"vm": vm}, control)
    assert told["Reason"] == str(finding.value).partition("\n")[0]
    assert told["Control"] == f"{control.id}, {control.title}"
    assert told["Why"] == control.why
    assert not vm.windows
    assert told["Repair"] in {
        f"{way.system}: {way.text}" for way in ways(control.fix) if way.system == "Linux"
    }
    assert told["Verify"] == f"`{control.verify.replace('{uuid}', vm.uuid or '')}`"


# Policy


def keys(table: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of the policy and its default, as TOML has them."""
    for field in msgspec.structs.fields(table):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from keys(field.type, f"{prefix}{field.name}.")
        else:
            default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
            yield f"{prefix}{field.name}", default


def test_every_key_of_the_policy_is_documented_with_its_default() -> None:
    documented = {row[0].strip("`"): json.loads(row[2].strip("`")) for row in rows(POLICY, "## The keys")}
    assert documented == {
        key: list(value) if isinstance(value, tuple) else value for key, value in keys(Policy)
    }


def test_every_key_of_a_login_is_documented_with_its_default() -> None:
    documented = {row[0].strip("`"): json.loads(row[1].strip("`")) for row in rows(INSIDE, "## Set it up")}
    assert documented == {
        key: list(value) if isinstance(value, tuple) else value for key, value in keys(Login)
    }


def test_the_example_of_logins_is_understood(tmp_path: Path) -> None:
    inside = loaded(tmp_path / "policy.toml", blocks(INSIDE, "toml")[0]).inside
    assert [login.backend for login in inside.logins] == ["ssh", "ssh", "winrm"]


def test_every_command_is_documented() -> None:
    assert (ROOT / "docs" / "inside-commands.md").read_text("utf-8") == "\n".join([*page(), ""]), (
        "make docs/inside-commands.md"
    )


def loaded(path: Path, text: str) -> Policy:
    path.write_text(text)
    layers = read_layers(str(path), path.parent)
    return build_policy(layers, controls=load_controls([CHECKS]), families=knowledge.load().families)


def test_the_example_of_a_policy_sets_every_key(tmp_path: Path) -> None:
    example = blocks(POLICY, "toml")[1]
    loaded(tmp_path / "policy.toml", example)
    document = tomllib.loads(example)
    for key, _ in keys(Policy):
        table, _, name = key.rpartition(".")
        assert name in (document[table] if table else document)
    assert set(document["tools"]["minimum"]) == set(knowledge.load().families)


def test_a_wrong_policy_is_answered_as_the_page_says(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="is not allowed") as error:
        loaded(tmp_path / "policy.toml", blocks(POLICY, "toml")[2])
    message = str(error.value).replace(f"{tmp_path}/", "")
    assert f"ERROR: {message}\n" in blocks(POLICY, "text")


# Connecting


def test_every_method_is_documented() -> None:
    table = rows(CONNECTING, "## What is called")
    assert {row[0] for row in table} == READ_ONLY_METHODS
    assert {row[1] for row in table} == {"read-only"}
    assert f"it can call {len(READ_ONLY_METHODS)}," in README.read_text("utf-8")


def test_time_outs_are_those_of_the_code() -> None:
    paragraph = CONNECTING.read_text("utf-8").partition("## Time-outs")[2].partition("##")[0]
    defaults = {field.name: field.default for field in fields(Connection)}
    for name in ("connect_timeout", "read_timeout", "total_timeout"):
        assert f"{defaults[name]:g} s" in paragraph


@cache
def sentences() -> str:
    """All text that the code says, placeholders as `…`: what an error line can hold."""
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "fixtures").rglob("*.py"))]
    said = []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.JoinedStr):
            said.append(
                "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            said.append(node.value)
    return "\n".join(said)


def test_every_error_line_that_is_explained_exists() -> None:
    explained = [row[0].strip("`") for row in rows(CONNECTING, "## What error lines mean") if "`" in row[0]]
    ours = [phrase for phrase in explained if not phrase.startswith("unrecognized arguments")]
    assert len(ours) > 40
    assert [phrase for phrase in ours if phrase not in sentences()] == []


# Links


def anchor(heading: str) -> str:
    """The fragment that a Markdown heading gets."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        file, _, fragment = target.partition("#")
        path = (page.parent / file) if file else page
        assert path.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
            assert fragment in map(anchor, headings), target


# The worked example


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the worked example added as its page says."""
    copy = tmp_path_factory.mktemp("site")
    for room in ("checks", "fixtures", "reports", "tests"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "out"))
    for file in ("conftest.py", "pytest.ini", "policy.toml"):
        shutil.copy(ROOT / file, copy)
    control, proof = blocks(EXAMPLE, "python")
    (copy / "checks" / "test_backup.py").write_text(control)
    (copy / "tests" / "checks" / "test_backup.py").write_text(proof)
    return copy


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a site's own controls, outside the repository, with the worked example."""
    folder = tmp_path_factory.mktemp("etc") / "checks"
    folder.mkdir()
    (folder / "test_backup.py").write_text(blocks(EXAMPLE, "python")[0])
    return folder


JUDGED: Final = [
    ([], 1, {"fail", "pass"}),
    (["--vm", "dbase"], 0, {"pass"}),
    (["-n", "2"], 1, {"fail", "pass"}),
]


def judged(found: Run, code: int, words: set[str]) -> None:
    assert found.code == code, found.output
    said = [verdict for verdict in found.results["verdicts"] if verdict["control"] != "POOL-READ-01"]
    assert {verdict["control"] for verdict in said} == {"SITE-BACKUP-01"}
    assert {verdict["verdict"] for verdict in said} == words


@pytest.mark.parametrize(("arguments", "code", "words"), JUDGED)
def test_the_worked_example_judges(
    own: Path, arguments: list[str], code: int, words: set[str], tmp_path: Path
) -> None:
    judged(audit("--checks", own, "-k", "SITE-BACKUP-01", *arguments, report_dir=tmp_path), code, words)


@pytest.mark.parametrize(("arguments", "code", "words"), JUDGED)
def test_so_it_does_where_the_policy_names_its_folder(
    own: Path, arguments: list[str], code: int, words: set[str], tmp_path: Path
) -> None:
    policy = own.parent / "policy.toml"
    policy.write_text('checks = ["checks"]\ncontrols = ["!*", "SITE-*"]\n')
    judged(audit("--policy", policy, *arguments, report_dir=tmp_path), code, words)


def test_the_worked_example_proves_itself(site: Path, tmp_path: Path) -> None:
    done = audit("tests/checks/test_backup.py", "tests/test_controls.py", report_dir=tmp_path, cwd=site)
    assert done.code == 0, done.output
    assert "failed" not in done.output
