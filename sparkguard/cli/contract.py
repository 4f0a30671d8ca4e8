"""`sparkguard contract validate|diff`: contracts alone, without the registry's commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from sparkguard.cli.root import JsonFile, app, live, out, write_json
from sparkguard.errors import ConfigurationError, Location, Problem, listed

if TYPE_CHECKING:
    from sparkguard.contracts.compatibility.comparison import Diff
    from sparkguard.contracts.compatibility.grades import Mode
    from sparkguard.contracts.model import Contract
    from sparkguard.results.registry import Registry

contracts = typer.Typer(
    help="Validate, compare, publish and look up contracts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(contracts, name="contract")

File = Annotated[Path, typer.Argument(help="A contract file (ODCS YAML).", metavar="FILE")]
Results = Annotated[
    str,
    typer.Option(
        "--results",
        envvar="SPARKGUARD_RESULTS",
        help="Result store with the registry: a folder, or a catalog schema.",
    ),
]


@contracts.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="Contract files or folders.", metavar="FILE")],
    json_file: JsonFile = None,
) -> None:
    """Check that contract files can be understood completely. Exits 2 when one can't."""
    from sparkguard.contracts.odcs import load_contract

    problems: list[Problem] = []
    found: dict[tuple[str, str], str] = {}
    for file in _expanded(files):
        try:
            contract = load_contract(file)
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        other = found.setdefault((contract.id, contract.version), contract.file)
        if other != contract.file:
            message = f"contract {contract.id!r} version {contract.version!r} is also in {other}"
            problems.append(Problem(Location(contract.file), message))
            continue
        rules = f"{len(contract.tables)} tables, {len(contract.rules)} rules"
        out.print(
            f"{file}: {contract.id} {contract.version}, {rules}", soft_wrap=True, markup=False
        )
    write_json(json_file, {"valid": not problems, "problems": [str(p) for p in problems]})
    if problems:
        raise ConfigurationError(problems)


@contracts.command()
def diff(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Two files, old and new; with --table, contracts to hold it to."),
    ] = None,
    protect: Annotated[
        str | None,
        typer.Option(help="Who must not break: both, history, consumers, none (default: theirs)."),
    ] = None,
    column_mapping: Annotated[
        bool, typer.Option("--column-mapping", help="The table maps columns by name.")
    ] = False,
    table: Annotated[
        str | None, typer.Option(help="Show the schema changes of this Delta table instead.")
    ] = None,
    since: Annotated[int, typer.Option(help="With --table: changes after this version.")] = 0,
    contract: Annotated[
        str | None,
        typer.Option(help="With --table: hold it to this published contract's versions."),
    ] = None,
    results: Annotated[
        str, typer.Option("--results", envvar="SPARKGUARD_RESULTS", help="Result store.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Show changes without effect as well.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Compare two versions of a contract, or a table's schemas over its commits.

    Two files are compared without Spark or Java. Exits 0 when nobody who is protected breaks, 1
    when somebody does or nobody can say, 2 when a file can't be read.
    """
    if table is not None:
        _history(table, since, files or [], contract, results, json_file)
        return
    if files is None or len(files) != 2:
        raise ConfigurationError("contract diff takes two files, old and new, or --table")
    from sparkguard.contracts.compatibility.comparison import compare
    from sparkguard.contracts.compatibility.presentation import diff_data
    from sparkguard.contracts.compatibility.reduction import shape_of
    from sparkguard.contracts.odcs import load_contract

    old, new = (load_contract(file) for file in files)
    found = compare(shape_of(old), shape_of(new), column_mapping=column_mapping)
    mode = _mode(protect, old, new)
    out.print(_change_table(found, everything))
    data = {"contract": new.id, **diff_data(found, mode)}
    if old.id != new.id:
        data["was_contract"] = old.id
    write_json(json_file, data)
    broken = found.blocks(mode)
    out.print(_summary(found, mode), soft_wrap=True, markup=False)
    if broken:
        raise typer.Exit(1)


def _history(
    table: str, since: int, files: list[Path], contract: str | None, results: str,
    json_file: Path | None,
) -> None:  # fmt: skip
    from sparkguard.schema_history import schema_history

    with live("starting Spark"):
        registry = open_registry(results) if contract is not None else None
        cut, steps = schema_history(table, since, files, contract, registry)
    if cut:
        out.print(f"the log begins at version {cut}; earlier changes are not known", markup=False)
    shown = Table("version", "when", "by", "column", "change", "breaks")
    for step in steps:
        when = step.commit.at.isoformat(timespec="minutes") if step.commit.at else ""
        broke = "; ".join(f"{b.contract} {b.version}: {listed(b.reasons, 4)}" for b in step.broke)
        for change in step.changes:
            cells = (
                str(step.commit.version),
                when,
                step.commit.user or step.commit.operation,
                ".".join(change.path),
                f"{change.rule} {change.old} -> {change.new}",
                broke,
            )
            shown.add_row(*map(escape, cells))  # fmt: skip
    out.print(shown)
    data = [_step_data(step) for step in steps]
    write_json(json_file, {"table": table, "since": since, "log_begins": cut, "steps": data})
    if any(step.broke for step in steps):
        raise typer.Exit(1)


def _step_data(step: Any) -> dict[str, Any]:
    from sparkguard.contracts.compatibility.presentation import change_data

    return {
        "version": step.commit.version,
        "at": step.commit.at.isoformat() if step.commit.at else None,
        "operation": step.commit.operation,
        "user": step.commit.user,
        "changes": [change_data(change) for change in step.changes],
        "broke": [
            {"contract": b.contract, "version": b.version, "reasons": list(b.reasons)}
            for b in step.broke
        ],
    }


def _change_table(found: Diff, everything: bool) -> Table:
    from sparkguard.contracts.compatibility.grades import Party
    from sparkguard.contracts.compatibility.presentation import effect, visible

    table = Table("where", "change", "history", "consumers", "legal instead")
    for change in found.changes if everything else visible(found.changes):
        moved = f" {change.old} -> {change.new}" if change.old or change.new else ""
        cells = (
            change.where, change.rule + moved, effect(change, Party.HISTORY),
            effect(change, Party.CONSUMERS), change.remedy,
        )  # fmt: skip
        table.add_row(*map(escape, cells))
    return table


def _summary(found: Diff, mode: Mode) -> str:
    blocks = found.blocks(mode)
    who = listed(sorted(party.value for party in mode.protects)) or "nobody"
    if not blocks:
        return f"{found.old} -> {found.new}: {found.grade.name}; nothing breaks for {who}"
    return f"{found.old} -> {found.new}: {found.grade.name}; {len(blocks)} changes break for {who}"


def _mode(protect: str | None, old: Contract, new: Contract) -> Mode:
    from sparkguard.contracts.compatibility.grades import Mode

    if protect is None:
        both = old.compatibility.protects | new.compatibility.protects
        return next(mode for mode in Mode if mode.protects == both)
    if protect not in [mode.value for mode in Mode]:
        allowed = listed(mode.value for mode in Mode)
        raise ConfigurationError(f"--protect: found {protect[:40]!r}, allowed: {allowed}")
    return Mode(protect)


def open_registry(results: str) -> Registry:
    """The registry in a result store. Raises ConfigurationError when none is named."""
    from sparkguard.results.registry import Registry
    from sparkguard.session import open_session

    if not results.strip():
        raise ConfigurationError("name the result store with --results or SPARKGUARD_RESULTS")
    return Registry(open_session(), results)


def _expanded(files: list[Path]) -> list[Path]:
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            inside = sorted(file.glob("*.odcs.yaml"))
            if not inside:
                raise ConfigurationError(f"no file *.odcs.yaml in {file}")
            found.extend(inside)
        else:
            found.append(file)
    return found
