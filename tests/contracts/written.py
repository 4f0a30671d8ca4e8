"""Contracts as tests write them: a head, one table, and what is wrong with the rest."""

from __future__ import annotations

import pytest

from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.errors import ConfigurationError

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.10
status: active
"""


def contract(body: str, head: str = HEAD) -> Contract:
    return parse_contract(head + body, "c.yaml")


def problems(body: str, head: str = HEAD) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        contract(body, head)
    return [str(problem) for problem in caught.value.problems]


def table(columns: str, rest: str = "") -> str:
    lines = "\n".join(f"      {line}" for line in columns.strip("\n").splitlines())
    return f"schema:\n  - name: orders\n    properties:\n{lines}\n{rest}"


def rules(body: str) -> dict[str, tuple[str, dict[str, object]]]:
    found = contract(body)
    return {r.id: (r.kind, dict(r.options)) for r in found.rules if r.kind != "schema"}
