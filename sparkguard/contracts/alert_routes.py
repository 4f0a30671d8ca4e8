"""The sections `alerts` and `openlineage` of an audit: who is told what a run found, and where.

alerts:
  owners: {flights: flights-team}        # by dataset
  hosts: [example.com]                   # where `webhook` may go: these and what is below
  routes:
    - {name: chat, to: slack, url: "${slack_url}"}
    - {name: pager, to: pagerduty, key: "${pager_key}", on: [fail, error]}
    - {name: hook, to: webhook, url: "https://hooks.example.com/x", datasets: [flights]}
    - {name: log, to: file, path: /var/log/sparkguard/alerts.jsonl}
openlineage: {url: "https://lineage.example.com/api/v1/lineage", hosts: [example.com]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sparkguard.contracts.source import Source, converted
from sparkguard.contracts.yaml import Path
from sparkguard.errors import did_you_mean
from sparkguard.webhooks import Endpoint, Reach

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
_HOSTS = {
    "slack": ("hooks.slack.com", "hooks.slack-gov.com"),
    "pagerduty": ("events.pagerduty.com", "events.eu.pagerduty.com"),
}
_LONGEST_WAIT = 60.0

Told = Literal["warn", "fail", "error", "not_evaluable"]


@dataclass(frozen=True)
class Route:
    """One receiver of alerts. `on` are the outcomes it is told of, and their end.

    `datasets` empty means all. `url` and `key` are secrets: give them by variables.
    """

    name: str
    to: Literal["slack", "webhook", "pagerduty", "file"]
    url: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    path: str = ""
    on: tuple[Told, ...] = ("warn", "fail", "error", "not_evaluable")
    datasets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        needed = {"pagerduty": "key", "file": "path"}.get(self.to, "url")
        if not getattr(self, needed):
            raise ValueError(f"a route to {self.to} needs {needed}")
        if not self.name.strip():
            raise ValueError("a route needs its name")

    def endpoint(self, alerts: Alerts) -> Endpoint:
        """Where it posts to. Raises ValueError for an address that can't be used."""
        hosts = (*_HOSTS.get(self.to, ()), *alerts.hosts)
        return Endpoint(self.url or PAGERDUTY, hosts, "loopback" if alerts.loopback else "public")


@dataclass(frozen=True)
class Alerts:
    """Who is told. `seconds` bounds each message, `loopback` lets tests post to this machine."""

    routes: tuple[Route, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict, hash=False)
    hosts: tuple[str, ...] = ()
    seconds: float = 10.0
    loopback: bool = False

    def __post_init__(self) -> None:
        names = [route.name for route in self.routes]
        if len(set(names)) < len(names):
            raise ValueError("two routes have one name, and names tell what was sent already")
        if not 0 < self.seconds <= _LONGEST_WAIT:
            raise ValueError(f"seconds is more than 0 and at most {_LONGEST_WAIT:g}")
        for route in self.routes:
            if route.to != "file":
                try:
                    route.endpoint(self)
                except ValueError as error:
                    raise ValueError(f"route {route.name!r}: {error}") from None


@dataclass(frozen=True)
class Lineage:
    """Where OpenLineage events go; `namespace` names the job and every dataset of a catalog.

    `reach: private` permits a backend inside one's own network, also by plain HTTP.
    """

    url: str = field(repr=False)
    hosts: tuple[str, ...]
    namespace: str = "sparkguard"
    key: str = field(default="", repr=False)
    reach: Reach = "public"
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= _LONGEST_WAIT:
            raise ValueError(f"seconds is more than 0 and at most {_LONGEST_WAIT:g}")
        self.endpoint()

    def endpoint(self) -> Endpoint:
        return Endpoint(self.url, self.hosts, self.reach)


def read_alerts(value: Any, at: Path, source: Source) -> Alerts:
    """The section `alerts`; problems are added to the source."""
    read = converted(Alerts, value, at, source) or Alerts()
    datasets = source.document.data.get("datasets")
    known = tuple(datasets) if isinstance(datasets, Mapping) else ()
    named = {*read.owners, *(name for route in read.routes for name in route.datasets)}
    for name in sorted(named.difference(known)):
        near = did_you_mean(name, known)
        source.problem(at, f"alerts names {name!r}, which is no dataset of this audit.{near}")
    return read


def read_lineage(value: Any, at: Path, source: Source) -> Lineage | None:
    """The section `openlineage`; problems are added to the source."""
    lineage: Lineage | None = converted(Lineage, value, at, source)
    return lineage
