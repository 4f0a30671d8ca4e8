from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from sparkguard.contracts import audit as module
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.errors import ConfigurationError
from sparkguard.run import bind_all
from sparkguard.slices import Slice
from sparkguard.tables import ResultsPlace, TableRef
from sparkguard.verdicts import Outcome

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: day, logicalType: date}
      - {name: customer, logicalType: integer, relationships: [{to: customers.id}]}
  - name: customers
    properties:
      - {name: id, logicalType: integer}
slaProperties:
  - {property: retention, value: 1, unit: y}
"""
AUDIT = """\
audit: shop
contracts: ../contracts
results: {path: "${lake}/results"}
datasets:
  orders:
    contract: shop
    table: {path: "${lake}/orders"}
    slices: {by: [day], judge: [{day: 2024-01-01}, {day: null}]}
  customers: {contract: shop, table: main.shop.customers}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("contracts", "audits"):
        (tmp_path / "conf" / folder).mkdir(parents=True)
    (tmp_path / "conf/contracts/shop.odcs.yaml").write_text(CONTRACT)
    return tmp_path / "conf"


def load(project: Path, text: str = AUDIT, **variables: str) -> AuditConfig:
    file = project / "audits/shop.yaml"
    file.write_text(text)
    return load_audit(file, variables or {"lake": "/lake"})


def problems(project: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(project, text)
    assert caught.value.problems
    return str(caught.value)


def test_an_audit_binds_contracts_to_tables(project: Path) -> None:
    found = load(project)
    assert found.name == "shop"
    assert found.results == ResultsPlace(path="/lake/results")
    orders, customers = found.datasets
    assert orders.table == TableRef(path="/lake/orders")
    assert customers.table == TableRef(name="main.shop.customers")
    assert orders.slices.by == ("day",)
    assert orders.slices.judged == (Slice.of({"day": "2024-01-01"}), Slice.of({"day": None}))
    assert [rule.id for rule in orders.rules] == [
        "orders.schema",
        "orders.completeness.id",
        "orders.references.customer",
    ]
    assert customers.promise.name == "customers"
    assert found.not_evaluable is Outcome.ERROR
    assert found.samples.mode == "off"
    assert found.as_of is None


def test_policies_and_skips(project: Path) -> None:
    found = load(
        project,
        AUDIT
        + """\
skip:
  - {check: orders.completeness.id, reason: known}
  - {check: references, reason: later}
  - {check: orders.schema.part, reason: one of its checks}
not_evaluable: warn
fail_on_warn: true
as_of: 2024-01-02T01:00:00+01:00
samples: {mode: hash, rows: 5, columns: [id], key: "${lake}"}
""",
    )
    assert dict(found.skips) == {
        "orders.completeness.id": "known",
        "orders.references.customer": "later",
        "orders.schema.part": "one of its checks",
    }
    assert found.not_evaluable is Outcome.WARN
    assert found.fail_on_warn
    assert found.as_of == datetime(2024, 1, 2, tzinfo=timezone.utc)
    assert found.samples.rows == 5
    assert "/lake" not in repr(found.samples)


@pytest.mark.parametrize(
    ("judge", "expected"), [("all", None), ("none", ()), ("[]", ())], ids=["all", "none", "empty"]
)
def test_slices_all_none_or_listed(project: Path, judge: str, expected: object) -> None:
    text = AUDIT.replace("[{day: 2024-01-01}, {day: null}]", judge)
    assert load(project, text).datasets[0].slices.judged == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("audit: shop", "audti: shop"), "does not take 'audti'"),
        (("results:", "result:"), "Did you mean 'results'?"),
        (('{path: "${lake}/results"}', "{path: a, schema: b}"), "give path or schema"),
        (('{path: "${lake}/results"}', "{pth: a}"), "Did you mean 'path'?"),
        (('{path: "${lake}/results"}', "{schema: main.audits.runs}"), "more than two parts"),
        (
            ("${lake}/orders", "${lak}/orders"),
            "variable 'lak' has no value; give it by --set lak=VALUE",
        ),
        (("contract: shop\n", "contract: shpo\n"), "Did you mean 'shop'?"),
        (("contract: shop\n", "contract: shop\n    version: 2.0.0\n"), "found '2.0.0'"),
        (("  orders:\n", "  order:\n"), "Did you mean 'orders'?"),
        (("table: main.shop.customers", "table: a.b.c.d"), "one to three parts"),
        (("table: main.shop.customers", "table: {}"), "by path or by name"),
        (("by: [day]", "by: [dya]"), "Did you mean 'day'?"),
        (("[{day: 2024-01-01}, {day: null}]", "al"), "Did you mean 'all'?"),
        (("[{day: 2024-01-01}, {day: null}]", "[{month: 1}]"), "one value for each of day"),
        (("  customers: {contract: shop, table: main.shop.customers}\n", ""), "reads 'customers'"),
        (("../contracts", "../../../outside"), "outside the project's folder"),
        (("../contracts", "/etc"), "outside the project's folder"),
        (("../contracts", "[/etc/passwd]"), "outside the project's folder"),
        (("../contracts", "../absent"), "can't be read"),
        (("../contracts", "../audits"), "no file *.odcs.yaml"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_mistakes_are_named(project: Path, change: tuple[str, str], message: str) -> None:
    assert AUDIT.count(change[0])
    assert message in problems(project, AUDIT.replace(*change, 1))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "skip: [{check: orders.completness.id, reason: x}]",
            "Did you mean 'orders.completeness.id'?",
        ),
        ("skip: [{check: schema}]", "needs the option 'reason'"),
        ("skip: [{check: schema, reason: ' '}]", "needs its reason"),
        ("not_evaluable: pass", "allowed: error, fail, warn"),
        ("fail_on_warn: 'no'", "expected true or false, found text 'no'"),
        ("samples: {mode: rwa}", "Did you mean 'raw'?"),
        ("samples: {mode: raw}", "needs columns"),
        ("samples: {mode: hash, columns: [id]}", "needs key"),
        ("samples: {rows: 1000000}", "rows is 1 to 1,000"),
        ("as_of: yesterday", "ISO 8601"),
        ("as_of: 2024-01-01T00:00:00", "with its zone"),
        ("alarms: []", "does not take 'alarms'"),
    ],
)
def test_wrong_policies_are_named(project: Path, more: str, message: str) -> None:
    assert message in problems(project, AUDIT + more)


def test_problems_of_all_contracts_and_of_the_audit_are_collected(project: Path) -> None:
    broken = CONTRACT.replace("required: true", "requierd: true").replace("id: shop", "id: other")
    (project / "contracts/broken.odcs.yaml").write_text(broken)
    found = problems(project, AUDIT.replace("contract: shop\n", "contract: shpo\n") + "as_of: x")
    assert "requierd" in found
    assert "shpo" in found
    assert "as_of" in found


def test_a_link_out_of_the_project_is_not_followed(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.odcs.yaml"
    outside.write_text(CONTRACT)
    (project / "contracts/link.odcs.yaml").symlink_to(outside)
    assert "outside the project's folder" in problems(project, AUDIT)


def test_values_of_variables_are_not_looked_through_again(project: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"SQL can't name '/\$\{lake\}/orders'"):
        load(project, lake="/${lake}")


def test_one_version_of_two_is_chosen_and_a_repeated_one_refused(project: Path) -> None:
    second = CONTRACT.replace("version: 1.0.0", "version: 1.10")
    (project / "contracts/second.odcs.yaml").write_text(second)
    assert "give version" in problems(project, AUDIT)
    chosen = AUDIT.replace("contract: shop", "version: 1.10\n    contract: shop", 1).replace(
        "{contract: shop,", "{contract: shop, version: 1.10,"
    )
    assert load(project, chosen).datasets[0].contract.version == "1.10"
    (project / "contracts/third.odcs.yaml").write_text(second)
    assert "is in two files" in problems(project, chosen)


def test_a_reference_into_another_contract_finds_its_dataset(project: Path) -> None:
    other = CONTRACT.replace("id: shop", "id: people").replace("name: customers", "name: persons")
    other = other.replace("{to: customers.id}", "{to: persons.id}")
    other = other.replace(
        "- {name: id, logicalType: integer}", "- {name: id, id: key, physicalName: pid}"
    )
    (project / "contracts/people.odcs.yaml").write_text(other)
    here = CONTRACT.replace(
        "{to: customers.id}", "{to: people.odcs.yaml#/schema/persons/properties/key}"
    )
    (project / "contracts/shop.odcs.yaml").write_text(here)
    missing = problems(project, AUDIT)
    assert "reads 'people.odcs.yaml#persons'" in missing
    found = load(project, AUDIT + "  persons: {contract: people, table: people}\n")
    rule = found.datasets[0].rules[-1]
    assert (rule.options["to_table"], rule.options["to_columns"]) == ("persons", ("pid",))


def test_a_section_is_added_by_one_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.SECTIONS, "alerts", lambda value, at, source: tuple(value))
    assert load(project, AUDIT + "alerts: [a, b]\n").sections == {"alerts": ("a", "b")}


def test_relative_paths_are_refused(project: Path) -> None:
    text = AUDIT.replace("${lake}/results", "lake/results").replace('"${lake}/orders"', "orders")
    found = problems(project, text)
    assert "path 'lake/results' is relative" in found
    assert "path 'orders' is relative" in found
    assert load(project, lake="s3://lake").results == ResultsPlace(path="s3://lake/results")


def test_service_levels_are_listed_once_for_the_contracts_that_are_bound(project: Path) -> None:
    folder = project / "contracts"
    (folder / "shop2.odcs.yaml").write_text(CONTRACT.replace("1.0.0", "2.0.0"))
    (folder / "alone.odcs.yaml").write_text(CONTRACT.replace("id: shop", "id: alone"))
    text = AUDIT.replace("    contract: shop", "    contract: shop\n    version: 2.0.0")
    text = text.replace("{contract: shop,", "{contract: shop, version: 2.0.0,")
    levels = [b for b in bind_all(load(project, text)) if b.spec.kind == "service_level"]
    assert [(b.dataset, b.spec.id) for b in levels] == [("orders", "shop.service_level.retention")]
    assert Path(levels[0].spec.where.file).name == "shop2.odcs.yaml"
