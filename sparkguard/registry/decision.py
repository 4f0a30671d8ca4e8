"""Which version may be published, what stands in its way, and what would lift that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sparkguard.contracts.compatibility.comparison import Diff, compare_all
from sparkguard.contracts.compatibility.evidence import (
    Override,
    Proof,
    discharged,
    lifted,
    overridden,
)
from sparkguard.contracts.compatibility.grades import Answer, Change, Party
from sparkguard.contracts.compatibility.shape import ContractShape
from sparkguard.errors import ConfigurationError, did_you_mean, listed
from sparkguard.registry.publication import Consent, Consumer, Publication, numbers


@dataclass(frozen=True)
class Request:
    """A version somebody wants to publish, with what may make its breaks legal.

    `supersedes` and `ends` announce a new major version: which one it follows, and the last day
    of that one. `acknowledged` is the reason given for changes that nobody can grade. `proofs`
    are scans at the tables' present versions. `live` names the versions with live files of each
    table that somebody looked at; of other tables all count.
    """

    contract: str
    version: str
    hash: str
    shape: ContractShape
    supersedes: str = ""
    ends: date | None = None
    acknowledged: str = ""
    overrides: tuple[Override, ...] = ()
    proofs: tuple[Proof, ...] = ()
    live: Mapping[str, frozenset[str]] = field(default_factory=dict)
    column_mapping: bool = False


@dataclass(frozen=True)
class Block:
    """A change that stands in the way: of whom, from which version, and what would lift it."""

    change: Change
    party: Party
    version: str
    whom: str = ""
    unknown: bool = False

    @property
    def key(self) -> str:
        """Names the break in later publications."""
        change = self.change
        return f"{self.version}|{self.party.value}|{change.id}|{change.old}|{change.new}"

    def is_named(self, accepted: frozenset[str]) -> bool:
        """True when one of these keys is this break's, in the words of whichever release."""
        if not self.change.content:
            return self.key in accepted
        return any(
            key.startswith(f"{self.version}|{self.party.value}|{self.change.id}|")
            for key in accepted
        )

    def __str__(self) -> str:
        change = self.change
        moved = ""
        if change.old or change.new:
            moved = f" ({change.old or 'nothing'} -> {change.new or 'nothing'})"
        who = f"consumer {self.whom!r}" if self.whom else self.party.value
        what = "may break" if self.unknown else "breaks"
        remedy = f" Legal instead: {change.remedy}." if change.remedy else ""
        return (
            f"{change.where or 'contract'}: {change.rule}{moved}"
            f" {what} {who} of version {self.version}: {change.why}.{remedy}"
        )


@dataclass(frozen=True)
class Decision:
    """Whether a version may be published. `already` is the same content published before."""

    diffs: tuple[Diff, ...] = ()
    blocks: tuple[Block, ...] = ()
    already: Publication | None = None
    accepted: frozenset[str] = frozenset()
    notes: tuple[str, ...] = field(default=())

    @property
    def allowed(self) -> bool:
        return not self.blocks


def decide(
    request: Request,
    known: Sequence[Publication],
    consumers: Iterable[Consumer] = (),
    consents: Iterable[Consent] = (),
    today: date | None = None,
) -> Decision:
    """Judge `request` against every version that still matters.

    Raises ConfigurationError when the version number itself is impossible: taken by other
    content, older than the latest, or a succession that names the wrong version.
    """
    ours = sorted((p for p in known if p.contract == request.contract), key=lambda p: p.sequence)
    for publication in ours:
        if publication.hash == request.hash:
            return Decision(already=publication)
    if not ours:
        numbers(request.version)
        return Decision()
    latest = ours[-1]
    _require_newer(request, latest)
    _require_succession(request, latest, today)
    compared = compare_all(
        [p.shape for p in ours], request.shape, column_mapping=request.column_mapping
    )
    _require_known(request.overrides, compared)
    diffs = tuple(overridden(diff, request.overrides) for diff in compared)
    protects = latest.mode.protects | request.shape.mode.protects
    by_version = {p.version: d for p, d in zip(ours, diffs, strict=True)}
    blocks = [
        *_history_blocks(request, ours, by_version, protects),
        *_consumer_blocks(request, latest, by_version, protects, list(consumers), list(consents)),
    ]
    settled = _settled(blocks, ours)
    blocks = [block for block in blocks if (block.key, block.change.content) not in settled]
    major = numbers(request.version)[0] > numbers(latest.version)[0] and request.ends is not None
    stays = [b for b in blocks if not (request.acknowledged if b.unknown else major)]
    lifted_keys = frozenset(b.key for b in blocks) - frozenset(b.key for b in stays)
    return Decision(
        diffs=diffs,
        blocks=tuple(dict.fromkeys(stays)),
        accepted=lifted_keys,
        notes=_notes(by_version[latest.version]),
    )


def _settled(blocks: Sequence[Block], ours: Sequence[Publication]) -> set[tuple[str, str]]:
    """Key and content of the breaks that earlier publications were allowed to make.

    The stored keys say what people read, which may shorten a rule or a set of values; so it is
    compared again what such a publication had changed.
    """
    found: set[tuple[str, str]] = set()
    for at, publication in enumerate(ours):
        if any(block.is_named(publication.accepted) for block in blocks):
            made = compare_all([p.shape for p in ours[:at]], publication.shape)
            found |= {
                (block.key, block.change.content)
                for before, diff in zip(ours, made, strict=False)
                for change in diff.changes
                for party in Party
                if (block := Block(change, party, before.version)).is_named(publication.accepted)
            }
    return found


def _require_newer(request: Request, latest: Publication) -> None:
    if numbers(request.version) <= numbers(latest.version):
        raise ConfigurationError(
            f"contract {request.contract!r}: version {request.version} is not above "
            f"{latest.version}, published by {latest.by} on {latest.at:%Y-%m-%d}; "
            "a published version never changes"
        )


def _require_succession(request: Request, latest: Publication, today: date | None) -> None:
    if not request.supersedes and request.ends is None:
        return
    if request.supersedes != latest.version or request.ends is None:
        raise ConfigurationError(
            f"a new major version names the version it follows and that one's last day: "
            f"--supersedes {latest.version} --ends YYYY-MM-DD"
        )
    if numbers(request.version)[0] <= numbers(latest.version)[0]:
        raise ConfigurationError(
            f"version {request.version} supersedes {latest.version} only as a new major version: "
            f"{numbers(latest.version)[0] + 1}.0.0"
        )
    if today is not None and request.ends <= today:
        raise ConfigurationError(f"the last day of {latest.version} has to be in the future")


def _require_known(overrides: Iterable[Override], diffs: Iterable[Diff]) -> None:
    made = {change.rule for diff in diffs for change in diff.changes}
    for override in overrides:
        if override.rule not in made:
            raise ConfigurationError(
                f"override of {override.rule[:60]!r}: no change has that rule; the changes are "
                f"{listed(sorted(made)) or 'none'}.{did_you_mean(override.rule, made)}"
            )


def _history_blocks(
    request: Request,
    ours: Sequence[Publication],
    diffs: Mapping[str, Diff],
    protects: frozenset[Party],
) -> list[Block]:
    if Party.HISTORY not in protects:
        return []
    blocks = []
    for publication in ours:
        for change in diffs[publication.version].changes:
            if publication.version not in request.live.get(change.table, {publication.version}):
                continue
            if any(discharged(change, proof) for proof in request.proofs):
                change = lifted(change, Party.HISTORY)
            answer = change.grade.toward(Party.HISTORY)
            if answer is not Answer.NO:
                unknown = answer is Answer.UNKNOWN
                blocks.append(Block(change, Party.HISTORY, publication.version, "", unknown))
    return blocks


def _consumer_blocks(
    request: Request,
    latest: Publication,
    diffs: Mapping[str, Diff],
    protects: frozenset[Party],
    consumers: list[Consumer],
    consents: list[Consent],
) -> list[Block]:
    """Breaks of registered consumers that have not consented; with none, of an unnamed one."""
    if Party.CONSUMERS not in protects:
        return []
    agreed = {
        c.consumer for c in consents if (c.contract, c.hash) == (request.contract, request.hash)
    }
    ours = [c for c in consumers if c.contract == request.contract]
    readers = (
        [c for c in ours if c.name not in agreed]
        if ours
        else [Consumer("", request.contract, latest.version)]
    )
    blocks = []
    for reader in readers:
        diff = diffs.get(reader.version)
        for change in diff.changes if diff else ():
            answer = change.hurts(reader.access)
            if answer is not Answer.NO:
                unknown = answer is Answer.UNKNOWN
                blocks.append(Block(change, Party.CONSUMERS, reader.version, reader.name, unknown))
    return blocks


def _notes(diff: Diff) -> tuple[str, ...]:
    operational = [c.where for c in diff.changes if c.operational]
    positional = [c.where for c in diff.changes if c.positional]
    notes = []
    if operational:
        notes.append(
            f"partitioning of {listed(operational)} changes: overwrites, pruning and baselines "
            "per partition have to be looked after"
        )
    if positional:
        notes.append(f"consumers reading by position are affected at {listed(positional)}")
    return tuple(notes)
