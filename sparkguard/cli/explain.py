"""`sparkguard results explain`: the numbers behind one verdict, and its distributions as bars."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from sparkguard.cli.result_files import write_json
from sparkguard.cli.results import Place, open_store, results
from sparkguard.cli.root import JsonFile, live, out, parse_slice
from sparkguard.errors import ConfigurationError, did_you_mean


@results.command()
def explain(
    store: Place,
    run_id: Annotated[str, typer.Argument(help="Which run.", metavar="RUN")],
    check_id: Annotated[str, typer.Argument(help="Which check.", metavar="CHECK")],
    slice_: Annotated[
        list[str] | None,
        typer.Option("--slice", metavar="COLUMN=VALUE", help="Which slice; the whole by default."),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Show how one verdict came about: worked numbers, counts, and plots as text."""
    from sparkguard.rendering.plaintext import explained, printable
    from sparkguard.results.evidence import evidence_of
    from sparkguard.results.reporting import run_of
    from sparkguard.results.run_result import RunResult

    where = parse_slice("--slice", slice_)
    with live("reading the results"):
        found = open_store(store)
        result = RunResult.read(found, run_of(found, run_id))
        verdict = next(result.where(check=check_id, slice=where.key), None)
        if verdict is None:
            known = sorted({row.check_id for row in result.results})
            near = did_you_mean(check_id, known)
            raise ConfigurationError(f"the run has no verdict {check_id[:80]!r} on {where}.{near}")
        rows = evidence_of(found, run_id, check_id, where)
    for label, text in (
        (verdict.outcome, f"{verdict.check_id}, {where}"),
        ("reason", verdict.reason),
        ("expected", verdict.expected),
    ):
        if text:
            out.print(f"{label}: {printable(text)}", soft_wrap=True, markup=False)
    for line in explained(rows):
        out.print(line, soft_wrap=True, markup=False)
    if not rows:
        out.print("no more was stored: nothing stood out", markup=False)
    write_json(json_file, [asdict(row) for row in rows])
