from __future__ import annotations

from pathlib import Path

import pytest

from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.selection import only, skip_reason
from sparkguard.errors import ConfigurationError
from sparkguard.verdicts import LEFT_OUT
from tests.contracts.test_alert_routes import AUDIT, CONTRACT, load

KINDS = ("completeness", "references", "schema", "window")


def test_everything_else_is_skipped_and_says_so(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    ids = {rule.id: rule.kind for contract in config.contracts for rule in contract.rules}
    (chosen,) = (id_ for id_, kind in ids.items() if kind == "schema")
    for wanted in (("schema",), (chosen,), (f"{chosen}.part",), ("schema", "window")):
        skips = only(config, wanted, KINDS).skips
        assert chosen not in skips
        assert skips == {id_: LEFT_OUT for id_ in ids if id_ != chosen}
    assert only(config, (), KINDS) is config


def test_the_audits_own_reason_goes_before(tmp_path: Path) -> None:
    config = load(tmp_path, "skip: [{check: schema, reason: known}]\n")
    with pytest.raises(ConfigurationError, match="no such rule that it does not skip"):
        only(config, ("schema",), KINDS)


def test_a_name_that_nothing_has_is_refused(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    with pytest.raises(ConfigurationError, match="Did you mean 'schema'"):
        only(config, ("shema",), KINDS)
    with pytest.raises(ConfigurationError, match="no such rule"):
        only(config, ("window",), KINDS)


def test_a_check_is_skipped_for_the_reason_of_its_rule(tmp_path: Path) -> None:
    required = CONTRACT.replace("integer}", "integer, required: true, primaryKey: true}")
    (tmp_path / "shop.odcs.yaml").write_text(required)
    (tmp_path / "audit.yaml").write_text(AUDIT + "skip: [{check: schema, reason: known}]\n")
    config = load_audit(tmp_path / "audit.yaml")
    rules = {rule.kind: rule.id for contract in config.contracts for rule in contract.rules}
    now = skip_reason(only(config, ("completeness",), KINDS))
    assert now(rules["schema"]) == "known"
    assert (now(rules["completeness"]), now(f"{rules['completeness']}.part")) == ("", "")
    assert now(f"{rules['uniqueness']}.some.part") == LEFT_OUT
