"""Regular expressions of contracts, which are ECMA-262 searches, as Java reads them.

Java and ECMA-262 disagree on `$`, `.`, `\\s`, `\\b`, brackets inside a class and more. A pattern is
read piece by piece; each piece is written so that Java gives it its ECMA-262 meaning, by code
points (flag u), or the pattern is refused. Use the result with a search (`rlike`), unanchored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 5_000
_DEEPEST = 30
_MOST_REPEATS = 10_000
_WIDE = 10  # a repetition with more choices than this counts as one without end

_DOT = r"[^\n\r\u2028\u2029]"
_SPACES = r"\t\n\x0B\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF"
_WORD = "[A-Za-z0-9_]"
_EDGE = f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_EDGE = f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
_SETS = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_CONTROLS = {"t": r"\t", "n": r"\n", "r": r"\r", "f": r"\f", "v": r"\x0B", "0": r"\x00"}
_SYNTAX = frozenset("^$\\.*+?()[]{}|/-")
_CATEGORY = re.compile(r"[pP]\{(L|Lu|Ll|Lt|Lm|Lo|M|Mn|Mc|Me|N|Nd|Nl|No|P|S|Sc|Z|Zs)\}")
_CODE = re.compile(r"x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}")
_REPEAT = re.compile(r"([*+?]|\{(\d+)(,(\d*))?\})(\??)")
_GROUP = re.compile(r"\((\?(?::|=|!|<=|<!|<[A-Za-z][A-Za-z0-9]*>))?")
_LOOKAROUNDS = ("?=", "?!", "?<=", "?<!")


@dataclass(frozen=True)
class _Piece:
    """Java text, and what a repetition of it would cost.

    `nullable`: matches the empty text. `unbounded`: a repetition without end is inside, with
    nothing beside it that must match, so that repeating it again is ambiguous.
    """

    text: str
    nullable: bool = False
    unbounded: bool = False
    repeatable: bool = True
    endless: bool = False  # holds a repetition without end anywhere


def to_java(pattern: str) -> str:
    """The Java regular expression that finds what the ECMA-262 `pattern` finds.

    Raises ValueError with the position (from 1) and the piece that is invalid, that Java reads
    differently, or that could take exponential time.
    """
    if len(pattern) > _LONGEST:
        raise ValueError(f"a pattern has at most {_LONGEST:,} characters, found {len(pattern):,}")
    reader = _Reader(pattern)
    found = reader.alternatives()
    if reader.at < len(pattern):
        raise reader.error("')' without '('")
    return found.text


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._depth = 0
        self.at = 0

    def error(self, message: str, at: int | None = None) -> ValueError:
        position = (self.at if at is None else at) + 1
        return ValueError(f"pattern, position {position}: {message}")

    def _rest(self, length: int = 1) -> str:
        return self._pattern[self.at : self.at + length]

    def alternatives(self) -> _Piece:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.error(f"groups nest at most {_DEEPEST} deep")
        branches = [self._sequence()]
        while self._rest() == "|":
            self.at += 1
            branches.append(self._sequence())
        self._depth -= 1
        return _Piece(
            "|".join(b.text for b in branches),
            nullable=any(b.nullable for b in branches),
            unbounded=any(b.unbounded for b in branches),
            endless=any(b.endless for b in branches),
        )

    def _sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        while self._rest() not in ("", "|", ")"):
            pieces.append(self._repeated())
        alone = [
            piece.unbounded and all(o.nullable for j, o in enumerate(pieces) if j != i)
            for i, piece in enumerate(pieces)
        ]
        return _Piece(
            "".join(piece.text for piece in pieces),
            nullable=all(piece.nullable for piece in pieces),
            unbounded=any(alone),
            endless=any(piece.endless for piece in pieces),
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
        sign, low, comma, high, _ = repeat.groups()
        least = int(low) if low else 1 if sign == "+" else 0
        endless = sign in ("*", "+") or (comma is not None and high == "")
        if any(int(n) > _MOST_REPEATS for n in (low, high) if n):
            raise self.error(f"a repetition counts to at most {_MOST_REPEATS:,}", start)
        if high and low and int(low) > int(high):
            raise self.error("a repetition's first number is above its second", start)
        many = endless or sign.startswith("{")
        wide = endless or (bool(high) and int(high) - least > _WIDE)
        if many and piece.unbounded:
            raise self.error("nested repetition could take exponential time", start)
        return _Piece(
            piece.text + repeat.group(),
            nullable=piece.nullable or least == 0,
            unbounded=wide or piece.unbounded,
            endless=endless or piece.endless,
        )

    def _atom(self) -> _Piece:
        start, char = self.at, self._rest()
        if char == "(":
            return self._group()
        if char == "[":
            return _Piece(self._class())
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
                return _Piece(_DOT)
            case "]" | "}":
                return _Piece("\\" + char)
        return _Piece(self._literal(char, start))

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
        return _Piece(
            f"({kind or '?:'}{inner.text})", inner.nullable, inner.unbounded, True, inner.endless
        )

    def _escape(self) -> _Piece:
        start = self.at
        self.at += 1
        char = self._rest()
        if char in ("b", "B"):
            self.at += 1
            edge = _EDGE if char == "b" else _NO_EDGE
            return _Piece(edge, nullable=True, repeatable=False)
        if char and char.lower() in _SETS:
            self.at += 1
            return _Piece(f"[{'^' if char.isupper() else ''}{_SETS[char.lower()]}]")
        return _Piece(self._character_escape(start))

    def _character_escape(self, start: int) -> str:
        """The escape after a backslash that means one character or one category."""
        char = self._rest()
        for known in (_CATEGORY, _CODE):
            if found := known.match(self._pattern, self.at):
                self.at = found.end()
                if found.group().lower() in _SURROGATES:
                    raise self.error("half of a surrogate pair; write the character", start)
                return "\\" + found.group()
        if char == "0" and self._pattern[self.at + 1 : self.at + 2].isdigit():
            raise self.error("an octal escape", start)
        self.at += 1
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char in _SYNTAX and char:
            return "\\" + char
        found_text = f"\\{char}" if char else "a backslash at the end"
        raise self.error(f"{found_text}, which Java and ECMA-262 read differently", start)

    def _literal(self, char: str, start: int) -> str:
        if 0xD800 <= ord(char) <= 0xDFFF:
            raise self.error("half of a surrogate pair", start)
        return char

    def _class(self) -> str:
        start = self.at
        self.at += 1
        negated = self._rest() == "^"
        self.at += negated
        parts: list[str] = []
        while self._rest() != "]":
            low, single = self._member(start)
            if self._rest() == "-" and self._rest(2) != "-]":
                self.at += 1
                high, also_single = self._member(start)
                if not (single and also_single):
                    raise self.error("a range needs one character at each end", start)
                if _point(low) > _point(high):
                    raise self.error("a range that runs backwards", start)
                parts.append(f"{low}-{high}")
            else:
                parts.append(low)
        self.at += 1
        if not parts:
            raise self.error("an empty class", start)
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _member(self, start: int) -> tuple[str, bool]:
        char = self._rest()
        if not char:
            raise self.error("'[' without ']'", start)
        if char != "\\":
            self.at += 1
            return ("\\" + char if char in "[&^-~#" else self._literal(char, self.at - 1)), True
        self.at += 1
        char = self._rest()
        if char == "b":
            self.at += 1
            return r"\x08", True
        if char in _SETS:
            self.at += 1
            return _SETS[char], False
        if char in ("D", "W"):
            self.at += 1
            return "\\" + char, False
        escape = self._character_escape(self.at - 1)
        return escape, escape[1:2].lower() != "p"


_SURROGATES = frozenset(f"u{code:04x}" for code in range(0xD800, 0xE000))


def _point(member: str) -> int:
    if not member.startswith("\\"):
        return ord(member)
    body = member[1:]
    named = {"t": 9, "n": 10, "r": 13, "f": 12}
    if body in named:
        return named[body]
    return int(body[1:], 16) if len(body) > 1 else ord(body)
