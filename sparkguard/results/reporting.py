"""What a report of a run shows, read from the result tables; every read has its limit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.errors import ConfigurationError
from sparkguard.results.history import among, run_of_row
from sparkguard.results.records import PinRow, RunRecord, TransitionRow
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import WORST_FIRST, Evidence, Outcome

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkguard.results.store import Store

MOST_VERDICTS = 20_000
MOST_RUNS = 30
MOST_CHECKS = 300
"""Checks whose evidence and past are read."""
MOST_OF_PICTURE = 120
MOST_EVIDENCE = 60_000
MOST_NUMBERS = 200_000
MOST_SAMPLES = 10
MOST_PARTITIONS = 400

_RANKS = (f"WHEN '{outcome.value}' THEN {rank}" for rank, outcome in enumerate(WORST_FIRST))
_WORST_FIRST = f"CASE outcome {' '.join(_RANKS)} END"

Place = tuple[str, str]
"""Check id and slice key."""


Counts = Mapping[tuple[str, str, bool, Outcome], int]
"""Verdicts by dataset, check id, whether they are on a slice, and outcome."""


@dataclass(frozen=True)
class StoredEvidence:
    """An evidence row, and of how many rows of its picture it is one."""

    place: Place
    evidence: Evidence
    of: int


def run_of(store: Store, run_id: str | None, audit: str | None = None) -> RunRecord:
    """A complete run; the latest one, of `audit` if given, when `run_id` is None.

    Raises ConfigurationError when there is none.
    """
    if run_id is not None:
        found = store.committed(run_id)
        if found is None:
            raise ConfigurationError(f"{store.location} holds no complete run {run_id[:80]!r}")
        return found
    latest = store.runs(audit, most=1)
    if not latest:
        of = "" if audit is None else f" of audit {audit!r}"
        raise ConfigurationError(f"{store.location} holds no complete run{of}")
    return latest[0]


def runs_until(store: Store, run: RunRecord, most: int = MOST_RUNS) -> tuple[RunRecord, ...]:
    """Complete runs of the same audit up to `run`, oldest first, `run` the last.

    They are in the order of the moment they looked from, then of their end.
    """
    rows = store.read("runs").where(
        sql.template(
            "audit = {0} AND status = 'complete' AND run_id <> {3} "
            "AND (as_of < {1} OR (as_of = {1} AND finished_at <= {2}))",
            *(sql.literal(value) for value in (run.audit, run.as_of, run.finished_at, run.run_id)),
        ).text
    )
    latest = rows.orderBy(rows["as_of"].desc(), rows["finished_at"].desc()).limit(most - 1)
    found = store.collect(latest, f"runs of {run.audit}", most)
    return (*(run_of_row(row) for row in reversed(found)), run)


def worst_verdicts(store: Store, run: RunRecord) -> tuple[ResultRow, ...]:
    """Verdicts of a run: whole tables first, then what needs attention; at most 20,000."""
    rows = _of_run(store, "results", run)
    names = tuple(ResultRow.__dataclass_fields__)
    ordered = rows.selectExpr(
        *map(_quoted, names), "slice <> '' AS __sliced", f"{_WORST_FIRST} AS __rank"
    ).orderBy("__sliced", "__rank", "check_id", "slice")
    found = store.collect(
        ordered.select(*names).limit(MOST_VERDICTS), f"results of {run.run_id}", MOST_VERDICTS
    )
    return tuple(ResultRow(**row) for row in found)


def counts(store: Store, run: RunRecord) -> Counts:
    """How every verdict of a run came out, check by check.

    Raises StoreError when these are more than 200,000 numbers: totals of some would be wrong.
    """
    by = ("dataset", "check_id", "sliced", "outcome")
    rows = _of_run(store, "results", run).selectExpr("*", "slice <> '' AS sliced")
    counted = rows.groupBy(*by).count()
    found = store.collect(counted, f"outcomes of {run.run_id}", MOST_NUMBERS)
    return {
        (row["dataset"], row["check_id"], row["sliced"], Outcome(row["outcome"])): row["count"]
        for row in found
    }


def pins(store: Store, run: RunRecord) -> dict[str, PinRow]:
    """The tables of a run by dataset."""
    names = tuple(PinRow.__dataclass_fields__)
    rows = _of_run(store, "pins", run).select(*names)
    found = store.collect(rows, f"pins of {run.run_id}", MOST_VERDICTS)
    return {row["dataset"]: PinRow(**row) for row in found}


def evidence(store: Store, run: RunRecord, of: Iterable[Place]) -> tuple[StoredEvidence, ...]:
    """Evidence of the given checks and slices, at most 120 rows of a picture, in order."""
    names = tuple(Evidence.__dataclass_fields__)
    picture = "PARTITION BY check_id, slice, kind, name"
    rows = among(_of_run(store, "evidence", run), ("check_id", "slice"), of)
    ranked = rows.selectExpr(
        *("check_id", "slice", *map(_quoted, names)),
        f"row_number() OVER ({picture} ORDER BY ordinal) AS __nth",
        f"count(*) OVER ({picture}) AS __of",
    ).where(f"__nth <= {MOST_OF_PICTURE}")
    ordered = ranked.orderBy("check_id", "slice", "kind", "name", "ordinal").limit(MOST_EVIDENCE)
    found = store.collect(ordered, f"evidence of {run.run_id}", MOST_EVIDENCE)
    return tuple(
        StoredEvidence(
            (row["check_id"], row["slice"]),
            Evidence(**{name: row[name] for name in names}),
            row["__of"],
        )
        for row in found
    )


def samples(
    store: Store, run: RunRecord, of: Iterable[Place]
) -> dict[Place, tuple[Mapping[str, Any], ...]]:
    """Cells of sampled rows of the given checks and slices, the first ten rows of each."""
    rows = among(_of_run(store, "violations", run), ("check_id", "slice"), of)
    kept = rows.where(f"ordinal BETWEEN 1 AND {MOST_SAMPLES}").select(
        "check_id", "slice", "sample_mode", "sample_rows", "ordinal", "column", "value"
    )
    ordered = kept.orderBy("check_id", "slice", "ordinal", "column").limit(MOST_EVIDENCE)
    found: dict[Place, list[Mapping[str, Any]]] = {}
    for row in store.collect(ordered, f"samples of {run.run_id}", MOST_EVIDENCE):
        found.setdefault((row["check_id"], row["slice"]), []).append(row)
    return {place: tuple(cells) for place, cells in found.items()}


def past_verdicts(
    store: Store, runs: Collection[RunRecord], checks: Iterable[str]
) -> tuple[tuple[str, ResultRow], ...]:
    """The verdict that speaks for each of the given checks, with the id of its run.

    It is the worst one, that on the whole table before those on its slices.
    """
    if not runs:
        return ()
    names = tuple(ResultRow.__dataclass_fields__)
    rows = among(store.read("results"), ("run_id",), ((run.run_id,) for run in runs))
    rows = among(rows, ("check_id",), ((check,) for check in checks))
    worst_first = f"PARTITION BY run_id, check_id ORDER BY {_WORST_FIRST}, slice"
    ranked = rows.selectExpr(
        *("run_id", *map(_quoted, names)), f"row_number() OVER ({worst_first}) AS __nth"
    ).where("__nth = 1")
    most = MOST_RUNS * MOST_CHECKS
    spoken = ranked.select("run_id", *names).limit(most)
    found = store.collect(spoken, "past verdicts", most)
    return tuple((row.pop("run_id"), ResultRow(**row)) for row in found)


def evaluations(store: Store, run: RunRecord) -> tuple[Mapping[str, Any], ...]:
    """Metrics of cohorts, of all their rows, as last known when `run` looked.

    Of each metric of a check the last 400 cohorts by name; `left_out` says how many more there are.
    At most 200,000 in all, which are the metrics of 500 such series.
    """
    rows = store.read("evaluations").where(
        sql.template(
            "slice <> '' AND segment = '' AND model_version IS NULL AND as_of <= {}",
            sql.literal(run.as_of),
        ).text
    )
    last = rows.selectExpr(
        *("check_id", "slice", "metric", "value", "low", "high", "coverage", "expected_coverage"),
        *("n_labelled", "n_predictions"),
        "row_number() OVER (PARTITION BY check_id, slice, metric "
        "ORDER BY as_of DESC, revision DESC) AS __age",
    ).where("__age = 1")
    series = "PARTITION BY check_id, metric"
    shown = last.selectExpr(
        "*",
        # Of numbers without leading zeros the longer one is the greater.
        f"row_number() OVER ({series} ORDER BY length(slice) DESC, slice DESC) AS __nth",
        f"greatest(count(*) OVER ({series}) - {MOST_PARTITIONS}, 0) AS left_out",
    ).where(f"__nth <= {MOST_PARTITIONS}")
    ordered = shown.drop("__age", "__nth").orderBy("check_id", "metric", "slice")
    return tuple(store.collect(ordered.limit(MOST_NUMBERS), "evaluations", MOST_NUMBERS))


def shadow_verdicts(store: Store, run: RunRecord) -> tuple[Mapping[str, Any], ...]:
    """The last verdict on every partition of every shadow, from before the end of `run`."""
    rows = store.read("shadow_verdicts").where(
        sql.template("kind = 'partition' AND at <= {}", sql.literal(run.finished_at)).text
    )
    last = rows.selectExpr(
        *("shadow", "`partition`", "outcome", "reason"),
        "row_number() OVER (PARTITION BY shadow, `partition` ORDER BY at DESC) AS __age",
    ).where("__age = 1")
    ordered = last.drop("__age").orderBy("shadow", "partition").limit(MOST_EVIDENCE)
    return tuple(store.collect(ordered, "shadow verdicts", MOST_EVIDENCE))


def changes_until(store: Store, run: RunRecord, kind: str) -> tuple[TransitionRow, ...]:
    """State changes of a kind from before the end of `run`, by subject and number."""
    rows = store.read("transitions").where(
        sql.template("kind = {} AND at <= {}", sql.literal(kind), sql.literal(run.finished_at)).text
    )
    names = tuple(TransitionRow.__dataclass_fields__)
    ordered = rows.select(*names).orderBy("subject", "number").limit(MOST_EVIDENCE)
    found = store.collect(ordered, f"changes of {kind}", MOST_EVIDENCE)
    return tuple(TransitionRow(**{**row, "details": row["details"] or {}}) for row in found)


def _of_run(store: Store, table: str, run: RunRecord) -> DataFrame:
    rows = store.read(table, committed=False)
    return rows.where(sql.template("run_id = {}", sql.literal(run.run_id)).text)


def _quoted(name: str) -> str:
    return sql.name(name).text
