"""`sparkguard doctor`: what this machine and session offer, with the fix for what is missing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import JsonFile, app, live, out, plain_table


@app.command()
def doctor(
    store: Annotated[
        str | None, typer.Option(help="Look at this result store too: a folder or a schema.")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Look at everything an audit depends on and say what to mend. Writes nothing.

    Exits 0 when all is well, 2 when something is to be mended here, 3 when Spark can't answer.
    """
    from sparkguard.doctor import diagnose, exit_code
    from sparkguard.session import open_session
    from sparkguard.tables import ResultsPlace

    with live("looking at this machine"):
        rows = diagnose(open_session, ResultsPlace.parse(store) if store else None)
    cells = ((row.status.value, row.name, row.found, row.fix) for row in rows)
    out.print(plain_table(("", "what", "found", "what to do"), cells))
    write_json(json_file, [{**asdict(row), "status": row.status.value} for row in rows])
    if code := exit_code(rows):
        raise typer.Exit(code)
