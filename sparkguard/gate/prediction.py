"""What Delta would do with exactly this DataFrame and these write options.

The rules were measured on PySpark 4.2.0 with Delta 4.4.0 (append and overwrite by
`DataFrameWriter.save`); a test repeats each of them against Delta.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sparkguard import datatypes as dt
from sparkguard.contracts.compatibility.grades import Path
from sparkguard.contracts.compatibility.widening import DIGITS, whole
from sparkguard.datatypes import ELEMENT, KEY, VALUE
from sparkguard.errors import listed

_SMALL = ("tinyint", "smallint", "int")
_NOT_IN_NAMES = frozenset(" ,;{}()\n\t=")


@dataclass(frozen=True)
class WriteOptions:
    """How the DataFrame would be written; `partitioned_by` is what the contract promises."""

    mode: str = "append"
    merge_schema: bool = False
    overwrite_schema: bool = False
    partitioned_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableState:
    """What of the stored table decides: its columns and the features that are on.

    `defaults` are columns that Delta fills itself when they are left out, by a declared default
    or as generated columns. It numbers those in `identity`, and takes no values for those in
    `always_numbered`. `unclear` says why generated columns could not be told from others.
    """

    schema: dt.Struct
    type_widening: bool = False
    column_mapping: bool = False
    timestamp_ntz: bool = False
    defaults: frozenset[str] = frozenset()
    identity: frozenset[str] = frozenset()
    always_numbered: frozenset[str] = frozenset()
    unclear: str = ""
    partitioned_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """One thing Delta would do, or a guarded write did. `silent` ones happen without a word.

    Kinds: refused, null_filled, default_filled, numbered, unclear, added, both_kept, widened,
    cast, not_null_dropped, case_ignored, reordered, dropped, retyped, repartitioned, created,
    checked, left_over, unconfirmed, unrecorded.
    """

    kind: str
    path: Path
    text: str

    @property
    def silent(self) -> bool:
        return self.kind not in ("refused", "created", "checked")

    def __str__(self) -> str:
        return f"{'.'.join(self.path) or 'table'}: {self.text}"


@dataclass(frozen=True)
class Prediction:
    """The table after the write, None when Delta refuses it, and everything that happens."""

    resulting: dt.Struct | None
    effects: tuple[Effect, ...]

    @property
    def refused(self) -> tuple[Effect, ...]:
        return tuple(e for e in self.effects if e.kind == "refused")

    def of(self, *kinds: str) -> tuple[Effect, ...]:
        return tuple(e for e in self.effects if e.kind in kinds)


def predict(frame: dt.Struct, table: TableState | None, options: WriteOptions) -> Prediction:
    """What writing `frame` does to `table`, None for a table that does not exist yet."""
    effects: list[Effect] = list(_duplicates(frame))
    if not effects and (
        table is None or (options.overwrite_schema and options.mode == "overwrite")
    ):
        resulting = _created(frame, table, options.partitioned_by, effects)
    elif not effects and table is not None:
        resulting = _Merge(table, options, effects).struct(table.schema, frame, ())
    else:
        resulting = frame
    refused = any(effect.kind == "refused" for effect in effects)
    return Prediction(None if refused else resulting, tuple(effects))


def _duplicates(frame: dt.Struct) -> Iterator[Effect]:
    seen: set[str] = set()
    for field in frame:
        if field.name.casefold() in seen:
            yield Effect("refused", (field.name,), "named twice, or differing only in case")
        seen.add(field.name.casefold())


def _created(
    frame: dt.Struct,
    table: TableState | None,
    partitioned_by: tuple[str, ...],
    effects: list[Effect],
) -> dt.Struct:
    effects.append(
        Effect("created", (), "the table gets the columns of the DataFrame")
        if table is None
        else Effect("retyped", (), "overwriteSchema replaces every column of the table")
    )
    for field in table.schema if table else ():
        if frame.get(field.name) is None:
            effects.append(Effect("dropped", (field.name,), "the column is dropped"))
    if table is not None and table.partitioned_by != partitioned_by:
        before, after = (listed(by) or "nothing" for by in (table.partitioned_by, partitioned_by))
        text = f"partitioned by {after} from now on, by {before} so far"
        effects.append(Effect("repartitioned", (), text))
    mapped = table is not None and table.column_mapping
    for field in frame:
        _refuse_name(field.name, (field.name,), mapped, effects)
        if not field.nullable:
            effects.append(_not_null_dropped((field.name,)))
    return _nullable(frame)


def _refuse_name(name: str, path: Path, mapped: bool, effects: list[Effect]) -> None:
    if not mapped and set(name) & _NOT_IN_NAMES:
        effects.append(
            Effect("refused", path, "the name needs column mapping: it holds a space or ,;{}()=")
        )


def _not_null_dropped(path: Path) -> Effect:
    return Effect("not_null_dropped", path, "NOT NULL of the DataFrame is dropped: nullable")


def _nullable(type_: dt.Struct) -> dt.Struct:
    return dt.Struct(
        tuple(replace(f, nullable=True, type=_nullable_type(f.type)) for f in type_.fields)
    )


def _nullable_type(type_: dt.DataType) -> dt.DataType:
    match type_:
        case dt.Struct():
            return _nullable(type_)
        case dt.Array():
            return dt.Array(_nullable_type(type_.element), True)
        case dt.Map():
            return dt.Map(_nullable_type(type_.key), _nullable_type(type_.value), True)
    return type_


@dataclass
class _Merge:
    table: TableState
    options: WriteOptions
    effects: list[Effect]

    def note(self, kind: str, path: Path, text: str) -> None:
        self.effects.append(Effect(kind, path, text))

    def struct(self, stored: dt.Struct, frame: dt.Struct, at: Path) -> dt.Struct:
        arriving = {field.name.casefold(): field for field in frame}
        fields: list[dt.Field] = []
        omitted: list[dt.Field] = []
        for field in stored:
            path = (*at, field.name)
            given = arriving.pop(field.name.casefold(), None)
            if given is None:
                omitted.append(field)
                self._omitted(field, path)
                fields.append(field)
                continue
            if len(path) == 1 and field.name in self.table.always_numbered:
                self.note("refused", path, "Delta numbers it itself and takes no values for it")
            if given.name != field.name:
                self.note("case_ignored", path, f"arrives as {given.name!r}; stored spelling stays")
            if field.nullable and not given.nullable:
                self.effects.append(_not_null_dropped(path))
            elif given.nullable and not field.nullable:
                self.note("checked", path, "Delta refuses the write when a value is NULL")
            fields.append(replace(field, type=self.merged(field.type, given.type, path)))
        for given in arriving.values():
            self._new(given, (*at, given.name), omitted, fields)
        self._order(stored, frame, at)
        return dt.Struct(tuple(fields))

    def _omitted(self, field: dt.Field, path: Path) -> None:
        if len(path) == 1 and field.name in self.table.identity:
            self.note("numbered", path, "left out; Delta numbers it")
            return
        if len(path) == 1 and field.name in self.table.defaults:
            self.note("default_filled", path, "left out; Delta computes it or fills its default")
            return
        if len(path) == 1 and self.table.unclear:
            self.note("unclear", path, f"Delta may compute it instead: {self.table.unclear}")
        if field.nullable:
            self.note("null_filled", path, "left out; Delta fills it with NULL")
        else:
            self.note("refused", path, "left out, and the table says NOT NULL")

    def _new(
        self, given: dt.Field, path: Path, omitted: list[dt.Field], fields: list[dt.Field]
    ) -> None:
        if not self.options.merge_schema:
            self.note("refused", path, "not a column of the table, and mergeSchema is off")
            return
        _refuse_name(given.name, path, self.table.column_mapping, self.effects)
        if "timestamp_ntz" in str(given.type) and not self.table.timestamp_ntz:
            self.note("refused", path, "the table feature timestampNtz is not on")
        self.note("added", path, f"added as a nullable {given.type}")
        if not given.nullable:
            self.effects.append(_not_null_dropped(path))
        likely = next((f for f in omitted if f.type == given.type), None)
        if likely is not None:
            self.note(
                "both_kept", path,
                f"if it is {likely.name!r} renamed: both stay, {likely.name!r} is NULL from now on",
            )  # fmt: skip
        fields.append(replace(given, nullable=True, type=_nullable_type(given.type)))

    def _order(self, stored: dt.Struct, frame: dt.Struct, at: Path) -> None:
        places = {field.name.casefold(): i for i, field in enumerate(stored)}
        order = [places[f.name.casefold()] for f in frame if f.name.casefold() in places]
        if order != sorted(order):
            self.note("reordered", at, "columns arrive in another order; Delta matches names")

    def merged(self, stored: dt.DataType, given: dt.DataType, path: Path) -> dt.DataType:
        match stored, given:
            case dt.Struct(), dt.Struct():
                return self.struct(stored, given, path)
            case dt.Array(), dt.Array():
                if stored.contains_null and not given.contains_null:
                    self.effects.append(_not_null_dropped((*path, ELEMENT)))
                inner = self.merged(stored.element, given.element, (*path, ELEMENT))
                return replace(stored, element=inner)
            case dt.Map(), dt.Map():
                if stored.value_contains_null and not given.value_contains_null:
                    self.effects.append(_not_null_dropped((*path, VALUE)))
                key = self.merged(stored.key, given.key, (*path, KEY))
                return replace(
                    stored, key=key, value=self.merged(stored.value, given.value, (*path, VALUE))
                )
        return self._leaf(stored, given, path)

    def _leaf(self, stored: dt.DataType, given: dt.DataType, path: Path) -> dt.DataType:
        if stored == given:
            return stored
        if str(given) == "void":
            self.note("null_filled", path, "arrives without a type: Delta fills it with NULL")
            return stored
        if dt.is_string(stored) and dt.is_string(given):
            if isinstance(stored, dt.Text):
                self.note("checked", path, f"Delta refuses text longer than {stored.length}")
            return stored
        before, after = str(stored), str(given)
        if before in _SMALL and after in _SMALL:
            if _SMALL.index(after) < _SMALL.index(before):
                self.note("cast", path, f"{after} is stored as {before}")
                return stored
            if self.options.merge_schema:
                self.note("widened", path, f"the column becomes {after}, for {before}")
                return given
        elif self.options.merge_schema and self.table.type_widening and self._widens(stored, given):
            self.note("widened", path, f"the column becomes {after}, for {before}")
            return given
        self.note("refused", path, f"{after} can't be written to {before}")
        return stored

    def _widens(self, stored: dt.DataType, given: dt.DataType) -> bool:
        if str(given) == "timestamp_ntz" and not self.table.timestamp_ntz:
            return False
        return widens(stored, given)


def widens(stored: dt.DataType, given: dt.DataType) -> bool:
    """True for a type change that Delta's type widening carries out by itself with mergeSchema."""
    match stored, given:
        case dt.Decimal(), dt.Decimal():
            return given.scale >= stored.scale and whole(given) >= whole(stored)
        case dt.Atomic(name=name), dt.Decimal() if name in DIGITS:
            return whole(given) >= (20 if name == "bigint" else 10)
        case dt.Atomic(name=before), dt.Atomic(name=after):
            if before in dt.INTEGERS and after in dt.INTEGERS:
                return dt.INTEGERS.index(before) < dt.INTEGERS.index(after)
            return (before in ("float", *_SMALL) and after == "double") or (before, after) == (
                "date",
                "timestamp_ntz",
            )
    return False
