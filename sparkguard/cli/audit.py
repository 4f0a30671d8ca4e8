"""`sparkguard audit` and `sparkguard init`: judge tables against their contracts."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparkguard.cli.result_files import prepared, write_json, write_result
from sparkguard.cli.root import (
    AsOf,
    JsonFile,
    RunId,
    Variables,
    app,
    live,
    out,
    parse_moment,
    parse_slice,
    parse_variables,
)
from sparkguard.errors import ConfigurationError, SparkGuardError

if TYPE_CHECKING:
    from sparkguard.contracts.audit_config import AuditConfig
    from sparkguard.drift.false_alarms import FalseAlarms

Config = Annotated[Path, typer.Argument(help="The audit's YAML file.", metavar="CONFIG")]


@app.command()
def audit(
    config: Config,
    slice_: Annotated[
        list[str] | None,
        typer.Option(
            "--slice",
            metavar="COLUMN=VALUE",
            help="Judge this slice only; COLUMN alone is NULL. Repeat for its other columns.",
        ),
    ] = None,
    checks: Annotated[
        list[str] | None,
        typer.Option(
            "--check",
            metavar="ID",
            help="Judge this rule, or kind of check, only. Repeat for several.",
        ),
    ] = None,
    run_id: RunId = None,
    as_of: AsOf = None,
    variables: Variables = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="OUTCOME",
            help="'warn': warnings fail the run too; 'fail': they don't, whatever the file says.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show what passed as well, and every slice.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and its scans; read no data.")
    ] = False,
    aa: Annotated[
        bool,
        typer.Option("--aa", help="Print how often drift alarms where nothing moved, as well."),
    ] = False,
    json_file: JsonFile = None,
    junit_file: Annotated[
        Path | None,
        typer.Option(
            "--junit",
            callback=prepared,
            is_eager=True,
            help="Write the verdicts as JUnit XML to this file.",
        ),
    ] = None,
) -> None:
    """Judge every rule of an audit at full scale and store the results in Delta tables.

    Exits 0 when all rules hold, 1 when data fails, 2 for a wrong configuration, 3 when something
    could not be evaluated, 4 when results could not be stored.
    """
    from sparkguard.checks.base import CHECKS
    from sparkguard.cli.tables import plan_table, verdict_table
    from sparkguard.cli.telling import tell
    from sparkguard.contracts.audit import load_audit
    from sparkguard.contracts.selection import only
    from sparkguard.run import Request, plan_audit
    from sparkguard.run import audit as run_audit

    if fail_on not in (None, "warn", "fail"):
        raise ConfigurationError(f"--fail-on takes 'warn' or 'fail', found {fail_on[:40]!r}")
    request = Request(
        run_id=run_id,
        only=parse_slice("--slice", slice_),
        as_of=parse_moment("--as-of", as_of),
        fail_on_warn=None if fail_on is None else fail_on == "warn",
    )
    given = parse_variables(variables)
    with live("reading the configuration") as progress:
        settings = only(load_audit(config, given), checks or (), CHECKS.kinds)
        if dry_run:
            plan = plan_audit(settings, request)
        else:
            result = run_audit(settings, request, progress=progress)
    if dry_run:
        out.print(plan_table(plan))
        write_json(json_file, plan.to_dict())
        return
    tell(settings, result)
    out.print(verdict_table(result, everything=everything))
    out.print(str(result), soft_wrap=True, markup=False)
    if result.replayed:
        at = result.record.finished_at.strftime("%Y-%m-%d %H:%M UTC")
        out.print(f"stored under this run id at {at}; nothing was judged again")
    out.print(f"results are Delta tables in {result.location}", soft_wrap=True, markup=False)
    if result.exit_code:
        look = shlex.join(["sparkguard", "report", result.run_id, "--store", result.location])
        out.print(f"see why and since when: {look}", soft_wrap=True, markup=False)
    code = result.exit_code
    more: dict[str, Any] = {}
    counted: tuple[int, str] | None = None
    stopped: SparkGuardError | None = None
    if aa:
        try:
            found = _false_alarms(settings, result.record.table_versions)
            counted = int(found.is_over_budget), str(found)
            code, more = code or counted[0], {"false_alarms": found.to_dict()}
        except SparkGuardError as error:
            stopped, code, counted = error, error.exit_code, (error.exit_code, str(error))
            more = {"error": str(error), "exit_code": code}
    if junit_file is not None:
        from sparkguard.report.junit import junit_xml

        write_result(junit_file, junit_xml(result, counted))
    content = result.to_dict()
    write_json(json_file, {**content, "run": {**content["run"], "exit_code": code}, **more})
    if stopped is not None:
        raise stopped
    if code:
        raise typer.Exit(code)


@app.command()
def init(
    config: Annotated[
        Path | None, typer.Argument(help="The audit's YAML file.", metavar="CONFIG")
    ] = None,
    results: Annotated[
        str | None,
        typer.Option("--results", help="Without an audit: a folder, or a catalog schema."),
    ] = None,
    variables: Variables = None,
) -> None:
    """Create the result tables of an audit, or bring older ones up to date. Safe to repeat."""
    from sparkguard.results import Store
    from sparkguard.run import initialise
    from sparkguard.session import open_session

    if (config is None) == (results is None):
        raise ConfigurationError("init takes an audit's file, or --results")
    with live("starting Spark"):
        if config is not None:
            changes = initialise(config, variables=parse_variables(variables))
        else:
            changes = Store(open_session(), str(results)).init()
    made = [change for change in changes if change.action != "unchanged"]
    for change in made:
        out.print(f"result table {change}", soft_wrap=True, markup=False)
    if not made:
        out.print("the result tables are up to date")


def _false_alarms(settings: AuditConfig, versions: Mapping[str, int]) -> FalseAlarms:
    """Prints SparkGuard's own rate of false alarms on what the run read."""
    from sparkguard.replay import false_alarms

    with live("splitting partitions in halves") as progress:
        found = false_alarms(settings, versions=versions, progress=progress)
    out.print(str(found), soft_wrap=True, markup=False)
    return found
