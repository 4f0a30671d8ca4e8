"""Views that show complete runs only, for readers who come by SQL."""

from __future__ import annotations

from sparkguard import sql
from sparkguard.results.location import Location
from sparkguard.results.schemas import TABLES


def views(location: Location) -> tuple[sql.Sql, ...]:
    """Statements that create `<table>_committed` in a catalog schema; none for a folder."""
    if location.schema is None:
        return ()
    runs = location.table("runs").sql
    return tuple(
        sql.template(
            "CREATE OR REPLACE VIEW {} AS SELECT t.* FROM {} AS t "
            "WHERE t.run_id IN (SELECT run_id FROM {})",
            location.table(f"{table.name}_committed").sql,
            location.table(table.name).sql,
            runs,
        )
        for table in TABLES.values()
        if table.by_run and table.name != "runs"
    )
