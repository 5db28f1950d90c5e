"""--redact: nothing that tells whose pool it is gets into a report, and what was judged is still there."""

import json
import re
import stat
import zlib
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from fixtures.pools import SAMPLE
from fixtures.redaction.harmless import harmless
from fixtures.sources import read_file
from tests.building import a_reading
from tests.corpus import corpus_files, needs_corpus
from tests.e2e.commands import Run, audit
from tests.e2e.planted import Planting, save, texts_of

FORMATS: Final = "html,json,junit,csv,markdown,sarif,ohdf,ctrf,prometheus,nagios"
FILES: Final = (
    *("results.json", "compliance.html", "junit.xml", "verdicts.csv", "summary.md", "results.sarif"),
    *("ohdf.json", "ctrf.json", "poolproof.prom", "nagios.txt"),
)
BASE64: Final = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
WORD: Final = re.compile(r"\w+")
LEAST: Final = 4
"""Characters of an original that is looked for: shorter ones are part of any text."""

SITE_CHECKS: Final = '''
import warnings

import pytest

from fixtures.controls import control
from fixtures.facts.vm import VM


@pytest.fixture
def told(vm: VM, record_property) -> str:
    print("printed", vm.name)
    record_property("subject", vm.name)
    record_property("owner", vm.name)
    return vm.name


@control("SITE-CRASH-01", severity="low", evidence=("name_label", "other_config"))
def test_crashes(vm: VM) -> None:
    """Crashes.

    Why: it has to. Pass: never. Fail: never. Verify: xe vm-list uuid={vm.uuid} Fix: none. Sources: none
    """
    warnings.warn(f"warned of {vm.name}")
    raise KeyError(vm.name, vm.uuid, vm.ref)


@control("SITE-FIXTURE-01", severity="low", evidence=("name_label", "tags"))
def test_takes_a_fixture(vm: VM, told: str) -> None:
    """Takes a fixture.

    Why: it has to. Pass: never. Fail: always. Verify: xe vm-list uuid={vm.uuid} Fix: none. Sources: none
    """
    assert told != vm.name, f"told {told}"


@control("SITE-SKIP-01", severity="low", evidence=("name_label",))
def test_skips(vm: VM, told: str) -> None:
    """Skips.

    Why: it has to. Pass: never. Fail: never. Verify: xe vm-list uuid={vm.uuid} Fix: none. Sources: none
    """
    (pytest.xfail if len(told) % 2 else pytest.skip)(f"skipped for {told}")
'''
"""Controls of a site's own that quote what they judge wherever pytest could show it."""


@dataclass(frozen=True)
class Secrets:
    """A pool to audit, and what must not be told of it."""

    arguments: tuple[str | Path, ...]
    texts: frozenset[str]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the key of these tests lies."""
    return tmp_path_factory.mktemp("config")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """The sample pool, with a text that stands nowhere else in every field that somebody could write."""
    return planted(Planting(everything=False), tmp_path_factory.mktemp("here"))


def planted(planting: Planting, here: Path) -> Secrets:
    folder = here / planting.marker("folder")
    folder.mkdir()
    path = folder / f"{planting.marker('file')}.snapshot"
    (reading,) = read_file(SAMPLE)
    told = planting.reading(reading, str(path))
    save(path, told)
    names = [str(vm.name_label) for vm in told.records.VM.values()]
    waivers = folder / f"{planting.marker('waivers')}.toml"
    waivers.write_text(
        "".join(
            f"[[waiver]]\ncontrol = {json.dumps(control)}\n{by} = {json.dumps(pattern)}\n"
            f"reason = {json.dumps(planting.marker('reason'))}\n"
            f"approved_by = {json.dumps(planting.marker('approver'))}\n"
            f"expires = {expires}T00:00:00Z\n"
            for control, by, pattern, expires in (
                ("VM-TOOLS-01", "name", names[0], "2999-01-01"),
                ("VM-TOOLS-02", "name", f"{planting.marker('pattern')}*", "2999-01-01"),
                ("VM-DISKS-01", "name", "*", "2999-01-01"),
                ("VM-MEMORY-01", "name", "*", "2020-01-01"),
                ("VM-DRIVERS-01", "uuid", next(iter(told.records.VM.values())).uuid, "2999-01-01"),
                ("VM-GUEST-01", "tag", f"{planting.marker('tag')}*", "2999-01-01"),
            )
        ),
        "utf-8",
    )
    policy = folder / f"{planting.marker('policy')}.toml"
    policy.write_text(
        f"[ownership]\ntag = {json.dumps(planting.marker('owner') + '*')}\n"
        f"[scope]\nexclude = [{json.dumps(planting.marker('excluded') + '*')}]\n",
        "utf-8",
    )
    ratchet = folder / f"{planting.marker('ratchet')}.json"
    known = {"control": "HOST-LIVE-01", "kind": "host", "pool": None, "uuid": None, "since": "x"}
    known["name"] = planting.marker("known")
    ratchet.write_text(json.dumps({"format": "poolproof-ratchet/1", "failures": [known]}), "ascii")
    checks = folder / "checks-of-the-site"
    checks.mkdir()
    (checks / "test_site.py").write_text(SITE_CHECKS, "utf-8")
    arguments = (
        "--inside",
        "hosts,guests",
        "--pool",
        path,
        "--waivers",
        waivers,
        "--policy",
        policy,
        "--ratchet",
        ratchet,
    )
    return Secrets((*arguments, "--checks", checks), frozenset(planting.planted))


def redacted(secrets: Secrets, config: Path, report_dir: Path, *arguments: str) -> Run:
    return audit(
        *secrets.arguments,
        "--redact",
        *arguments,
        f"--report={FORMATS}",
        report_dir=report_dir,
        XDG_CONFIG_HOME=str(config),
    )


@pytest.fixture(scope="module")
def run(secrets: Secrets, config: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A redacted audit that writes everything there is, and prints all that pytest can print."""
    return redacted(secrets, config, tmp_path_factory.mktemp("redacted"), "-vv", "-rA", "--tb=long", "-l")


def shown(text: str) -> Iterator[str]:
    """A text, and whatever is packed or escaped in it."""
    yield text
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    plain = []
    for packed in BASE64.findall(text):
        with suppress(Error):
            content = b64decode(packed, validate=True)
            try:
                packed_text = zlib.decompress(content).decode("ascii")
            except zlib.error:
                plain.append(content.decode("utf-8", "replace"))
            else:
                yield from shown(packed_text)
    yield "\n".join(plain)


def leaks(text: str, secrets: frozenset[str]) -> list[str]:
    """The originals that stand in a text, in whatever letters."""
    wanted = {each.lower(): longest_word(each.lower()) for each in secrets if len(each) >= LEAST}
    found: set[str] = set()
    for layer in shown(text):
        lowered = layer.lower()
        # Most words stand there often, most originals nowhere: looking for their words first is quicker.
        words = "\n".join(set(WORD.findall(lowered)))
        found |= {each for each, word in wanted.items() if word in words and each in lowered}
    return sorted(found)


def longest_word(text: str) -> str:
    return max(WORD.findall(text), key=len, default="")


def test_no_report_holds_an_original(run: Run, secrets: Secrets) -> None:
    assert run.code == 1, run.output
    written = {path.name for path in run.report_dir.iterdir() if path.is_file()}
    assert written == set(FILES)
    for name in FILES:
        assert leaks((run.report_dir / name).read_text("utf-8"), secrets.texts) == [], name


def test_none_does_where_every_field_is_somebody_s(config: Path, tmp_path: Path) -> None:
    """Also states, types and versions, which only a broken or a hostile database has as free texts."""
    secrets = planted(Planting(everything=True), tmp_path)
    run = redacted(secrets, config, tmp_path / "out", "-v")
    assert leaks(run.output, secrets.texts) == []
    for name in FILES:
        assert leaks((run.report_dir / name).read_text("utf-8"), secrets.texts) == [], name


def test_the_terminal_shows_no_original(run: Run, secrets: Secrets) -> None:
    assert "PASSED" in run.output
    assert leaks(run.output, secrets.texts) == []


def test_node_ids_show_no_original(secrets: Secrets, config: Path, tmp_path: Path) -> None:
    listed = redacted(secrets, config, tmp_path, "--collect-only", "-q")
    assert "test_guest_tools_are_installed[vm-" in listed.output
    assert leaks(listed.output, secrets.texts) == []


def test_workers_report_the_same(run: Run, secrets: Secrets, config: Path, tmp_path: Path) -> None:
    parallel = redacted(secrets, config, tmp_path, "-n", "2", "-v")
    assert leaks(parallel.output, secrets.texts) == []
    assert parallel.verdicts == run.verdicts
    assert leaks((tmp_path / "junit.xml").read_text("utf-8"), secrets.texts) == []


def test_what_is_judged_is_the_same(run: Run, secrets: Secrets, tmp_path: Path) -> None:
    plain = audit(*secrets.arguments, report_dir=tmp_path)
    assert run.results["summary"] == plain.results["summary"]
    judged = [(each["control"], each["verdict"], each["severity"]) for each in plain.results["verdicts"]]
    assert [(e["control"], e["verdict"], e["severity"]) for e in run.results["verdicts"]] == judged
    for name in ("results.json", "compliance.html", "junit.xml"):  # where originals stand, they are found
        assert len(leaks((tmp_path / name).read_text("utf-8"), secrets.texts)) > 100
    states = [(waiver["state"], waiver["covers"]) for waiver in plain.results["waivers"]]
    assert [(waiver["state"], waiver["covers"]) for waiver in run.results["waivers"]] == states


@pytest.fixture(scope="module")
def sample(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The embedded sample pool, redacted."""
    folder = tmp_path_factory.mktemp("sample")
    return audit("--redact", f"--report={FORMATS}", report_dir=folder, XDG_CONFIG_HOME=str(config))


def test_an_object_has_one_pseudonym_in_all_formats(sample: Run) -> None:
    verdict = next(each for each in sample.results["verdicts"] if each["control"] == "VM-TOOLS-01")
    name, uuid = verdict["subject"]["name"], verdict["subject"]["uuid"]
    assert re.fullmatch(r"vm-[0-9a-f]{8}", name)
    assert name in verdict["nodeid"]
    for file in ("verdicts.csv", "results.sarif", "ohdf.json", "ctrf.json", "junit.xml", "compliance.html"):
        layers = list(shown((sample.report_dir / file).read_text("utf-8")))
        assert any(name in layer for layer in layers), file
        assert any(uuid in layer for layer in layers), file
    pool = sample.results["pools"][0]
    assert pool["uuid"] in (sample.report_dir / "poolproof.prom").read_text("utf-8")
    assert pool["name"] in (sample.report_dir / "summary.md").read_text("utf-8")


def test_pseudonyms_stay_with_the_key(sample: Run, config: Path, tmp_path: Path) -> None:
    subjects = {json.dumps(each["subject"]) for each in sample.results["verdicts"]}
    again = audit("--redact", report_dir=tmp_path / "again", XDG_CONFIG_HOME=str(config))
    assert {json.dumps(each["subject"]) for each in again.results["verdicts"]} == subjects
    key = config / "poolproof" / "redaction.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    other = audit("--redact", report_dir=tmp_path / "other", XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert subjects.isdisjoint(json.dumps(each["subject"]) for each in other.results["verdicts"])


def test_reasons_say_what_they_say_otherwise(sample: Run, tmp_path: Path) -> None:
    """Where no name decides, a reason has only its names replaced."""
    plain = audit(report_dir=tmp_path)
    withheld = {
        each["control"] for each in sample.results["verdicts"] if "--redact withholds" in each["reason"]
    }
    assert all(control.endswith("-NAME-01") for control in withheld), withheld
    told = {each["reason"] for each in plain.results["verdicts"]}
    same = [each["reason"] in told for each in sample.results["verdicts"]]
    assert sum(same) > 0.9 * len(same)


def test_selections_are_made_by_the_originals(config: Path, tmp_path: Path) -> None:
    wanted = ("-k", "VM-TOOLS-01 and dbase", "--vm", "dbase*", "--tag", "tier:gold")
    found = audit("--redact", *wanted, report_dir=tmp_path, XDG_CONFIG_HOME=str(config))
    plain = audit(*wanted, report_dir=tmp_path / "plain")
    assert found.results["summary"] == plain.results["summary"]
    assert sum(found.results["summary"].values()) == 1
    selection = " ".join(found.results["conditions"]["selection"])
    assert "VM-TOOLS-01 and text-" in selection
    for original in ("dbase", "tier"):
        assert original not in found.output
        assert original not in selection


def test_the_history_is_read_and_not_written(config: Path, tmp_path: Path, elsewhere: str) -> None:
    chosen = ("-k", "VM-TOOLS-01", "--vm", "*")
    history = tmp_path / "history.sqlite"
    remembered = audit(*chosen, "--history", history, report_dir=tmp_path / "plain")
    content = history.read_bytes()
    told = audit(
        "--redact", *chosen, "--history", history, report_dir=tmp_path / "red", XDG_CONFIG_HOME=str(config)
    )
    assert "still failing" in told.output
    assert history.read_bytes() == content
    named = {str(each["subject"]["name"]) for each in remembered.results["verdicts"]}
    names = frozenset(name for name in named if name.lower() not in elsewhere)
    assert leaks((tmp_path / "red" / "compliance.html").read_text("utf-8"), names) == []
    fresh = audit("--redact", *chosen, report_dir=tmp_path / "fresh", XDG_CONFIG_HOME=str(config))
    assert not (fresh.report_dir / "history.sqlite").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--save-snapshot", "pool.snapshot"),
        ("--trace-calls", "calls"),
        ("--ratchet", "known.json", "--write-baseline"),
        ("--setup-show",),
        ("--pdb",),
        ("-s",),
        ("--diff", "latest", "previous"),
    ],
)
def test_what_would_show_originals_is_refused(arguments: tuple[str, ...], tmp_path: Path) -> None:
    refused = audit("--redact", *arguments, report_dir=tmp_path, XDG_CONFIG_HOME=str(tmp_path))
    assert refused.code == 4, refused.output
    assert "--redact: " in refused.output


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "poolproof" / "redaction.key"
    key.parent.mkdir()
    key.write_bytes(b"0" * 32)
    key.chmod(0o644)
    refused = audit("--redact", report_dir=tmp_path / "out", XDG_CONFIG_HOME=str(tmp_path))
    assert refused.code == 4
    assert "chmod 600" in refused.output


@pytest.fixture(scope="module")
def elsewhere(config: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What stands in the reports of another pool: the documentation of controls, the page's script."""
    folder = tmp_path_factory.mktemp("elsewhere")
    pool = save(folder / "pool.snapshot", a_reading())
    run = redacted(Secrets(("--pool", pool), frozenset()), config, folder / "out", "-v")
    texts = [
        run.output,
        *(layer for name in FILES for layer in shown((folder / "out" / name).read_text("utf-8"))),
    ]
    return "\n".join(texts).lower()


def tells(run: Run, pool: Path, elsewhere: str) -> list[str]:
    """The names, addresses and identities of a real pool that a run shows, and that say whose it is."""
    texts = frozenset(text for reading in read_file(pool) for text in texts_of(reading))
    names = frozenset(text for text in texts if not harmless(text) and text.lower() not in elsewhere)
    assert len(names) > 10
    written = [(run.report_dir / name).read_text("utf-8") for name in FILES]
    return leaks("\n".join([run.output, *written]), names)


def test_the_sample_pool_is_not_told(sample: Run, elsewhere: str) -> None:
    assert tells(sample, SAMPLE, elsewhere) == []


@needs_corpus
@pytest.mark.parametrize("name", ["tampa-two.asis.104.xml", "snapshots.xml"])
def test_a_real_pool_is_not_told(name: str, config: Path, tmp_path: Path, elsewhere: str) -> None:
    (path,) = corpus_files(f"pools/{name}")
    plain = audit("--pool", path, "--report=json", "--no-history", report_dir=tmp_path / "plain")
    run = redacted(Secrets(("--pool", path), frozenset()), config, tmp_path / "redacted", "-v")
    assert run.results["summary"] == plain.results["summary"]
    assert tells(run, path, elsewhere) == []
