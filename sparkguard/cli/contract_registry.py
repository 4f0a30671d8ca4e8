"""The commands of `sparkguard contract` that read or change the registry in Delta."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sparkguard.cli.contract import File, Results, contracts, open_registry
from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import JsonFile, live, out, plain_table, user_name
from sparkguard.errors import ConfigurationError, listed

if TYPE_CHECKING:
    from sparkguard.contracts.compatibility.evidence import Override
    from sparkguard.tables import TableRef

By = Annotated[str | None, typer.Option("--by", help="Who does it (default: the user's name).")]


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
        list[str] | None,
        typer.Option(
            metavar="[NAME=]TABLE",
            help="A Delta table of the contract: tells which versions have live files, and proves"
            " new rules by a full scan. NAME where the contract has several.",
        ),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Publish a contract version, or say what it would break and what would be legal.

    Exits 0 when it is published (or was already), 1 when it is refused.
    """
    from sparkguard.publishing import publish as publish_version
    from sparkguard.publishing import read_version, tables_of

    who = user_name(by)
    overrides = tuple(_override(text, who) for text in override or ())
    last_day = _day(ends)
    contract, document = read_version(file)
    tables = tables_of(contract, dict(map(_table, table or ())))
    with live("starting Spark"):
        done = publish_version(
            contract, document, open_registry(results), who, supersedes=supersedes, ends=last_day,
            acknowledged=acknowledge, overrides=overrides, tables=tables,
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
        out.print(f"{file}: refused; {len(decision.blocks)} in the way", style="red", markup=False)
        raise typer.Exit(1)
    was = "was already published" if decision.already else "is published"
    number = f"{publication.contract} {publication.version} {was}, number {publication.sequence}"
    out.print(number, soft_wrap=True, markup=False)


@contracts.command("list")
def list_(results: Results, json_file: JsonFile = None) -> None:
    """List every published version."""
    with live("starting Spark"):
        rows = open_registry(results).listing()
    headings = ("contract", "version", "published", "by", "mode", "changes", "hash")
    if rows:
        out.print(plain_table(headings, map(_listed, rows)))
    else:
        out.print("nothing is published", markup=False)
    write_json(json_file, [dict(row) for row in rows])


def _listed(row: Mapping[str, Any]) -> tuple[str, ...]:
    grades = sorted({change["grade"] for change in row["changes"] or ()} - {"NONE"})
    return (
        row["contract_id"], row["version"], row["at"].isoformat(" ", "minutes"),
        row["published_by"], row["mode"], listed(grades) or "none", row["hash"][:12],
    )  # fmt: skip


@contracts.command()
def show(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    results: Results,
    version: Annotated[str | None, typer.Option(help="A version; the latest by default.")] = None,
    json_file: JsonFile = None,
) -> None:
    """Print a published version as it was published, and who reads it."""
    with live("starting Spark"):
        registry = open_registry(results)
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
    from sparkguard.contracts.compatibility.grades import Access
    from sparkguard.registry.publication import Consumer

    if access not in [a.value for a in Access]:
        allowed = listed(a.value for a in Access)
        raise ConfigurationError(f"--access: found {access[:40]!r}, allowed: {allowed}")
    with live("starting Spark"):
        reader = Consumer(consumer, contract, version, Access(access))
        open_registry(results).pin(reader, user_name(by), reason)
    out.print(f"{consumer} reads {contract} {version} {access}", soft_wrap=True, markup=False)


@contracts.command()
def leave(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    consumer: Annotated[str, typer.Option(help="Name of the reader.")],
    results: Results,
    by: By = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Take a consumer off the list of those who have to consent."""
    with live("starting Spark"):
        open_registry(results).leave(contract, consumer, user_name(by), reason)
    out.print(f"{consumer} no longer reads {contract}", soft_wrap=True, markup=False)


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
        open_registry(results).acknowledge(contract, consumer, user_name(by), reason)
    text = f"{consumer} consents to {contract.id} {contract.version} as it stands in {file}"
    out.print(text, soft_wrap=True, markup=False)


def _override(text: str, author: str) -> Override:
    from sparkguard.contracts.compatibility.evidence import Override
    from sparkguard.contracts.compatibility.grades import Party

    what, equals, reason = text.partition("=")
    rule, colon, party = what.partition(":")
    if not (equals and colon) or party not in [p.value for p in Party]:
        raise ConfigurationError(
            f"--override takes RULE:PARTY=REASON with PARTY history or consumers, "
            f"found {text[:80]!r}"
        )
    return Override(rule, Party(party), author, reason)


def _table(text: str) -> tuple[str, TableRef]:
    from sparkguard.tables import TableRef

    name, equals, where = text.partition("=")
    if not equals or "/" in name:
        return "", TableRef.of(text)
    return name, TableRef.of(where)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--ends takes YYYY-MM-DD, found {text[:40]!r}") from None  # type: ignore[index]
