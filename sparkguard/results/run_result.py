"""A finished run as people and schedulers see it, whether just judged or read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sparkguard.rendering.tabular import Grid, Tabular
from sparkguard.results.records import RunRecord
from sparkguard.results.schemas import TABLES
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import WORST_FIRST

if TYPE_CHECKING:
    from sparkguard.results.store import Store

_SHOWN = (
    *("outcome", "check_id", "slice", "observed_long", "observed_double", "unit"),
    *("expected", "reason"),
)


@dataclass(frozen=True)
class RunResult(Tabular):
    """The run's record and its verdicts. `replayed` when it was stored before this call."""

    record: RunRecord
    results: tuple[ResultRow, ...]
    location: str
    replayed: bool = False

    @classmethod
    def read(cls, store: Store, record: RunRecord) -> RunResult:
        """A complete run as the store holds it."""
        return cls(record, store.results(record), str(store.location), replayed=True)

    @property
    def run_id(self) -> str:
        return self.record.run_id

    @property
    def exit_code(self) -> int:
        """0 passed, 1 data failed, 3 could not evaluate."""
        return self.record.exit_code

    def where(
        self, check: str | None = None, slice: str | None = None, outcome: str | None = None
    ) -> Iterator[ResultRow]:
        """The verdicts with this check id, slice key and outcome; None means any."""
        wanted = (check, slice, outcome)
        for row in self.results:
            found = (row.check_id, row.slice, row.outcome)
            if all(w is None or w == f for w, f in zip(wanted, found, strict=True)):
                yield row

    def worst_first(self) -> tuple[ResultRow, ...]:
        """The verdicts, those that need attention first, whole tables before their slices."""
        rank = {outcome.value: i for i, outcome in enumerate(WORST_FIRST)}
        return tuple(sorted(self.results, key=lambda r: (rank[r.outcome], r.check_id, r.slice)))

    def to_dict(self) -> Mapping[str, Any]:
        """Plain data for JSON: the run, all counts and every verdict."""
        return {
            "run": asdict(self.record),
            "location": self.location,
            "replayed": self.replayed,
            "results": [asdict(row) for row in self.results],
        }

    def grid(self) -> Grid:
        """The verdicts, worst first, as the table `results` has them."""
        columns = tuple(
            (column.name, column.type)
            for column in TABLES["results"].columns
            if column.name in ResultRow.__dataclass_fields__
        )
        rows = [tuple(getattr(row, name) for name, _ in columns) for row in self.worst_first()]
        return Grid(str(self), columns, rows, _SHOWN)

    def __str__(self) -> str:
        run = self.record
        counts = {
            "pass": run.passed,
            "warn": run.warned,
            "fail": run.failed,
            "error": run.errors,
            "skipped": run.skipped,
            "not evaluable": run.not_evaluable,
        }
        said = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
        return f"run {run.run_id} of {run.audit}: {said}; exit {run.exit_code}"
