"""`sparkguard alerts`: what is wrong now, who took note of it, and telling others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import (
    JsonFile,
    Variables,
    app,
    live,
    out,
    parse_moment,
    parse_variables,
    plain_table,
    user_name,
)

if TYPE_CHECKING:
    from sparkguard.lifecycles.alerts import Standing
    from sparkguard.notifications.alerts import Delivery

alerts = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(alerts, name="alerts", help="What is wrong now, who took note, and telling others.")

Place = Annotated[str, typer.Argument(help="The result store: a folder or a catalog schema.")]


@alerts.command("list")
def list_(
    store: Place,
    everything: Annotated[bool, typer.Option("--all", help="Show resolved ones as well.")] = False,
    json_file: JsonFile = None,
) -> None:
    """Show open, acknowledged and muted alerts: since when, whose, and why."""
    from sparkguard.cli.results import open_store
    from sparkguard.lifecycles.alerts import AlertState
    from sparkguard.ports import SystemClock
    from sparkguard.results.alerts import standings

    with live("reading the results"):
        found = standings(open_store(store), SystemClock().now())
    shown = [one for one in found if everything or one.state is not AlertState.RESOLVED]
    if shown:
        out.print(_table(shown))
    else:
        out.print(f"no open alerts; {len(found)} resolved (--all)" if found else "no alerts")
    write_json(json_file, [_json(one) for one in shown])


@alerts.command()
def ack(
    store: Place,
    dataset: Annotated[str, typer.Argument(help="The dataset.", metavar="DATASET")],
    check: Annotated[str, typer.Argument(help="The check's id.", metavar="CHECK")],
    by: Annotated[
        str | None, typer.Option("--by", help="Who answers for it; your user name by default.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    mute_until: Annotated[
        str | None, typer.Option("--mute-until", help="Tell nobody until this time (ISO 8601).")
    ] = None,
) -> None:
    """Take note of an open alert. It stays open until the check passes."""
    from sparkguard.cli.results import open_store
    from sparkguard.results.alerts import acknowledge

    until = parse_moment("--mute-until", mute_until)
    with live("reading the results"):
        opened = open_store(store)
        row = acknowledge(opened, dataset, check, user_name(by), reason, until)
    state = "acknowledged" if until is None else f"muted until {until:%Y-%m-%d %H:%M} UTC"
    said = f"{check} of {dataset}: {state} by {row.changed_by}; open until the check passes"
    out.print(said, soft_wrap=True, markup=False)


@alerts.command()
def send(
    config: Annotated[Path, typer.Argument(help="The audit's YAML file.", metavar="CONFIG")],
    run_id: Annotated[
        str | None, typer.Option("--run-id", help="This run only; all of the last day otherwise.")
    ] = None,
    variables: Variables = None,
    json_file: JsonFile = None,
) -> None:
    """Send what the audit's routes have not been told yet. Nothing is sent twice.

    Exits 0 when everything was sent, 3 when something was not.
    """
    from sparkguard.notifications.alerts import send as send_alerts

    with live("reading the results"):
        found = send_alerts(config, run_id, variables=parse_variables(variables))
    print_deliveries(found)
    write_json(json_file, [asdict(one) for one in found])
    if not all(one.is_sent for one in found):
        raise typer.Exit(3)


def print_deliveries(found: Sequence[Delivery]) -> None:
    """One line per message that was tried."""
    for one in found:
        about = f" about {one.about}" if one.about else ""
        why = f" ({one.reason})" if one.reason else ""
        text = f"{one.route}: run {one.run_id}{about}: {one.state}{why}"
        out.print(text, soft_wrap=True, markup=False)


def _table(found: Sequence[Standing]) -> Table:
    headings = ("state", "outcome", "dataset", "check", "slices", "first seen", "owner", "reason")
    rows = (
        (
            *(_state(one), one.row.outcome, one.row.dataset, one.row.check_id),
            *(_slices(one.row.slices), f"{one.row.first_seen:%Y-%m-%d %H:%M}", one.row.owner),
            one.row.reason,
        )
        for one in found
    )
    return plain_table(headings, rows)


def _state(one: Standing) -> str:
    note, state = one.note, one.state.value
    if note is not None and state in ("acknowledged", "muted"):
        until = f" until {note.muted_until:%Y-%m-%d %H:%M}" if state == "muted" else ""
        state = f"{state}{until} by {note.by}"
    if one.judged is not None:
        state = f"{state}, not judged since {one.judged:%Y-%m-%d %H:%M}"
    return state


def _json(one: Standing) -> dict[str, object]:
    return {**asdict(one.row), "state": one.state.value, "not_judged_since": one.judged}


def _slices(keys: Sequence[str]) -> str:
    named = [key for key in keys if key]
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    return f"{named[0]}{more}" if named else ""
