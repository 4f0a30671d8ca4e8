"""`sparkguard shadow`: compare a shadow with production, and decide on its promotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.text import Text

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import (
    JsonFile,
    RunId,
    Variables,
    app,
    live,
    out,
    parse_slice,
    parse_variables,
    plain_table,
)
from sparkguard.errors import ConfigurationError, did_you_mean, listed
from sparkguard.shadow_rules.faults import left_out
from sparkguard.shadow_rules.verdict import Counter, PartitionVerdict, Waiver
from sparkguard.slices import WHOLE, Slice

shadow = typer.Typer(
    name="shadow",
    help="Compare a new pipeline's output with production's, and decide on the switch.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(shadow)

Config = Annotated[Path, typer.Argument(help="The shadow's YAML file.", metavar="CONFIG")]
Partition = Annotated[
    list[str] | None,
    typer.Option(
        "--partition",
        metavar="COLUMN=VALUE",
        help="This partition only; repeat for its other columns.",
    ),
]
By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
_STYLES = {"clean": "green", "waived": "yellow", "dirty": "red", "error": "red", "void": "magenta"}


@shadow.command()
def run(
    config: Config,
    partition: Partition = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--control-input", metavar="NAME=VERSION", help="An input of production."),
    ] = None,
    shadow_inputs: Annotated[
        list[str] | None,
        typer.Option("--shadow-input", metavar="NAME=VERSION", help="An input of the shadow."),
    ] = None,
    again: Annotated[
        str | None,
        typer.Option("--noise", metavar="PATH", help="Compare production with this second run."),
    ] = None,
    seed: Annotated[
        bool, typer.Option("--faults", help="Seed faults into a copy and look for each.")
    ] = False,
    strata: Annotated[
        list[str] | None, typer.Option("--stratum", help="backfill or late_data, where it is so.")
    ] = None,
    run_id: RunId = None,
    variables: Variables = None,
    json_file: JsonFile = None,
) -> None:
    """Compare the shadow with production, partition by partition, and record the verdicts.

    Without the input versions of both sides the verdicts are void. Exits 0 when all partitions
    are clean or waived, 1 for differences, 3 when something could not be decided.
    """
    from sparkguard.session import open_session
    from sparkguard.shadow import Promotion, ShadowRun, load_shadow
    from sparkguard.shadow.comparison import CONTROL, SHADOW
    from sparkguard.shadow.text import exit_code, verdict_data
    from sparkguard.tables import TableRef

    settings = load_shadow(config, parse_variables(variables))
    where = parse_slice("--partition", partition) if partition else None
    versions = _versions(inputs, "--control-input"), _versions(shadow_inputs, "--shadow-input")
    with live("starting Spark"):
        spark = open_session()
        runs, promotion = ShadowRun(spark, settings), Promotion(spark, settings)
        runs.store.check()
        if promotion.store.state(settings.name)[0] is None:
            sides = (CONTROL,) if again is not None else (CONTROL, SHADOW)
            if unreadable := runs.pinned(sides=sides).failures:
                raise min(unreadable.values(), key=str)
            promotion.register("sparkguard", f"first run of {config.name}")
        found: Mapping[Slice, PartitionVerdict]
        if again is not None:
            found = {WHOLE: runs.noise(TableRef.of(again), run_id)}
        elif seed:
            faults = runs.sensitivity(where or WHOLE, run_id)
            found = {}
        else:
            found = runs.compare(*versions, where, run_id=run_id, strata=strata or ())
        state = promotion.advance()
    if seed and again is None:
        others = left_out(faults)
        told = [(n, "yes" if d else "NO") for n, d in faults.items()]
        _print(("fault", "detected"), [*told, *((name, "left out") for name in others)])
        seen = {"faults": dict(faults), "left_out": list(others), "state": state.value}
        write_json(json_file, seen)
        if not all(faults.values()):
            raise typer.Exit(1)
        return
    data = [verdict_data(v, settings.examples) for v in found.values()]
    _print(
        ("outcome", "partition", "rows", "reason"),
        [(v.outcome.value, str(v.partition), _rows(v), _reason(v)) for v in found.values()],
    )
    for line in data:
        for example in line.get("examples", ()):
            out.print(escape(str(example)), soft_wrap=True)
    out.print(f"{settings.name} is {state.value}")
    write_json(json_file, {"verdicts": data, "state": state.value})
    if code := exit_code(found):
        raise typer.Exit(code)


@shadow.command()
def status(config: Config, variables: Variables = None, json_file: JsonFile = None) -> None:
    """Show the state, the clean partitions so far, and what still stands in the way."""
    from sparkguard.shadow.text import status_data

    found = status_data(_promotion(config, variables).status())
    out.print(f"{found['shadow']}: {found['state'] or 'not registered'}")
    so_far = f"{found['clean']} of {found['needed']} clean partitions in a row"
    out.print(so_far)
    for obstacle in found["obstacles"]:
        if obstacle != so_far:
            out.print(f"  missing: {escape(obstacle)}", soft_wrap=True)
    if found["partitions"]:
        rows = [(outcome, key or "whole table") for key, outcome in found["partitions"].items()]
        _print(("outcome", "partition"), rows)
    for waiver in found["waivers"]:
        state = "expired" if waiver["expired"] else "open"
        out.print(
            escape(
                f"waiver {waiver['name']} of {waiver['owner']}: {state} until {waiver['expires']}"
            )
        )
    serving = found["serving"]
    at = "" if serving["version"] is None else f" at version {serving['version']}"
    out.print(f"readers use {escape(serving['table'])}{at}", soft_wrap=True)
    write_json(json_file, found)


@shadow.command()
def waive(
    config: Config,
    name: Annotated[str, typer.Option("--name", help="Name of the waiver.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    reason: Reason,
    counter: Annotated[
        str, typer.Option("--counter", help="What is waived: value, null, only_in_shadow ...")
    ],
    bound: Annotated[float, typer.Option("--bound", help="The largest count it covers.")],
    expires: Annotated[str, typer.Option("--expires", help="Its last day, YYYY-MM-DD.")],
    column: Annotated[str, typer.Option("--column", help="The column; none for rows.")] = "",
    partition: Partition = None,
    variables: Variables = None,
) -> None:
    """Record a waiver: a known difference in one partition, bounded, and with a last day."""
    kinds = [c.value for c in Counter]
    if counter not in kinds:
        near = did_you_mean(counter, kinds)
        raise ConfigurationError(f"--counter takes {listed(kinds)}; found {counter[:40]!r}.{near}")
    try:
        last = date.fromisoformat(expires)
    except ValueError:
        raise ConfigurationError(f"--expires takes YYYY-MM-DD, found {expires[:40]!r}") from None
    try:
        where = parse_slice("--partition", partition)
        waiver = Waiver(name, owner, reason, where, Counter(counter), bound, last, column)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    _promotion(config, variables).waive(waiver)
    out.print(f"waiver {escape(name)} holds until {last}; run the partition again to apply it")


@shadow.command()
def promote(config: Config, by: By, reason: Reason, variables: Variables = None) -> None:
    """Let readers use the shadow, at the version that was compared."""
    change = _promotion(config, variables).promote(by, reason)
    out.print(escape(f"{change}: {change.details['table']} at version {change.details['version']}"))


@shadow.command()
def rollback(config: Config, by: By, reason: Reason, variables: Variables = None) -> None:
    """Let readers use production's table again."""
    change = _promotion(config, variables).rollback(by, reason)
    out.print(escape(f"{change}: {change.details['table']} at version {change.details['version']}"))


def _promotion(config: Path, variables: list[str] | None) -> Any:
    from sparkguard.session import open_session
    from sparkguard.shadow import Promotion, load_shadow

    settings = load_shadow(config, parse_variables(variables))
    with live("starting Spark"):
        found = Promotion(open_session(), settings)
        found.store.check()
    return found


def _versions(pairs: list[str] | None, option: str) -> Mapping[str, int] | None:
    found = {}
    for pair in pairs or ():
        name, _, version = pair.partition("=")
        if not name or not version.isdigit():
            raise ConfigurationError(f"{option} takes NAME=VERSION, found {pair[:80]!r}")
        found[name] = int(version)
    return found or None


def _rows(verdict: PartitionVerdict) -> str:
    return f"{verdict.comparison.control.rows:,}" if verdict.comparison else ""


def _reason(verdict: PartitionVerdict) -> str:
    causes = verdict.comparison.causes if verdict.comparison else ()
    return "\n".join((verdict.reason, *causes))


def _print(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    cells: list[tuple[str | Text, ...]] = [
        (Text(row[0], _STYLES.get(row[0], "default")), *row[1:]) for row in rows
    ]
    out.print(plain_table(headings, cells, right={"rows"}))
