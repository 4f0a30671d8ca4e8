"""Whom a change of a contract hurts: two answers, *tightens* and *loosens*, and their algebra."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Answer(IntEnum):
    """no < unknown < yes; several changes together answer with the largest."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class Party(StrEnum):
    """Who is protected."""

    HISTORY = "history"  # the new contract reads everything stored
    CONSUMERS = "consumers"  # existing jobs read everything new


class Mode(StrEnum):
    """`sparkguard.compatibility` of a contract."""

    BOTH = "both"
    HISTORY = "history"
    CONSUMERS = "consumers"
    NONE = "none"

    @property
    def protects(self) -> frozenset[Party]:
        if self is Mode.BOTH:
            return frozenset(Party)
        return frozenset() if self is Mode.NONE else frozenset({Party(self.value)})


class Access(StrEnum):
    """How a consumer reads: columns by name, by position, or the exact schema."""

    BY_NAME = "by_name"
    POSITIONAL = "positional"
    EXACT = "exact"


@dataclass(frozen=True)
class Grade:
    """What a change does to the set of tables the contract accepts.

    Tightening breaks stored history, loosening breaks consumers; `|` combines changes.
    """

    tightens: Answer = Answer.NO
    loosens: Answer = Answer.NO

    def __or__(self, other: Grade) -> Grade:
        return Grade(max(self.tightens, other.tightens), max(self.loosens, other.loosens))

    def toward(self, party: Party) -> Answer:
        """YES: the party's promise is broken; UNKNOWN: nobody can say."""
        return self.tightens if party is Party.HISTORY else self.loosens

    @property
    def breaks(self) -> frozenset[Party]:
        return frozenset(p for p in Party if self.toward(p) is Answer.YES)

    @property
    def unknown(self) -> frozenset[Party]:
        return frozenset(p for p in Party if self.toward(p) is Answer.UNKNOWN)

    @property
    def name(self) -> str:
        """NONE, TIGHTENS, LOOSENS, BOTH or UNDETERMINED."""
        match (self.tightens is Answer.YES, self.loosens is Answer.YES):
            case (True, True):
                return "BOTH"
            case (True, False):
                return "TIGHTENS"
            case (False, True):
                return "LOOSENS"
        return "UNDETERMINED" if self.unknown else "NONE"

    @classmethod
    def combined(cls, grades: Iterable[Grade]) -> Grade:
        result = NONE
        for grade in grades:
            result = result | grade
        return result


NONE = Grade()
TIGHTENS = Grade(Answer.YES, Answer.NO)
LOOSENS = Grade(Answer.NO, Answer.YES)
BOTH = Grade(Answer.YES, Answer.YES)
UNDETERMINED = Grade(Answer.UNKNOWN, Answer.UNKNOWN)


class Discharge(StrEnum):
    """What may lift a history break, beside not making the change."""

    NOTHING = "nothing"
    SCAN = "scan"  # every stored row already satisfies the new rule
    REWRITE = "rewrite"  # stored rows fit, and are rewritten in the new type
    BACKFILL = "backfill"  # a declared default, and no stored row without a value


Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a contract.

    `rule` names the row of the compatibility table; `positional` and `exact` say that consumers
    reading that way break although others don't; `operational` that jobs and baselines have to
    be looked after. `discharge` says what may lift its break of history. `content` is a fingerprint
    of what the new version says, where `new` tells people less than all of it.
    """

    rule: str
    table: str
    path: Path
    old: str
    new: str
    grade: Grade
    why: str
    remedy: str = ""
    positional: bool = False
    exact: bool = False
    operational: bool = False
    discharge: Discharge = Discharge.NOTHING
    content: str = ""

    @property
    def where(self) -> str:
        return ".".join((self.table, *self.path))

    @property
    def said(self) -> str:
        """The change in few words: `integer_wider: int -> bigint`."""
        sides = " -> ".join(side for side in (self.old, self.new) if side)
        return f"{self.rule}: {sides}" if sides else self.rule

    @property
    def id(self) -> str:
        """Identifies the change in acknowledgements and proofs: `orders.amount:family`."""
        return f"{self.where}:{self.rule}"

    def hurts(self, access: Access) -> Answer:
        """Whether a consumer that reads like this breaks."""
        if (self.exact and access is Access.EXACT) or (
            self.positional and access is not Access.BY_NAME
        ):
            return Answer.YES
        return self.grade.loosens
