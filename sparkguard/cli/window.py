"""`sparkguard window`: a probe for windowed pipelines, written and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparkguard.cli.root import Variables, app, out, parse_variables

if TYPE_CHECKING:
    from sparkguard.checks.base import Check
    from sparkguard.windows.probe_files import Named

window = typer.Typer(no_args_is_help=True, help="Probe windowed pipelines for bugs.")
app.add_typer(window, name="window")

Config = Annotated[Path, typer.Argument(help="The audit file whose contract declares the window.")]
CheckId = Annotated[
    str, typer.Argument(help="Id of the window check, and of its output after a dot if several.")
]


@window.command()
def probe(
    config: Config,
    check: CheckId,
    folder: Annotated[Path, typer.Option("--out", help="Folder for events.csv and rows.csv.")],
    variables: Variables = None,
) -> None:
    """Write a small source that tells the bugs of windowed pipelines apart.

    Run it through the pipeline, in a place apart from real data: its entities are reserved and
    must not reach published output. Then read the pipeline's output with `window read`.
    """
    from sparkguard.windows.probes import separation
    from sparkguard.windows.values import Output

    named = _named(config, check, variables)
    events, rows = named.write(folder)
    found = separation(named.spec, named.aggregate, Output(), named.probe)
    out.print(f"{events}: source rows", soft_wrap=True)
    out.print(f"{rows}: the feature rows to make of them", soft_wrap=True)
    unseen = ", ".join(found.unseen) or "none"
    out.print(f"bugs that this probe can't show for this feature: {unseen}", soft_wrap=True)
    alike = ["; ".join(group) for group in found.groups if "correct" not in group]
    if alike:
        out.print(f"bugs that look alike in it: {' | '.join(alike)}", soft_wrap=True)


@window.command()
def read(
    config: Config,
    check: CheckId,
    output: Annotated[Path, typer.Argument(help="CSV file with what the pipeline wrote.")],
    variables: Variables = None,
) -> None:
    """Say which bug a pipeline has, from its output for the probe. Exits 1 when it has one."""
    from sparkguard.windows.probes import diagnosis
    from sparkguard.windows.telling import spoken
    from sparkguard.windows.values import Output, Tolerance

    named = _named(config, check, variables)
    written = named.read(output)
    floats = named.aggregate.function in ("mean", "stddev", "quantile")
    kind = Output(is_float=floats, tolerance=Tolerance(relative=1e-9 if floats else 0.0))
    try:
        found = diagnosis(named.spec, named.aggregate, kind, named.probe, written)
    except ValueError as error:
        from sparkguard.errors import EvaluationError

        raise EvaluationError(str(error)) from None
    compared, expected = found.wrong + found.right, sum(1 for _ in named.probe.rows())
    out.print(f"{compared} of {expected} rows compared, {found.wrong} wrong")
    for score in found.by_bug[:4]:
        equal = f"{score.explained} of {found.wrong} wrong values equal"
        said = spoken(score, named.aggregate.function)
        out.print(f"  {equal} {said}: {score.cause}", soft_wrap=True)
    if found.wrong and not found.ranked:
        out.print("no known bug explains them")
    if found.wrong or compared < expected:
        raise typer.Exit(1)


def _named(config: Path, check: str, variables: list[str] | None) -> Named:
    from sparkguard.contracts.audit import load_audit
    from sparkguard.run import bind_all

    settings = load_audit(config, parse_variables(variables))
    return probe_of({one.spec.id: (one.dataset, one.check) for one in bind_all(settings)}, check)


def probe_of(checks: Mapping[str, tuple[str, Check | None]], wanted: str) -> Named:
    """The probe of one feature, by the id of its check or the id and `.` and the output.

    Raises ConfigurationError when there is no such window.
    """
    from sparkguard.checks.window import WindowCheck
    from sparkguard.errors import ConfigurationError, did_you_mean, listed
    from sparkguard.windows.probe_files import Named
    from sparkguard.windows.probes import probe as made

    found: dict[str, tuple[str, WindowCheck, str]] = {}
    for id_, (table, check) in checks.items():
        if not isinstance(check, WindowCheck):
            continue
        if check.outputs is None or check.output is not None:
            found[id_] = (table, check, ".".join(check.output or ()))
        else:
            found |= {f"{id_}.{name}": (table, check, name) for name in check.outputs}
    if wanted not in found:
        message = f"there is no window {wanted[:100]!r}; there are {listed(found)}."
        raise ConfigurationError(f"{message}{did_you_mean(wanted, found)}")
    table, check, output = found[wanted]
    aggregate = check.aggregate or (check.outputs or {})[output]
    spec = check.spec(table)
    if spec.by_commit:
        spec = replace(spec, knowledge="final")  # rows in a file don't say when they are committed
    return Named(spec, aggregate, output.removeprefix(f"{table}."), made(spec))
