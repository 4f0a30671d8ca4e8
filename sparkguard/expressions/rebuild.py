"""Walks an author's tree against the allow-list and builds new SQL from it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlglot import exp

from sparkguard import sql
from sparkguard.datatypes import Struct
from sparkguard.errors import Location, Problem, listed
from sparkguard.expressions import containers, families, nodes, times
from sparkguard.expressions.calls import Calls, is_aggregate
from sparkguard.expressions.functions import BOOLEAN, INTEGER, NUMBER, SPAN, TEXT, TIMES
from sparkguard.expressions.nodes import Refused, Typed, called
from sparkguard.expressions.parse import given
from sparkguard.sql import Sql
from sparkguard.sql.patterns import LONGEST_TEXT, translated

_NOTHING: Typed = (sql.literal(None), None)
_LONGEST = 100_000  # some functions are written with an argument several times
_COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "({} = {})",
    exp.NEQ: "({} <> {})",
    exp.GT: "({} > {})",
    exp.GTE: "({} >= {})",
    exp.LT: "({} < {})",
    exp.LTE: "({} <= {})",
    exp.NullSafeEQ: "({} <=> {})",
}
_ARITHMETIC: dict[type[exp.Expression], str] = {
    exp.Add: "try_add({}, {})",
    exp.Sub: "try_subtract({}, {})",
    exp.Mul: "try_multiply({}, {})",
    exp.Div: "try_divide({}, {})",
    exp.Mod: "try_mod({}, {})",
}
_LIKES: dict[type[exp.Expression], str] = {
    exp.Like: "({} LIKE {})",
    exp.ILike: "({} ILIKE {})",
}
_BINARY = frozenset(("this", "expression"))
_ONE = frozenset(("this",))
_CAST = frozenset(("this", "to", "safe", "requires_string"))
_PARTS: dict[type[exp.Expression], frozenset[str]] = {
    **dict.fromkeys((*_COMPARISONS, *_ARITHMETIC, exp.And, exp.Or, exp.Is, exp.Filter), _BINARY),
    **dict.fromkeys((*_LIKES, exp.RegexpLike), _BINARY | {"negate"}),
    **dict.fromkeys((exp.Not, exp.Paren, exp.Neg, exp.Boolean), _ONE),
    **dict.fromkeys((exp.Cast, exp.TryCast), _CAST),
    exp.Div: _BINARY | {"typed", "safe"},
    exp.In: _ONE | {"expressions"},
    exp.Between: _ONE | {"low", "high", "negate"},
    exp.DPipe: _BINARY | {"safe"},
    exp.Case: _ONE | {"ifs", "default"},
    exp.If: _ONE | {"true"},
    exp.Literal: _ONE | {"is_string"},
    exp.Null: frozenset(),
    exp.Interval: _ONE | {"unit"},
    exp.Column: _ONE | {"table", "db", "catalog"},
    exp.Dot: _BINARY,
    exp.Anonymous: _ONE | {"expressions"},
}
"""What each allowed node may hold; anything beyond it refuses the node."""


class Rebuild(Calls):
    """One rebuilding; `problems`, `columns` and `distinct` fill while it walks."""

    def __init__(
        self, columns: Struct | None, where: Location, aliases: frozenset[str] = frozenset()
    ) -> None:
        super().__init__()
        self._struct = columns
        self._where = where
        self._aliases = aliases
        self.problems: list[Problem] = []
        self.columns: set[tuple[str, ...]] = set()

    def condition(self, node: exp.Expression) -> Sql:
        """A boolean over one row."""
        return self.boolean(node)

    def query(self, node: exp.Expression, where: exp.Expression | None) -> Sql:
        """One value over all rows for which `where` holds."""
        self.scope = "inside an aggregate"
        self.filter = self.boolean(where) if where is not None else None
        if not any(is_aggregate(inner) for inner in node.walk()):
            self._problem("a query returns one value, so it needs an aggregate such as count(*)")
        self.aggregating = True
        return self.walk(node)[0]

    def _problem(self, message: str) -> Typed:
        self.problems.append(Problem(self._where, message))
        return _NOTHING

    def boolean(self, node: exp.Expression) -> Sql:
        rebuilt, family = self.walk(node)
        if family not in (BOOLEAN, None):
            self._problem(f"expected a condition, found a value of kind {family}")
        return rebuilt

    def walk(self, node: Any) -> Typed:
        walker = _WALKERS.get(type(node))
        if walker is None:
            return self._problem(f"not allowed in an expression: {called(node)}")
        if others := given(node) - _PARTS[type(node)]:
            return self._problem(f"{called(node)} takes no {listed(sorted(others))} here")
        try:
            rebuilt = walker(self, node)
        except Refused as refusal:
            return self._problem(str(refusal))
        if len(rebuilt[0].text) > _LONGEST:
            return self._problem(f"an expression becomes more than {_LONGEST:,} characters of SQL")
        return rebuilt

    def alike(self, found: list[Any]) -> tuple[Typed, ...]:
        """Values that Spark will bring to one type; text beside a time becomes a typed literal."""
        typed = [self.walk(node) for node in found]
        if wanted := times.one_family(family for _, family in typed):
            typed = [
                times.brought_to(wanted, node, value)
                for node, value in zip(found, typed, strict=True)
            ]
        if reason := families.refused_together({family for _, family in typed}):
            raise Refused(reason)
        return tuple(typed)

    def _junction(self, node: Any) -> Typed:
        parts = [self.boolean(part) for part in node.flatten(unnest=False)]
        joined = sql.all_of(parts) if isinstance(node, exp.And) else sql.any_of(parts)
        return sql.template("({})", joined), BOOLEAN

    def _not(self, node: exp.Expression) -> Typed:
        return sql.template("(NOT {})", self.boolean(node.this)), BOOLEAN

    def _paren(self, node: exp.Expression) -> Typed:
        return self.walk(node.this)

    def _compare(self, node: exp.Expression) -> Typed:
        (left, _), (right, _) = self.alike([node.this, node.expression])
        return sql.template(_COMPARISONS[type(node)], left, right), BOOLEAN

    def _arithmetic(self, node: exp.Expression) -> Typed:
        (left, one), (right, two) = self.walk(node.this), self.walk(node.expression)
        both = {one, two}
        if both & {TEXT, BOOLEAN} or any(map(families.is_container, both)):
            raise Refused("arithmetic takes numbers and times; use cast(... as ...)")
        if with_time := times.operands((left, one), (right, two)):
            left, right, gives = with_time
            return sql.template(_ARITHMETIC[type(node)], left, right), gives
        gives = SPAN if SPAN in both else None if None in both else NUMBER
        if both == {INTEGER}:
            if isinstance(node, exp.Div):
                left, right = nodes.as_double(left), nodes.as_double(right)
            else:
                left, gives = nodes.as_decimal(left), INTEGER
        return sql.template(_ARITHMETIC[type(node)], left, right), gives

    def _negate(self, node: exp.Expression) -> Typed:
        if isinstance(node.this, exp.Literal) and not node.this.is_string:
            return nodes.number(f"-{node.this.this}")
        value, family = self.walk(node.this)
        if family not in (NUMBER, INTEGER, None):
            raise Refused(f"a minus sign takes a number, found {family}")
        zero = sql.literal(Decimal(0) if family == INTEGER else 0)
        return sql.template("try_subtract({}, {})", zero, value), family

    def _is(self, node: exp.Expression) -> Typed:
        match node.expression:
            case exp.Null():
                return sql.template("({} IS NULL)", self.walk(node.this)[0]), BOOLEAN
            case exp.Boolean() as truth:
                word = "TRUE" if truth.this else "FALSE"
                return sql.template(f"({{}} IS {word})", self.boolean(node.this)), BOOLEAN
        raise Refused("IS takes NULL, TRUE or FALSE")

    def _in(self, node: exp.Expression) -> Typed:
        value, *items = (part for part, _ in self.alike([node.this, *node.expressions]))
        if not items:
            raise Refused("IN takes a list of values")
        return sql.template("({} IN ({}))", value, sql.joined(", ", items)), BOOLEAN

    def _between(self, node: exp.Expression) -> Typed:
        parts = self.alike([node.this, node.args["low"], node.args["high"]])
        between = sql.template("({} BETWEEN {} AND {})", *(part for part, _ in parts))
        return _negated(node, between), BOOLEAN

    def _like(self, node: exp.Expression) -> Typed:
        pattern = node.expression
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            raise Refused("LIKE and RLIKE take a pattern in quotes")
        value, family = self.walk(node.this)
        if family not in (TEXT, None):
            raise Refused(f"LIKE and RLIKE take text, found {family}")
        found = str(pattern.this)
        if isinstance(node, exp.RegexpLike):
            try:
                java = translated(found)
            except ValueError as error:
                raise Refused(str(error)) from None
            like = sql.template("({} RLIKE {})", value, sql.literal(java.text))
            if java.limited:
                short = sql.template("length({}) <= {}", value, sql.literal(LONGEST_TEXT))
                like = sql.template("(CASE WHEN {} THEN true WHEN {} THEN false END)", like, short)
            return _negated(node, like), BOOLEAN
        if "\\" in found.replace("\\\\", "").replace("\\%", "").replace("\\_", ""):
            raise Refused("a backslash in LIKE stands before %, _ or a backslash only")
        like = sql.template(_LIKES[type(node)], value, sql.literal(found))
        return _negated(node, like), BOOLEAN

    def _concatenation(self, node: exp.Expression) -> Typed:
        parts = tuple(self.walk(p) for p in (node.this, node.expression))
        if any(families.holds_timestamps(family) for _, family in parts):
            raise Refused("timestamps inside a value are not joined to text; use element_at")
        gives = containers.joined(parts)
        return sql.call("concat", *map(times.in_utc, containers.written(parts))), gives

    def _case(self, node: exp.Expression) -> Typed:
        branches = node.args["ifs"]
        if any(given(branch) - _PARTS[exp.If] for branch in branches):
            raise Refused("CASE takes WHEN, THEN and ELSE")
        default = node.args.get("default")
        results = [branch.args["true"] for branch in branches]
        values = self.alike([*results, default] if default is not None else results)
        value: tuple[Sql, ...] = ()
        if node.this is None:
            tests = [self.boolean(branch.this) for branch in branches]
        else:
            (first, *found) = self.alike([node.this, *(branch.this for branch in branches)])
            value, tests = (first[0],), [item for item, _ in found]
        whens = [
            sql.template("WHEN {} THEN {}", test, result)
            for test, (result, _) in zip(tests, values, strict=False)
        ]
        other = values[-1][0] if default is not None else sql.literal(None)
        text = sql.template("(CASE {} ELSE {} END)", sql.joined(" ", [*value, *whens]), other)
        return text, nodes.common(values)

    def _cast(self, node: exp.Expression) -> Typed:
        spark, family = nodes.cast_target(node.args["to"])
        if isinstance(node.this, exp.Literal) and node.this.is_string and family in TIMES:
            return times.cast_literal(node.this, family)
        return times.cast(self.walk(node.this), spark, family)

    def _literal(self, node: Any) -> Typed:
        text = str(node.this)
        return (sql.literal(text), TEXT) if node.is_string else nodes.number(text)

    def _constant(self, node: exp.Expression) -> Typed:
        return _NOTHING if isinstance(node, exp.Null) else (sql.literal(bool(node.this)), BOOLEAN)

    def _interval(self, node: exp.Expression) -> Typed:
        return times.interval(node)

    def _column(self, node: exp.Expression) -> Typed:
        names = nodes.parts(node)
        if self.aggregating:
            raise Refused(f"column {'.'.join(names)!r} stands outside an aggregate")
        if len(names) > 1 and names[0] in self._aliases:
            struct = self._struct
            names = names[1:] if struct is None or struct.at(names) is None else names
        found = nodes.column(names, self._struct)
        self.columns.add(names)
        return found


def _negated(node: exp.Expression, condition: Sql) -> Sql:
    return sql.template("(NOT {})", condition) if node.args.get("negate") else condition


_WALKERS: dict[type[exp.Expression], Callable[[Rebuild, Any], Typed]] = {
    **dict.fromkeys(_COMPARISONS, Rebuild._compare),
    **dict.fromkeys(_ARITHMETIC, Rebuild._arithmetic),
    **dict.fromkeys((*_LIKES, exp.RegexpLike), Rebuild._like),
    **dict.fromkeys((exp.And, exp.Or), Rebuild._junction),
    **dict.fromkeys((exp.Cast, exp.TryCast), Rebuild._cast),
    **dict.fromkeys((exp.Boolean, exp.Null), Rebuild._constant),
    **dict.fromkeys((exp.Column, exp.Dot), Rebuild._column),
    exp.Not: Rebuild._not,
    exp.Paren: Rebuild._paren,
    exp.Neg: Rebuild._negate,
    exp.Is: Rebuild._is,
    exp.In: Rebuild._in,
    exp.Between: Rebuild._between,
    exp.DPipe: Rebuild._concatenation,
    exp.Case: Rebuild._case,
    exp.Literal: Rebuild._literal,
    exp.Interval: Rebuild._interval,
    exp.Anonymous: Rebuild.function,
    exp.Filter: Rebuild.filtered,
}
