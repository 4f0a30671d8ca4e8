"""The `sparkguard` command. Each command has a file of its own; importing it adds it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import NoReturn

from sparkguard.cli.result_files import result_files
from sparkguard.cli.root import Interrupted, app, messages
from sparkguard.conditions import condition_of
from sparkguard.errors import ConfigurationError, SparkGuardError
from sparkguard.siblings import import_siblings

import_siblings(__name__, __path__)


TRACEBACK = "SPARKGUARD_TRACEBACK"
"""An environment variable: set to anything, an unexpected error is printed in full."""


def run(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code.

    0 passed, 1 data failed, 2 configuration or usage, 3 could not evaluate, 4 results not
    stored, 130 interrupted.
    """
    with _stopped_by_sigterm(), result_files() as files:
        arguments = list(sys.argv[1:] if argv is None else argv)
        code, error = _carry_out(arguments)
        if code == ConfigurationError.exit_code:
            files.see(arguments)
        files.close(code, error)
        for line in filter(None, (error, *files.problems)):
            messages.print(line, style="red", markup=False, soft_wrap=True)
        return code or (ConfigurationError.exit_code if files.problems else 0)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point: returns on success and raises SystemExit with the exit code otherwise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name it can't show stops nothing
    if code := run(argv):
        raise SystemExit(code)


def _carry_out(argv: list[str]) -> tuple[int, str]:
    """The exit code, and what went wrong where the command has not said so itself."""
    try:
        app(args=argv, prog_name="sparkguard")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0, ""
    except (SparkGuardError, Interrupted) as error:
        return error.exit_code, str(error)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        name, condition = type(error).__name__, condition_of(error)
        what = name if condition == name else f"{name}, {condition}"
        # Its own text may hold cell values.
        return 3, f"stopped by an unexpected error ({what}); {TRACEBACK}=1 prints all of it"
    return 0, ""


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """A scheduler's SIGTERM stops the command inside as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    logging.root.addFilter(_is_no_interrupt)
    try:
        yield
    finally:
        logging.root.removeFilter(_is_no_interrupt)
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _is_no_interrupt(record: logging.LogRecord) -> bool:
    """False for Py4J's traceback of what stops the command, which says so itself."""
    return not (record.exc_info and isinstance(record.exc_info[1], KeyboardInterrupt))


def _interrupt(number: int, frame: object) -> NoReturn:
    # What Py4J and Connect clean up after; they report any Exception as a failed query.
    raise KeyboardInterrupt
