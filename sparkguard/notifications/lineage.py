"""Sends runs to an OpenLineage backend: best effort, within seconds, never changing a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkguard import __version__, sql
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.notifications.lineage_events import run_event
from sparkguard.results import Store
from sparkguard.results.run_result import RunResult
from sparkguard.session import open_session
from sparkguard.webhooks import MayBeSent, NotSent, post

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PRODUCER = f"urn:sparkguard:{__version__}"
_MOST_METRICS = 50_000


def emit(settings: AuditConfig, result: RunResult, *, spark: SparkSession | None = None) -> str:
    """Sends the event of a stored run where the audit says; returns what went wrong, or nothing.

    Does nothing unless the audit has a section `openlineage`.
    """
    to = settings.lineage
    if to is None:
        return ""
    metrics = _metrics(settings, result, spark)
    event = run_event(settings, result, to.namespace, PRODUCER, metrics)
    headers = {"Authorization": f"Bearer {to.key}"} if to.key else {}
    try:
        post(to.endpoint(), event, headers=headers, seconds=to.seconds)
    except (NotSent, MayBeSent) as error:
        return str(error)
    return ""


def _metrics(
    settings: AuditConfig, result: RunResult, spark: SparkSession | None
) -> dict[str, dict[str, dict[str, float]]]:
    """By dataset and column, what the run measured of whole tables."""
    store = Store(open_session(existing=spark), settings.results)
    rows = store.read("profiles", committed=False).where(
        sql.template(
            "run_id = {} AND slice = '' AND relation_kind = 'table' AND size(columns) = 1",
            sql.literal(result.run_id),
        ).text
    )
    chosen = rows.selectExpr("dataset", "columns[0] AS column", "metrics")
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in store.collect(chosen, f"profiles of run {result.run_id}", _MOST_METRICS):
        columns = found.setdefault(row["dataset"], {})
        columns.setdefault(row["column"], {}).update(row["metrics"] or {})
    return found
