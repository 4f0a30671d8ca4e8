"""What the gate forbids, from a prediction and a contract; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sparkguard.columns import Column, departure, fits
from sparkguard.contracts.compatibility.grades import Path
from sparkguard.contracts.model import TableContract
from sparkguard.datatypes import Array, DataType, Field, Map, Struct
from sparkguard.errors import did_you_mean
from sparkguard.gate.prediction import Effect, Prediction
from sparkguard.verdicts import Outcome, Verdict


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

    With `fill_missing`, a nullable column that the DataFrame lacks may be left to Delta.
    """
    found = [
        *_refused_by_delta(prediction),
        *_missing(frame, promise, fill_missing),
        *_undeclared(frame, promise),
        *_departing(frame, prediction, promise),
    ]
    return tuple(dict.fromkeys(found))


def _refused_by_delta(prediction: Prediction) -> Iterable[Objection]:
    for effect in prediction.refused:
        yield Objection(effect.path, f"Delta refuses it: {effect.text}")


def _missing(frame: Struct, promise: TableContract, fill_missing: bool) -> Iterable[Objection]:
    for column in promise.walk():
        if _has(frame, column.path):
            continue
        if not _has(frame, column.path[:-1]) and len(column.path) > 1:
            continue  # said for what surrounds it
        if fill_missing and not column.required and column.path[0] not in promise.primary_key:
            continue
        near = did_you_mean(column.name, _undeclared_names(frame, promise))
        renamed = f"{near} A rename drops the old column silently." if near else ""
        filled = "required" if column.required else "Delta would fill it with NULL from now on"
        yield Objection(
            column.path, f"the contract promises it and the DataFrame lacks it; {filled}.{renamed}"
        )


def _has(frame: Struct, path: Path) -> bool:
    """Whether a column is there, whatever its case: Delta matches names without case."""
    type_: DataType = frame
    for part in path:
        found = _step(type_, part)
        if found is None:
            return False
        type_ = found
    return True


def _step(type_: DataType, part: str) -> DataType | None:
    match type_, part:
        case Struct(), _:
            return next((f.type for f in type_ if f.name.casefold() == part.casefold()), None)
        case Array(), "[]":
            return type_.element
        case Map(), "{key}":
            return type_.key
        case Map(), "{value}":
            return type_.value
    return None


def _undeclared_names(frame: Struct, promise: TableContract) -> tuple[str, ...]:
    known = {column.name.casefold() for column in promise.columns}
    return tuple(name for name in frame.names if name.casefold() not in known)


def _undeclared(frame: Struct, promise: TableContract) -> Iterable[Objection]:
    if not promise.columns:
        return
    for name in _undeclared_names(frame, promise):
        yield Objection((name,), "the contract does not know this column")
    for column in promise.walk():
        if column.fields:
            found = _type_at(frame, column.path)
            names = {field.name.casefold() for field in column.fields}
            for field in found if isinstance(found, Struct) else ():
                if field.name.casefold() not in names:
                    yield Objection(
                        (*column.path, field.name), "the contract does not know this field"
                    )


def _type_at(frame: Struct, path: Path) -> DataType | None:
    type_: DataType | None = frame
    for part in path:
        type_ = _step(type_, part) if type_ is not None else None
    return type_


def _departing(
    frame: Struct, prediction: Prediction, promise: TableContract
) -> Iterable[Objection]:
    resulting = prediction.resulting
    for column in promise.walk():
        arriving = _type_at(frame, column.path)
        if arriving is None:
            continue
        wrong = _wrong_type(column, arriving, prediction)
        if wrong:
            yield Objection(column.path, wrong)
        elif resulting is not None and "[]" not in column.path:
            spelled = _spelled(resulting, column)
            if reason := departure(spelled, resulting):
                yield Objection(column.path, f"the table's column {reason}")


def _wrong_type(column: Column, arriving: DataType, prediction: Prediction) -> str:
    if str(arriving) == "void":
        return ""
    exact = {e.path for e in prediction.of("cast")}
    if column.physical is not None and _plain(arriving) != _plain(column.physical):
        if column.path in exact:
            return ""
        return f"arrives as {arriving}, promised is {column.physical}"
    if (
        column.physical is None
        and column.logical is not None
        and not fits(column.logical, arriving)
    ):
        return f"arrives as {arriving}, promised is {column.logical}"
    return ""


def _plain(type_: DataType) -> str:
    text = str(type_)
    return "string" if text.startswith(("varchar(", "char(")) else text


def _spelled(resulting: Struct, column: Column) -> Column:
    """The column under the table's spelling, since Delta keeps the stored one."""
    path: list[str] = []
    inside: DataType = resulting
    for part in column.path:
        field = _field(inside, part)
        path.append(field.name if field else part)
        inside = field.type if field else Struct()
    return replace(column, path=tuple(path), name=path[-1])


def _field(type_: DataType, part: str) -> Field | None:
    if not isinstance(type_, Struct):
        return None
    return next((f for f in type_ if f.name.casefold() == part.casefold()), None)


def warnings(prediction: Prediction) -> tuple[Effect, ...]:
    """What Delta would do without a word, though the contract allows it."""
    return tuple(effect for effect in prediction.effects if effect.silent)


@dataclass(frozen=True)
class Weighed:
    """The verdicts of an audit of staged rows, by what they mean for the write."""

    failed: tuple[Verdict, ...]
    unable: tuple[Verdict, ...]
    unjudged: tuple[Verdict, ...]

    @property
    def clean(self) -> bool:
        return not self.failed and not self.unable


def weigh(verdicts: Iterable[Verdict]) -> Weighed:
    """Failures and errors stop a write; what the batch can't show is listed and does not."""
    every = tuple(verdicts)
    return Weighed(
        tuple(v for v in every if Outcome.FAIL in (v.outcome, v.counts_as)),
        tuple(v for v in every if v.outcome is Outcome.ERROR),
        tuple(
            v
            for v in every
            if v.outcome in (Outcome.NOT_EVALUABLE, Outcome.SKIPPED)
            and v.counts_as is not Outcome.FAIL
        ),
    )
