"""What the gate forbids, from a prediction and a contract; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sparkguard.columns import Column, departure, fits
from sparkguard.contracts.compatibility.grades import Path
from sparkguard.contracts.model import TableContract
from sparkguard.datatypes import ELEMENT, KEY, VALUE, Array, DataType, Map, Struct
from sparkguard.errors import did_you_mean
from sparkguard.gate.prediction import Effect, Prediction
from sparkguard.verdicts import Outcome, Verdict

_MOST_NAMES = 50
"""How many unknown columns are looked through for the new name of a missing one."""


@dataclass(frozen=True)
class Objection:
    """Something the contract forbids, at a column of the DataFrame or of the resulting table."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path) or 'table'}: {self.text}"


def objections(
    frame: Struct, prediction: Prediction, promise: TableContract, *, fill_missing: bool = False
) -> tuple[Objection, ...]:
    """Everything for which this write has to be refused before a row is computed.

    With `fill_missing`, a nullable column that the DataFrame lacks may be left to Delta, if the
    table will have it.
    """
    arriving = _by_path(frame)
    found = [
        *_refused_by_delta(prediction),
        *_missing(arriving, _undeclared_names(frame, promise), prediction, promise, fill_missing),
        *_undeclared(frame, arriving, promise),
        *_departing(arriving, prediction, promise),
    ]
    return tuple(dict.fromkeys(found))


Columns = Mapping[Path, tuple[Path, DataType]]
"""Path and type of every column and nested value, by its path without case, as Delta matches it."""


def _by_path(schema: Struct) -> Columns:
    return {folded(path): (path, type_) for path, type_ in walk(schema)}


def folded(path: Path) -> Path:
    return tuple(part.casefold() for part in path)


def walk(type_: DataType, at: Path = ()) -> Iterator[tuple[Path, DataType]]:
    if at:
        yield at, type_
    match type_:
        case Struct():
            for field in type_:
                yield from walk(field.type, (*at, field.name))
        case Array():
            yield from walk(type_.element, (*at, ELEMENT))
        case Map():
            yield from walk(type_.key, (*at, KEY))
            yield from walk(type_.value, (*at, VALUE))


def _refused_by_delta(prediction: Prediction) -> Iterable[Objection]:
    for effect in prediction.refused:
        yield Objection(effect.path, f"Delta refuses it: {effect.text}")


def _missing(
    arriving: Columns,
    undeclared: Sequence[str],
    prediction: Prediction,
    promise: TableContract,
    fill_missing: bool,
) -> Iterable[Objection]:
    filled_by_delta = {
        folded(effect.path) for effect in prediction.of("default_filled", "numbered")
    }
    unclear = {folded(effect.path): effect.text for effect in prediction.of("unclear")}
    held = _by_path(prediction.resulting) if prediction.resulting is not None else None
    for column in promise.walk():
        around = column.path[:-1]
        if folded(column.path) in filled_by_delta:
            continue
        absent = held is not None and folded(column.path) not in held
        if folded(column.path) in arriving:
            continue
        if around and folded(around) not in arriving:
            left_to_delta = fill_missing and held is not None and folded(around) in held
            if not (absent and left_to_delta):
                continue  # said for what surrounds it
        fillable = not absent and not column.required
        if fill_missing and fillable and column.path[0] not in promise.primary_key:
            continue
        near = did_you_mean(column.name, undeclared[:_MOST_NAMES])
        renamed = f"{near} A rename drops the old column silently." if near else ""
        filled = "Delta would fill it with NULL from now on"
        if absent:
            filled = "the table would be without it"
        if column.required:
            filled = "required"
        if doubt := unclear.get(folded(column.path)):
            filled += f" ({doubt})"
        yield Objection(
            column.path, f"the contract promises it and the DataFrame lacks it; {filled}.{renamed}"
        )


def _undeclared_names(frame: Struct, promise: TableContract) -> tuple[str, ...]:
    known = {column.name.casefold() for column in promise.columns}
    return tuple(name for name in frame.names if known and name.casefold() not in known)


def _undeclared(frame: Struct, arriving: Columns, promise: TableContract) -> Iterable[Objection]:
    for name in _undeclared_names(frame, promise):
        yield Objection((name,), "the contract does not know this column")
    for column in promise.walk():
        _, found = arriving.get(folded(column.path), (column.path, None))
        if column.fields and isinstance(found, Struct):
            names = {field.name.casefold() for field in column.fields}
            for field in found:
                if field.name.casefold() not in names:
                    yield Objection(
                        (*column.path, field.name), "the contract does not know this field"
                    )


def _departing(
    arriving: Columns, prediction: Prediction, promise: TableContract
) -> Iterable[Objection]:
    resulting = prediction.resulting
    stored = _by_path(resulting) if resulting is not None else {}
    cast = {effect.path for effect in prediction.of("cast")}
    for column in promise.walk():
        _, type_ = arriving.get(folded(column.path), (column.path, None))
        if type_ is None and folded(column.path) not in stored:
            continue
        wrong = "" if type_ is None or column.path in cast else _wrong_type(column, type_)
        if wrong:
            yield Objection(column.path, wrong)
        elif resulting is not None and ELEMENT not in column.path:
            # Under the table's spelling, since Delta keeps the stored one.
            path, _ = stored.get(folded(column.path), (column.path, None))
            if reason := departure(replace(column, path=path, name=path[-1]), resulting):
                yield Objection(column.path, f"the table's column {reason}")


def _wrong_type(column: Column, arriving: DataType) -> str:
    if str(arriving) == "void":
        return ""
    if column.physical is not None and _plain(arriving) != _plain(column.physical):
        return f"arrives as {arriving}, promised is {column.physical}"
    family = column.logical if column.physical is None else None
    if family is not None and not fits(family, arriving):
        return f"arrives as {arriving}, promised is {family}"
    return ""


def _plain(type_: DataType) -> str:
    text = str(type_)
    return "string" if text.startswith(("varchar(", "char(")) else text


def warnings(prediction: Prediction) -> tuple[Effect, ...]:
    """What Delta would do without a word, though the contract allows it."""
    return tuple(effect for effect in prediction.effects if effect.silent)


@dataclass(frozen=True)
class Weighed:
    """The verdicts of an audit of staged rows, by what they mean for the write."""

    failed: tuple[Verdict, ...]
    unable: tuple[Verdict, ...]
    warned: tuple[Verdict, ...]
    unjudged: tuple[Verdict, ...]

    @property
    def clean(self) -> bool:
        return not self.failed and not self.unable


def weigh(verdicts: Iterable[Verdict], *, emptying: bool = False) -> Weighed:
    """Failures and errors stop a write; warnings and what the batch can't show are listed.

    Where the write would leave the table without a row (`emptying`), the rules that need rows
    stop it too: nothing shows that the table may be empty.
    """
    every = [_stopping(v) if emptying else v for v in verdicts]
    return Weighed(
        tuple(v for v in every if Outcome.FAIL in (v.outcome, v.counts_as)),
        tuple(v for v in every if v.outcome is Outcome.ERROR),
        tuple(v for v in every if v.outcome is Outcome.WARN),
        tuple(
            v
            for v in every
            if v.outcome in (Outcome.NOT_EVALUABLE, Outcome.SKIPPED)
            and v.counts_as is not Outcome.FAIL
        ),
    )


def _stopping(verdict: Verdict) -> Verdict:
    if verdict.outcome is not Outcome.NOT_EVALUABLE or verdict.counts_as is not None:
        return verdict
    reason = f"{verdict.reason}, and the write would leave the table without a row"
    return replace(verdict, outcome=Outcome.ERROR, reason=reason)
