"""`sparkguard results`: what the result tables hold, and their upkeep."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import JsonFile, app, live, out, plain_table

if TYPE_CHECKING:
    from sparkguard.results import Store

results = typer.Typer(help="Show stored runs, or delete what is too old.", no_args_is_help=True)
app.add_typer(results, name="results")

Place = Annotated[str, typer.Argument(help="The result store: a folder or a catalog schema.")]


@results.command("list")
def list_runs(
    store: Place,
    audit: Annotated[str | None, typer.Option(help="Only runs of this audit.")] = None,
    most: Annotated[int, typer.Option("--last", min=1, max=1_000, help="How many runs.")] = 20,
    json_file: JsonFile = None,
) -> None:
    """List the latest complete runs, the newest first."""
    with live("reading the results"):
        found = open_store(store).runs(audit, most)
    counts = ("passed", "warned", "failed", "errors", "not_evaluable", "skipped")
    headings = ("run", "audit", "as of", "exit", *(name.replace("_", " ") for name in counts))
    rows = (
        (
            *(run.run_id, run.audit, run.as_of.isoformat(" ", "minutes"), str(run.exit_code)),
            *(str(getattr(run, name)) for name in counts),
        )
        for run in found
    )
    out.print(plain_table(headings, rows))
    write_json(json_file, [asdict(run) for run in found])


@results.command("show")
def show_run(
    store: Place,
    run_id: Annotated[
        str | None, typer.Argument(help="Which run; the latest if not given.", metavar="[RUN]")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show what passed as well, and every slice.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Show the verdicts of one run."""
    from sparkguard.cli.tables import verdict_table
    from sparkguard.results.reporting import run_of
    from sparkguard.results.run_result import RunResult

    with live("reading the results"):
        opened = open_store(store)
        result = RunResult.read(opened, run_of(opened, run_id))
    out.print(verdict_table(result, everything=everything))
    out.print(str(result), soft_wrap=True, markup=False)
    write_json(json_file, result.to_dict())


@results.command("drift")
def search_drift(
    store: Place,
    dataset: Annotated[str, typer.Argument(help="The dataset's name in its audit.")],
    table: Annotated[str, typer.Option(help="Its Delta table.")],
    columns: Annotated[
        list[str] | None, typer.Option("--column", help="Only this column; may be repeated.")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Say since when columns mean something else, from stored profiles and the table's log.

    No row is read. Exits 0 when nothing is found, 1 otherwise, 3 when no run profiled the table.
    """
    from sparkguard.checks.silent_drift import SilentDrift
    from sparkguard.session import open_session
    from sparkguard.stored_drift import search_table
    from sparkguard.verdicts import Outcome

    check = SilentDrift(columns=tuple((column,) for column in columns or ()))
    with live("searching the stored profiles"):
        found = search_table(open_session(), open_store(store), dataset, table, check)
    judged = found.judgement
    drifts = [(e.label, e.text or "") for e in judged.evidence if e.kind == "hypotheses"]
    empty = {
        column: f"NULL in every file since {where}, version {version}"
        for column, (where, version) in found.empty.items()
    }
    if drifts or empty:
        rows = [*(("profiles", text) for _, text in drifts),
                *(("log", f"{column}: {text}") for column, text in empty.items())]  # fmt: skip
        out.print(plain_table(("says", "what"), rows))
    else:
        out.print(judged.reason or "no column changed its meaning", markup=False)
    data = {"outcome": judged.outcome.value, "reason": judged.reason, "empty": empty,
            "drifts": [{"what": what, "text": text} for what, text in drifts]}  # fmt: skip
    write_json(json_file, data)
    if drifts or empty:
        raise typer.Exit(1)
    if judged.outcome is Outcome.NOT_EVALUABLE and judged.counts_as is not Outcome.WARN:
        raise typer.Exit(3)


@results.command("clean")
def clean(
    store: Place,
    runs_days: Annotated[
        int | None,
        typer.Option("--runs", min=90, help="Delete complete runs of over DAYS days, 90 at least."),
    ] = None,
    samples_days: Annotated[
        int | None, typer.Option("--samples", min=0, help="Delete sampled rows over DAYS days old.")
    ] = None,
) -> None:
    """Delete rows of interrupted runs that can't be repeated any more, and what is too old."""
    with live("cleaning the results"):
        cleaned = open_store(store).clean(_days(runs_days), _days(samples_days))
    out.print(f"deleted {len(cleaned.incomplete)} interrupted and {len(cleaned.expired)} old runs")
    if cleaned.alerting:
        kept = len(cleaned.alerting)
        out.print(f"kept the verdicts of {kept} old runs: alerts still stand as they left them")
    if cleaned.samples_before is not None:
        out.print(f"deleted samples from before {cleaned.samples_before.isoformat(' ', 'minutes')}")


def _days(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)


def open_store(place: str) -> Store:
    """The store at a place. Raises ConfigurationError with the fix when there is none."""
    from sparkguard.results import Store
    from sparkguard.session import open_session

    store = Store(open_session(), place)
    store.check()
    return store
