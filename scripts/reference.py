"""Writes docs/reference.md from the code; a test holds the two equal."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer

from sparkguard import checks, results
from sparkguard.checks.base import CHECKS
from sparkguard.cli import app
from sparkguard.columns import Column
from sparkguard.contracts.alert_routes import Alerts, Lineage, Route
from sparkguard.contracts.audit_config import Samples, Skip
from sparkguard.expressions import Query
from sparkguard.options import described
from sparkguard.results.schemas import TABLES
from sparkguard.shadow_rules.config import Examples, ShadowConfig
from sparkguard.shadow_rules.machine import Requirements
from sparkguard.tables import ResultsPlace
from sparkguard.windows.catalogue import CATALOGUE

HEAD = """\
# Reference

Made from the code by `scripts/reference.py`; don't edit it by hand.
"""
AUDIT = (
    ("audit", "text: the name under which runs and alerts are stored", "needed"),
    ("contracts", "a folder of `*.odcs.yaml`, or a list of files, seen from the file", "needed"),
    ("results", "a mapping, see results", "needed"),
    ("datasets", "by the name of a table in a contract, a mapping, see datasets", "needed"),
    ("as_of", "an ISO 8601 time with its zone; `--as-of` goes before it", "the clock"),
    ("skip", "a list of mappings, see skip", "none"),
    ("not_evaluable", "one of 'error', 'fail', 'warn': how such a verdict weighs", "`error`"),
    ("fail_on_warn", "true or false; `--fail-on` goes before it", "`false`"),
    ("samples", "a mapping, see samples", "none are kept"),
    ("incremental", "true or false: whether changed partitions alone are read", "`false`"),
    ("alerts", "a mapping, see alerts", "nobody is told"),
    ("openlineage", "a mapping, see openlineage", "nothing is sent"),
)
DATASET = (
    ("contract", "text: the id of the contract", "needed"),
    ("version", "text: its version, where `contracts` holds several", "none"),
    ("table", "`{path: FOLDER}`, `{name: catalog.schema.table}`, or the name alone", "needed"),
    (
        "slices",
        "`{by: [COLUMN, ...], judge: all}`; `judge` is all, none, or a list such as `[{month: 5}]`",
        "the whole table alone",
    ),
)
"""Keys that are read one by one; a test holds them to what is read."""

SECTIONS = (
    ("results", ResultsPlace),
    ("skip", Skip),
    ("samples", Samples),
    ("alerts", Alerts),
    ("alerts.routes", Route),
    ("openlineage", Lineage),
)
SHADOW = (("shadow", ShadowConfig), ("promotion", Requirements), ("examples", Examples))

MADE = (Column, Query)
"""What contracts are turned into, and nobody writes."""


def reference() -> str:
    """The whole page."""
    assert checks
    assert results
    parts = (HEAD, *_checks(), *_audit(), *_shadow(), *_commands(), *_tables())
    return "\n".join(parts)


def _checks() -> Iterator[str]:
    yield "## Checks\n"
    yield "Write a check under `quality` of a table or a column:\n"
    yield "```yaml"
    yield "quality:"
    yield "  - {type: custom, engine: sparkguard, implementation: {check: NAME, OPTION: VALUE}}"
    yield "```\n"
    yield (
        "Elements of the contract that become checks by themselves stand in "
        "[Contracts and audits](contracts.md).\n"
    )
    for kind in CHECKS.kinds:
        cls = CHECKS[kind]
        yield f"### {kind}\n"
        yield f"{_text(cls)}\n"
        if any(nested is Column for _, nested in _nested(cls)):
            yield "Made from the columns of the contract; it is not written by hand.\n"
        else:
            yield from _options(cls)
    yield "## Mappings in the options of checks\n"
    yield from _mappings()
    yield "## Bugs of windows\n"
    yield "The names that `sensitive_to` takes and that verdicts of the check `window` give.\n"
    yield "| bug | | shows only with |\n|---|---|---|"
    for bug in CATALOGUE:
        yield f"| `{bug.name}` | {_cell(bug.title)} | {_cell(bug.needs)} |"
    yield ""


def _audit() -> Iterator[str]:
    yield "## File of an audit\n"
    yield "How to write it stands in [Contracts and audits](contracts.md#the-audit).\n"
    yield from _table(AUDIT)
    yield "### datasets\n"
    yield "Which tables a run reads, each by its name in the contract.\n"
    yield from _table(DATASET)
    yield from _sections(SECTIONS)


def _shadow() -> Iterator[str]:
    yield "## File of a shadow\n"
    yield (
        "How to use it stands in [Prove a new pipeline before the switch](shadow.md). A table is "
        "`{path: FOLDER}` or `{name: catalog.schema.table}`; the tolerances of `columns` stand "
        "[above](#columns).\n"
    )
    yield from _sections(SHADOW)


def _sections(sections: Iterable[tuple[str, type[Any]]]) -> Iterator[str]:
    for name, cls in sections:
        yield f"### {name}\n"
        yield f"{_text(cls)}\n"
        yield from _options(cls)


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    yield from _command(typer.main.get_command(app), "sparkguard")


def _command(command: Any, name: str) -> Iterator[str]:
    if subcommands := getattr(command, "commands", None):
        for sub in sorted(subcommands):
            yield from _command(subcommands[sub], f"{name} {sub}")
        return
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join((name, *(_metavar(p) for p in arguments)))
    yield f"### {usage}\n"
    yield f"{_joined(command.help or '')}\n"
    yield "| option | |\n|---|---|"
    for parameter in command.params:
        if parameter.name == "help":
            continue
        shown = _metavar(parameter) if parameter in arguments else _option(parameter)
        yield f"| `{shown}` | {_cell(parameter.help or '')} |"
    yield ""


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _option(parameter: Any) -> str:
    """The option's names, and what stands behind it where that has a form of its own."""
    return f"{', '.join(parameter.opts)} {parameter.metavar or ''}".strip()


def _tables() -> Iterator[str]:
    yield "## Result tables\n"
    for table in TABLES.values():
        yield f"### {table.name}\n"
        yield f"{table.comment}\n"
        yield "| column | type | |\n|---|---|---|"
        for column in table.columns:
            yield f"| `{column.name}` | {_cell(column.type)} | {_cell(column.comment)} |"
        yield ""


def _options(cls: type[Any]) -> Iterator[str]:
    rows = described(cls)
    if not rows:
        yield "No options.\n"
        return
    yield from _table((name, _taken(taken, d), _default(d)) for name, taken, d in rows)


def _table(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    yield "| option | takes | default |\n|---|---|---|"
    for name, taken, default in rows:
        yield f"| `{name}` | {_cell(taken)} | {_cell(default)} |"
    yield ""


def _taken(taken: str, default: Any) -> str:
    """Without null where that is the default, which the next cell says."""
    return taken.removesuffix(" or null") if default is None else taken


def _mappings() -> Iterator[str]:
    """Options whose values are mappings with options of their own, each kind once."""
    found: dict[type[Any], list[str]] = {}
    waiting = [CHECKS[kind] for kind in CHECKS.kinds]
    for cls in waiting:
        for name, nested in _nested(cls):
            if nested in MADE:
                continue
            if nested not in found:
                waiting.append(nested)
            found.setdefault(nested, []).append(name)
    for cls, names in sorted(found.items(), key=lambda item: item[1]):
        yield f"### {', '.join(dict.fromkeys(names))}\n"
        yield f"{_text(cls)}\n"
        yield from _options(cls)


def _nested(cls: type[Any]) -> Iterator[tuple[str, type[Any]]]:
    for name, hint in get_type_hints(cls).items():
        for part in (hint, *get_args(hint)):
            if dataclasses.is_dataclass(part) and isinstance(part, type):
                yield name, part


def _default(value: Any) -> str:
    match value:
        case dataclasses.MISSING:
            return "needed"
        case None | () | "":
            return "none" if value != "" else ""
        case Enum():
            return f"`{value.value}`"
        case bool():
            return f"`{str(value).lower()}`"
        case tuple() | frozenset():
            return ", ".join(f"`{item}`" for item in value)
        case _ if dataclasses.is_dataclass(value) or isinstance(value, dict):
            return ""
    return f"`{value}`"


def _text(cls: type[Any]) -> str:
    return _joined(inspect.getdoc(cls) or "")


def _joined(text: str) -> str:
    """Paragraphs with their lines joined; lists and indented blocks as they are."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(
        p if re.search(r"^(\s|[-*] )", p, re.MULTILINE) else " ".join(p.split()) for p in paragraphs
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    page = Path(__file__).parents[1] / "docs" / "reference.md"
    page.write_text(reference(), encoding="utf-8")
