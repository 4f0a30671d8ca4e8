"""`sparkguard baseline`: make, list, show, approve and retire what drift is measured against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import (
    JsonFile,
    Variables,
    app,
    live,
    out,
    parse_variables,
    plain_table,
    user_name,
)
from sparkguard.errors import ConfigurationError, listed
from sparkguard.lifecycles.baselines import lives
from sparkguard.slices import Slice

if TYPE_CHECKING:
    from sparkguard.results.baselines import Baselines

commands = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(commands, name="baseline", help="What drift is measured against.")

Config = Annotated[Path, typer.Argument(help="The audit's YAML file.", metavar="CONFIG")]
Dataset = Annotated[str, typer.Argument(help="A dataset of the audit.", metavar="DATASET")]
Id = Annotated[str, typer.Argument(help="The baseline's identifier.", metavar="ID")]
By = Annotated[
    str | None, typer.Option("--by", help="Who answers for it; your user name by default.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@commands.command()
def create(
    config: Config,
    dataset: Dataset,
    baseline: Id,
    partitions: Annotated[
        list[str] | None,
        typer.Option(
            "--partition",
            metavar="COLUMN=VALUE[/COLUMN=VALUE]",
            help="Count this partition; the whole table by default. Repeat for several. COLUMN "
            "alone is NULL; / and % in a value are %2F and %25.",
        ),
    ] = None,
    by: By = None,
    reason: Reason = "",
    variables: Variables = None,
) -> None:
    """Count partitions as a candidate, with frozen bin edges, and replay them against it."""
    from sparkguard.baselining import create_baseline

    chosen = [_partition(text) for text in partitions or ()]
    given = parse_variables(variables)
    with live("reading the configuration") as progress:
        made = create_baseline(
            *(config, dataset, baseline, chosen),
            by=user_name(by),
            reason=reason,
            variables=given,
            progress=progress,
        )
    out.print(
        f"candidate {made.id} of {dataset} at version {made.version}: "
        f"{len({need for need, _ in made.profile.states})} measures; "
        f"replay: {made.replay_alarms} alarms on {made.replayed} accepted feature-partitions",
        markup=False,
        soft_wrap=True,
    )
    out.print("approve it with `sparkguard baseline approve`", markup=False)


@commands.command("list")
def list_(config: Config, variables: Variables = None, json_file: JsonFile = None) -> None:
    """Every baseline with its state, and who last changed it."""
    with live("reading the result tables"):
        found = _baselines(config, variables).lives()
    rows = (
        (
            *(dataset, life.baseline, life.status, life.by),
            *(life.at.isoformat(sep=" ", timespec="seconds"), life.reason),
        )
        for dataset, lived in found.items()
        for life in lived
    )
    out.print(plain_table(("dataset", "baseline", "state", "by", "at", "reason"), rows))
    write_json(json_file, {name: [vars(life) for life in lived] for name, lived in found.items()})


@commands.command()
def show(
    config: Config,
    dataset: Dataset,
    baseline: Id,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COLUMN", help="Draw this column. Repeat for several."),
    ] = None,
    variables: Variables = None,
    json_file: JsonFile = None,
) -> None:
    """What a baseline was counted on, and what it holds of each column."""
    from sparkguard.report.baseline import Held, held_of

    with live("reading the result tables"):
        stored = _baselines(config, variables)
        found = stored.load(dataset, baseline)
        status = lives(stored.changes(dataset))[baseline].status
    counted = ", ".join(map(str, found.partitions)) or "the whole table"
    out.print(
        f"{found.id} of {dataset}, {status}: version {found.version}, {counted}; "
        f"made by {found.created_by}; replay: {found.replay_alarms} alarms on {found.replayed}",
        markup=False,
        soft_wrap=True,
    )
    held = held_of(found.profile)
    if unknown := set(columns or ()) - {one.column for one in held}:
        raise ConfigurationError(f"the baseline holds no column {listed(sorted(unknown))}")
    out.print(plain_table(Held.headings, (one.cells for one in held), right={"rows", "cells"}))
    for one in held:
        if one.column in (columns or ()):
            for line in one.plot():
                out.print(line, markup=False, soft_wrap=True)
    write_json(json_file, [one.to_dict() for one in held])


@commands.command()
def approve(
    config: Config,
    dataset: Dataset,
    baseline: Id,
    by: By = None,
    reason: Reason = "",
    variables: Variables = None,
) -> None:
    """Put a candidate in force; the one before is retired."""
    with live("reading the result tables"):
        stored = _baselines(config, variables)
        life = stored.approve(dataset, baseline, user_name(by), reason)
    out.print(f"{life.baseline} of {dataset} is {life.status}, by {life.by}", markup=False)


@commands.command()
def retire(
    config: Config,
    dataset: Dataset,
    baseline: Id,
    by: By = None,
    reason: Reason = "",
    variables: Variables = None,
) -> None:
    """Take a baseline out of force; it stays readable."""
    with live("reading the result tables"):
        stored = _baselines(config, variables)
        life = stored.retire(dataset, baseline, user_name(by), reason)
    out.print(f"{life.baseline} of {dataset} is {life.status}, by {life.by}", markup=False)


def _baselines(config: Path, variables: list[str] | None) -> Baselines:
    from sparkguard.contracts.audit import load_audit
    from sparkguard.results.baselines import Baselines
    from sparkguard.session import open_session

    settings = load_audit(config, parse_variables(variables))
    found = Baselines(open_session(), settings.results)
    found.check()
    return found


def _partition(text: str) -> Slice:
    try:
        found = Slice.parse(text)
    except ValueError:
        found = Slice()
    if found.is_whole:
        raise ConfigurationError(f"--partition takes COLUMN=VALUE, found {text[:80]!r}")
    return found
