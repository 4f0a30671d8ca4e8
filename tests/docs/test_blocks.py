"""Every block of README and docs is what it claims to be: without Spark, on every page."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import typer
import yaml
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from sparkguard.bound_rules import bind
from sparkguard.cli import app
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.odcs import parse_contract
from sparkguard.results.schemas import TABLES
from sparkguard.shadow.configuration import load_shadow
from tests.docs.blocks import ROOT, Block, blocks, inline_commands

ALL = list(blocks())
LANGUAGES = {"sh", "yaml", "python", "sql", "json", "text"}
PLACEHOLDER = "check: NAME"
COLUMNS = ("id", "month", "day", "distance", "amount", "tailnum", "origin", "time_hour")
SHADOW = """
name: s
control: {path: /a}
shadow: {path: /b}
results: /r
key: [id]
"""


def named(*languages: str) -> list[Any]:
    found = [block for block in ALL if block.language in languages]
    return [pytest.param(block, id=block.id) for block in found]


def test_every_block_says_what_it_is() -> None:
    assert {block.language for block in ALL} <= LANGUAGES
    assert len(ALL) > 50


@pytest.mark.parametrize("block", named("sh"))
def test_commands_exist_with_their_options(block: Block) -> None:
    program, *words = block.words
    if program == "sparkguard":
        command, name, rest = _command(words)
        with command.make_context(name, rest):
            pass
    elif "/" in program:
        assert (ROOT / program).is_file()
    else:
        assert program in ("python", "python3", "pip", "spark-submit")


def test_commands_inside_sentences_exist() -> None:
    for page, (_, *words) in inline_commands():
        command, name, rest = _command(words)
        known = {option for each in command.params for option in each.opts}
        assert {word for word in rest if word.startswith("--")} <= known, f"{page}: {name}"


def _command(words: list[str]) -> tuple[Any, str, list[str]]:
    command: Any = typer.main.get_command(app)
    name = "sparkguard"
    while getattr(command, "commands", None) and words and not words[0].startswith("-"):
        name, *words = words
        assert name in command.commands, f"no command {name}"
        command = command.commands[name]
    return command, name, words


@pytest.mark.parametrize("block", named("python"))
def test_python_compiles_and_calls_what_exists(block: Block) -> None:
    names: dict[str, Any] = {"sparkguard": importlib.import_module("sparkguard")}
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            for alias in node.names:
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")
                names[alias.name] = getattr(module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.name] = importlib.import_module(alias.name)
        elif isinstance(node, ast.Call) and (called := _called(node.func, names)) is not None:
            given = {each.arg: None for each in node.keywords if each.arg}
            inspect.signature(called).bind(*node.args, **given)


def _called(node: ast.expr, names: dict[str, Any]) -> Any:
    """What a call in a block calls, where it is something of SparkGuard that was imported."""
    if isinstance(node, ast.Attribute):
        of = _called(node.value, names)
        return None if of is None else getattr(of, node.attr)
    found = names.get(node.id) if isinstance(node, ast.Name) else None
    module = getattr(found, "__module__", getattr(found, "__name__", ""))
    return found if module.startswith("sparkguard") else None


@pytest.mark.parametrize("block", named("sql"))
def test_queries_name_tables_and_columns_that_exist(block: Block) -> None:
    """The queries of tables.md name views as well: tests/results and tests/golden run them."""
    columns = {t.name: {c.name: c.type for c in t.columns} for t in TABLES.values()}
    columns |= {"flights": {"distance": "BIGINT", "tailnum": "STRING"}}
    columns |= {"planes": {"tailnum": "STRING"}, "labels": {"id": "BIGINT"}}
    for statement in sqlglot.parse(block.text, read="spark"):
        if block.page == "tables.md" or not isinstance(statement, exp.Select):
            continue
        for table in statement.find_all(exp.Table):
            assert table.db in ("delta", "sparkguard", "shop")
            name = Path(table.name).name.removesuffix("_committed")
            table.set("this", exp.to_identifier(name))
            table.set("db", None)
            table.set("catalog", None)
        qualify(statement, schema=columns, dialect="spark")


@pytest.mark.parametrize("block", named("json"))
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", named("yaml"))
def test_yaml_is_what_sparkguard_reads(block: Block, tmp_path: Path) -> None:
    content = yaml.safe_load(block.text)
    assert isinstance(content, dict)
    if "audit" in content:
        _audit(block.text, content, tmp_path)
    elif "apiVersion" in content:
        bind(_rules(block.text))
    elif "control" in content:
        _shadow(block.text, tmp_path)
    elif "columns" in content:
        _shadow(SHADOW + block.text, tmp_path)
    elif PLACEHOLDER not in block.text and content.keys() & {"quality", "implementation"}:
        bind(_rules(_contract(content)))
    elif "properties" in content:
        parse_contract(_contract(content), block.id)


def _rules(text: str) -> list[Any]:
    contract = parse_contract(text, "docs.odcs.yaml")
    return [(table.name, rule) for table in contract.tables for rule in table.rules]


def _contract(fragment: dict[str, Any]) -> str:
    """A contract around a fragment of a table's description."""
    if "implementation" in fragment:
        fragment = {"quality": [{"type": "custom", "engine": "sparkguard", **fragment}]}
    others = [{"name": n, "properties": _properties()} for n in ("planes", "weather")]
    own = {"name": "flights", "properties": _properties(), **fragment}
    own["properties"] = own["properties"] + [
        p for p in _properties() if p["name"] not in {q["name"] for q in own["properties"]}
    ]
    head = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "docs", "version": "1.0.0"}
    return json.dumps({**head, "status": "active", "schema": [own, *others]})


def _properties() -> list[dict[str, Any]]:
    return [
        {"name": name, "logicalType": "number", "logicalTypeOptions": {"minimum": 0}}
        if name == "distance"
        else {"name": name, "logicalType": "string"}
        for name in COLUMNS
    ]


def _audit(text: str, content: dict[str, Any], folder: Path) -> None:
    for place in ("contracts", "audits"):
        (folder / place).mkdir()
    for name, dataset in content["datasets"].items():
        contract = json.loads(_contract({}))
        contract["id"] = dataset["contract"]
        contract["schema"][0]["name"] = name
        file = folder / "contracts" / f"{dataset['contract']}.odcs.yaml"
        file.write_text(json.dumps(contract))
    (folder / "audits" / "audit.yaml").write_text(text)
    given = {"slack_url": "https://hooks.slack.com/services/x", "pager_key": "x", "lake": "/lake"}
    load_audit(folder / "audits" / "audit.yaml", given)


def _shadow(text: str, folder: Path) -> None:
    (folder / "shadow.yaml").write_text(text)
    load_shadow(folder / "shadow.yaml", {"lake": "/lake"})
