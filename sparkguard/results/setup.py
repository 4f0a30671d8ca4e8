"""Creation, upgrade and inspection of the result tables; a run itself never changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from sparkguard import sql
from sparkguard.conditions import is_absent
from sparkguard.errors import ConfigurationError, StoreError, listed
from sparkguard.results.access import Access
from sparkguard.results.retry import is_concurrent
from sparkguard.results.schemas import GENERATION, TABLES, Column, Table
from sparkguard.results.views import metric_views, views

RETENTION_DAYS = 90
"""How long Delta remembers which parts it holds; an older run is never replayed."""

THREADS = 4
"""Tables that are created, read or written together: they wait for storage more than they work."""

_GENERATION = "sparkguard.generation"
_SKIPPING = "delta.dataSkippingNumIndexedCols"
_INDEXED = 6
"""Readers look for runs, checks and datasets, which come first; statistics cost every append."""


@dataclass(frozen=True)
class Change:
    """What `init` did to one table: `created`, `upgraded` by `columns`, or `unchanged`."""

    table: str
    action: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        gained = f": gained {listed(self.columns)}" if self.action == "upgraded" else ""
        return f"{self.table} {self.action}{gained}"


def init(access: Access, datasets: Iterable[str] = ()) -> tuple[Change, ...]:
    """Creates missing tables and adds missing columns; safe to repeat and to race.

    In a catalog schema also the views, among them those of the metrics of `datasets`.

    Raises ConfigurationError where a stored column has another type, StoreError where a table
    can't be created or changed.
    """
    _create_schema(access)
    with ThreadPoolExecutor(THREADS) as pool:
        changes = tuple(pool.map(partial(_bring_up, access), TABLES.values()))
    names = tuple(datasets)
    if names or any(c.action != "unchanged" for c in changes):
        for statement in views(access.location):
            access.execute(statement, f"creating views in {access.location}")
    for statement in metric_views(access.location, names):
        access.execute(statement, f"creating metric views in {access.location}")
    check(access)
    return changes


def check(access: Access, tables: Iterable[str] | None = None) -> None:
    """Makes sure that every table, or those named, can take this version's rows.

    Tables of a later version are fine: they have more columns. Raises ConfigurationError with
    the fix for tables that are absent, older or not SparkGuard's; StoreError for unreadable ones.
    """
    absent, older, foreign = [], [], []
    wanted = [TABLES[name] for name in (TABLES if tables is None else tables)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(access.columns, wanted))
    for table, stored in zip(wanted, found, strict=True):
        name = table.name
        if stored is None:
            absent.append(name)
            continue
        if missing := _missing(table, stored):
            older.append(f"{name} (without {listed(column.name for column in missing)})")
        foreign.extend(_retyped(table, stored))
    _refuse_newer_generation(access, absent)
    where = f"Result store {access.location}"
    problems = []
    if absent:
        problems.append(
            f"{where} has no {listed(absent)}. If it is the right place, run {access.init_command}."
        )
    if older:
        problems.append(
            f"{where} is from an older SparkGuard: {listed(older)}. Run {access.init_command}."
        )
    if foreign:
        problems.append(f"{where} holds columns of other types: {listed(foreign)}.")
    if problems:
        raise ConfigurationError("\n".join(problems))


def _bring_up(access: Access, table: Table) -> Change:
    stored = access.columns(table)
    action = "unchanged"
    if stored is None:
        stored = access.retry.run(lambda: _create(access, table), f"creating {table.name}")
        action = "created"
    missing = _missing(table, stored)
    if missing:
        # Another init may add the same columns at this moment: look again, then add the rest.
        access.retry.run(lambda: _add_missing(access, table), f"upgrading {table.name}")
        action = "created" if action == "created" else "upgraded"
    return Change(table.name, action, tuple(column.name for column in missing))


class NotYetThere(Exception):
    """Another process has begun to create the table and has not committed yet."""


def _create(access: Access, table: Table) -> Mapping[str, str]:
    # IF NOT EXISTS is content with a log folder in which there is no commit yet: look again.
    access.writer.execute(access.spark, create_statement(access, table))
    stored = access.columns(table)
    if stored is None:
        raise NotYetThere
    return stored


def create_statement(access: Access, table: Table) -> sql.Sql:
    """SQL that creates a result table with its comments and properties, unless it is there."""
    properties = {_GENERATION: str(GENERATION), _SKIPPING: str(_INDEXED)}
    if table.expires:
        properties["delta.setTransactionRetentionDuration"] = f"interval {RETENTION_DAYS} days"
    return sql.template(
        "CREATE TABLE IF NOT EXISTS {} ({}) USING delta COMMENT {} TBLPROPERTIES ({})",
        access.location.table(table.name).sql,
        _definitions(table.columns),
        sql.literal(table.comment),
        sql.joined(
            ", ",
            (
                sql.template("{} = {}", sql.literal(key), sql.literal(value))
                for key, value in properties.items()
            ),
        ),
    )


def _definitions(columns: Iterable[Column]) -> sql.Sql:
    return sql.joined(
        ", ",
        (
            sql.template(f"{{}} {c.type} COMMENT {{}}", sql.name(c.name), sql.literal(c.comment))
            for c in columns
        ),
    )


def _add_missing(access: Access, table: Table) -> None:
    missing = _missing(table, access.columns(table) or {})
    if not missing:
        return
    statement = sql.template(
        "ALTER TABLE {} ADD COLUMNS ({})",
        access.location.table(table.name).sql,
        _definitions(missing),
    )
    try:
        access.writer.execute(access.spark, statement)
    except Exception as error:
        left = _missing(table, access.columns(table) or {})
        if left and (len(left) == len(missing) or not is_concurrent(error)):
            raise


def _missing(table: Table, stored: Mapping[str, str]) -> tuple[Column, ...]:
    return tuple(column for column in table.columns if column.name not in stored)


def _retyped(table: Table, stored: Mapping[str, str]) -> list[str]:
    return [
        f"{table.name}.{column.name} is {stored[column.name]}, not {_plain(column.type)}"
        for column in table.columns
        if column.name in stored and stored[column.name] != _plain(column.type)
    ]


def _plain(type_: str) -> str:
    return type_.lower().replace(" ", "")


def _create_schema(access: Access) -> None:
    if access.location.schema is None:
        return
    schema = sql.path(access.location.table("runs").parts[:-1])
    if not access.spark.catalog.databaseExists(schema.text):
        statement = sql.template("CREATE SCHEMA IF NOT EXISTS {}", schema)
        access.execute(statement, f"creating {access.location}")


def _refuse_newer_generation(access: Access, absent: Iterable[str]) -> None:
    if "runs" in absent:
        return
    statement = sql.template(
        "SHOW TBLPROPERTIES {} ({})",
        access.location.table("runs").sql,
        sql.literal(_GENERATION),
    )
    try:
        rows = access.spark.sql(statement.text).collect()
    except Exception as error:
        if is_absent(error):
            return
        raise StoreError(f"result store {access.location} can't be read") from error
    found = rows[0]["value"] if rows else ""
    if found.isdigit() and int(found) > GENERATION:
        raise ConfigurationError(
            f"Result store {access.location} is of generation {found}; this SparkGuard knows "
            f"{GENERATION}. Use a newer SparkGuard, or another store."
        )
