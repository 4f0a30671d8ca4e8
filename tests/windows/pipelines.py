"""A correct windowed pipeline and mutants of it, in DuckDB: they share no code with SparkGuard.

Times are whole microseconds since 1970 UTC. The pipeline under test computes, for each feature
row (key, at), an aggregate of the events of the last 24 hours, of what had arrived by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from sparkguard.windows.cases import Case
from sparkguard.windows.durations import DAY, HOUR
from sparkguard.windows.oracle import Event
from tests.windows.mutants import CORRECT, Mutant

START = 1_645_833_600 * 1_000_000  # 2022-02-26 00:00 UTC: 15 days before New York's clocks change
CAP = 50


class Pipelines:
    """Events and feature rows of a given size, and every pipeline's output over them.

    `hot` is how many of the feature rows are of the hot key, if not as many as its events are.
    One key is hot, one is NULL; some events are late, some come twice, some are corrected; some
    feature rows lie exactly at an event, or a day after one. Every key has a feature row.
    """

    def __init__(self, rows: int, queries: int = 1_500, hot: int | None = None) -> None:
        self.db = duckdb.connect()
        self._by_column: dict[str, dict[Any, list[Event]]] = {}
        self.db.execute("SET threads = 2; SET TimeZone = 'UTC'")
        self._names = {"day": DAY, "hour": HOUR, "cap": CAP, "limit": rows * 7 // 10,
                       "local": "e.ahead"}  # fmt: skip
        self._make_events(rows)
        self._make_queries(queries, hot)

    def _make_events(self, rows: int) -> None:
        keys = max(20, rows // 300)
        span = 30 * 86_400
        at = f"(hash(n * 7 + 1) % {span})::BIGINT"
        self.db.execute(
            f"""CREATE TABLE events AS
            WITH drawn AS (
                SELECT n, {START} + {at} * 1000000 AS time,
                    hash(n * 11 + 3) % 100 AS kind_of_key, hash(n * 13 + 5) AS h
                FROM range({rows}) r(n)),
            keyed AS (
                SELECT *, CASE WHEN kind_of_key < 30 THEN 'hot' WHEN kind_of_key < 33 THEN NULL
                    ELSE 'k' || (h % {keys}) END AS key FROM drawn)
            SELECT key, time, n,
                time + CASE WHEN n % 10 < 6 THEN 0 WHEN n % 10 < 8 THEN (h % 7200)::BIGINT * 1000000
                    ELSE (h % 172800)::BIGINT * 1000000 END AS arrival,
                CASE WHEN n % 17 = 0 THEN NULL ELSE 'e' || (n - CASE WHEN n % 12 = 11 THEN 1
                    ELSE 0 END) END AS id,
                CASE WHEN n % 23 = 0 THEN NULL ELSE ((h // 100) % 90000)::INTEGER + 1 END AS amount,
                ((h // 7) % 1500)::INTEGER AS kind,
                400000000 + (h % 100000007)::BIGINT AS big,
                900000000000000000 + (h % 100000007)::BIGINT AS huge
            FROM keyed"""
        )
        # A second version of an event keeps its key and time, so that it is a correction.
        self.db.execute(
            """UPDATE events SET key = f.key, time = f.time, arrival = f.arrival + 1800000000
            FROM events f WHERE f.n = events.n - 1 AND events.n % 12 = 11
            AND events.id IS NOT NULL AND f.id = events.id"""
        )
        # And some events happen at the very time of another one.
        self.db.execute(
            """UPDATE events SET key = f.key, time = f.time, arrival = f.time
            FROM events f WHERE f.n = events.n - 1 AND events.n % 60 = 21"""
        )
        self.db.execute(
            """CREATE TABLE versions AS SELECT *,
                CASE WHEN id IS NOT NULL THEN lead(arrival) OVER (PARTITION BY id ORDER BY arrival)
                END AS until,
                CASE WHEN id IS NOT NULL THEN lag(arrival) OVER (PARTITION BY id ORDER BY arrival)
                END AS earlier,
                row_number() OVER (PARTITION BY key, time, arrival <= time ORDER BY n) AS tie,
                epoch_us(make_timestamp(time) AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')
                    - time AS ahead,
                epoch_us(make_timestamp(time) AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')
                    // 86400000000 AS local_day
            FROM events"""
        )

    def _make_queries(self, queries: int, hot: int | None) -> None:
        step = "epoch_us((make_timestamp(due) AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York'"
        back = " - INTERVAL 1 DAY) AT TIME ZONE 'America/New_York')"
        self.db.execute(
            f"""CREATE TABLE queries AS
            WITH chosen AS (
                SELECT * FROM events WHERE hash(n * 31 + 7) % (SELECT count(*) FROM events)
                    < IF(key = 'hot', {queries if hot is None else hot * 3}, {queries})),
            placed AS (
                SELECT DISTINCT key, CASE n % 4 WHEN 0 THEN time WHEN 1 THEN time + {DAY}
                    WHEN 2 THEN time + (hash(n) % 86400)::BIGINT * 1000000 ELSE
                    time - time % {HOUR} + {HOUR} + 61000000 END AS due
                FROM chosen
                UNION SELECT key, due FROM (SELECT 'hot' AS key, {START} + (15 * 24 + h) * {HOUR}
                    + 61000000 AS due FROM range(60) r(h))),
            every AS (
                FROM placed UNION ALL SELECT key, max(time) AS due FROM events
                WHERE key NOT IN (SELECT key FROM placed WHERE key IS NOT NULL) GROUP BY key)
            SELECT key, due, {step}{back} AS yesterday,
                row_number() OVER (ORDER BY key, due) AS n FROM every"""
        )

    def output(self, mutant: Mutant) -> str:
        """A query for (n, v): what the pipeline writes for each feature row."""
        parts = {
            name: getattr(mutant, name).format(**self._names)
            for name in ("value", "inside", "knows", "version", "source")
        }
        return f"""SELECT n, CAST({mutant.after} AS {mutant.type}) AS v FROM (
            SELECT q.n, any_value(q.key) AS key, {parts["value"]} AS v
            FROM queries q LEFT JOIN {parts["source"]} e
            ON e.key IS NOT DISTINCT FROM q.key AND ({parts["inside"]}) AND ({parts["knows"]})
                AND ({parts["version"]})
            GROUP BY q.n)"""

    def save(self, folder: Path, mutants: Mapping[str, Mutant]) -> None:
        """Parquet files `events` and `features`, the latter with one column per pipeline."""
        columns, joins = [], []
        for i, mutant in enumerate(mutants.values()):
            self.db.execute(f"CREATE OR REPLACE TABLE out{i} AS {self.output(mutant)}")
            columns.append(f"out{i}.v AS f{i}")
            joins.append(f"JOIN out{i} USING (n)")
        features = f'SELECT key, make_timestamp(due)::TIMESTAMPTZ AS "at", {", ".join(columns)} '
        features += f"FROM queries {' '.join(joins)}"
        events = """SELECT key, make_timestamp(time)::TIMESTAMPTZ AS time,
            make_timestamp(arrival)::TIMESTAMPTZ AS arrival, id, amount, kind, big, huge, n
            FROM events"""
        for name, query in (("features", features), ("events", events)):
            self.db.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")

    def cases(self, mutant: Mutant, most: int = 40) -> Iterator[Case]:
        """Feature rows as they would be replayed: some that the mutant changes, some it doesn't."""
        events = self._events(mutant.aggregate.column or "amount")
        right = next(
            name
            for name, m in CORRECT.items()
            if (m.aggregate, m.spec) == (mutant.aggregate, mutant.spec)
        )
        rows = self.db.execute(
            f"""SELECT key, due, v FROM queries JOIN ({self.output(mutant)}) USING (n)
            JOIN {self._expected(right)} USING (n)
            QUALIFY row_number() OVER (PARTITION BY v IS NOT DISTINCT FROM expected
                ORDER BY hash(n * 3)) <= {most}"""
        ).fetchall()
        for key, at, v in rows:
            yield Case(
                mutant.spec, mutant.aggregate, mutant.output, key, at, v, events.get(key, [])
            )

    def _events(self, column: str) -> dict[Any, list[Event]]:
        """The events of each key, read once."""
        if column in self._by_column:
            return self._by_column[column]
        found = self._by_column.setdefault(column, {})
        query = f"SELECT key, time, {column}, arrival, id, n FROM events"
        for key, time, value, arrival, id_, n in self.db.execute(query).fetchall():
            found.setdefault(key, []).append(Event(time, value, arrival, id_, (n,)))
        return found

    def _expected(self, name: str) -> str:
        """The table of what a correct pipeline writes, made once."""
        table, output = f"expected_{name}", self.output(CORRECT[name])
        select = f"SELECT n, v AS expected FROM ({output})"
        self.db.execute(f"CREATE TABLE IF NOT EXISTS {table} AS {select}")
        return table
