"""What a shadow is: its two tables, how they are compared, and what a promotion needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sparkguard.kinds import fingerprint
from sparkguard.shadow_rules.machine import Requirements
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.shadow_rules.verdict import Rules
from sparkguard.slices import Slice
from sparkguard.tables import TableRef


@dataclass(frozen=True)
class Examples:
    """What may be shown of differing rows: nothing, their keys, or values masked or raw.

    `rows` is the most per column. Examples are shown, never stored.
    """

    mode: Literal["off", "keys", "mask", "raw"] = "off"
    rows: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= 100:
            raise ValueError(f"rows is 1 to 100, found {self.rows}")

    @property
    def wanted(self) -> int:
        return 0 if self.mode == "off" else self.rows


@dataclass(frozen=True)
class ShadowConfig:
    """One shadow.

    `results` is the folder or catalog schema of the result store. Rows are matched by `key`;
    without one, whole rows are counted. `partition` are the columns by which both tables are
    compared part by part, in the order in which the parts follow each other. `columns` gives
    tolerances. Duplicate keys are compared as multisets, or (`strict`) refused. `empty: clean`
    lets a partition be empty on both sides. `populations` are sets of key columns whose row counts
    may explain a difference; `name_values` allows values of columns in the explanation.

    `revision` is the revision of the shadow's code: verdicts on another one no longer count, nor do
    those on other tables, at another place or made anew at the same.
    `period` gives the day or month of a part, such as `{year}-{month}` or `2013-{month}`, whose
    strata are found in the time zone `zone`. `view` names the catalog view that readers use:
    promotion and rollback point it at the recorded table and version.
    """

    name: str
    control: TableRef
    shadow: TableRef
    results: str
    key: tuple[str, ...] = ()
    partition: tuple[str, ...] = ()
    columns: Mapping[str, Tolerance] = field(default_factory=dict, hash=False)
    duplicates: Literal["multiset", "strict"] = "multiset"
    empty: Literal["void", "clean"] = "void"
    populations: tuple[tuple[str, ...], ...] = ()
    name_values: bool = False
    revision: str = ""
    period: str = ""
    zone: str = "UTC"
    view: str = ""
    promotion: Requirements = field(default_factory=Requirements)
    examples: Examples = field(default_factory=Examples)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a shadow needs a name")
        if self.control == self.shadow:
            raise ValueError("control and shadow are the same table")
        for population in self.populations:
            if not set(population) <= set(self.key):
                raise ValueError("populations are sets of key columns")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {self.zone[:40]!r}") from error

    @property
    def rules(self) -> Rules:
        return Rules(self.duplicates, self.empty)

    @property
    def code(self) -> str:
        """Identifies the tables, the shadow's code and rules; a change of it resets the count."""
        tables = (_address(self.control), _address(self.shadow))
        rules = (self.key, self.partition, dict(self.columns), self.duplicates, self.empty)
        return fingerprint((*tables, self.revision, *rules))[:16]

    def period_of(self, partition: Slice) -> str:
        """The day or month of a partition; empty when the configuration names none."""
        text = self.period
        for column, value in partition.values:
            text = text.replace(f"{{{column}}}", value or "")
        return text


def _address(table: TableRef) -> tuple[str, ...]:
    """The same for every spelling of one name or path."""
    return table.parts or ("", str(table.path).rstrip("/"))
