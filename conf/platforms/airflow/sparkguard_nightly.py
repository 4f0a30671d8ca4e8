"""A nightly audit on Airflow 3: the run id is Airflow's, so that a retry stores nothing twice.

Data that failed and a wrong configuration are not retried, since they would fail again. Results
that could not be stored are retried under the same id; what could not be evaluated is stored under
it, and judged again under a further one. Put the file into the dags folder of workers that have
`sparkguard[spark]` and Java 17, and run `python -m sparkguard.jars` there once as the worker's
user: Delta's jars lie in each user's cache, or in SPARKGUARD_CACHE. Or replace the command by a
spark-submit of jobs/audit.py.
"""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.sdk import dag, task

AUDIT = os.environ.get("SPARKGUARD_AUDIT", "/opt/sparkguard/audits/nightly.yaml")
LAKE = os.environ.get("SPARKGUARD_LAKE", "/lake")
NOT_EVALUATED = 3
FINAL = {1: "data failed its contract", 2: "the configuration or the installation is wrong"}


def judged(run_id: str) -> int:
    command = ["sparkguard", "audit", AUDIT, "--run-id", run_id, "--set", f"lake={LAKE}"]
    return subprocess.run(command, check=False).returncode


@dag(
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["sparkguard"],
)
def sparkguard_nightly() -> None:
    @task(
        retries=3,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=True,
        execution_timeout=timedelta(hours=4),
    )
    def audit(run_id: str, tries: str) -> None:
        code = NOT_EVALUATED
        for nth in range(1, int(tries) + 1):
            if code == NOT_EVALUATED:
                code = judged(run_id if nth == 1 else f"{run_id}.{nth}")
        if code in FINAL:
            raise AirflowFailException(f"{FINAL[code]}: exit code {code}")
        if code:
            raise AirflowException(f"could not evaluate or store: exit code {code}")

    audit(f"{Path(AUDIT).stem}-{{{{ run_id }}}}", "{{ ti.try_number }}")


sparkguard_nightly()
