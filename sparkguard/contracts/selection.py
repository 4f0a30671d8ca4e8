"""Judging some rules of an audit only: the others are skipped, and the results say so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from types import MappingProxyType

from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.contracts.spec import named
from sparkguard.errors import ConfigurationError, did_you_mean
from sparkguard.verdicts import LEFT_OUT


def only(config: AuditConfig, wanted: Sequence[str], kinds: Collection[str]) -> AuditConfig:
    """`config` with every rule skipped whose id and kind are not among `wanted`; empty means all.

    The id of a check that a rule expands to names its rule. `kinds` are those of all checks there
    are. Raises ConfigurationError when nothing is left, or
    for a name that neither a rule nor a kind has.
    """
    if not wanted:
        return config
    rules = [rule for contract in config.contracts for rule in contract.rules]
    known = {rule.id for rule in rules}.union(kinds)
    for name in wanted:
        if name not in known and not named(name, rules):
            near = did_you_mean(name, known)
            raise ConfigurationError(f"--check: no rule has the id or kind {name[:80]!r}.{near}")
    chosen = {rule.id for name in wanted for rule in named(name, rules)}
    if not chosen.difference(config.skips):
        raise ConfigurationError("--check: the audit has no such rule that it does not skip")
    left_out = {rule.id: LEFT_OUT for rule in rules if rule.id not in chosen}
    return replace(config, skips=MappingProxyType({**left_out, **config.skips}))


def skip_reason(config: AuditConfig) -> Callable[[str], str]:
    """The reason for which `config` skips the check with an id, empty where it judges it.

    Of the id of a check that a rule expands to, the longest part that names a rule counts.
    """
    ids = {rule.id for contract in config.contracts for rule in contract.rules}

    def reason(check: str) -> str:
        rule = check
        while rule not in ids and "." in rule:
            rule = rule.rpartition(".")[0]
        return config.skips.get(check) or config.skips.get(rule, "")

    return reason
