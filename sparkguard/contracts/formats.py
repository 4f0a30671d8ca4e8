"""ODCS's named formats of text, as ECMA-262 patterns."""

from __future__ import annotations

from collections.abc import Mapping

_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))"
)
_LEAP_YEAR = r"(?:\d{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = rf"(?:\d{{4}}-{_DAY}|{_LEAP_YEAR}-02-29)"
_HOUR = r"(?:[01]\d|2[0-3])"
_TIME = rf"{_HOUR}:[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_ZONE = rf"(?:[Zz]|[+-]{_HOUR}:[0-5]\d)"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

# Java calls itself for each repetition of a group, so one without end overflows its stack. A name
# of DNS has at most 127 labels.
FORMATS: Mapping[str, str] = {
    "date": rf"^{_DATE}$",
    "date-time": rf"^{_DATE}[Tt ]{_TIME}{_ZONE}$",
    "email": r"^[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+){1,126}$",
    "hostname": rf"^{_LABEL}(?:\.{_LABEL}){{0,126}}$",
    "ipv4": rf"^(?:{_OCTET}\.){{3}}{_OCTET}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$",
    "uuid": r"^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$",
}
"""Patterns by format; each is a search anchored at both ends."""
