"""A correct windowed pipeline and mutants of it, as the parts of a query in DuckDB's SQL."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate, Window, WindowSpec
from sparkguard.windows.values import Output, Tolerance

SPEC = WindowSpec(
    table="features",
    events="events",
    entity=("key",),
    events_entity=("key",),
    query_time="at",
    event_time="time",
    arrival_time="arrival",
    knowledge="as_of",
    window=Window(bounds="[)", length="P1D", clock="elapsed"),
    nulls="ignore",
    distinct_id="id",
    timezone="America/New_York",
    history="complete",
)
CLOSED = dataclasses.replace(SPEC, window=dataclasses.replace(SPEC.window, bounds="(]"))
FINAL = dataclasses.replace(SPEC, knowledge="final")
SUM = Aggregate("sum", None, "amount")
MEAN = Aggregate("mean", None, "amount")
COUNT = Aggregate("count", 0)
KINDS = Aggregate("count_distinct", 0, "kind")
DEVIATION = Aggregate("stddev", None, "amount", ddof=1)
BIG = Aggregate("sum", None, "big")
HUGE = Aggregate("sum", None, "huge")


@dataclass(frozen=True)
class Mutant:
    """One bug: the class that must be named first, and the part of the query that has it."""

    bug: str
    value: str = "sum(amount)"
    inside: str = "e.time >= q.due - {day} AND e.time < q.due"
    knows: str = "e.arrival <= q.due"
    version: str = "e.until IS NULL OR e.until > q.due"
    source: str = "versions"
    aggregate: Aggregate = SUM
    spec: WindowSpec = SPEC
    after: str = "v"
    type: str = "BIGINT"
    tolerance: Tolerance = field(default_factory=Tolerance)

    @property
    def feature(self) -> Feature:
        return Feature(("v",), self.aggregate, self.tolerance)

    @property
    def output(self) -> Output:
        return Output(self.type in ("DOUBLE", "FLOAT"), 0, 1, self.tolerance)


_LOOSE = Tolerance(relative=1e-12)
_CLOSED = "e.time > q.due - {day} AND e.time <= q.due"
CORRECT = {
    "sum": Mutant(""),
    "closed": Mutant("", spec=CLOSED, inside=_CLOSED),
    "final": Mutant("", spec=FINAL, knows="true", version="e.until IS NULL"),
    "count": Mutant("", value="count(e.time)", aggregate=COUNT),
    "mean": Mutant("", value="avg(amount)", aggregate=MEAN, type="DOUBLE", tolerance=_LOOSE),
    "kinds": Mutant("", value="count(DISTINCT kind)", aggregate=KINDS),
    "big": Mutant("", value="sum(big)", aggregate=BIG),
    "huge": Mutant("", value="sum(huge)", aggregate=HUGE, type="DECIMAL(38,0)"),
    "deviation": Mutant(
        "", value="stddev_samp(amount)", aggregate=DEVIATION, type="DOUBLE", tolerance=_LOOSE
    ),
}
MUTANTS: dict[str, Mutant] = {
    "last rows": Mutant(
        "cap_last",
        value="list_sum(list_slice(list(amount ORDER BY e.time, e.n), -{cap}, -1))",
    ),
    "last values": Mutant(
        "cap_last",
        value="list_sum(list_slice(list(amount ORDER BY e.time, e.n) "
        "FILTER (amount IS NOT NULL), -37, -1))",
    ),
    "first rows": Mutant(
        "cap_first", value="list_sum(list_slice(list(amount ORDER BY e.time, e.n), 1, {cap}))"
    ),
    "count of last rows": Mutant("cap_last", value="least(count(e.time), {cap})", aggregate=COUNT),
    "row limit": Mutant(
        "row_limit", source="(SELECT * FROM versions ORDER BY time, n LIMIT {limit})"
    ),
    "closed right": Mutant("boundary", inside="e.time >= q.due - {day} AND e.time <= q.due"),
    "open left": Mutant("boundary", inside="e.time > q.due - {day} AND e.time < q.due"),
    "both edges": Mutant("boundary", inside=_CLOSED),
    "open right": Mutant(
        "boundary", spec=CLOSED, inside="e.time > q.due - {day} AND e.time < q.due"
    ),
    "an hour too long": Mutant(
        "length", inside="e.time >= q.due - {day} - {hour} AND e.time < q.due"
    ),
    "an hour too short": Mutant(
        "length", inside="e.time >= q.due - {day} + {hour} AND e.time < q.due"
    ),
    "a day too long": Mutant("length", inside="e.time >= q.due - 2 * {day} AND e.time < q.due"),
    "hourly snapshot": Mutant(
        "snapshot",
        inside="e.time >= q.due // {hour} * {hour} - {day} AND e.time < q.due // {hour} * {hour}",
        knows="e.arrival <= q.due // {hour} * {hour}",
        version="e.until IS NULL OR e.until > q.due // {hour} * {hour}",
    ),
    "hops on the left": Mutant(
        "snapshot", inside="e.time >= (q.due - {day}) // {hour} * {hour} AND e.time < q.due"
    ),
    "three hours stale": Mutant(
        "stale",
        inside="e.time >= q.due - 3 * {hour} - {day} AND e.time < q.due - 3 * {hour}",
        knows="e.arrival <= q.due - 3 * {hour}",
        version="e.until IS NULL OR e.until > q.due - 3 * {hour}",
    ),
    "read in India": Mutant(
        "time_zone",
        inside="e.time - 19800000000 >= q.due - {day} AND e.time - 19800000000 < q.due",
    ),
    "read in New York": Mutant(
        "time_zone", inside="e.time - {local} >= q.due - {day} AND e.time - {local} < q.due"
    ),
    "calendar day": Mutant("dst", inside="e.time >= q.yesterday AND e.time < q.due"),
    "late dropped": Mutant("late_ignored", knows="e.arrival <= q.due AND e.arrival <= e.time"),
    "late within an hour": Mutant(
        "late_ignored", knows="e.arrival <= q.due AND e.arrival - e.time <= {hour}"
    ),
    "late leaked": Mutant("late_leaked", knows="true", version="e.until IS NULL"),
    "not backfilled": Mutant("not_backfilled", spec=FINAL),
    "no right edge": Mutant(
        "leak", inside="e.time >= q.due - {day}", knows="true", version="e.until IS NULL"
    ),
    "duplicates": Mutant("duplicates", version="true"),
    "corrections ignored": Mutant("duplicates", version="e.earlier IS NULL"),
    "join fan-out": Mutant("fan_out", after="v * 3"),
    "fan-out by entity": Mutant("fan_out", after="v * (1 + length(key))"),
    "rows for range": Mutant(
        "rows_for_range",
        value="list_sum(list_slice(list(amount ORDER BY e.time, e.n), -24, -1))",
        inside="e.time < q.due",
    ),
    "one of the ties": Mutant(
        "rows_for_range",
        spec=CLOSED,
        inside="e.time > q.due - {day} AND (e.time < q.due OR (e.time = q.due AND e.tie = 1))",
    ),
    "32-bit overflow": Mutant(
        "overflow",
        value="sum(big)",
        aggregate=BIG,
        after="((v + 2147483648) % 4294967296 + 4294967296) % 4294967296 - 2147483648",
    ),
    "64-bit overflow": Mutant(
        "overflow",
        value="sum(huge)",
        aggregate=HUGE,
        after="((v + 9223372036854775808) % 18446744073709551616 + 18446744073709551616) "
        "% 18446744073709551616 - 9223372036854775808",
    ),
    "order of floats": Mutant(
        "float_order",
        value="CAST(sum(amount) AS DOUBLE) * (1 + 2.220446049250313e-16 * (q.n % 2))",
        type="DOUBLE",
    ),
    "float32": Mutant(
        "float32",
        value="CAST(sum(big) AS FLOAT)",
        aggregate=BIG,
        type="FLOAT",
    ),
    "added up in float32": Mutant(
        "float32",
        value="list_reduce(list(CAST(big AS FLOAT) ORDER BY e.time, e.n) "
        "FILTER (big IS NOT NULL), lambda a, b: a + b)",
        aggregate=BIG,
        type="FLOAT",
    ),
    "NULL as zero": Mutant(
        "nulls",
        value="avg(coalesce(amount, 0)) FILTER (e.time IS NOT NULL)",
        aggregate=MEAN,
        type="DOUBLE",
        tolerance=_LOOSE,
    ),
    "NULL keys joined by equality": Mutant(
        "null_keys",
        inside="e.time >= q.due - {day} AND e.time < q.due AND q.key IS NOT NULL",
    ),
    "missing day": Mutant(
        "missing_partition",
        inside="e.time >= q.due - {day} AND e.time < q.due AND e.local_day <> 19052",
    ),
    "population deviation": Mutant(
        "ddof", value="stddev_pop(amount)", aggregate=DEVIATION, type="DOUBLE", tolerance=_LOOSE
    ),
    "empty is zero": Mutant("empty", after="coalesce(v, 0)"),
    "sketch": Mutant(
        "approximation",
        value="round(count(DISTINCT kind) * (0.985 + 0.03 * (q.n % 2)))",
        aggregate=KINDS,
        inside="e.time >= q.due - {day} AND e.time < q.due",
    ),
}
