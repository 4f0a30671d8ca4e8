"""How many rows hold a value that is not valid, against a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sparkguard import sql
from sparkguard.checks.base import Context, Judgement
from sparkguard.checks.row_rule import RowRule, Unsupported, by_threshold, misspelt
from sparkguard.datatypes import DataType, is_string
from sparkguard.errors import listed
from sparkguard.profile import Profile
from sparkguard.sql import Sql
from sparkguard.sql.limits import among
from sparkguard.thresholds import Threshold, zero_rows
from sparkguard.verdicts import Outcome


@dataclass(frozen=True)
class InvalidValues(RowRule, kind="invalid_values"):
    """The number or percentage of rows with an invalid value in `column` obeys `threshold`.

    A value is valid when it is one of `valid` and holds a match of `pattern`, a Java regular
    expression; either may be left out. NULL is neither valid nor invalid unless `nulls` says so.
    """

    valid: tuple[bool | int | float | str, ...] = ()
    pattern: str = ""
    threshold: Threshold = field(default_factory=zero_rows)

    def __post_init__(self) -> None:
        if not self.valid and not self.pattern:
            raise ValueError("invalid_values needs valid or pattern")

    def expected(self) -> str:
        rules = [f"one of {listed(map(str, self.valid))}"] if self.valid else []
        return " and ".join(rules + (["a match of the pattern"] if self.pattern else []))

    def causes(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        found = {}
        if self.valid:
            try:
                inside = among(value, self.valid, type_)
            except ValueError as error:
                raise Unsupported(f"invalid_values: {error}") from None
            found["not in the list"] = sql.template("NOT ({})", inside)
        if self.pattern:
            if not is_string(type_):
                raise Unsupported(f"invalid_values can't match a pattern with {type_}")
            matches = sql.template("{} RLIKE {}", value, sql.literal(self.pattern))
            found["without a match of the pattern"] = sql.template("NOT ({})", matches)
        return found

    def hints(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        return misspelt(value, self.valid, type_)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        by_row = super().judge(seen, context)
        if by_row.outcome in (Outcome.ERROR, Outcome.NOT_EVALUABLE):
            return by_row
        rows, count = by_row.rows or 0, by_row.violations or 0
        judged = by_threshold(self.threshold, count, rows, "with an invalid value")
        if not judged.reason:
            return judged
        why = f"{judged.reason}; valid is {self.expected()}{self._hinted(seen, context)}"
        return replace(judged, reason=why)

    def _nulls_break(self, nullable: bool) -> bool:
        return self.nulls == "violation"
