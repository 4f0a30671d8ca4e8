"""Markup that is escaped where it is made: text becomes text, whatever it holds."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TypeAlias

LONGEST = 500
"""Characters of one text that are shown."""

_VOID = frozenset({"meta", "br", "hr", "col"})


class Markup(str):
    """Markup that `element` made; any other string is escaped when it is put into some."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"


def element(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element; `class_` stands for class and `aria_label` for aria-label.

    Children that are None are left out, and so are attributes that are None or False.
    """
    given = "".join(
        f' {_attribute(key)}="{escape("" if value is True else _plain(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Markup:
    """Children one after the other."""
    return Markup("".join(map(_child, children)))


def escape(text: str, most: int = LONGEST) -> str:
    """`text` for an element or an attribute, cut after `most` characters."""
    return html.escape(visible(text, most), quote=True)


def visible(text: str, most: int = LONGEST) -> str:
    """`text` with every character that can't be seen, or that turns others round, written out.

    A trailing space of a value, a no-break space or a right-to-left mark are what a reader looks
    for, so they must not vanish.
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in cut)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return escape(child)
    if isinstance(child, int):
        return f"{child:,}"
    return joined(child)


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _plain(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)
