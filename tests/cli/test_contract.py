from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sparkguard.cli import run
from tests.contracts.orders import A, B, document


def write(folder: Path, name: str, *columns: str, version: str = "1.0.0", id_: str = "o") -> str:
    file = folder / name
    file.write_text(document(version, *columns, contract=id_))
    return str(file)


def diff(*arguments: str, json_file: Path) -> tuple[int, dict[str, object]]:
    code = run(["contract", "diff", *arguments, "--json", str(json_file)])
    return code, json.loads(json_file.read_text())


@pytest.mark.parametrize(
    ("old", "new", "code", "grade", "breaks"),
    [
        ((A,), (A, B), 0, "NONE", []),
        ((A, B), (A,), 1, "LOOSENS", ["consumers"]),
        ((A,), (A.replace("int}", "int, required: true}"),), 1, "TIGHTENS", ["history"]),
        ((A,), (A.replace("integer, physicalType: int", "string"),), 1, "BOTH",
         ["consumers", "history"]),
        ((A,), (A.replace("int}", "int, classification: secret}"),), 1, "UNDETERMINED", []),
    ],
)  # fmt: skip
def test_two_files_are_compared_with_an_exit_code_and_json(
    tmp_path: Path, old: tuple[str, ...], new: tuple[str, ...], code: int, grade: str,
    breaks: list[str],
) -> None:  # fmt: skip
    files = write(tmp_path, "1.yaml", *old), write(tmp_path, "2.yaml", *new, version="1.1.0")
    found, data = diff(*files, json_file=tmp_path / "d.json")
    assert found == code
    assert (data["grade"], data["breaks"], data["allowed"]) == (grade, breaks, code == 0)
    assert (data["old"], data["new"]) == ("1.0.0", "1.1.0")


def test_a_change_says_what_would_be_legal(tmp_path: Path) -> None:
    files = write(tmp_path, "1.yaml", A, B), write(tmp_path, "2.yaml", A)
    _, data = diff(*files, json_file=tmp_path / "d.json")
    (change,) = data["changes"]  # type: ignore[misc]
    assert change["rule"] == "dropped_nullable"
    assert change["path"] == ["b"]
    assert (change["history"], change["consumers"]) == ("ok", "breaks")
    assert "renamedFrom" in change["remedy"]


@pytest.mark.parametrize(("protect", "code"), [("history", 0), ("consumers", 1), ("none", 0)])
def test_protection_may_be_chosen(tmp_path: Path, protect: str, code: int) -> None:
    files = write(tmp_path, "1.yaml", A, B), write(tmp_path, "2.yaml", A)
    assert diff(*files, "--protect", protect, json_file=tmp_path / "d.json")[0] == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("just text", "a contract is a mapping"),
        ("apiVersion: v9.0.0\n", "v3.0.x and v3.1.x"),
    ],
)
def test_what_is_not_a_contract_is_a_clear_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    assert run(["contract", "diff", str(bad), write(tmp_path, "2.yaml", A)]) == 2
    assert said in " ".join(capfd.readouterr().err.split())
    assert run(["contract", "validate", str(bad)]) == 2


def test_a_missing_file_and_a_wrong_word_are_usage_errors(tmp_path: Path) -> None:
    one = write(tmp_path, "1.yaml", A)
    assert run(["contract", "diff", one, str(tmp_path / "none.yaml")]) == 2
    assert run(["contract", "diff", one]) == 2
    assert run(["contract", "diff", one, one, "--protect", "everybody"]) == 2


def test_the_problems_of_both_files_are_told_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = [tmp_path / "1.yaml", tmp_path / "2.yaml"]
    bad[0].write_text("apiVersion: v9.0.0\n")
    assert run(["contract", "diff", *map(str, bad)]) == 2
    said = capfd.readouterr().err
    assert "1.yaml" in said
    assert "2.yaml" in said


def test_two_contracts_with_one_id_are_refused_together(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "1.odcs.yaml", A)
    write(tmp_path, "2.odcs.yaml", B)
    assert run(["contract", "validate", str(tmp_path)]) == 2
    assert "is also in" in " ".join(capfd.readouterr().err.split())
    write(tmp_path, "2.odcs.yaml", B, version="2.0.0")
    assert run(["contract", "validate", str(tmp_path)]) == 0


def test_options_of_rules_are_validated_and_references_may_lead_elsewhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = "relationships: [{to: 'people.odcs.yaml#/schema/persons/properties/key'}]}"
    rules = ["rnage", "range, max: [1]", "drift, colums: [a]"]
    custom = "type: custom, engine: sparkguard, implementation"
    quality = ", ".join(f"{{{custom}: {{check: {rule}}}}}" for rule in rules)
    write(tmp_path, "1.odcs.yaml", B.replace("}", f", {elsewhere}"))
    assert run(["contract", "validate", str(tmp_path)]) == 0
    write(tmp_path, "1.odcs.yaml", B.replace("}", f", quality: [{quality}]}}"))
    capfd.readouterr()
    assert run(["contract", "validate", str(tmp_path)]) == 2
    said = " ".join(capfd.readouterr().err.split())
    for problem in ("unknown check 'rnage'. Did you mean 'range'", "max", "'colums'"):
        assert problem in said


def test_files_are_compared_and_validated_without_spark(tmp_path: Path) -> None:
    files = write(tmp_path, "1.yaml", A), write(tmp_path, "2.yaml", A, B)
    code = (
        "import sys; from sparkguard.cli import run; "
        f"code = run(['contract', 'diff', {files[0]!r}, {files[1]!r}]); "
        "assert code == 0, code; "
        f"code = run(['contract', 'validate', {files[0]!r}]); "
        "assert code == 0, code; "
        "assert not [m for m in sys.modules if m.partition('.')[0] in ('pyspark', 'py4j')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PATH": ""}, cwd=_root())


def _root() -> Path:
    return Path(__file__).parents[2]
