"""`sparkguard gate`: hold a table, or a write, to a contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import JsonFile, app, live, out, parse_tables, plain_table
from sparkguard.errors import ConfigurationError, listed

if TYPE_CHECKING:
    from sparkguard.gate import GateResult


@app.command()
def gate(
    file: Annotated[Path, typer.Argument(help="The contract file.", metavar="CONTRACT")],
    source: Annotated[
        str, typer.Option("--input", help="Delta table whose rows would be written.")
    ],
    target: Annotated[
        str | None, typer.Option(help="Table they would be written to (default: the input).")
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="The contract's table, where it has several.")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="How it would be written: append, overwrite.")
    ] = "append",
    merge_schema: Annotated[
        bool, typer.Option("--merge-schema", help="The write sets mergeSchema.")
    ] = False,
    overwrite_schema: Annotated[
        bool, typer.Option("--overwrite-schema", help="The write sets overwriteSchema.")
    ] = False,
    fill_missing: Annotated[
        bool, typer.Option("--fill-missing", help="Nullable columns of the table may be left out.")
    ] = False,
    references: Annotated[
        list[str] | None,
        typer.Option("--references", metavar="NAME=TABLE", help="A table that references name."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the rows to the target, if they pass.")
    ] = False,
    quarantine: Annotated[
        str | None, typer.Option(help="With --write: table for rows that break rules.")
    ] = None,
    write_id: Annotated[
        str | None, typer.Option("--write-id", help="Names the write: repeated, it is done once.")
    ] = None,
    results: Annotated[
        str, typer.Option("--results", envvar="SPARKGUARD_RESULTS", help="Record the write here.")
    ] = "",
    json_file: JsonFile = None,
) -> None:
    """Say what a write would do, and refuse what the contract forbids.

    Exits 0 when it is allowed (or done), 1 when refused, 2 for a wrong contract or option, 3
    when something could not be evaluated.
    """
    from sparkguard import gate as gates
    from sparkguard.contracts.odcs import load_contract
    from sparkguard.session import open_session
    from sparkguard.tables import TableRef

    if write and target is None:
        raise ConfigurationError("--write needs --target, the table to write to")
    writing = {"--quarantine": quarantine, "--write-id": write_id}
    if not write and (given := [option for option, value in writing.items() if value]):
        raise ConfigurationError(f"without --write nothing is written: {listed(given)} needs it")
    options = gates.GateOptions(
        table=table,
        mode=mode,  # type: ignore[arg-type]  # refused by GateOptions
        merge_schema=merge_schema,
        overwrite_schema=overwrite_schema,
        fill_missing=fill_missing,
        quarantine=TableRef.of(quarantine) if quarantine else None,
        tables=parse_tables(references),
        write_id=write_id,
    )
    contract = load_contract(file)
    with live("starting Spark"):
        if write and target is not None:
            from sparkguard.results.registry import Registry

            spark = open_session()
            registry = Registry(spark, results) if results else None
            rows = gates.rows_of(spark, TableRef.of(source))
            try:
                result = gates.write(rows, contract, target, options, registry=registry)
            except gates.Refused as refused:
                result = refused.result
        else:
            result = gates.audit_table(source, contract, target, options)
    _show(result)
    write_json(json_file, result.to_dict())
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def _show(result: GateResult) -> None:
    rows = [
        *(("refused", ".".join(o.path), o.text) for o in result.objections),
        *((v.outcome.value, v.check, v.reason) for v in (*result.failed, *result.warned)),
        *(("silently", ".".join(e.path), e.text) for e in result.warnings),
        *((v.outcome.value, v.check, v.reason) for v in result.unjudged),
    ]
    if rows:
        out.print(plain_table(("what", "where", "says"), rows))
    counts = [
        f"{number:,} {what}"
        for what, number in (
            ("rows judged", result.rows_staged),
            ("written", result.rows_written),
            ("quarantined", result.rows_quarantined),
        )
        if number is not None
    ]
    said = "accepted" if result.accepted else "refused"
    text = f"{result.target}: {said} by {result.contract} {result.version}"
    out.print("; ".join([text, *counts]), soft_wrap=True, markup=False)
