"""The characters and classes of an ECMA-262 pattern, as Java reads them."""

from __future__ import annotations

import re

_SPACES = r"\t\n\x0B\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF"
SETS = {"d": "0-9", "w": "A-Za-z0-9_", "s": _SPACES}
_CONTROLS = {"t": r"\t", "n": r"\n", "r": r"\r", "f": r"\f", "v": r"\x0B", "0": r"\x00"}
_SYNTAX = frozenset("^$\\.*+?()[]{}|/-")
_CATEGORY = re.compile(r"[pP]\{(L|Lu|Ll|Lt|Lm|Lo|M|Mn|Mc|Me|N|Nd|Nl|No|P|S|Sc|Z|Zs)\}")
_CODE = re.compile(r"x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}")


class Characters:
    """Reads a pattern from `at`."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def error(self, message: str, at: int | None = None) -> ValueError:
        position = (self.at if at is None else at) + 1
        return ValueError(f"pattern, position {position}: {message}")

    def _rest(self, length: int = 1) -> str:
        return self._pattern[self.at : self.at + length]

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
        if char in SETS:
            self.at += 1
            return SETS[char], False
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
