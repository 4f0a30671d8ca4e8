"""How one type relates to another: which exact widenings exist, and what else a retyping means."""

from __future__ import annotations

from dataclasses import dataclass

from sparkguard import datatypes as dt
from sparkguard.columns import fits
from sparkguard.contracts.compatibility.grades import (
    BOTH,
    LOOSENS,
    TIGHTENS,
    UNDETERMINED,
    Discharge,
    Grade,
)

DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
"""Integer digits a decimal needs to hold every value; as Delta counts them for int and long."""

_EXACT_FLOATS = {
    ("tinyint", "float"),
    ("smallint", "float"),
    ("tinyint", "double"),
    ("smallint", "double"),
    ("int", "double"),
}
_OPAQUE = ("void", "variant", "interval")


@dataclass(frozen=True)
class Retyped:
    """The row of the compatibility table that speaks of two leaf types."""

    rule: str
    grade: Grade
    why: str
    discharge: Discharge = Discharge.NOTHING


def widening(old: dt.DataType, new: dt.DataType) -> tuple[str, str] | None:
    """(rule, why) when every value of `old` is exactly a value of `new`; else None."""
    match old, new:
        case dt.Decimal(), dt.Decimal():
            if new.scale >= old.scale and whole(new) >= whole(old):
                if new.scale == old.scale:
                    return "decimal_precision_up", "exact; larger values may arrive"
                return "decimal_scale_up", "exact, but text and hashes change"
        case dt.Atomic(), dt.Decimal():
            if old.name in DIGITS and whole(new) >= DIGITS[old.name]:
                return "integer_to_decimal", "exact; a new type"
        case dt.Atomic(), dt.Atomic():
            return _atomic_widening(old.name, new.name)
        case dt.Text(), dt.Atomic(name="string"):
            return "text_longer", "longer text may arrive"
        case dt.Text(), dt.Text():
            if new.name == "varchar" and new.length >= old.length:
                return "text_longer", "longer text may arrive"
    return None


def _atomic_widening(old: str, new: str) -> tuple[str, str] | None:
    integers = dt.INTEGERS
    if old in integers and new in integers and integers.index(old) < integers.index(new):
        return "integer_wider", "larger values overflow old readers"
    if (old, new) == ("float", "double"):
        return "float_to_double", "equality and hashes change"
    if (old, new) in _EXACT_FLOATS:
        return "integer_to_float", "exact, but no longer an integer"
    if (old, new) == ("date", "timestamp_ntz"):
        return "date_to_timestamp_ntz", "equality with dates changes"
    return None


def retyped(old: dt.DataType, new: dt.DataType) -> Retyped:
    """What becoming `new` does to a leaf of type `old`; the two differ."""
    if _family(old) or _family(new):
        return _stated(old, new)
    if isinstance(new, dt.Text) and new.name == "char" and dt.is_string(old):
        return Retyped("char_padding", BOTH, "char pads with blanks; text and equality change")
    if wider := widening(old, new):
        return Retyped(wider[0], LOOSENS, wider[1])
    if widening(new, old):
        return Retyped("narrowing", TIGHTENS, "old values may not fit", Discharge.REWRITE)
    if _collation(old) != _collation(new) and _base(old) == _base(new):
        return Retyped("meaning", UNDETERMINED, "another collation orders and equals otherwise")
    if dt.is_numeric(old) and dt.is_numeric(new):
        return _numeric(old, new)
    if {str(old), str(new)} == {"timestamp", "timestamp_ntz"}:
        return Retyped("timestamp_zone", BOTH, "same digits, other instant")
    if {str(old), str(new)} == {"date", "timestamp"}:
        return Retyped("date_to_timestamp", BOTH, "depends on the session's time zone")
    if (_opaque(old) and _opaque(new)) or "void" in (str(old), str(new)):
        return Retyped("unrecognised", UNDETERMINED, "no rule speaks of these two types")
    return Retyped("family", BOTH, "the two types have no common meaning")


def _stated(old: dt.DataType, new: dt.DataType) -> Retyped:
    """Contracts that name a family only, `any integer`, on one side or both."""
    before, after = _family(old), _family(new)
    if before == after or (before, after) == ("integer", "number"):
        return Retyped("type_unstated", LOOSENS, "other numbers may arrive")
    if (before, after) == ("number", "integer"):
        return Retyped("type_stated", TIGHTENS, "stored values may be no integers", Discharge.SCAN)
    if before == "type" or (before and not after and fits(before, new)):
        return Retyped("type_stated", TIGHTENS, "stored files may hold another type of the family")
    if after == "type" or (after and not before and fits(after, old)):
        return Retyped("type_unstated", LOOSENS, "another type of the family may arrive")
    return Retyped("family", BOTH, "the two types have no common meaning")


def _family(type_: dt.DataType) -> str:
    """`integer` of the stand-in `any integer`; empty for a real type."""
    return str(type_)[4:] if str(type_).startswith("any ") else ""


def _numeric(old: dt.DataType, new: dt.DataType) -> Retyped:
    if isinstance(old, dt.Decimal) and isinstance(new, dt.Decimal):
        digits = f"integer digits {whole(old)} to {whole(new)}, scale {old.scale} to {new.scale}"
        return Retyped("decimal_digits", BOTH, digits, Discharge.REWRITE)
    if dt.is_float(old) and not dt.is_float(new):
        return Retyped("family", BOTH, "floating point has no exact decimal or integer")
    return Retyped("lossy", BOTH, "the new type can't hold every value exactly", Discharge.REWRITE)


def whole(type_: dt.Decimal) -> int:
    """Digits before the decimal point."""
    return type_.precision - type_.scale


def _base(type_: dt.DataType) -> str:
    return str(type_).partition(" collate ")[0]


def _collation(type_: dt.DataType) -> str:
    return str(type_).partition(" collate ")[2]


def _opaque(type_: dt.DataType) -> bool:
    return isinstance(type_, dt.Atomic) and type_.name.split()[0] in _OPAQUE
