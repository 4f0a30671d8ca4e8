"""`sparkguard demo`: the main job, or another demonstration, on real data."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from sparkguard.cli.root import app, live, messages, out
from sparkguard.progress import Step


def _default_lake() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "sparkguard" / "demo"


@app.command()
def demo(
    name: Annotated[
        str, typer.Argument(help="Which demonstration; the main job by default.")
    ] = "core",
    lake: Annotated[
        Path | None, typer.Option(help="Folder for the Delta tables (default: the user's cache).")
    ] = None,
) -> None:
    """Run SparkGuard on real data: flights from New York City in 2013.

    Exits 0 when it finds exactly what is known to be wrong with them.
    """
    from sparkguard.cli.tables import verdict_table
    from sparkguard.demos import load
    from sparkguard.results.run_result import RunResult
    from sparkguard.session import open_session

    run = load(name)
    folder = (lake or _default_lake()).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with live("starting Spark") as said:
        spark = open_session(fetch_jars=True)

        def show(thing: object) -> None:
            if isinstance(thing, Step):
                said(thing)
            elif isinstance(thing, RunResult):
                out.print(verdict_table(thing))
                out.print(str(thing), soft_wrap=True)
                out.print(f"results are Delta tables in {thing.location}", soft_wrap=True)
            else:
                is_text = isinstance(thing, str)
                out.print(thing, soft_wrap=is_text, markup=not is_text)

        agreed = run(folder, spark, show)
    seconds = time.monotonic() - started
    if not agreed:
        messages.print("the findings are not the known ones", style="red")
        raise typer.Exit(1)
    out.print(f"all findings are as expected, so this exits 0; it took {seconds:.0f} s")
