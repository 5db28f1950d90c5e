"""Our part of the page: what it tells without a script, that data is never markup, what guards the file."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fixtures.verdict import Results, Word
from reports import html, rows
from reports.words import LOOKS

from . import written
from .given import POOL, conditions, control, hostile_names, pool, results, shows, unread, verdict, verdicts
from .markup import attributes, shape, text

CONTROLS = {"VM-TOOLS-01": control()}


def page(given: Results) -> str:
    return written.summary(given, CONTROLS, digest="d" * 64)


# What an error's row unfolds


def test_detail_shows_the_end_of_a_traceback_in_one_line() -> None:
    # pytest-html's script wraps every line that begins with an E into an element of its own.
    told = html.detail("\n".join(f"E line <{number}>." for number in range(99)))
    assert "\n" not in told
    assert "E line <98>." in text(told)
    assert "E line <39>." in text(told)
    assert "E line <38>." not in text(told)


# The summary


def test_counts_per_word() -> None:
    said = verdicts([("pass", 4), ("fail", 3), ("unknown", 2), ("error", 1)])
    told = text(page(results(said)))
    assert "4 ✓ pass 3 ✗ fail 2 ? unknown 0 – not applicable 1 ! error" in told


@pytest.mark.parametrize("changed", range(6))
@pytest.mark.parametrize("to", LOOKS)
def test_every_changed_verdict_changes_the_numbers(changed: int, to: Word) -> None:
    words: list[Word] = ["pass", "fail", "unknown", "not_applicable", "error", "waived"]
    words[changed] = to
    told = text(page(results([verdict(word, uuid=str(index)) for index, word in enumerate(words)])))
    for word in LOOKS:
        count = f"{words.count(word)} {LOOKS[word].symbol} {LOOKS[word].label}"
        assert (count in told) == (
            word in words or word in ("pass", "fail", "unknown", "not_applicable", "error")
        )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "Pool Atelier f3b1d2c4-0000-4000-8000-000000000001 Product 8.3.0 Master xcp-01"),
        (
            {},
            "Source live: https://pool.example Read 2026-11-23 06:00:00 UTC Account auditor, role read-only",
        ),
        ({"account": None, "role": None}, "Account none"),
        ({"notes": ("TLS was not verified",)}, "Atelier: TLS was not verified"),
        (
            {"name": None, "uuid": None, "master": None},
            "Pool (no name) no uuid Product 8.3.0 Master not known",
        ),
    ],
)
def test_pools_are_told(changes: dict[str, Any], told: str) -> None:
    assert told in text(page(results([], pools=(pool(**changes),))))


def test_a_pool_that_could_not_be_read_is_shown_as_such() -> None:
    told = page(results([verdict()], pools=(pool(), unread())))
    assert '<p class="alert"><strong>gone.xml:</strong> could not be read: no such file</p>' in told
    assert "✗ Not compliant: 1 of 2 pools could not be read" in text(told)
    shown = told.partition('<dl class="unread">')[2].partition("</dl>")[0]
    assert text(shown) == (
        "Pool gone.xml ✗ Not read could not be read: no such file Tried 2026-11-23 06:00:00 UTC"
    )


@pytest.mark.parametrize(
    ("changes", "told", "times"),
    [
        ({"selection": ("-k VM-TOOLS-01", "--lf")}, "Only a selection was judged: -k VM-TOOLS-01 --lf", 1),
        ({"selection": ("-k VM-TOOLS-01",)}, "? Nothing failed, but only a selection was judged", 1),
        ({}, "Only a selection", 0),
        ({"unknown": "fail"}, "with --unknown fail: what cannot be judged fails the run", 1),
        ({}, "with --unknown", 0),
        ({"selection": ("-k VM-TOOLS-01",)}, "Compliant", 0),
        ({}, "✓ Compliant", 1),
        ({}, "Fails the run findings of severity low and above Waivers", 1),
        ({"fail_on": "critical"}, "Fails the run findings of severity critical Waivers", 1),
        ({"unknown": "fail"}, "findings of severity low and above, and what is unknown", 1),
        ({"profiles": ("mission", "/etc/site.toml")}, "Profiles mission, /etc/site.toml", 1),
        ({"profiles": ()}, "Profiles none", 1),
        ({}, f"Waivers waivers.toml SHA-256 {'1' * 64}", 1),
        ({"waivers": ""}, "Waivers none", 1),
        ({"ratchet": "known.json"}, "Known failures known.json", 1),
        ({}, "Known failures", 0),
        ({}, f"All verdicts results.json SHA-256 {'d' * 64}", 1),
    ],
)
def test_conditions_are_told(changes: dict[str, Any], told: str, times: int) -> None:
    assert text(page(results([verdict()], conditions=conditions(**changes)))).count(told) == times


@pytest.mark.parametrize(("selection", "named"), [((), True), (("--vm web01",), False)])
def test_a_selection_names_only_controls_that_judged(selection: tuple[str, ...], named: bool) -> None:
    given = results([verdict(control="A-01")], conditions=conditions(selection=selection))
    ids = [each["id"] for each in written.head(page(given))["controls"]]
    assert "A-01" in ids
    assert ("VM-TOOLS-01" in ids) == named


def test_findings_are_what_failed_or_raised_by_severity() -> None:
    said = verdicts([("fail", 2), ("unknown", 4), ("pass", 8)], severity="low")
    said.append(verdict("error", severity="high", uuid="e"))
    told = text(page(results(said)))
    assert "3 of 15 objects have findings: 0 critical , 1 high , 0 medium , 2 low" in told
    assert "Objects judged: 4; none has findings." in text(page(results(verdicts([("unknown", 4)]))))


def test_notes_are_loud() -> None:
    markup = page(results([], pools=(pool(notes=("TLS was not verified",)),)))
    assert '<p class="alert"><strong>Atelier:</strong> TLS was not verified</p>' in markup


def test_times_are_told_with_their_zone_and_all_that_was_judged_with() -> None:
    told = text(page(results([])))
    assert "Judged 2026-11-23 06:00:00 UTC to 2026-11-23 06:00:05 UTC under p.toml." in told
    assert f"Rules 1, knowledge 2026-11-01 Policy p.toml SHA-256 {'0' * 64}" in told


@pytest.mark.parametrize(("complete", "told"), [(True, False), (False, True)])
def test_an_incomplete_run_says_so(complete: bool, told: bool) -> None:
    assert ("Incomplete." in text(page(results([verdict()], complete=complete)))) == told


@pytest.mark.parametrize(("count", "told"), [(10, False), (11, True)])
def test_findings_without_a_row_are_counted(count: int, told: bool) -> None:
    markup = page(results(verdicts([("fail", count)])))
    assert (
        f"10 of {count} findings and unknown verdicts. The fix plan and the matrix" in text(markup)
    ) == told
    assert ("#/plan" in attributes(markup, "href")) == told


# Data never becomes markup


@pytest.mark.parametrize("name", hostile_names())
def test_names_change_no_markup(name: str) -> None:
    def markup(name: str) -> list[str]:
        said = verdict("fail", name=name, reason=name, uuid=name, evidence={name: name}, nodeid=name)
        told = pool(name=name, master=name, location=name, notes=(name,), account=name, role=name, uuid=name)
        documented = control(title=name, why=name, fix=name, verify=name, sources=name)
        given = results([said, verdict("unknown", reason=name)], pools=(told, told))
        return [
            written.summary(given, {"VM-TOOLS-01": documented}),
            *rows.header({name: name}),
            *rows.row(said, "row-0", {POOL: f"pool {name}"}),
            *rows.foreign_row("Failed", name, "row-1", {POOL: f"pool {name}"}),
            html.detail(f"{name}: raised"),
        ]

    harmless, hostile = markup("name"), markup(name)
    assert [shape(piece) for piece in hostile] == [shape(piece) for piece in harmless]
    for piece in hostile:
        piece.encode("utf-8")
        assert shows(piece.replace("\n", ""))
        assert all(address.startswith("#/vm/") for address in attributes(piece, "href"))


# What guards the file


def policy(markup: str) -> dict[str, list[str]]:
    (content,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="(.*?)">', markup)
    directives = [directive.split() for directive in content.split("; ")]
    return {name: sources for name, *sources in directives}


def hashed(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def test_the_policy_names_the_scripts_and_styles_of_the_page_and_no_others(tmp_path: Path) -> None:
    markup = written.write(tmp_path / "page.html", results([verdict()]), CONTROLS).read_text("utf-8")
    told = policy(markup)
    scripts = re.findall(r"<script>(.*?)</script>", markup, re.DOTALL)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", markup, re.DOTALL)
    assert len(scripts) == len(styles) == 2
    assert told["script-src"] == list(map(hashed, scripts))
    assert told["style-src"] == ["'self'", *map(hashed, styles)]
    assert told["default-src"] == ["'none'"]
    assert not [word for sources in told.values() for word in sources if "unsafe" in word or "http" in word]
    assert not re.search(r"<[^>]* on\w+=", markup.partition("<script")[0] + markup.rpartition("</script>")[2])
    # Nothing that the policy has to speak of comes before it.
    assert markup.index("Content-Security-Policy") < min(map(markup.index, ("<title", "<style", "<script")))


@pytest.mark.parametrize("foreign", ["<script>stolen()</script>", "<style>body { display: none }</style>"])
def test_what_others_brought_into_the_page_is_not_made_good(foreign: str, tmp_path: Path) -> None:
    path = written.write(tmp_path / "page.html", results([]), CONTROLS)
    told = policy(path.read_text("utf-8"))
    markup = re.sub(r"<meta http-equiv.*?>", "", path.read_text("utf-8"))
    path.write_text(markup.replace("<section", f"{foreign}<section", 1), "utf-8")
    html.guard(path)
    assert policy(path.read_text("utf-8")) == told
    assert foreign in path.read_text("utf-8")
