"""From a declaration and the tables' types to what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from sparkguard import sql
from sparkguard.datatypes import DataType, Map, Struct, is_integer, is_numeric, is_string
from sparkguard.errors import ConfigurationError
from sparkguard.evaluation.declaration import Declaration, Plain
from sparkguard.evaluation.seen import Day
from sparkguard.evaluation.tasks import NO_CLASS
from sparkguard.measures.families import Family, family_of, ordinal
from sparkguard.measures.keyed_sums import KeyedSums, KeyedSumsState
from sparkguard.profile import Need
from sparkguard.references.comparable import incomparable
from sparkguard.relations.effective_label import Labels, Predicted
from sparkguard.relations.label_rows import LabelRows
from sparkguard.relations.prediction_with_truth import PredictionWithTruth
from sparkguard.sql import Path, Sql
from sparkguard.windows.durations import DAY, parse

_TRUTHS = {"true": "true", "1": "true", "false": "false", "0": "false"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, UTC."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def day_of(moment: datetime) -> Day:
    return micros(moment) // DAY


def truth_need(
    of: Declaration, table: str, schemas: Mapping[str, Struct], as_of: datetime
) -> Need[KeyedSumsState]:
    """Ledgers and cells of predictions with their truth.

    Raises ConfigurationError for columns of types that can't be evaluated.
    """
    predictions, labels = schemas[table], schemas[of.truth.table]
    task, theirs = of.kind_of_task, of.truth.id or of.id
    types = _type(predictions, of.id), _type(labels, theirs)
    if reason := incomparable(*types):
        ids = f"{'.'.join(of.id)} and {of.truth.table}.{'.'.join(theirs)}"
        raise ConfigurationError(f"evaluation can't compare {ids}: {reason}")
    relation = PredictionWithTruth(
        Predicted(
            table,
            of.id,
            _micros_of(predictions, of.time),
            _score(of, predictions),
            _text(of.model_version) if of.model_version else sql.literal(""),
            tuple(_text((name,)) for name in of.slices),
            _text(of.entity) if of.entity else None,
            _text(of.query) if of.query else None,
            _probabilities(of, predictions),
            _interval(of, predictions),
        ),
        _labels(of, labels),
        parse(of.horizon).elapsed,
        task.steps(),
        task.cells(),
        task.sums(),
        task.entity_cell(),
        task.positive(),
        task.sum_type,
        of.best if of.query else 0,
        task.class_cell(),
        micros(as_of),
    )
    return Need(relation, KeyedSums(relation.keys, relation.totals))


def label_need(
    of: Declaration, schemas: Mapping[str, Struct], as_of: datetime
) -> Need[KeyedSumsState]:
    """All label rows by day of arrival, those of no prediction among them."""
    labels = _labels(of, schemas[of.truth.table])
    relation = LabelRows(of.truth.table, labels.id, labels.arrival, micros(as_of))
    return Need(relation, KeyedSums(relation.keys, relation.totals))


def columns(of: Declaration) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The columns of the predictions and those of the labels that are read."""
    mine = [of.id, of.time, of.score, *((name,) for name in of.slices)]
    more = (of.model_version, of.entity, of.query, of.probabilities, of.lower, of.upper)
    mine += [path for path in more if path]
    truth = of.truth
    optional = (truth.arrival_time, truth.version, truth.deleted, truth.source)
    theirs = [truth.id or of.id, truth.label, truth.event_time, *(p for p in optional if p)]
    return tuple(mine), tuple(theirs)


def _labels(of: Declaration, schema: Struct) -> Labels:
    truth = of.truth
    event = _micros_of(schema, truth.event_time)
    arrival = _micros_of(schema, truth.arrival_time) if truth.arrival_time else event
    rank = _rank(schema, truth.version) if truth.version else arrival
    label = _label(of, schema)
    taken = sql.template("{} IS NULL", sql.path(truth.label))
    if truth.deleted:
        taken = sql.template("(coalesce({}, false) OR {})", sql.path(truth.deleted), taken)
    backfilled = sql.literal(False)
    if truth.source:
        backfilled = sql.is_true(sql.template("{} = 'backfill'", _text(truth.source)))
    return Labels(truth.table, truth.id or of.id, label, event, arrival, rank, taken, backfilled)


def _score(of: Declaration, schema: Struct) -> Sql:
    return _text(of.score) if of.task == "multiclass" else _number(of, schema, of.score)


def _number(of: Declaration, schema: Struct, path: Path) -> Sql:
    type_ = _type(schema, path)
    if not is_numeric(type_):
        raise ConfigurationError(
            f"evaluation needs a number in {'.'.join(path)} for task {of.task}, found {type_}"
        )
    return sql.template("CAST({} AS DOUBLE)", sql.path(path))


def _interval(of: Declaration, schema: Struct) -> tuple[Sql, Sql] | None:
    if of.lower is None or of.upper is None:
        return None
    return _number(of, schema, of.lower), _number(of, schema, of.upper)


def _probabilities(of: Declaration, schema: Struct) -> Sql | None:
    if of.probabilities is None:
        return None
    type_ = _type(schema, of.probabilities)
    if not (isinstance(type_, Map) and is_string(type_.key) and is_numeric(type_.value)):
        raise ConfigurationError(f"probabilities are a map from class to number, found {type_}")
    return sql.template("CAST({} AS MAP<STRING, DOUBLE>)", sql.path(of.probabilities))


def _label(of: Declaration, schema: Struct) -> Sql:
    value, type_ = sql.path(of.truth.label), _type(schema, of.truth.label)
    if of.task == "multiclass":
        return _text(of.truth.label)
    if of.task in ("regression", "ranking"):
        if not is_numeric(type_):
            raise ConfigurationError(f"the label of a {of.task} is a number, found {type_}")
        return sql.template("CAST({} AS DOUBLE)", value)
    positive, negative = (_canonical(x, type_) for x in (of.positive, of.negative))
    if positive == negative:
        raise ConfigurationError(f"positive and negative are one class, {positive.text}")
    as_type = "DOUBLE" if is_numeric(type_) else "STRING"
    return sql.template(
        "CASE WHEN {0} = {1} THEN 1 WHEN {0} = {2} THEN 0 WHEN {0} IS NOT NULL THEN {3} END",
        *(sql.template(f"CAST({{}} AS {as_type})", value), positive, negative),
        sql.literal(NO_CLASS),
    )


def _canonical(value: Plain, type_: DataType) -> Sql:
    """A class as its label is compared: as a double where it is a number, else as text."""
    if is_numeric(type_):
        if isinstance(value, str):
            raise ConfigurationError(f"the label is a number and the class {value[:40]!r} is text")
        return sql.literal(float(value))
    if str(type_) == "boolean":
        if str(value).lower() not in _TRUTHS:
            raise ConfigurationError(f"the label is true or false and the class is {value!r:.40}")
        return sql.literal(_TRUTHS[str(value).lower()])
    if is_string(type_):
        return sql.literal(str(value).lower() if isinstance(value, bool) else str(value))
    raise ConfigurationError(f"a binary label is a boolean, a number or text, found {type_}")


def _micros_of(schema: Struct, path: Path) -> Sql:
    family = family_of(_type(schema, path))
    value = ordinal(sql.path(path), family)
    if family is Family.DATE:
        return sql.template("CAST({} AS BIGINT) * {}", value, sql.literal(DAY))
    if family in (Family.TIMESTAMP, Family.TIMESTAMP_NTZ):
        return value
    raise ConfigurationError(f"{'.'.join(path)} is to be a time, found {_type(schema, path)}")


def _rank(schema: Struct, path: Path) -> Sql:
    type_ = _type(schema, path)
    if is_integer(type_):
        return sql.template("CAST({} AS BIGINT)", sql.path(path))
    if family_of(type_).is_time:
        return _micros_of(schema, path)
    raise ConfigurationError(
        f"{'.'.join(path)} orders versions: expected whole numbers or times, found {type_}"
    )


def _text(path: Path) -> Sql:
    return sql.as_text(sql.path(path))


def _type(schema: Struct, path: Path) -> DataType:
    found = schema.at(path)
    if found is None:
        raise ConfigurationError(f"column {'.'.join(path)} is missing")
    return found.type
