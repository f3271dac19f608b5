"""Lines of a history as CloudEvents 1.0, in the JSON format. Pure."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from projections.views import HistoryLine

BATCH: Final = "application/cloudevents-batch+json"
# Positions have up to 19 digits, and `sequence` is compared as text.
_DIGITS: Final = 19


def cloud_event(line: HistoryLine, data_flow_id: str) -> dict[str, Any]:
    """The event; `time` is when it happened, `recordedtime` when it was stored.

    What the specification has no attribute for is in extensions, whose names are
    lower-case words.
    """
    made: dict[str, Any] = {
        "specversion": "1.0",
        "id": line.event_id,
        "source": f"/audit/dataflows/{quote(data_flow_id, safe='')}",
        "type": line.topic,
        "subject": line.stream,
        "time": _text(line.occurred_at),
        "datacontenttype": "application/json",
        "sequence": f"{line.position:0{_DIGITS}}",
        "streamversion": line.version,
        "recordedtime": _text(line.recorded_at),
        "actor": line.actor,
        "causationid": line.causation_id,
        "correlationid": line.correlation_id,
    }
    if line.agreement_id:
        made["agreementid"] = line.agreement_id
    return {**made, "data": line.data}


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
