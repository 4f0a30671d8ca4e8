from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sparkguard.checks.shadow import Shadow
from sparkguard.errors import ConfigurationError
from sparkguard.shadow.configuration import load_shadow
from sparkguard.shadow_rules.config import Examples, ShadowConfig
from sparkguard.shadow_rules.machine import Requirements
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.slices import Slice
from sparkguard.tables import TableRef

GOOD = """\
name: delays
control: {path: "${lake}/v1"}
shadow: {path: "${lake}/v2"}
results: "${lake}/sparkguard"
key: [origin, day]
partition: [month]
columns:
  mean: {rel: 1.0e-9, bias: null}
  loaded: {ignored: "set by each run"}
populations: [[origin]]
revision: 1.10
period: "2013-{month}"
zone: America/New_York
promotion: {clean: 4, strata: [dst_day]}
examples: {mode: keys, rows: 3}
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "shadow.yaml"
    file.write_text(text)
    return file


def test_a_file_becomes_a_shadow(tmp_path: Path) -> None:
    found = load_shadow(write(tmp_path, GOOD), {"lake": "/lake"})
    assert (found.control, found.shadow) == (TableRef(path="/lake/v1"), TableRef(path="/lake/v2"))
    assert (found.key, found.partition, found.revision) == (("origin", "day"), ("month",), "1.10")
    assert found.columns == {
        "mean": Tolerance(rel=1e-9, bias=None),
        "loaded": Tolerance(ignored="set by each run"),
    }
    assert (found.promotion.clean, found.examples) == (4, Examples("keys", 3))
    assert found.period_of(Slice.of({"month": "3"})) == "2013-3"


def test_values_are_named_only_where_the_file_asks_for_it(tmp_path: Path) -> None:
    """In the audit's check likewise: what it names is stored."""
    (in_check,) = [f.default for f in fields(Shadow) if f.name == "name_values"]
    for text, named in ((GOOD, in_check), (f"{GOOD}name_values: true\n", True)):
        assert load_shadow(write(tmp_path, text), {"lake": "/lake"}).name_values is named
    assert in_check is False


def test_every_problem_is_reported_at_its_place(tmp_path: Path) -> None:
    text = GOOD.replace("keys: [origin, day]", "").replace("zone:", "zones:")
    text = text.replace("clean: 4", "clean: 0").replace("rel: 1.0e-9", "rel: much")
    with pytest.raises(ConfigurationError) as caught:
        load_shadow(write(tmp_path, text), {"lake": "/lake"})
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "shadow.columns.mean.rel: expected a number" in lines[0]
    assert "shadow does not take 'zones'" in lines[1]
    assert "Did you mean 'zone'?" in lines[1]
    assert "clean is at least 1 partition, found 0" in lines[2]
    assert [int(line.split("shadow.yaml:")[1].split(":")[0]) for line in lines] == [7, 13, 14]


def test_a_variable_without_a_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"variable 'lake' has no value; .* Did you mean 'lakes'"
    ):
        load_shadow(write(tmp_path, GOOD), {"lakes": "/lake"})


@pytest.mark.parametrize("option", ["control", "results"])
def test_a_relative_path_is_refused_at_its_place(tmp_path: Path, option: str) -> None:
    text = "name: s\ncontrol: {path: /a}\nshadow: {path: /b}\nresults: /r\n"
    text = text.replace(*{"control": ("/a", "lake/a"), "results": ("/r", "lake/r")}[option])
    with pytest.raises(ConfigurationError, match=f"shadow.{option}: path 'lake/.' is relative"):
        load_shadow(write(tmp_path, text))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("/v2", "/v1"), "control and shadow are the same table"),
        (("[[origin]]", "[[month]]"), "populations are sets of key columns"),
        (("America/New_York", "Mars/Base"), "unknown time zone 'Mars/Base'"),
    ],
)
def test_a_shadow_that_makes_no_sense_is_refused(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        load_shadow(write(tmp_path, GOOD.replace(*change)), {"lake": "/lake"})


def test_code_and_rules_identify_what_was_compared() -> None:
    def code(**changes: object) -> str:
        base = {"name": "s", "control": TableRef(path="/a"), "shadow": TableRef(path="/b")}
        return ShadowConfig(**{**base, "results": "/r", **changes}).code  # type: ignore[arg-type]

    codes = [code(), code(revision="2"), code(key=("id",)), code(columns={"x": Tolerance(abs=1.0)})]
    codes += [code(control=TableRef(path="/c")), code(shadow=TableRef(path="/c"))]
    codes += [code(control=TableRef(path="/b"), shadow=TableRef(path="/a"))]
    codes += [code(shadow=TableRef(name="b"))]
    assert len(set(codes)) == 8
    assert code(shadow=TableRef(path="/b/")) == codes[0]
    assert code(shadow=TableRef(name="`b`")) == codes[-1]
    assert code(name="t", zone="Europe/Berlin") == codes[0]


def test_the_page_names_every_option_of_the_file() -> None:
    page = (Path(__file__).parents[2] / "docs" / "shadow.md").read_text()
    of_promotion = re.findall(r"promotion\.(\w+)", page)
    assert {f.name for f in fields(Requirements)} - {*of_promotion, "clean", "strata"} == set()
    options = {*re.findall(r"^\| `(\w+)` \|", page, re.M), *re.findall(r"^(\w+): ", page, re.M)}
    assert {f.name for f in fields(ShadowConfig)} - {*options, "columns"} == set()
