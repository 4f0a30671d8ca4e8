"""`sparkguard contract`: validate, compare, publish and look up contracts."""

from __future__ import annotations

import getpass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from sparkguard.cli.root import JsonFile, app, live, out, write_json
from sparkguard.errors import ConfigurationError, Location, Problem, listed

if TYPE_CHECKING:
    from sparkguard.contracts.compatibility import Diff, Override
    from sparkguard.contracts.grades import Mode
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
By = Annotated[str | None, typer.Option("--by", help="Who does it (default: the user's name).")]


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
    from sparkguard.contracts.compatibility import compare
    from sparkguard.contracts.describing import diff_data
    from sparkguard.contracts.odcs import load_contract
    from sparkguard.contracts.shapes import shape_of

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


@contracts.command()
def publish(
    file: File,
    results: Results,
    by: By = None,
    supersedes: Annotated[
        str, typer.Option(help="A new major version: the version it follows.")
    ] = "",
    ends: Annotated[
        str | None, typer.Option(help="The last day of the version it follows, YYYY-MM-DD.")
    ] = None,
    acknowledge: Annotated[
        str, typer.Option(help="Why changes that nobody can grade are right.")
    ] = "",
    override: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE:PARTY=REASON", help="Decide a default rule otherwise."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(help="The Delta table: tells which versions are live, and proves new rules."),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Publish a contract version, or say what it would break and what would be legal.

    Exits 0 when it is published (or was already), 1 when it is refused.
    """
    from sparkguard.publishing import publish_file

    who = by or getpass.getuser()
    overrides = tuple(_override(text, who) for text in override or ())
    with live("starting Spark"):
        done = publish_file(
            file, _registry(results), who, supersedes=supersedes, ends=_day(ends),
            acknowledged=acknowledge, overrides=overrides, table=table,
        )  # fmt: skip
    decision, publication = done.decision, done.publication
    write_json(
        json_file,
        {
            "published": publication is not None and decision.already is None,
            "already": decision.already is not None,
            "version": publication.version if publication else None,
            "number": publication.sequence if publication else None,
            "blocks": [str(block) for block in decision.blocks],
            "notes": list(decision.notes),
        },
    )
    for note in decision.notes:
        out.print(note, soft_wrap=True, markup=False)
    if publication is None:
        for block in decision.blocks:
            out.print(str(block), soft_wrap=True, markup=False)
        out.print(f"refused: {len(decision.blocks)} changes block it", style="red")
        raise typer.Exit(1)
    was = "was already published" if decision.already else "is published"
    number = f"{publication.contract} {publication.version} {was}, number {publication.sequence}"
    out.print(number, soft_wrap=True, markup=False)


@contracts.command("list")
def list_(results: Results, json_file: JsonFile = None) -> None:
    """List every published version."""
    with live("starting Spark"):
        rows = _registry(results).listing()
    shown = Table("contract", "version", "published", "by", "mode", "changes", "hash")
    for row in rows:
        grades = sorted({change["grade"] for change in row["changes"] or ()} - {"NONE"})
        at = row["at"].isoformat(timespec="minutes")
        cells = (row["contract_id"], row["version"], at, row["published_by"], row["mode"],
                 listed(grades) or "none", row["hash"][:12])  # fmt: skip
        shown.add_row(*map(escape, cells))
    out.print(shown)
    write_json(json_file, [dict(row) for row in rows])


@contracts.command()
def show(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    results: Results,
    version: Annotated[str | None, typer.Option(help="A version; the latest by default.")] = None,
    json_file: JsonFile = None,
) -> None:
    """Print a published version as it was published, and who reads it."""
    with live("starting Spark"):
        registry = _registry(results)
        found = registry.publication(contract, version)
        consumers = registry.consumers(contract)
    typer.echo(found.document, nl=not found.document.endswith("\n"))
    for consumer in consumers:
        text = f"{consumer.name} reads {consumer.version} {consumer.access.value}"
        out.print(text, soft_wrap=True, markup=False)
    write_json(
        json_file,
        {
            "contract": found.contract, "version": found.version, "number": found.sequence,
            "hash": found.hash, "by": found.by, "at": found.at.isoformat(),
            "mode": found.mode.value, "document": found.document,
            "consumers": [
                {"name": c.name, "version": c.version, "access": c.access.value} for c in consumers
            ],
        },
    )  # fmt: skip


@contracts.command()
def pin(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    consumer: Annotated[str, typer.Option(help="Name of the reader.")],
    version: Annotated[str, typer.Option(help="The published version it relies on.")],
    results: Results,
    access: Annotated[
        str, typer.Option(help="How it reads: by_name, positional or exact.")
    ] = "by_name",
    by: By = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Register a consumer of a contract, or change what it pins."""
    from sparkguard.contracts.grades import Access
    from sparkguard.registry import Consumer

    if access not in [a.value for a in Access]:
        allowed = listed(a.value for a in Access)
        raise ConfigurationError(f"--access: found {access[:40]!r}, allowed: {allowed}")
    with live("starting Spark"):
        reader = Consumer(consumer, contract, version, Access(access))
        _registry(results).pin(reader, by or getpass.getuser(), reason)
    out.print(f"{consumer} reads {contract} {version} {access}", soft_wrap=True, markup=False)


@contracts.command()
def ack(
    file: File,
    consumer: Annotated[str, typer.Option(help="Name of the reader that consents.")],
    reason: Annotated[str, typer.Option(help="Why the change is fine for it.")],
    results: Results,
    by: By = None,
) -> None:
    """Record a consumer's consent to the version in FILE before it is published."""
    from sparkguard.contracts.odcs import load_contract

    contract = load_contract(file)
    with live("starting Spark"):
        _registry(results).acknowledge(contract, consumer, by or getpass.getuser(), reason)
    text = f"{consumer} consents to {contract.id} {contract.version} as it stands in {file}"
    out.print(text, soft_wrap=True, markup=False)


def _history(
    table: str, since: int, files: list[Path], contract: str | None, results: str,
    json_file: Path | None,
) -> None:  # fmt: skip
    from sparkguard.publishing import schema_history

    with live("starting Spark"):
        registry = _registry(results) if contract is not None else None
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
    from sparkguard.contracts.describing import change_data

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
    from sparkguard.contracts.describing import effect, visible
    from sparkguard.contracts.grades import Party

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
    from sparkguard.contracts.grades import Mode

    if protect is None:
        both = old.compatibility.protects | new.compatibility.protects
        return next(mode for mode in Mode if mode.protects == both)
    if protect not in [mode.value for mode in Mode]:
        allowed = listed(mode.value for mode in Mode)
        raise ConfigurationError(f"--protect: found {protect[:40]!r}, allowed: {allowed}")
    return Mode(protect)


def _override(text: str, author: str) -> Override:
    from sparkguard.contracts.compatibility import Override
    from sparkguard.contracts.grades import Party

    what, equals, reason = text.partition("=")
    rule, colon, party = what.partition(":")
    if not (equals and colon) or party not in [p.value for p in Party]:
        raise ConfigurationError(
            f"--override takes RULE:PARTY=REASON with PARTY history or consumers, "
            f"found {text[:80]!r}"
        )
    return Override(rule, Party(party), author, reason)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--ends takes YYYY-MM-DD, found {text[:40]!r}") from None  # type: ignore[index]


def _registry(results: str) -> Registry:
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
