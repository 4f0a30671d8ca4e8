"""Differences in what a contract promises beside its columns: sets, keys, rules, meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sparkguard.contracts.compatibility.grades import (
    BOTH,
    LOOSENS,
    NONE,
    TIGHTENS,
    UNDETERMINED,
    Change,
    Discharge,
    Path,
)
from sparkguard.contracts.compatibility.rule_changes import rule_changes
from sparkguard.contracts.compatibility.shape import Facts, TableShape
from sparkguard.errors import listed
from sparkguard.kinds import fingerprint


def fact_changes(
    old: TableShape, new: TableShape, renames: Mapping[Path, str] | None = None
) -> tuple[Change, ...]:
    """Every difference between two versions of a table that is not in its column tree."""
    former = _former_names(new, renames or {})
    return (
        *_column_facts(old, new, former),
        *_key("key", old.key, _as_before(new.key, former), new.name),
        *_key("grain", old.grain, _as_before(new.grain, former), new.name),
        *_partitioning(old, new, former),
        *rule_changes(old, new),
        *_notes(new.name, (), old.notes, new.notes),
        *_others(new.name, old.other, new.other),
    )


def _former_names(new: TableShape, renames: Mapping[Path, str]) -> Mapping[Path, str]:
    declared = {p: f.renamed_from for p, f in new.facts.items() if f.renamed_from}
    return {**renames, **declared}


def _as_before(columns: tuple[str, ...], former: Mapping[Path, str]) -> tuple[str, ...]:
    return tuple(former.get((column,), column) for column in columns)


def _column_facts(old: TableShape, new: TableShape, former: Mapping[Path, str]) -> Iterator[Change]:
    for path, now in new.facts.items():
        source = path
        if path not in old.facts and path in former:
            source = (*path[:-1], former[path])
        before = old.facts.get(source)
        if before is None:
            continue
        yield from _values(new.name, path, before, now)
        yield from _meaning(new.name, path, before, now)
        yield from _notes(new.name, path, before.notes, now.notes)


def _values(table: str, path: Path, old: Facts, new: Facts) -> Iterator[Change]:
    if old.values == new.values:
        return
    if old.values is None:
        yield Change(
            "rule_added",
            table,
            path,
            "any value",
            f"{len(new.values or ())} values",
            TIGHTENS,
            "stored rows are unproven",
            "prove that every stored value is in the set",
            discharge=Discharge.SCAN,
            content=fingerprint(new.values),
        )
        return
    if new.values is None:
        yield Change(
            "rule_removed",
            table,
            path,
            f"{len(old.values)} values",
            "any value",
            LOOSENS,
            "existing jobs relied on the set",
            "keep the set and add the new values to it",
        )
        return
    if added := sorted(new.values - old.values):
        yield Change(
            "value_added",
            table,
            path,
            "",
            listed(added),
            LOOSENS,
            "existing jobs have no branch for it",
            "let every consumer acknowledge the new value",
            content=fingerprint(added),
        )
    if removed := sorted(old.values - new.values):
        yield Change(
            "value_removed",
            table,
            path,
            listed(removed),
            "",
            TIGHTENS,
            "stored rows may hold it",
            "keep it, or prove that no stored row holds it",
            discharge=Discharge.SCAN,
            content=fingerprint(removed),
        )


def _meaning(table: str, path: Path, old: Facts, new: Facts) -> Iterator[Change]:
    for name in sorted(old.meaning.keys() | new.meaning.keys()):
        before, after = old.meaning.get(name, ""), new.meaning.get(name, "")
        if before != after:
            yield Change(
                f"meaning_{name}",
                table,
                path,
                before,
                after,
                UNDETERMINED,
                f"same type, another {name}: nobody can tell from the schema",
                "publish it as a new column, or acknowledge the change",
            )


def nothing_of(what: str) -> str:
    """How a change says that a table has no key or grain."""
    return f"no {what}"


def _key(what: str, old: tuple[str, ...], new: tuple[str, ...], table: str) -> Iterator[Change]:
    before, after = set(old), set(new)
    if before == after:
        return
    if not old:
        yield Change(
            "rule_added",
            table,
            (),
            nothing_of(what),
            ", ".join(new),
            TIGHTENS,
            "stored rows may repeat it",
            "prove that no stored row repeats it",
            discharge=Discharge.SCAN,
        )
    elif not new:
        yield Change(
            "rule_removed",
            table,
            (),
            ", ".join(old),
            nothing_of(what),
            LOOSENS,
            "the guarantee of one row each is withdrawn",
            f"keep the {what}",
        )
    else:
        if added := sorted(after - before):
            yield Change(
                f"{what}_column_added",
                table,
                (),
                ", ".join(old),
                ", ".join(new),
                LOOSENS,
                f"joins on the old {what} fan out over {listed(added)}",
                f"keep the {what}; publish the finer rows as another table",
            )
        if removed := sorted(before - after):
            yield Change(
                f"{what}_column_removed",
                table,
                (),
                ", ".join(old),
                ", ".join(new),
                BOTH,
                f"stored rows repeat the shorter {what} without {listed(removed)}",
                f"keep the {what}",
                discharge=Discharge.SCAN,
            )


def _partitioning(old: TableShape, new: TableShape, former: Mapping[Path, str]) -> Iterator[Change]:
    if old.partitioning != _as_before(new.partitioning, former):
        yield Change(
            "partitioning",
            new.name,
            (),
            ", ".join(old.partitioning) or "none",
            ", ".join(new.partitioning) or "none",
            NONE,
            "overwrites and pruning change, and baselines per partition become invalid",
            operational=True,
        )


def _notes(
    table: str, path: Path, old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name, "") != new.get(name, ""):
            yield Change(f"note_{name}", table, path, "", "", NONE, "no effect on data")


def _others(table: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield Change(
                "unrecognised",
                table,
                (name,),
                old.get(name, "")[:80],
                new.get(name, "")[:80],
                UNDETERMINED,
                "no rule speaks of this part of a contract",
                "acknowledge the change",
                content=fingerprint(new.get(name)),
            )
