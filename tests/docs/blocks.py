"""The code blocks of README and docs, as a reader sees them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_PROGRAMS = ("sparkguard", "scripts/", "python", ".venv/", "conf/", "spark-submit")
_FILE = re.compile(r"# ([\w./-]+\.(?:yaml|py))")


@dataclass(frozen=True)
class Block:
    """A fenced block with its language, or one command of an indented block (`sh`)."""

    page: str
    line: int
    language: str
    text: str

    @property
    def id(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that the reader is to save it as, named in the first line."""
        named = _FILE.fullmatch(self.text.partition("\n")[0])
        return named[1] if named else None

    @property
    def words(self) -> list[str]:
        """A command's words without comments; `.venv/bin/` in front of a program is left out."""
        first, *rest = shlex.split(self.text, comments=True)
        return [first.removeprefix(".venv/bin/"), *rest]


def blocks() -> Iterator[Block]:
    for page in PAGES:
        yield from _of(page)


def of_page(name: str) -> list[Block]:
    return [block for block in blocks() if block.page == name]


def inline_commands() -> Iterator[tuple[str, list[str]]]:
    """(page, words) of every `sparkguard ...` inside a sentence."""
    for page in PAGES:
        for found in re.finditer(r"`(sparkguard [^`]+)`", page.read_text()):
            yield page.name, found[1].split()


def _of(page: Path) -> Iterator[Block]:
    language: str | None = None
    kept: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("```"):
            if language is None:
                language, kept = stripped[3:], []
            else:
                start = number - len(kept)
                if language:
                    yield Block(page.name, start, language, "\n".join(kept))
                else:
                    yield from _commands(page, start, kept)
                language = None
        elif language is not None:
            kept.append(line)
        elif re.match(r" {4,}\S", line):
            yield from _commands(page, number, [line])
    assert language is None, f"{page.name}: a block does not end"


def _commands(page: Path, start: int, lines: list[str]) -> Iterator[Block]:
    """A block without a language holds commands, one a line, and comments."""
    for number, line in enumerate(lines, start):
        command = line.strip()
        if not command or command.startswith("#"):
            continue
        assert command.startswith(_PROGRAMS), f"{page.name}:{number}: no program that we know"
        yield Block(page.name, number, "sh", command)
