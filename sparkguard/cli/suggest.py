"""`sparkguard suggest`: a starter contract from a table's data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkguard.cli.result_files import write_text
from sparkguard.cli.root import app, live, messages, parse_tables
from sparkguard.errors import ConfigurationError


@app.command()
def suggest(
    table: Annotated[str, typer.Argument(help="A Delta table: a folder, or a catalog name.")],
    name: Annotated[
        str | None, typer.Option(help="The table's name in the contract (default: its own).")
    ] = None,
    references: Annotated[
        list[str] | None,
        typer.Option("--references", metavar="NAME=TABLE", help="Look for references to it."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, not to the screen.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
) -> None:
    """Measure a table at full scale and write a contract that it satisfies.

    Every rule stands beside its evidence. It says what holds, not what is meant to hold.
    """
    from sparkguard.rendering.plaintext import plural
    from sparkguard.suggest import suggest as suggest_contract

    if output is not None and output.exists() and not force:
        raise ConfigurationError(f"{output} is there already; write to another file, or --force")
    others = parse_tables(references)
    with live("starting Spark") as progress:
        found = suggest_contract(table, name=name, others=others, progress=progress)
    if output is None:
        typer.echo(found.text, nl=False)
        return
    write_text(output, found.text)
    rules = sum(len(one.rules) for one in found.contract.tables)
    messages.print(f"{output}: {plural(rules, 'rule')}", soft_wrap=True, markup=False)
    names = [one.name for one in found.contract.tables]
    if len(names) > 1:
        said = f"an audit of it needs a dataset for each of its tables: {', '.join(names)}"
        messages.print(said, soft_wrap=True, markup=False)
