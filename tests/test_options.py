from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import pytest

from sparkguard.errors import ConfigurationError, Location
from sparkguard.options import ColumnPath, convert, described


class Unit(StrEnum):
    ROWS = "rows"
    PERCENT = "percent"


@dataclass(frozen=True)
class Window:
    length: str
    bounds: Literal["[)", "(]"]


@dataclass(frozen=True)
class Rule:
    column: ColumnPath
    min: float | None = None
    unit: Unit = Unit.ROWS
    values: tuple[str | int, ...] = ()
    window: Window | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        if self.min is not None and self.min < 0:
            raise ValueError("min must not be negative")


def read(**options: Any) -> Rule:
    lines = {name: i for i, name in enumerate(options, 2)}
    return convert(Rule, options, "rule", lambda o: Location("c.yaml", lines.get(o, 1), 3))


def problems(**options: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(**options)
    return [str(problem) for problem in caught.value.problems]


def test_options_become_a_frozen_rule() -> None:
    rule = read(
        column=["address", "city"],
        min=1,
        unit="percent",
        values=["a", 1],
        window={"length": "P7D", "bounds": "[)"},
    )
    window = Window("P7D", "[)")
    assert rule == Rule(("address", "city"), 1.0, Unit.PERCENT, ("a", 1), window)
    assert read(column="a.b") == Rule(("a.b",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "c.yaml:1:3: rule needs the option 'column'"),
        (
            {"column": "a", "mim": 1},
            "c.yaml:3:3: rule does not take 'mim'; it takes column, min, unit, values, window, "
            "strict. Did you mean 'min'?",
        ),
        (
            {"column": "a", "min": "ten"},
            "c.yaml:3:3: rule.min: expected a number or null, found text 'ten'.",
        ),
        (
            {"column": "a", "min": True},
            "c.yaml:3:3: rule.min: expected a number or null, found true.",
        ),
        (
            {"column": "a", "strict": 1},
            "c.yaml:3:3: rule.strict: expected true or false, found number 1.",
        ),
        (
            {"column": "a", "unit": "percnt"},
            "c.yaml:3:3: rule.unit: expected one of 'rows', 'percent', found text 'percnt'. "
            "Did you mean 'percent'?",
        ),
        (
            {"column": "a", "values": ["x", 1.5]},
            "c.yaml:3:3: rule.values[1]: expected text or a whole number, found number 1.5.",
        ),
        (
            {"column": "a", "window": {"length": "P7D", "bounds": "()"}},
            "c.yaml:3:3: rule.window.bounds: expected one of '[)', '(]', found text '()'.",
        ),
        (
            {"column": []},
            "c.yaml:2:3: rule.column: expected a column (text, or a list of names for a nested "
            "field), found a list.",
        ),
        ({"column": "a", "min": -1}, "c.yaml:1:3: rule: min must not be negative"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(options: dict[str, Any], message: str) -> None:
    assert problems(**options) == [message]


def test_all_problems_are_reported_at_once() -> None:
    found = problems(min="ten", strict="no", window={"lenght": "P7D"})
    assert len(found) == 6


def test_options_are_described_for_the_reference() -> None:
    assert [(name, taken) for name, taken, _ in described(Rule)][:3] == [
        ("column", "a column (text, or a list of names for a nested field)"),
        ("min", "a number or null"),
        ("unit", "one of 'rows', 'percent'"),
    ]


@dataclass(frozen=True)
class Limits:
    limits: tuple[int | float | Decimal, ...]
    empty: int | None
    either: str | int | None


def test_what_an_option_takes_is_said_in_words_of_yaml() -> None:
    assert [taken for _, taken, _ in described(Limits)] == [
        "a list of a number",
        "a whole number or null",
        "text or a whole number or null",
    ]
