"""Rows of a run, stored exactly once however often the run is killed and started again.

Every part is appended under transaction identifiers made of table, run and part, so Delta drops
a repetition, even one with other data. That is why `commit` reads everything back first and why
the row in `runs`, written last, is what makes a run count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from sparkguard.errors import StoreError, did_you_mean
from sparkguard.results import history, setup, verify
from sparkguard.results.access import Access
from sparkguard.results.records import Part, PinRow, RunRecord, record_of
from sparkguard.results.rows import (
    batches,
    cells_of,
    digest,
    frame_of,
    in_order,
    restamped,
    stamped,
    version_stamps,
)
from sparkguard.results.schemas import TABLES, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MOST_DATASETS = 10_000
_PINNED = ("pins", "violations", "profiles", "results")
"""Tables whose rows name the version of the dataset they speak of."""
_KEYS = ("dataset", "table_version")
_NO_KEYS = ("CAST(NULL AS STRING) AS dataset", "CAST(NULL AS BIGINT) AS table_version")


@dataclass(frozen=True)
class Begun:
    """What was stored of a run before this process adds to it."""

    complete: bool
    fresh: bool
    versions: Mapping[str, int]
    unique: bool = False  # nobody else can have begun it


class RunWriter:
    """Appends the parts of runs and completes them."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._begun: dict[str, Begun] = {}
        self._appended: dict[str, dict[tuple[str, str], Part | None]] = {}
        self._checked: set[str] = set()

    def ready(self, tables: Iterable[str]) -> None:
        """Checks tables once, since an append to an absent one would create it."""
        if unchecked := [name for name in tables if name not in self._checked]:
            setup.check(self._access, unchecked)
            self._checked.update(unchecked)

    def begin(self, run_id: str) -> Begun:
        """What is stored under `run_id`.

        Raises StoreError when its rows disagree on versions, or are too old to be added to.
        """
        if run_id not in self._begun:
            self._begun[run_id] = self._look_up(run_id)
        return self._begun[run_id]

    def begin_new(self, run_id: str) -> None:
        """Begins a run whose id was drawn for it: nothing is stored of it, and nobody has it."""
        self._begun[run_id] = Begun(False, True, {}, unique=True)

    def pin(self, run_id: str, pins: Iterable[PinRow]) -> dict[str, PinRow]:
        """Fixes the versions a run reads; returns those in force, by dataset."""
        wanted = {pin.dataset: pin for pin in pins}
        begun = self.begin(run_id)
        stored = {} if begun.fresh else self._pins(run_id)
        if not stored:
            self.append("pins", wanted.values(), run_id, "0")
            if begun.unique:
                return wanted
            stored = self._pins(run_id)
        if stored.keys() != wanted.keys():
            raise StoreError(
                f"run {run_id} was started with other datasets; start it under a new run id"
            )
        # A process that started the run at the same moment may have pinned other versions.
        cells = [cells_of(TABLES["pins"], pin) for pin in stored.values()]
        tally = Part("pins", "0", len(cells), digest(TABLES["pins"], cells))
        self._parts(run_id)["pins", "0"] = tally
        return stored

    def append(self, table: str, rows: Iterable[Any] | DataFrame, run_id: str, part: str) -> None:
        """Stores `rows` once; see `Store.append`."""
        schema = table_named(table)
        if not schema.by_run or table == "runs":
            raise ValueError(f"rows of {table} are not appended part by part")
        self.begin(run_id)
        self.ready((table,))
        if hasattr(rows, "selectExpr"):  # classic and Connect have DataFrame classes of their own
            self._append_frame(schema, cast("DataFrame", rows), run_id, part)
        else:
            self._append_rows(schema, rows, run_id, part)

    def commit(self, run: RunRecord) -> RunRecord:
        """Reads everything back, then writes the row that makes the run count."""
        begun = self.begin(run.run_id)
        tables = self._written(run.run_id) if begun.fresh else self._present()
        stored = verify.read_back(self._access, run.run_id, tables)
        found = verify.differences(self._parts(run.run_id), stored, run.reported)
        verify.refuse(run.run_id, found)
        record = replace(run, parts=stored.parts)
        if not begun.complete:
            schema = TABLES["runs"]
            cells = restamped(
                schema, [cells_of(schema, record)], self._stamps(schema, run.run_id, "0")
            )
            frame = frame_of(self._access.spark, schema, cells)
            self._access.append(schema, frame, _app_id("runs", run.run_id, "0"))
        kept = history.run_record(self._access, run.run_id)
        if kept is None or (kept.judgement, kept.parts) != (record.judgement, record.parts):
            verify.refuse(run.run_id, ["its row in runs"])
            raise AssertionError("refuse raises")
        del self._begun[run.run_id]
        self._appended.pop(run.run_id, None)
        return kept

    def _append_frame(self, table: Table, frame: DataFrame, run_id: str, part: str) -> None:
        self._parts(run_id)[table.name, part] = None
        if not self.begin(run_id).complete:
            ready = stamped(frame, table, self._stamps(table, run_id, part))
            self._access.append(table, ready, _app_id(table.name, run_id, part))

    def _append_rows(self, table: Table, rows: Iterable[Any], run_id: str, part: str) -> None:
        every = in_order(table, (cells_of(table, row) for row in rows))
        cut = list(batches(every, table.batch))
        for number, some in enumerate(cut):
            name = part if len(cut) == 1 else f"{part}.{number}"
            tally = Part(table.name, name, len(some), digest(table, some))
            if self._parts(run_id).setdefault((table.name, name), tally) != tally:
                raise ValueError(f"part {name} of {table.name} was appended with other rows before")
            if not self.begin(run_id).complete:
                cells = restamped(table, some, self._stamps(table, run_id, name))
                frame = frame_of(self._access.spark, table, cells)
                self._access.append(table, frame, _app_id(table.name, run_id, name))

    def _look_up(self, run_id: str) -> Begun:
        if not run_id or len(run_id) > 200 or not run_id.isprintable():
            raise StoreError("a run id is 1 to 200 printable characters")
        self.ready((*_PINNED, "runs"))
        rows = self._stored_before(run_id)
        complete = any(row["table"] == "runs" for row in rows)
        if rows and not complete:
            self._refuse_old(run_id, min(row["oldest"] for row in rows))
        versions: dict[str, int] = {}
        for row in rows:
            dataset, version = row["dataset"], row["table_version"]
            if version is not None and versions.setdefault(dataset, version) != version:
                raise StoreError(
                    f"run {run_id} has rows of versions {versions[dataset]} and {version} of "
                    f"{dataset}; start it under a new run id"
                )
        return Begun(complete, not rows, versions)

    def _stored_before(self, run_id: str) -> list[dict[str, Any]]:
        from pyspark.sql.functions import expr

        frames = []
        for name in (*_PINNED, "runs"):
            keys = _KEYS if name in _PINNED else _NO_KEYS
            rows = verify.of_run(self._access.load(TABLES[name]), run_id)
            rows = rows.selectExpr(f"'{name}' AS `table`", *keys, "written_at")
            frames.append(rows)
        union = reduce(lambda one, other: one.unionAll(other), frames)
        grouped = union.groupBy("table", "dataset", "table_version").agg(
            expr("min(written_at)").alias("oldest")
        )
        return self._access.collect(grouped, f"versions of run {run_id}", _MOST_DATASETS)

    def _refuse_old(self, run_id: str, oldest: datetime) -> None:
        age = self._access.clock.now() - oldest
        if age > timedelta(days=setup.RETENTION_DAYS):
            raise StoreError(
                f"run {run_id} was interrupted {age.days} days ago, and after "
                f"{setup.RETENTION_DAYS} Delta may not know its parts; start it under a new run id"
            )

    def _pins(self, run_id: str) -> dict[str, PinRow]:
        rows = self._access.collect(
            verify.of_run(self._access.load(TABLES["pins"]), run_id),
            f"pins of run {run_id}",
            _MOST_DATASETS,
        )
        pins = (record_of(PinRow, row) for row in rows)
        return {pin.dataset: pin for pin in pins}

    def _written(self, run_id: str) -> list[str]:
        return sorted({"results", *(table for table, _ in self._parts(run_id))})

    def _present(self) -> list[str]:
        # A table that came with a newer version and nobody has written to may not exist yet.
        tables = [table for table in TABLES.values() if table.by_run and table.name != "runs"]
        return [
            table.name
            for table in tables
            if table.name in self._checked or self._access.columns(table) is not None
        ]

    def _parts(self, run_id: str) -> dict[tuple[str, str], Part | None]:
        return self._appended.setdefault(run_id, {})

    def _stamps(self, table: Table, run_id: str, part: str) -> dict[str, Any]:
        return {"run_id": run_id, **version_stamps(table, self._access.clock.now(), part)}


def table_named(name: str) -> Table:
    """Raises ValueError with the nearest name when there is no such result table."""
    if name not in TABLES:
        raise ValueError(f"there is no result table {name!r}.{did_you_mean(name, TABLES)}")
    return TABLES[name]


def _app_id(table: str, run_id: str, part: str) -> str:
    return f"sparkguard/{table}/{quote(run_id, safe='')}/{quote(part, safe='')}"
