from __future__ import annotations

from pathlib import Path

import pytest

from sparkguard.contracts.alert_routes import Route
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.errors import ConfigurationError

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
schema:
  - name: orders
    properties: [{name: id, logicalType: integer}]
"""
AUDIT = """\
audit: shop
contracts: [shop.odcs.yaml]
results: {path: /lake/results}
datasets:
  orders: {contract: shop, table: {path: /lake/orders}}
"""


def load(folder: Path, sections: str, **variables: str) -> AuditConfig:
    (folder / "shop.odcs.yaml").write_text(CONTRACT)
    (folder / "audit.yaml").write_text(AUDIT + sections)
    return load_audit(folder / "audit.yaml", variables)


def test_nobody_is_told_unless_the_audit_says_so(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    assert config.alerts.routes == ()
    assert config.lineage is None


def test_routes_take_their_secrets_from_variables(tmp_path: Path) -> None:
    sections = """\
alerts:
  owners: {orders: shop-team}
  hosts: [example.com]
  routes:
    - {name: chat, to: slack, url: "${slack}"}
    - {name: pager, to: pagerduty, key: "${pager}", on: [fail, error]}
    - {name: hook, to: webhook, url: "https://a.example.com/x", datasets: [orders]}
    - {name: log, to: file, path: /tmp/alerts.jsonl}
openlineage: {url: "https://lineage.example.com/api/v1/lineage", hosts: [example.com], seconds: 2}
"""
    url = "https://hooks.slack.com/services/T0/s3cret"
    config = load(tmp_path, sections, slack=url, pager="k3y")
    chat, pager, hook, log = config.alerts.routes
    assert chat.endpoint(config.alerts).url == url
    assert pager.endpoint(config.alerts).host == "events.pagerduty.com"
    assert (pager.on, hook.datasets, log.path) == (
        ("fail", "error"),
        ("orders",),
        "/tmp/alerts.jsonl",
    )
    assert config.alerts.owners == {"orders": "shop-team"}
    assert config.lineage is not None
    assert (config.lineage.seconds, config.lineage.reach) == (2.0, "public")
    assert "s3cret" not in repr(config)
    assert "k3y" not in repr(config)


WRONG = {
    "alerts: []": "expected a mapping",
    "alerts: {rutes: []}": "Did you mean 'routes'?",
    "alerts: {routes: [{name: a, to: slak, url: x}]}": "Did you mean 'slack'?",
    "alerts: {routes: [{name: a, to: slack}]}": "a route to slack needs url",
    "alerts: {routes: [{name: a, to: pagerduty}]}": "needs key",
    "alerts: {routes: [{name: a, to: file}]}": "needs path",
    'alerts: {routes: [{name: a, to: webhook, url: "https://s3cret.example/"}]}': "allowed hosts",
    'alerts: {routes: [{name: a, to: slack, url: "http://hooks.slack.com/"}]}': "https://",
    'alerts: {routes: [{name: a, to: slack, url: "https://evil.com/s3cret"}]}': "allowed hosts",
    "alerts: {routes: [{name: a, to: file, path: x}, {name: a, to: file, path: y}]}": "two routes",
    "alerts: {seconds: 600}": "at most 60",
    "alerts: {owners: {order: x}}": "no dataset of this audit. Did you mean 'orders'?",
    "alerts: {routes: [{name: a, to: file, path: x, datasets: [nil]}]}": "no dataset",
    "alerts: {routes: [{name: a, to: file, path: x, on: [pass]}]}": "expected one of",
    'openlineage: {url: "http://10.0.0.1/", hosts: [10.0.0.1]}': "https://",
    "openlineage: {}": "needs the option",
}


@pytest.mark.parametrize("sections", WRONG)
def test_mistakes_are_told_without_secrets(tmp_path: Path, sections: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path, sections + "\n")
    assert WRONG[sections] in str(raised.value)
    assert "audit.yaml:" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_route_says_what_it_lacks() -> None:
    with pytest.raises(ValueError, match="its name"):
        Route(" ", "file", path="x")
