"""Differences between the rules of two versions: added, removed, or with other bounds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal

from sparkguard.contracts.compatibility.grades import (
    LOOSENS,
    NONE,
    TIGHTENS,
    UNDETERMINED,
    Change,
    Discharge,
    Grade,
)
from sparkguard.contracts.compatibility.shape import Bound, Rule, TableShape, lower_end, upper_end
from sparkguard.kinds import fingerprint

_EXACT = Context(prec=40)


def rule_changes(old: TableShape, new: TableShape) -> Iterator[Change]:
    """Rules that were added, removed or changed; one that only warns promises nothing."""
    for name in sorted(old.rules.keys() | new.rules.keys()):
        before, after = old.rules.get(name), new.rules.get(name)
        if before == after:
            continue
        if before is None or not before.enforced:
            if after is not None and after.enforced:
                yield _rule(new.name, "rule_added", before, after, TIGHTENS)
        elif after is None or not after.enforced:
            yield _rule(new.name, "rule_removed", before, after, LOOSENS)
        else:
            yield _rule(new.name, "rule_changed", before, after, direction(before, after))


def direction(old: Rule, new: Rule) -> Grade:
    """Whether `new` accepts fewer or more than `old`; UNDETERMINED unless bounds alone differ."""
    if old.rest != new.rest:
        return UNDETERMINED
    low = (lower_end(old.low), lower_end(new.low))
    high = (upper_end(old.high), upper_end(new.high))
    grade = NONE
    if low[1] > low[0] or high[1] < high[0]:
        grade = grade | TIGHTENS
    if low[1] < low[0] or high[1] > high[0]:
        grade = grade | LOOSENS
    return grade


_RULE_WORDS = {
    "rule_added": ("stored rows are unproven", "prove that every stored row satisfies it"),
    "rule_removed": ("a guarantee is withdrawn", "keep the rule"),
    "rule_changed": (
        "what the rule accepts changes",
        "keep the rule, or prove that every stored row satisfies the new one",
    ),
}


def _rule(table: str, name: str, old: Rule | None, new: Rule | None, grade: Grade) -> Change:
    why, remedy = _RULE_WORDS[name]
    what = (new or old or Rule("")).what
    return Change(
        name,
        table,
        (what,),
        _accepted(old),
        _accepted(new),
        grade,
        why,
        remedy,
        discharge=Discharge.SCAN if grade.tightens else Discharge.NOTHING,
        content=fingerprint(new) if new is not None and new.enforced else "",
    )


def _accepted(rule: Rule | None) -> str:
    if rule is None:
        return ""
    bounds = ""
    if rule.low is not None or rule.high is not None:
        bounds = f" in {_end(rule.low, '-inf')} to {_end(rule.high, 'inf')}"
    return rule.what + bounds + ("" if rule.enforced else " (warns only)")


def _end(bound: Bound | None, none: str) -> str:
    if bound is None:
        return none
    number = _EXACT.divide(Decimal(bound.at.numerator), Decimal(bound.at.denominator))
    return f"{number} (excluded)" if bound.strict else f"{number}"
