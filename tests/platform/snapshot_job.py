"""Pins the table of the first argument and writes what it saw to the file of the second."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sparkguard.session import is_connect, open_session
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef

if __name__ == "__main__":
    spark = open_session()
    snapshot = Snapshot.pin(spark, {"t": TableRef(path=sys.argv[1])})
    rows = snapshot.frame("t").selectExpr("sum(id) AS total", "count(*) AS rows").collect()[0]
    seen = {
        "connect": is_connect(spark),
        "pinned": snapshot["t"].rows,
        "total": rows["total"],
        "rows": rows["rows"],
        "slices": {s.key: n for s, n in snapshot.slice_values("t", ("m",)).items()},
    }
    Path(sys.argv[2]).write_text(json.dumps(seen))
    spark.stop()
