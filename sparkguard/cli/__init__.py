"""The `sparkguard` command. Each command has a file of its own; importing it adds it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from sparkguard.cli.root import app, messages
from sparkguard.errors import SparkGuardError
from sparkguard.siblings import import_siblings

import_siblings(__name__, __path__)


class Interrupted(SparkGuardError):
    """The user or the scheduler asked the command to stop."""

    exit_code = 130


def run(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code.

    0 passed, 1 data failed, 2 configuration or usage, 3 could not evaluate, 4 results not
    stored, 130 interrupted.
    """
    if threading.current_thread() is threading.main_thread():
        for signal_ in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_, _interrupt)
    try:
        app(args=list(sys.argv[1:] if argv is None else argv), prog_name="sparkguard")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except SparkGuardError as error:
        messages.print(str(error), style="red", markup=False, soft_wrap=True)
        return error.exit_code
    return 0


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point: returns on success and raises SystemExit with the exit code otherwise."""
    if code := run(argv):
        raise SystemExit(code)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise Interrupted("interrupted; nothing was committed, and the same run id can be repeated")
