"""What the registry holds: published versions, who reads them, and who agreed to what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from sparkguard.contracts.compatibility.grades import Access, Mode
from sparkguard.contracts.compatibility.shape import ContractShape
from sparkguard.errors import ConfigurationError

_VERSION = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")


@dataclass(frozen=True)
class Publication:
    """One immutable version of a contract. `sequence` counts a contract's versions from 1.

    `accepted` names the breaks this publication was allowed to make (see `Block.key`); later
    versions need not answer for them again.
    """

    contract: str
    sequence: int
    version: str
    hash: str
    document: str
    mode: Mode
    by: str
    at: datetime
    shape: ContractShape
    previous: str = ""
    supersedes: str = ""
    ends: date | None = None
    accepted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Consumer:
    """Somebody who reads what a contract promises: which version, and in which way."""

    name: str
    contract: str
    version: str
    access: Access = Access.BY_NAME


@dataclass(frozen=True)
class Consent:
    """A consumer's agreement to one version to come, by its hash."""

    consumer: str
    contract: str
    hash: str


def numbers(version: str) -> tuple[int, int, int]:
    """Major, minor and patch of `1.4.0`, `v1.4` or `2`; ConfigurationError for other text."""
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise ConfigurationError(
            f"version {version[:60]!r}: a published version is MAJOR.MINOR.PATCH, such as 1.4.0"
        )
    major, minor, patch = (int(part or 0) for part in match.groups())
    return major, minor, patch
