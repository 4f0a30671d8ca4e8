"""The files that users copy are well-formed, and do what they say around stand-ins."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import types
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import of_page
from tests.platform.schemas import BUNDLE, SERVERLESS, STEP, holds_to

ROOT = Path(__file__).parents[2]
PLATFORMS = ROOT / "conf" / "platforms"
PYTHON = "./environment/bin/python"
DELTA = "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension"


def test_the_databricks_bundle_runs_the_wheel_on_both_kinds_of_compute() -> None:
    bundle = yaml.safe_load((PLATFORMS / "databricks" / "databricks.yml").read_text())
    holds_to(BUNDLE, bundle)
    classic, serverless = bundle["resources"]["jobs"].values()
    keys = {cluster["job_cluster_key"] for cluster in classic["job_clusters"]}
    assert {task["job_cluster_key"] for task in classic["tasks"]} <= keys
    assert all(task["libraries"] == [{"whl": "./dist/*.whl"}] for task in classic["tasks"])
    environments = {e["environment_key"]: e["spec"] for e in serverless["environments"]}
    for task in serverless["tasks"]:
        assert "libraries" not in task
        assert environments[task["environment_key"]]["dependencies"] == ["./dist/*.whl"]
    for job in (classic, serverless):
        command, _, option, run_id = job["tasks"][0]["python_wheel_task"]["parameters"]
        assert (command, option, run_id) == ("audit", "--run-id", "{{job.run_id}}")


def test_emr_steps_ship_the_packed_environment() -> None:
    steps = json.loads((PLATFORMS / "emr" / "steps.json").read_text())
    holds_to(STEP, steps)
    arguments = steps[0]["HadoopJarStep"]["Args"]
    archives = arguments[arguments.index("--archives") + 1].split(",")
    assert [archive.rpartition("#")[2] for archive in archives] == ["environment", "conf"]
    confs = {arguments[i + 1] for i, a in enumerate(arguments) if a == "--conf"}
    assert DELTA in confs
    assert f"spark.yarn.appMasterEnv.PYSPARK_PYTHON={PYTHON}" in confs
    assert f"spark.executorEnv.PYSPARK_PYTHON={PYTHON}" in confs
    assert arguments[arguments.index("--run-id") - 4].endswith("jobs/audit.py")
    assert "--packages" not in arguments


def test_the_emr_serverless_job_ships_the_packed_environment() -> None:
    job = json.loads((PLATFORMS / "emr" / "serverless-job.json").read_text())
    holds_to(SERVERLESS, job)
    submit = job["jobDriver"]["sparkSubmit"]
    confs = dict(c.split("=", 1) for c in submit["sparkSubmitParameters"].split("--conf ")[1:])
    assert DELTA.partition("=")[2] == confs["spark.sql.extensions"].strip()
    for name in ("emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON", "executorEnv.PYSPARK_PYTHON"):
        assert confs[f"spark.{name}"].strip() == PYTHON
    assert "#environment," in confs["spark.archives"]
    assert submit["entryPointArguments"][-1] == job["clientToken"] == "RUN_ID"


class Failed(Exception):
    """Stands in for AirflowException."""


class FailedForGood(Failed):
    """Stands in for AirflowFailException, which Airflow does not retry."""


@pytest.fixture
def nightly(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The DAG's parts, made by a fake of the few names of Airflow that it uses."""
    made: dict[str, Any] = {}

    def dag(**options: Any) -> Any:
        made["dag"] = options
        return lambda build: build

    def task(**options: Any) -> Any:
        made["task"] = options

        def decorated(work: Any) -> Any:
            made["work"] = work
            return lambda *given: made.update(given=given)

        return decorated

    exceptions = types.ModuleType("airflow.exceptions")
    exceptions.AirflowException = Failed  # type: ignore[attr-defined]
    exceptions.AirflowFailException = FailedForGood  # type: ignore[attr-defined]
    sdk = types.ModuleType("airflow.sdk")
    sdk.dag, sdk.task = dag, task  # type: ignore[attr-defined]
    for module in (types.ModuleType("airflow"), exceptions, sdk):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    runpy.run_path(str(PLATFORMS / "airflow" / "sparkguard_nightly.py"))
    return made


def test_the_airflow_dag_retries_under_the_same_run_id(nightly: dict[str, Any]) -> None:
    assert nightly["given"] == ("nightly-{{ run_id }}", "{{ ti.try_number }}")
    assert nightly["task"]["retries"] == 3
    assert nightly["dag"]["catchup"] is False
    assert nightly["dag"]["start_date"].tzinfo is not None


@pytest.mark.parametrize(
    ("code", "raised"),
    [(0, None), (1, FailedForGood), (2, FailedForGood), (3, Failed), (4, Failed)],
)
def test_the_airflow_task_retries_only_what_may_turn_out_better(
    nightly: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    raised: type[Exception] | None,
) -> None:
    ran: list[list[str]] = []

    def stand_in(command: list[str], check: bool) -> Any:
        ran.append(command)
        return types.SimpleNamespace(returncode=code)

    monkeypatch.setattr(subprocess, "run", stand_in)
    if raised is None:
        nightly["work"]("nightly-scheduled__2026-01-01", "1")
    else:
        with pytest.raises(raised) as caught:
            nightly["work"]("nightly-scheduled__2026-01-01", "1")
        assert type(caught.value) is raised
    assert len(ran) == 1
    assert ran[0][:2] == ["sparkguard", "audit"]
    assert ran[0][ran[0].index("--run-id") + 1] == "nightly-scheduled__2026-01-01"


@pytest.mark.parametrize(
    ("codes", "ids"), [([3, 0], ["a", "a.2"]), ([4], ["a"]), ([3, 3, 3], ["a", "a.2", "a.3"])]
)
def test_the_airflow_task_judges_again_under_a_further_id_what_is_stored_as_not_evaluated(
    nightly: dict[str, Any], monkeypatch: pytest.MonkeyPatch, codes: list[int], ids: list[str]
) -> None:
    left, ran = list(codes), []

    def stand_in(command: list[str], check: bool) -> Any:
        ran.append(command[command.index("--run-id") + 1])
        return types.SimpleNamespace(returncode=left.pop(0))

    monkeypatch.setattr(subprocess, "run", stand_in)
    with pytest.raises(Failed) if codes[-1] else nullcontext():
        nightly["work"]("a", "3")
    assert ran == ids


@pytest.mark.parametrize(
    ("codes", "ends", "end"),
    [
        ("0", [""], 0),
        ("1", [""], 1),
        ("4 4 0", ["", "", ""], 0),
        ("3 4 0", ["", ".2", ".2"], 0),
        ("3 3 3 0", ["", ".2", ".3"], 3),
    ],
)
def test_the_cron_script_repeats_a_run_under_its_id_and_judges_again_under_a_further_one(
    tmp_path: Path, codes: str, ends: list[str], end: int
) -> None:
    (tmp_path / "codes").write_text("\n".join(codes.split()) + "\n")
    stand_in = tmp_path / "sparkguard"
    stand_in.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >>{tmp_path}/calls\n'
        f"code=$(head -n 1 {tmp_path}/codes); sed -i 1d {tmp_path}/codes; exit $code\n"
    )
    stand_in.chmod(0o755)
    script = PLATFORMS / "cron" / "sparkguard-nightly"
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path),
        "SPARKGUARD_PAUSE": "0",
    }
    command = [str(script), "audits/shop.yaml", "--set", "lake=/l"]
    done = subprocess.run(command, env=environment, check=False)
    assert done.returncode == end
    calls = (tmp_path / "calls").read_text().splitlines()
    call = r"audit audits/shop.yaml --run-id shop-[-\d]{10}(\S*) --set lake=/l"
    assert [re.fullmatch(call, line)[1] for line in calls] == ends  # type: ignore[index]


def crontab_job() -> str:
    lines = (PLATFORMS / "cron" / "crontab").read_text().splitlines()
    (job,) = [line for line in lines if re.match(r"[\d*]", line)]
    return job


def test_the_crontab_calls_the_script() -> None:
    job = crontab_job()
    assert len(job.split()[:5]) == 5
    assert job.split()[5].endswith("/sparkguard-nightly")
    assert "%" not in job, "cron would end the command there"


def documented_audit(page: str, name: str) -> str:
    (found,) = [block.text for block in of_page(page) if block.file == name]
    return found


def needed(audit: str) -> set[str]:
    """The variables of an audit's text."""
    return set(re.findall(r"\$\{(\w+)\}", audit))


def assigned(arguments: list[str]) -> set[str]:
    return {value.partition("=")[0] for o, value in pairwise(arguments) if o == "--set"}


def test_every_platform_gives_the_audit_of_the_readme_its_variables(
    nightly: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    emr, ran = PLATFORMS / "emr", []
    serverless = json.loads((emr / "serverless-job.json").read_text())["jobDriver"]["sparkSubmit"]
    done = types.SimpleNamespace(returncode=0)
    monkeypatch.setattr(subprocess, "run", lambda command, check: ran.append(command) or done)
    nightly["work"]("a", "1")
    submitted = {
        "EMR": json.loads((emr / "steps.json").read_text())[0]["HadoopJarStep"]["Args"],
        "EMR Serverless": serverless["entryPointArguments"],
        "Airflow": ran[0],
        "cron": crontab_job().split(),
    }
    wanted = needed(documented_audit("README.md", "audits/nightly.yaml"))
    assert wanted == {"lake"}
    assert {platform: assigned(given) for platform, given in submitted.items()} == dict.fromkeys(
        submitted, wanted
    )
    for given in submitted.values():
        assert any(word.endswith("audits/nightly.yaml") for word in given)


def test_the_audit_for_databricks_needs_no_variables_and_is_the_one_that_runs() -> None:
    bundle = yaml.safe_load((PLATFORMS / "databricks" / "databricks.yml").read_text())
    audit = documented_audit("platforms.md", bundle["variables"]["audit"]["default"])
    for job in bundle["resources"]["jobs"].values():
        parameters = job["tasks"][0]["python_wheel_task"]["parameters"]
        assert needed(audit) == assigned(parameters) == set()
    here = yaml.safe_load(documented_audit("README.md", "audits/nightly.yaml"))
    there = yaml.safe_load(audit)
    for places in (here, there):
        del places["results"], places["datasets"]["orders"]["table"]
    assert here == there
