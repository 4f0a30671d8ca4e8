"""`sparkguard contract validate|diff`: contracts alone, without the registry's commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import JsonFile, app, live, out, plain_table
from sparkguard.errors import ConfigurationError, Location, Problem, listed

if TYPE_CHECKING:
    from sparkguard.contracts.compatibility.comparison import Diff
    from sparkguard.contracts.compatibility.evolution import Step
    from sparkguard.contracts.compatibility.grades import Change, Mode
    from sparkguard.contracts.compatibility.shape import ContractShape
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
    """Check that contract files can be understood, with all their rules and the columns in them.

    Exits 2 when one can't. Needs neither Spark nor Java, and no table.
    """
    from sparkguard.bound_rules import bind_contract
    from sparkguard.contracts.odcs import load_contract
    from sparkguard.rendering.plaintext import plural

    problems: list[Problem] = []
    found: dict[tuple[str, str], str] = {}
    for file in _expanded(files):
        try:
            contract = load_contract(file)
            bind_contract(contract)
        except ConfigurationError as error:
            problems.extend(error.problems)
            continue
        other = found.setdefault((contract.id, contract.version), contract.file)
        if other != contract.file:
            message = f"contract {contract.id!r} version {contract.version!r} is also in {other}"
            problems.append(Problem(Location(contract.file), message))
            continue
        rules = f"{plural(len(contract.tables), 'table')}, {plural(len(contract.rules), 'rule')}"
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
        typer.Argument(
            help="Two files, old and new; with --contract, two of its versions; with --table,"
            " contract files to hold it to.",
            metavar="[OLD NEW]",
        ),
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
        typer.Option(help="A published contract: compare its versions, or hold the table to it."),
    ] = None,
    results: Annotated[
        str,
        typer.Option("--results", envvar="SPARKGUARD_RESULTS", help="Result store of --contract."),
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
    from sparkguard.contracts.compatibility.presentation import diff_data, visible

    old, new = _of_files(files) if contract is None else _published(contract, files, results)
    found = compare(old, new, column_mapping=column_mapping)
    mode = _mode(protect, old, new)
    if shown := found.changes if everything else visible(found.changes):
        out.print(_change_table(shown))
    data = {"contract": new.id, **diff_data(found, mode)}
    if old.id != new.id:
        data["was_contract"] = old.id
    write_json(json_file, data)
    broken = found.blocks(mode)
    out.print(_summary(found, mode), soft_wrap=True, markup=False)
    if broken:
        raise typer.Exit(1)


def _of_files(files: list[Path]) -> list[ContractShape]:
    """Both contracts, or every problem of both files."""
    from sparkguard.contracts.compatibility.reduction import shape_of
    from sparkguard.contracts.odcs import load_contract

    found: list[ContractShape] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found.append(shape_of(load_contract(file)))
        except ConfigurationError as error:
            problems += error.problems or [Problem(Location(str(file)), str(error))]
    if problems:
        raise ConfigurationError(problems)
    return found


def _published(contract: str, versions: list[Path], results: str) -> list[ContractShape]:
    with live("starting Spark"):
        registry = open_registry(results)
        return [registry.publication(contract, str(version)).shape for version in versions]


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
    headings = ("version", "when", "by", "column", "change", "breaks")
    if steps:
        out.print(plain_table(headings, (row for step in steps for row in _step_rows(step))))
    else:
        out.print(f"the schema of {table} did not change after version {since}", markup=False)
    data = [_step_data(step) for step in steps]
    write_json(json_file, {"table": table, "since": since, "log_begins": cut, "steps": data})
    if any(step.broke for step in steps):
        raise typer.Exit(1)


def _step_rows(step: Step) -> Iterator[tuple[str, ...]]:
    """A row for each change of a commit; who made it and what it broke stand in the first."""
    commit = step.commit
    when = commit.at.isoformat(" ", "minutes") if commit.at else ""
    broke = "; ".join(f"{b.contract} {b.version}: {listed(b.reasons, 4)}" for b in step.broke)
    first = (str(commit.version), when, " ".join(filter(None, (commit.user, commit.operation))))
    changes = [(".".join(change.path), change.said) for change in step.changes] or [("", "")]
    for at, change in enumerate(changes):
        yield (*first, *change, broke) if at == 0 else ("", "", "", *change, "")


def _step_data(step: Step) -> dict[str, Any]:
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


def _change_table(changes: Iterable[Change]) -> Table:
    from sparkguard.contracts.compatibility.grades import Party
    from sparkguard.contracts.compatibility.presentation import effect

    headings = ("where", "change", "history", "consumers", "legal instead")
    rows = (
        (change.where, change.said, effect(change, Party.HISTORY),
         effect(change, Party.CONSUMERS), change.remedy)
        for change in changes
    )  # fmt: skip
    return plain_table(headings, rows)


def _summary(found: Diff, mode: Mode) -> str:
    """Who is protected, and how many changes break them or may."""
    who = " and ".join(sorted(party.value for party in mode.protects)) or "nobody"
    blocks = found.blocks(mode)
    breaking = sum(bool(change.grade.breaks & mode.protects) for change in blocks)
    counts = {"breaking": breaking, "undetermined": len(blocks) - breaking}
    said = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    versions = f"{found.old} -> {found.new}: {found.grade.name}"
    return f"{versions}; {said or 'nothing breaks'} ({who} protected)"


def _mode(protect: str | None, old: ContractShape, new: ContractShape) -> Mode:
    from sparkguard.contracts.compatibility.grades import Mode

    if protect is None:
        both = old.mode.protects | new.mode.protects
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
