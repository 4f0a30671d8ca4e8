"""Regular expressions of contracts, which are ECMA-262 searches, as Java reads them.

Java and ECMA-262 disagree on `$`, `.`, `\\s`, `\\b`, brackets inside a class and more. A pattern is
read piece by piece; each piece is written so that Java gives it its ECMA-262 meaning, by code
points (flag u), or the pattern is refused. Use the result with a search (`rlike`), unanchored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sparkguard.sql.pattern_characters import SETS, Characters

_LONGEST_PATTERN = 5_000
_DEEPEST = 30
_MOST_REPEATS = 10_000
_WIDE = 10  # a repetition with more choices than this counts as one without end
_MOST_WAYS = 100_000  # in which repetitions within a repetition may share a text

_DOT = r"[^\n\r\u2028\u2029]"
_WORD = "[A-Za-z0-9_]"
_EDGE = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_EDGE = f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
_REPEAT = re.compile(r"([*+?]|\{(\d+)(,(\d*))?\})(\??)")
_GROUP = re.compile(r"\((\?(?::|=|!|<=|<!|<[A-Za-z][A-Za-z0-9]*>))?")
_LOOKAROUNDS = ("?=", "?!", "?<=", "?<!")
LONGEST_TEXT = 1_000
"""So many recursions leave room on Java's stack, one for a character at most."""
_SHORT = rf"\A(?=[\s\S]{{0,{LONGEST_TEXT}}}\z)[\s\S]*?"


@dataclass(frozen=True)
class Java:
    """A regular expression; a `limited` one may miss something in texts above LONGEST_TEXT."""

    text: str
    limited: bool


@dataclass(frozen=True)
class _Piece:
    """Java text, and what a repetition of it would cost.

    `nullable`: matches the empty text. `unbounded`: a repetition without end is inside, with
    nothing beside it that must match, so that repeating it again is ambiguous. `ways` is how
    many times such a repetition with an end may go round. `varies`: texts of several lengths, or
    branches; Java repeats such groups by recursion, `recurses` of which it holds.
    `char` is the piece inside a class, where it is one character.
    """

    text: str
    nullable: bool = False
    unbounded: bool = False
    repeatable: bool = True
    endless: bool = False  # holds a repetition without end anywhere
    ways: int = 1
    varies: bool = False
    recurses: int = 0
    char: str = ""


def to_java(pattern: str) -> str:
    """The text of `translated`."""
    return translated(pattern).text


def translated(pattern: str) -> Java:
    """The Java regular expression that finds what the ECMA-262 `pattern` finds.

    A group of branches, or of texts of several lengths, is repeated a thousand times at most:
    Java recurses for each, and a long text would overflow its stack. Where there are several such
    groups, nothing is found in texts of more than a thousand characters.

    Raises ValueError with the position (from 1) and the piece that is invalid, that Java reads
    differently, or that could take exponential time.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(
            f"a pattern has at most {_LONGEST_PATTERN:,} characters, found {len(pattern):,}"
        )
    reader = _Reader(pattern)
    found = reader.alternatives()
    if reader.at < len(pattern):
        raise reader.error("')' without '('")
    text = f"{_SHORT}(?:{found.text})" if found.recurses > 1 else found.text
    return Java(text, bool(found.recurses))


class _Reader(Characters):
    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self._depth = 0

    def alternatives(self) -> _Piece:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(f"groups nest at most {_DEEPEST} deep")
        branches = [self._sequence()]
        while self._rest() == "|":
            self.at += 1
            branches.append(self._sequence())
        self._depth -= 1
        if len(branches) == 1:
            return branches[0]
        chars = [b.char for b in branches]
        return _Piece(
            "|".join(b.text for b in branches),
            nullable=any(b.nullable for b in branches),
            unbounded=any(b.unbounded for b in branches),
            endless=any(b.endless for b in branches),
            ways=max(b.ways for b in branches),
            varies=True,
            recurses=max(b.recurses for b in branches),
            char=f"[{''.join(chars)}]" if all(chars) else "",
        )

    def _sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        while self._rest() not in ("", "|", ")"):
            pieces.append(self._repeated())
        alone = [
            piece
            for i, piece in enumerate(pieces)
            if all(o.nullable for j, o in enumerate(pieces) if j != i)
        ]
        return _Piece(
            "".join(piece.text for piece in pieces),
            nullable=all(piece.nullable for piece in pieces),
            unbounded=any(piece.unbounded for piece in alone),
            endless=any(piece.endless for piece in pieces),
            ways=max((piece.ways for piece in alone), default=1),
            varies=any(piece.varies for piece in pieces),
            recurses=sum(piece.recurses for piece in pieces),
            char=pieces[0].char if len(pieces) == 1 else "",
        )

    def _repeated(self) -> _Piece:
        start = self.at
        piece = self._atom()
        repeat = _REPEAT.match(self._pattern, self.at)
        if repeat is None:
            if self._rest() == "{":
                raise self.error("'{' that starts no repetition; write \\{")
            return piece
        if not piece.repeatable:
            raise self.error("nothing to repeat")
        self.at = repeat.end()
        if self._rest() in tuple("*+?{"):
            raise self.error("a repetition of a repetition")
        sign, low, comma, high, lazy = repeat.groups()
        least = int(low) if low else 1 if sign == "+" else 0
        endless = sign in ("*", "+") or (comma is not None and high == "")
        if any(int(n) > _MOST_REPEATS for n in (low, high) if n):
            raise self.error(f"a repetition counts to at most {_MOST_REPEATS:,}", start)
        if high and low and int(low) > int(high):
            raise self.error("a repetition's first number is above its second", start)
        many = endless or sign.startswith("{")
        wide = endless or (bool(high) and int(high) - least > _WIDE)
        most = 1 if sign == "?" else int(high or low or 0)
        ways = min(piece.ways**most * (most - least + 1), 2 * _MOST_WAYS)
        if many and (piece.unbounded or piece.ways**most > _MOST_WAYS):
            raise self.error("nested repetition could take exponential time", start)
        one = piece.char if piece.varies else ""
        deep = piece.varies and not one and (endless or most > LONGEST_TEXT)
        count = f"{{{least},{max(least, LONGEST_TEXT)}}}{lazy}" if deep else repeat.group()
        return _Piece(
            (one or piece.text) + count,
            nullable=piece.nullable or least == 0,
            unbounded=wide or piece.unbounded,
            endless=endless or piece.endless,
            ways=1 if endless else ways,
            varies=endless or least != most or (piece.varies and not one),
            recurses=piece.recurses + deep,
        )

    def _atom(self) -> _Piece:
        start, char = self.at, self._rest()
        if char == "(":
            return self._group()
        if char == "[":
            found = self._class()
            return _Piece(found, char=found)
        if char == "\\":
            return self._escape()
        if char in "*+?{":
            raise self.error("nothing to repeat" if char != "{" else "'{'; write \\{")
        self.at += 1
        match char:
            case "^":
                return _Piece(r"\A", nullable=True, repeatable=False)
            case "$":
                return _Piece(r"\z", nullable=True, repeatable=False)
            case ".":
                return _Piece(_DOT, char=_DOT)
            case "]" | "}":
                return _Piece("\\" + char, char="\\" + char)
        return _Piece(self._literal(char, start), char=f"\\x{{{ord(char):x}}}")

    def _group(self) -> _Piece:
        start = self.at
        opened = _GROUP.match(self._pattern, self.at)
        assert opened is not None
        self.at = opened.end()
        if self._rest() == "?":
            raise self.error("a group that ECMA-262 does not have (flags, atomic groups)", start)
        inner = self.alternatives()
        if self._rest() != ")":
            raise self.error("'(' without ')'", start)
        self.at += 1
        kind = opened.group(1) or ""
        if kind in ("?<=", "?<!") and inner.endless:
            raise self.error("a lookbehind without a longest match", start)
        if kind in _LOOKAROUNDS:
            return _Piece(f"({kind}{inner.text})", nullable=True, repeatable=False)
        is_named = kind.startswith("?<")
        text = f"({kind or '?:'}{inner.text})"
        return replace(inner, text=text, char="" if is_named else inner.char)

    def _escape(self) -> _Piece:
        start = self.at
        self.at += 1
        char = self._rest()
        if char in ("b", "B"):
            self.at += 1
            edge = _EDGE if char == "b" else _NO_EDGE
            return _Piece(edge, nullable=True, repeatable=False)
        if char and char.lower() in SETS:
            self.at += 1
            found = f"[{'^' if char.isupper() else ''}{SETS[char.lower()]}]"
            return _Piece(found, char=found)
        found = self._character_escape(start)
        return _Piece(found, char=found)
