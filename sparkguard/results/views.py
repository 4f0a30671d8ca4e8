"""Views that show complete runs only, for readers who come by SQL."""

from __future__ import annotations

from collections.abc import Iterable

from sparkguard import sql
from sparkguard.results import metrics
from sparkguard.results.schemas import TABLES
from sparkguard.tables import ResultsPlace


def views(location: ResultsPlace) -> tuple[sql.Sql, ...]:
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


def metric_views(location: ResultsPlace, datasets: Iterable[str]) -> tuple[sql.Sql, ...]:
    """Statements that create the metric views of every dataset; none for a folder."""
    if location.schema is None:
        return ()
    return tuple(
        sql.template(
            "CREATE OR REPLACE VIEW {} AS {}",
            location.table(metrics.view_name(dataset, kind)).sql,
            metrics.select(location, dataset, kind),
        )
        for dataset in datasets
        for kind in metrics.KINDS
    )
