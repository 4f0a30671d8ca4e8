"""`sparkguard report`: a stored run as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkguard.cli.result_files import write_text
from sparkguard.cli.root import Variables, app, live, out, parse_variables
from sparkguard.errors import ConfigurationError


@app.command()
def report(
    run_id: Annotated[
        str | None, typer.Argument(help="Which run; the latest if not given.", metavar="[RUN]")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="The result store: a folder or a catalog schema.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The audit's YAML file, which names the result store.")
    ] = None,
    variables: Variables = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write (default: report-RUN.html)."),
    ] = None,
) -> None:
    """Write the report of a stored run: one HTML file that needs no network and runs no script.

    Give --store, or --config and its variables.
    """
    from sparkguard.report import read_report, render
    from sparkguard.results import Store
    from sparkguard.session import open_session

    place, audit = _place(store, config, variables)
    with live("starting Spark") as said:
        opened = Store(open_session(), place)
        opened.check()
        found = read_report(opened, run_id, audit, said)
    file = output or Path(f"report-{_file_name(found.run.run_id)}.html")
    write_text(file, render(found))
    out.print(f"report of run {found.run.run_id}: {file}", soft_wrap=True, markup=False)


def _place(
    store: str | None, config: Path | None, variables: list[str] | None
) -> tuple[str, str | None]:
    """The result store, and the audit whose latest run is meant."""
    from sparkguard.contracts.audit import load_audit

    if (store is None) == (config is None):
        raise ConfigurationError("give --store or --config, and one of them only")
    if config is None:
        assert store is not None
        return store, None
    settings = load_audit(config, parse_variables(variables))
    return str(settings.results), settings.name


def _file_name(run_id: str) -> str:
    """`run_id` as part of a file's name."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in run_id)[:80]
