from __future__ import annotations

from typing import Any

import pytest

from sparkguard import deltalog
from sparkguard.deltalog import Log, live_contracts
from sparkguard.tables import TableRef


@pytest.mark.parametrize(
    ("versions", "why"),
    [
        ((), "nothing could be read"),
        ((0, 1), "a catalog holds the newest commit back"),
        ((1, 2), "the log is cut off"),
        ((0, 2), "a commit is missing in between"),
    ],
)
def test_a_log_that_lacks_a_commit_tells_no_live_versions(
    monkeypatch: pytest.MonkeyPatch, versions: tuple[int, ...], why: str
) -> None:
    monkeypatch.setattr(deltalog, "_present_version", lambda *_: 2)
    spark: Any = None
    log = Log(frozenset(versions), (), {})
    assert live_contracts(spark, TableRef(path="/lake/t"), "orders", log) is None, why
