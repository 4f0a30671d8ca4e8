"""The command line's root: shared options, consoles, and how an error becomes an exit code."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from sparkguard.cli.result_files import prepared_json
from sparkguard.errors import ConfigurationError
from sparkguard.progress import Progress, Step
from sparkguard.rendering.plaintext import printable
from sparkguard.slices import Slice

if TYPE_CHECKING:
    from sparkguard.tables import TableRef


class Interrupted(BaseException):
    """The user or the scheduler asked the command to stop.

    No Exception, so that nothing takes it for a query that failed.
    """

    exit_code = 130


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise Interrupted(
                "interrupted; repeat the command, and an audit with the same --run-id"
            ) from error


app = typer.Typer(
    name="sparkguard",
    cls=_Commands,
    help="Validates data on Spark at full scale: contracts, windows, references, drift.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_PLAIN_WIDTH = 200

PREFIX = "SPARKGUARD_SET_"
"""Environment variables that give a value to a `${NAME}` are called so, and NAME."""


class _Console(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        """Text may come from data, and must not steer the terminal: rich lets ESC through."""
        super().print(*(_shown(o) if isinstance(o, str) else o for o in objects), **options)

    def on_broken_pipe(self) -> None:
        """A reader that has left, such as `head`, changes no exit code and no other stream."""
        self.quiet = True
        nothing = os.open(os.devnull, os.O_WRONLY)
        # Or Python would meet the broken pipe again as it flushes at its end.
        os.dup2(nothing, self.file.fileno())
        os.close(nothing)


def _console(*, stderr: bool) -> Console:
    """As wide as the terminal; wide enough for a check's id and reason where there is none."""
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if is_terminal or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return _Console(stderr=stderr, highlight=False, width=width)


out = _console(stderr=False)
"""Tables and results: standard output."""

messages = _console(stderr=True)
"""Progress and messages: standard error."""

JsonFile = Annotated[
    Path | None,
    typer.Option(
        "--json",
        callback=prepared_json,
        is_eager=True,
        help="Write the result as JSON to this file.",
    ),
]
Variables = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Value of a ${NAME} in the file; secrets better by SPARKGUARD_SET_NAME=VALUE.",
    ),
]
RunId = Annotated[
    str | None,
    typer.Option("--run-id", help="Repeat this run; one that is stored changes nothing."),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Judge as of this UTC time instead of now (ISO 8601).")
]


def parse_variables(pairs: list[str] | None) -> Mapping[str, str]:
    """`NAME=VALUE` pairs as a mapping, which go before environment variables `PREFIX` + NAME.

    Other users of a machine see the arguments of a command, but not its environment. Raises
    ConfigurationError for a pair without `=`.
    """
    found = {n.removeprefix(PREFIX): v for n, v in os.environ.items() if n.startswith(PREFIX)}
    return {**found, **_pairs("--set", "NAME=VALUE", pairs)}


def parse_slice(option: str, pairs: list[str] | None) -> Slice:
    """COLUMN=VALUE pairs that hold together; COLUMN alone is NULL, none the whole table.

    Raises ConfigurationError for a pair without a column, and for a column given twice.
    """
    values: dict[str, str | None] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not name:
            raise ConfigurationError(f"{option} takes COLUMN=VALUE, found {pair[:80]!r}")
        if name in values:
            raise ConfigurationError(
                f"{option} is one slice, and {name[:80]!r} is given twice; run once for each value"
            )
        values[name] = value if equals else None
    return Slice.of(values)


def parse_tables(pairs: list[str] | None) -> Mapping[str, TableRef]:
    """`NAME=TABLE` pairs of --references. Raises ConfigurationError for what is none."""
    from sparkguard.tables import TableRef

    found = _pairs("--references", "NAME=TABLE", pairs)
    return {name: TableRef.of(table) for name, table in found.items()}


def _pairs(option: str, form: str, pairs: list[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ConfigurationError(f"{option} takes {form}, found {pair[:80]!r}")
        found[name] = value
    return found


def parse_moment(option: str, text: str | None) -> datetime | None:
    """An ISO 8601 time in UTC; without a zone it is read as UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} takes an ISO 8601 time, found {text[:60]!r}") from None
    return found.replace(tzinfo=found.tzinfo or timezone.utc).astimezone(timezone.utc)


def user_name(given: str | None) -> str:
    """Whom a change is recorded for: `given`, else this machine's user.

    Raises ConfigurationError where the user has no name, as in many containers.
    """
    try:
        return given or getpass.getuser()
    except (KeyError, OSError):  # the latter from Python 3.13 on
        raise ConfigurationError("this machine knows no name of its user; give --by") from None


def plain_table(
    headings: Iterable[str], rows: Iterable[Iterable[str | Text]], right: Collection[str] = ()
) -> Table:
    """A table without lines, in which every cell stands as it is; columns in `right` to the right.

    Text is for cells with a style of their own.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(_shown(cell)) for cell in row))
    return table


def _shown(text: str) -> str:
    """`text` without what a terminal would obey; its lines stay lines."""
    return "\n".join(map(printable, text.split("\n")))


@contextmanager
def live(first: str) -> Iterator[Progress]:
    """Shows the steps of long work: a bar on a terminal, else a line when the stage changes."""
    if not messages.is_terminal:
        yield _lines(first)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with RichProgress(*columns, console=messages, transient=True) as bar:
        task = bar.add_task(first, total=None)
        yield lambda step: bar.update(
            task, completed=step.done, total=step.total, description=step.stage
        )


def _lines(first: str) -> Progress:
    shown = first
    messages.print(first, soft_wrap=True)

    def say(step: Step) -> None:
        nonlocal shown
        if step.stage != shown:
            shown = step.stage
            messages.print(shown, soft_wrap=True, markup=False)

    return say
