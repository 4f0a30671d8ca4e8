"""After a run: its alerts and lineage events, which change neither its output nor its exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sparkguard.cli.root import live, messages
from sparkguard.errors import SparkGuardError

if TYPE_CHECKING:
    from sparkguard.contracts.audit_config import AuditConfig
    from sparkguard.results.run_result import RunResult


def tell(settings: AuditConfig, result: RunResult) -> None:
    """Sends what the audit's sections `alerts` and `openlineage` ask for; says what failed."""
    if settings.alerts.routes:
        with live("sending alerts"):
            _attempt("alerts", lambda: _alerts(settings, result))
    if settings.lineage is not None and not result.replayed:
        _attempt("lineage", lambda: _lineage(settings, result))


def _alerts(settings: AuditConfig, result: RunResult) -> str:
    from sparkguard.notifications.alerts import send

    found = send(settings, result.run_id)
    return "; ".join(f"{one.route}: {one.state} ({one.reason})" for one in found if not one.is_sent)


def _lineage(settings: AuditConfig, result: RunResult) -> str:
    from sparkguard.notifications.lineage import emit

    return emit(settings, result)


def _attempt(what: str, work: Callable[[], str]) -> None:
    try:
        problem = work()
    except SparkGuardError as error:
        problem = str(error)
    except Exception as error:  # whatever it is, the run is judged and stored
        problem = type(error).__name__
    if problem:
        messages.print(f"{what}: {problem}", soft_wrap=True, markup=False)
