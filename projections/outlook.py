"""A row of the progress as it is shown: with its pace, what is left, what it waits for.

Pure: the time comes from outside.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from domain.data_flow import State
from domain.errors import WAITED_OUT
from domain.location import PlanMode
from projections.forecast import Pace, coarse, forecast, pace
from projections.progress_row import Phase
from projections.views import Progress, TimeLeft

_WAITS_IN: Final = {
    State.PREPARING: "preparation",
    State.PREPARED: "start",
    State.STARTING: "preparation",
    State.SUSPENDED: "resume",
}
CREDENTIALS: Final = "credentials"


def outlook(row: Mapping[str, Any], now: datetime) -> Progress:
    """The row, at a time. Nothing is foretold while the source is still listed."""
    by_bytes, by_objects = (pace(row["recent"], each, now) for each in (1, 2))
    running = row["phase"] == Phase.RUNNING and row["waiting_for"] is None
    if not running:
        by_bytes = by_objects = None
    known = running and row["listing_complete"]
    return Progress.model_validate(
        {
            **row,
            "bytes_per_second": by_bytes and coarse(by_bytes.median),
            "objects_per_second": by_objects and coarse(by_objects.median),
            "time_left": _left(row, by_bytes, by_objects) if known else None,
            "waits_for": waits_for(row),
            "waits_until": row["waiting_until"],
        }
    )


def waits_for(row: Mapping[str, Any]) -> str | None:
    """What somebody must do, or what must come, before it copies; None: nothing."""
    if row["phase"] == Phase.FINISHED:
        return None
    if row["waiting_for"] is not None:
        code: str = row["waiting_for"]
        return CREDENTIALS if code in WAITED_OUT else code
    if row["phase"] == Phase.PLANNED:
        return "approval" if row["plan"] == PlanMode.APPROVE else None
    return _WAITS_IN.get(State(row["state"]))


def _left(
    row: Mapping[str, Any], by_bytes: Pace | None, by_objects: Pace | None
) -> TimeLeft | None:
    objects = row["objects_total"] - row["objects_copied"] - row["objects_failed"]
    if objects <= 0:
        return None
    size = row["bytes_total"] - row["bytes_copied"]
    found = forecast([(size, by_bytes), (objects, by_objects)])
    return TimeLeft(low=found.low, high=found.high) if found else None
