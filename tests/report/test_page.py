from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from sparkguard.report import render
from sparkguard.report.build import build
from sparkguard.report.page import POLICY
from sparkguard.verdicts import Evidence
from tests.report.facts import facts, profile, row, run, stored

DOCTYPE = "<!DOCTYPE html>\n"
MEGABYTE = 1_000_000


def parsed(page: str) -> ElementTree.Element:
    assert page.startswith(DOCTYPE)
    return ElementTree.fromstring(page.removeprefix(DOCTYPE))


def words(element: ElementTree.Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


@pytest.fixture(scope="module")
def page() -> str:
    return render(build(facts()))


def test_the_verdict_comes_first(page: str) -> None:
    header = parsed(page).find("body/header")
    assert header is not None
    assert "Failed 7 of 12 checks need attention; 3 of them are new or worse." in words(header)
    assert "1 error 12 fail 2 warn 1 not evaluable 1 skipped 7 pass" in words(header)


def test_what_is_new_stands_before_what_is_known(page: str) -> None:
    (listed,) = (e for e in parsed(page).iter("ul") if e.get("class") == "changes")
    assert [words(item) for item in listed] == [
        "error orders.freshness.at new: was pass",
        "fail orders.drift.delay new: was pass",
        "not evaluable customers.row_count. new: was not there",
        "warn orders.drift.origin better: was fail",
        "pass orders.range.amount healed: was fail",
        "fail orders.completeness.dep_time 6 new slices",
    ]


def test_every_kind_of_evidence_is_drawn_or_tabled(page: str) -> None:
    root = parsed(page)
    titles = [svg.findtext("title") for svg in root.iter("svg") if svg.get("class") == "figure"]
    assert titles == [
        "Verdicts in trouble over the last 4 runs",
        "Rows that break the rule, by month",
        "PSI by partition",
        "Distribution, compared to the baseline",
        "Mismatch rate by window population",
        "Distribution, compared to the baseline",
        "Share of NULL in tailnum",
        "Label coverage by cohort",
        "Auc by cohort",
        "Log_loss by cohort",
        "auc, its interval",
        "Partitions",
    ]
    captions = {table.findtext("caption") for table in root.iter("table")}
    assert {"colours", "what explains the wrong values", "Rows that break the rule (mask)"} <= (
        captions
    )
    assert "errors begin at 128" in page


def test_profiled_columns_stand_in_one_table(page: str) -> None:
    (table,) = (t for t in parsed(page).iter("table") if t.findtext("caption") == "Columns")
    cells = [words(cell) for cell in table.findall("tbody/tr/*")]
    assert cells[:7] == ["amount", "2.5 %", "4,100", "1", "40", "99", "41.5"]
    assert cells[7] == "Half of the values from 20 to 66"


def test_it_fetches_and_runs_nothing(page: str) -> None:
    root = parsed(page)
    policies = [m.get("content") for m in root.iter("meta") if m.get("http-equiv")]
    assert policies == [POLICY]
    assert POLICY == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not {e.tag for e in root.iter()} & {"script", "link", "img", "iframe", "object", "form"}
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
        assert element.get("href", "#").startswith("#")
        assert element.get("src") is None
    (style,) = root.iter("style")
    assert not re.search(r"url\(|@import|expression\(", style.text or "")


def test_it_can_be_read_without_seeing_it(page: str) -> None:
    root = parsed(page)
    assert root.get("lang") == "en"
    assert [root.find(f"body/{part}") is not None for part in ("header", "main", "footer")]
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in root.iter("table"):
        assert all(cell.get("scope") in ("col", "row") for cell in table.iter("th"))
        assert table.findtext("caption")
    for svg in root.iter("svg"):
        hidden = svg.get("aria-hidden") == "true"
        assert hidden or (svg.get("role") == "img" and svg.findtext("title"))
        assert svg.get("class") != "figure" or svg.findtext("desc")
    identifiers = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(identifiers) == len(set(identifiers))
    targets = {e.get("href", "")[1:] for e in root.iter() if e.get("href")}
    assert targets <= set(identifiers)


def test_outcomes_differ_by_word_and_shape(page: str) -> None:
    shapes = {
        symbol.get("id"): [path.get("d") for path in symbol]
        for symbol in parsed(page).iter("symbol")
    }
    assert len({str(paths) for paths in shapes.values()}) == 6
    badges = [e for e in parsed(page).iter("span") if (e.get("class") or "").startswith("badge")]
    assert all(words(badge) for badge in badges)


HOSTILE = [
    "</style><script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "a`b' OR 1=1 --",
    "javascript:alert(1)",
    "\x00\x1b[31m\u202e\ud800 {{x}} ${ENV} <!channel> ]]>",
    "n" * 5_000,
    "",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    check, slice_ = "orders.drift." + name, "month=1"
    wrong = [row(check, "fail", reason=name, expected=name), row(check, "fail", slice_)]
    evidence = [Evidence(kind, name, 0, name, text=name, count=1) for kind in ("counts", name)]
    evidence += [
        Evidence(kind, name + end, i, name, x=i, number=0.5, low=0.0, high=1.0)
        for kind, end in (("bins", ": current"), ("bins", ""), ("series", ""))
        for i in range(3)
    ]
    sample = {"column": name, "value": name, "ordinal": 1, "sample_mode": "raw", "sample_rows": 1}
    changed = replace(
        facts(),
        run=replace(run(failed=1), run_id=name, audit=name),
        location=name,
        results=tuple(replace(r, dataset=name, check_kind=name) for r in wrong),
        evidence=tuple(stored(check, evidence)),
        samples={(check, ""): (sample,)},
    )
    page = render(build(changed))
    root = parsed(page)
    assert not {e.tag for e in root.iter()} & {"script", "img"}
    assert all(e.get("href", "#").startswith("#") for e in root.iter())
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_a_thousandfold_run_stays_under_a_megabyte_and_says_what_it_left_out() -> None:
    series = [
        Evidence("series", f"PSI {k}", i, f"2023-{i}", x=float(i), number=i / 7, low=0.0, high=9.0)
        for k in range(5)
        for i in range(120)
    ]
    checks = [f"orders.drift.column_{n:04d}" for n in range(3_000)]
    rows = [row(c, "fail" if n < 300 else "pass", reason="r" * 400) for n, c in enumerate(checks)]
    slices = [row(checks[0], "fail", f"month={n}", violations=n) for n in range(500)]
    big = replace(
        facts(),
        run=replace(run(failed=800, passed=2_700), reported=4_000),
        results=(*rows, *slices),
        evidence=tuple(e for check in checks[:300] for e in stored(check, series)),
        before=None,
    )
    page = render(build(big))
    assert len(page.encode()) < MEGABYTE
    said = words(parsed(page))
    assert re.search(r"and [\d,]+ more checks, in the result tables", said)
    assert "and 500 more verdicts, in the result tables" in said
    assert "and 460 more slices, in the result tables" in said
    assert "(and 440 more slices)" in said


def test_shadows_columns_and_datasets_of_any_number_fit_beside_the_checks() -> None:
    rows = [row(f"d{d:03d}.profile.column_{c:03d}", "pass") for d in range(60) for c in range(50)]
    rows += [row(f"e{n:04d}.range.x", "fail", reason="r" * 400) for n in range(150)]
    verdicts = [
        {"shadow": f"v{s}", "partition": f"day={n:03d}", "outcome": "clean", "reason": ""}
        for s in range(40)
        for n in range(400)
    ]
    big = replace(
        facts(),
        run=run(failed=150, passed=3_000),
        results=tuple(rows),
        evidence=tuple(e for r in rows[:3_000] for e in stored(r.check_id, profile())),
        shadow_verdicts=tuple(verdicts),
        before=None,
    )
    page = render(build(big))
    assert len(page.encode()) < MEGABYTE
    said = words(parsed(page))
    assert "e0000.range.x" in said
    assert "Half of the values from 20 to 66" in said
    assert re.search(r"and \d+ more shadows, in the result tables", said)
    assert "and 50 more columns, in the result tables" in said
    assert "and 10 more datasets, in the result tables" in said


def test_a_run_without_trouble_or_past() -> None:
    quiet = replace(
        facts(),
        run=run(passed=1),
        runs=(run(passed=1),),
        before=None,
        results=(row("t.range.x", "pass", observed_long=0, unit="rows"),),
        evidence=(),
        samples={},
        past=(),
        shadow_verdicts=(),
        shadow_changes=(),
    )
    said = words(parsed(render(build(quiet))))
    assert "Passed Nothing needs attention in 1 check." in said
    assert "Since the last run" not in said


def test_a_run_that_could_not_evaluate_is_not_called_passed() -> None:
    broken = replace(run(errors=1), exit_code=3, reason="planned and reported verdicts differ")
    said = words(parsed(render(build(replace(facts(), run=broken)))))
    assert "Could not evaluate planned and reported verdicts differ" in said


def test_a_run_of_which_every_rule_was_skipped_says_that_nothing_was_evaluated() -> None:
    rows = (row("t.range.x", "skipped"), row("t.range.y", "skipped"))
    nothing = replace(run(skipped=2), exit_code=3)
    said = words(parsed(render(build(replace(facts(), run=nothing, results=rows, before=None)))))
    assert "Could not evaluate No rule was evaluated." in said


def test_the_same_run_gives_the_same_page(page: str) -> None:
    assert render(build(facts())) == page


def test_colours_contrast_enough() -> None:
    from importlib import resources

    style = resources.files("sparkguard.report").joinpath("style.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    schemes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block)) for block in (light, dark)]
    text = ("ink", "muted", "accent", "pass", "warn", "fail", "error", "not_evaluable", "skipped")
    for colours in schemes:
        for name in text:
            for ground in ("page", "card"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
