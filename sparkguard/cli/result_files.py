"""The files that a command writes its result to, which never hold that of an earlier run.

`--json` and `--junit` are looked at before the command starts: a target that can't be written is
refused, and an older file is removed. They are written last, and what goes wrong then is said and
changes no verdict.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkguard.errors import ConfigurationError

_PARTIAL = ".partial"


@dataclass
class ResultFiles:
    """What one command was asked to write, and what became of it."""

    json: Path | None = None
    json_done: bool = False
    seen: bool = False
    problems: list[str] = field(default_factory=list)

    def see(self, argv: Sequence[str]) -> None:
        """Prepares the targets in a command line whose parser stopped before it came to them."""
        if self.seen:
            return
        for at, argument in enumerate(argv):
            option, is_joined, target = argument.partition("=")
            prepare = {"--json": prepared_json, "--junit": prepared}.get(option)
            if not is_joined:
                target = next(iter(argv[at + 1 :]), "")
            if prepare is not None and target:
                try:
                    prepare(Path(target))
                except ConfigurationError as error:
                    self.problems.append(str(error))

    def close(self, exit_code: int, error: str) -> None:
        """Writes a JSON that says why there is no result, where a command ended without one."""
        if exit_code and self.json is not None and not self.json_done:
            said = error or "the command ended without a result; standard error says why"
            write_json(self.json, {"error": said, "exit_code": exit_code})


_FILES: ContextVar[ResultFiles | None] = ContextVar("result_files", default=None)


@contextmanager
def result_files() -> Iterator[ResultFiles]:
    """Takes note of the files that the command inside is asked for."""
    files = ResultFiles()
    token = _FILES.set(files)
    try:
        yield files
    finally:
        _FILES.reset(token)


def prepared(file: Path | None) -> Path | None:
    """The target of a result. Raises ConfigurationError when it can't be written.

    Removes an older file, which would be taken for the result of this run.
    """
    if (files := _FILES.get()) is not None:
        files.seen = True
    if file is None:
        return None
    if not file.name or (file.exists() and not file.is_file()):
        raise ConfigurationError(f"can't write {file}: it is not a file")
    write_text(file, "")
    with suppress(OSError):
        file.unlink()
    return file


def prepared_json(file: Path | None) -> Path | None:
    """As `prepared`, for the file that is to tell of an error as well."""
    if file is not None and (files := _FILES.get()) is not None:
        files.json = prepared(file)
        return files.json
    return prepared(file)


def write_json(file: Path | None, content: Any) -> None:
    """Write `content` to `file` if one is given, whole or not at all; see `write_result`.

    JSON has no number that is infinite or not a number: these are the texts "Infinity",
    "-Infinity" and "NaN".
    """
    if file is None:
        return
    text = json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    write_result(file, text + "\n")
    if (files := _FILES.get()) is not None:
        files.json_done = True


def write_result(file: Path, content: str) -> None:
    """Write a result that is printed or stored elsewhere too.

    That it can't be written is kept for the end of the command: it masks no verdict.
    """
    try:
        write_text(file, content)
    except ConfigurationError as error:
        files = _FILES.get()
        if files is None:
            raise
        files.problems.append(str(error))


def write_text(file: Path, content: str) -> None:
    """Write `content` to `file`, whole or not at all. Raises ConfigurationError when it can't.

    What UTF-8 can't hold (half a surrogate pair) is written as an escape such as `\\ud800`.
    """
    partial = file.with_name(file.name + _PARTIAL)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(content, encoding="utf-8", errors="backslashreplace")
        partial.replace(file)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ConfigurationError(f"can't write {file}: {error.strerror}") from error


def _finite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case Mapping():
            return {key: _finite(one) for key, one in value.items()}
        case list() | tuple():
            return [_finite(one) for one in value]
    return value
