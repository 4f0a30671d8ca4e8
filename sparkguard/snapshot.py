"""Pins each table of a run to one Delta version; everything is read at that version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.conditions import condition_of
from sparkguard.datatypes import Struct, from_json
from sparkguard.errors import EvaluationError, SnapshotError, listed
from sparkguard.relations.commits import FILES, appended_files
from sparkguard.relations.held_keys import VERSION
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql.slices import is_in_any
from sparkguard.tables import Pinned, TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_NO_VERSION = re.compile(r"DELTA_VERSION_NOT|VersionNotFound|TIME_?TRAVEL|LOG_FILE_NOT_FOUND", re.I)
_NO_DELTA = re.compile(
    r"DELTA_MISSING_DELTA_TABLE|ONLY_OPERATION|DELTA_TABLE_NOT_FOUND|DOES_NOT_EXIST|FileNotFound"
    r"|PATH_NOT_FOUND|DELTA_MISSING_TRANSACTION_LOG"
)
_NO_NAME = re.compile(r"TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|CATALOG|NAMESPACE|PERMISSION")
_ZONED = re.compile(r"\btimestamp\b")
_UTC = ("utc", "etc/utc", "gmt", "z", "+00:00")
MOST_VALUES = 10_000
PINNED_AT_ONCE = 4
"""Tables whose logs are read together: that waits for storage more than it works."""
SHRINKING = ("spark.sql.files.ignoreMissingFiles", "spark.sql.files.ignoreCorruptFiles")
"""Settings under which a damaged table silently loses rows, so that a pass would prove nothing."""


class Snapshot:
    """The tables of one run, by dataset name.

    `failures` holds the datasets that can't be read; asking for one of them raises its error.
    """

    def __init__(
        self,
        spark: SparkSession,
        pinned: Mapping[str, Pinned],
        failures: Mapping[str, SnapshotError] | None = None,
    ) -> None:
        self.spark = spark
        self.pinned = dict(pinned)
        self.failures = dict(failures or {})

    @classmethod
    def pin(
        cls,
        spark: SparkSession,
        refs: Mapping[str, TableRef],
        versions: Mapping[str, int] | None = None,
    ) -> Snapshot:
        """Pin every table of `refs`, at the version in `versions` where one is given.

        Raises EvaluationError when the session may drop unreadable files.
        """
        refuse_shrinking(spark)

        def attempted(dataset: str) -> Pinned | SnapshotError:
            try:
                return _pin(spark, dataset, refs[dataset], (versions or {}).get(dataset))
            except SnapshotError as error:
                return error

        with ThreadPoolExecutor(PINNED_AT_ONCE) as pool:
            found = dict(zip(refs, pool.map(attempted, refs), strict=True))
        pinned = {name: one for name, one in found.items() if isinstance(one, Pinned)}
        failures = {name: one for name, one in found.items() if isinstance(one, SnapshotError)}
        return cls(spark, pinned, failures)

    def __getitem__(self, dataset: str) -> Pinned:
        if dataset in self.failures:
            raise self.failures[dataset]
        return self.pinned[dataset]

    def frame(self, name: str, /) -> DataFrame:
        """The rows of a dataset at its pinned version, or the table of its files, lazily.

        Of a name as `HeldKeys` gives it, at the version that it names.
        """
        dataset, _, version = name.partition(VERSION)
        if version:
            return self.frame_at(dataset, int(version))
        pinned = self[name.removesuffix(FILES)]
        if name.endswith(FILES):
            return appended_files(self.spark, pinned.ref, pinned.version)
        return _frame(self.spark, pinned.ref, pinned.version)

    def row_count(self, name: str, /) -> int | None:
        """How many rows a dataset has at its pinned version, where its log says."""
        return self[name].rows

    def frame_at(self, name: str, version: int, /) -> DataFrame:
        """The rows of a dataset at another version than the pinned one, lazily."""
        return _frame(self.spark, self[name].ref, version)

    def changes(self, name: str, since: int, /) -> DataFrame:
        """Rows that commits from `since` to the pinned version changed, from Delta's change feed.

        Raises the error of Delta when the feed is off or no longer reaches back.
        """
        pinned = self[name]
        reader = (
            self.spark.read.format("delta")
            .option("readChangeFeed", "true")
            .option("startingVersion", since)
            .option("endingVersion", pinned.version)
        )
        ref = pinned.ref
        return reader.load(ref.path) if ref.path is not None else reader.table(ref.sql.text)

    def slice_values(
        self,
        name: str,
        by: tuple[str, ...],
        among: Iterable[Slice] = (WHOLE,),
        most: int = MOST_VALUES,
    ) -> Mapping[Slice, int]:
        """The distinct values of the columns `by` in some slices, and how many rows have them.

        Raises EvaluationError above `most` slices: results of that many would not be read; and as
        `refuse_zoned`.
        """
        refuse_zoned(self.spark, name, self[name].schema, by)
        keys = {f"k{i}": sql.as_text(sql.name(column)) for i, column in enumerate(by)}
        rows_ = self.frame(name).where(is_in_any(among).text)
        frame = rows_.selectExpr(*(sql.alias(e, key).text for key, e in keys.items()))
        counted = frame.groupBy(*keys).count().limit(most + 1)
        rows = _rows_of(counted, f"dataset {name!r}")
        if len(rows) > most:
            raise EvaluationError(
                f"dataset {name!r} has more than {most} slices by {', '.join(by)}; "
                "slice by columns with fewer values"
            )
        found = {Slice.of(dict(zip(by, row[:-1], strict=True))): int(row[-1]) for row in rows}
        return dict(sorted(found.items(), key=lambda item: item[0].key))


def refuse_shrinking(spark: SparkSession) -> None:
    """Raise EvaluationError when the session skips missing or corrupt files."""
    if found := [key for key in SHRINKING if setting(spark, key) == "true"]:
        raise EvaluationError(
            f"{' and '.join(found)} is true: damaged tables would silently lose rows. "
            "Set it to false for this session."
        )


def refuse_zoned(spark: SparkSession, name: str, schema: Struct, by: Iterable[str]) -> None:
    """Raise EvaluationError for slices by a TIMESTAMP in a session of another zone than UTC.

    A slice is named by Spark's text of its value, which for a TIMESTAMP is local time: the same
    rows would be another slice in another session, and two slices one where a clock is put back.
    """
    types = {column: field.type for column in by if (field := schema.get(column)) is not None}
    zoned = [column for column, type_ in types.items() if _ZONED.search(str(type_))]
    if not zoned:
        return
    zone = str(spark.sql("SELECT current_timezone()").collect()[0][0])
    if zone.lower() not in _UTC:
        raise EvaluationError(
            f"dataset {name!r} is sliced by {listed(zoned)}, a TIMESTAMP, whose text depends on "
            f"the session's time zone, {zone}. Set spark.sql.session.timeZone to UTC, or slice by "
            "a date"
        )


def setting(spark: SparkSession, key: str) -> str | None:
    """A session setting in lower case, None when it is unset or the platform hides it."""
    try:
        value = spark.conf.get(key, None)
    except Exception:
        return None
    return None if value is None else value.lower()


def _pin(spark: SparkSession, dataset: str, ref: TableRef, version: int | None) -> Pinned:
    what = f"dataset {dataset!r} ({ref})"
    detail = _query(spark, sql.template("DESCRIBE DETAIL {}", ref.sql), what)[0]
    if detail["format"] != "delta":
        raise SnapshotError(f"{what} is not a Delta table but {detail['format']}")
    if version is None:
        history = sql.template("DESCRIBE HISTORY {} LIMIT 1", ref.sql)
        version = int(_query(spark, history, what)[0]["version"])
    what = f"{what} at version {version}"
    schema = _schema(spark, ref, version, what)
    rows, proven = _count(spark, ref, version)
    return Pinned(
        dataset=dataset,
        ref=ref,
        version=version,
        schema=schema,
        rows=rows,
        rows_proven=proven,
        table_id=detail["id"],
        partition_columns=tuple(detail["partitionColumns"]),
        properties=dict(detail["properties"]),
    )


def _frame(spark: SparkSession, ref: TableRef, version: int) -> DataFrame:
    if ref.path is not None:
        return spark.read.format("delta").option("versionAsOf", version).load(ref.path)
    return spark.sql(sql.template("SELECT * FROM {}", _at(ref, version)).text)


def _at(ref: TableRef, version: int) -> sql.Sql:
    return sql.template("{} VERSION AS OF {}", ref.sql, sql.literal(version))


def _schema(spark: SparkSession, ref: TableRef, version: int, what: str) -> Struct:
    try:
        return from_json(_frame(spark, ref, version).schema.jsonValue())
    except ValueError as error:
        raise SnapshotError(f"{what} has a column of an unknown type: {error}") from error
    except Exception as error:
        raise _unreadable(what, error) from error


def _count(spark: SparkSession, ref: TableRef, version: int) -> tuple[int | None, bool]:
    query = sql.template("SELECT count(*) AS n FROM {}", _at(ref, version))
    try:
        plan = spark.sql(sql.template("EXPLAIN {}", query).text).collect()[0][0]
        rows = int(spark.sql(query.text).collect()[0]["n"])
    except Exception:
        # Scans of an unreadable table fail and are reported check by check, with their reason.
        return None, False
    return rows, "LocalTableScan" in plan and "FileScan" not in plan


def _query(spark: SparkSession, query: sql.Sql, what: str) -> list[Any]:
    try:
        return spark.sql(query.text).collect()
    except Exception as error:
        raise _unreadable(what, error) from error


def _rows_of(frame: DataFrame, what: str) -> list[Any]:
    try:
        return frame.collect()
    except Exception as error:
        raise _unreadable(what, error) from error


def _unreadable(what: str, error: Exception) -> SnapshotError:
    condition = condition_of(error)
    # Delta 4.0 gives no condition for a version that is gone, only this sentence.
    if _NO_VERSION.search(condition) or str(error).startswith("Cannot time travel"):
        reason = "no longer exists: vacuumed, cleaned up, or never written"
    elif _NO_DELTA.search(condition):
        reason = "does not exist or is not a Delta table"
    elif _NO_NAME.search(condition):
        reason = "is not in the catalog, or may not be read"
    else:
        reason = "can't be read"
    return SnapshotError(f"{what} {reason} ({condition})", condition)
