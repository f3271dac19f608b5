"""Events as they are stored, and the lines of a history that they make. Pure."""

from typing import Any

import pydantic_core

from domain.message import Recorded
from domain.notary import encoding
from eventlog import mapper
from projections.views import HistoryLine

_JOURNAL = "reception-upload"


class Stored(encoding.Stored):
    """An event as the log holds it: `state` is the JSON of the event and its cause."""

    __slots__ = ()

    def recorded(self) -> Recorded:
        """The newest version of the event, for whoever folds it."""
        return mapper.to_recorded(*self)

    def body(self) -> dict[str, Any]:
        """The JSON object: `event` and `metadata`."""
        found: dict[str, Any] = pydantic_core.from_json(self.state)
        return found


def line_of(stored: Stored, body: dict[str, Any] | None = None) -> HistoryLine:
    """The line of an event; `body` is that of its state, where it was read already."""
    body = stored.body() if body is None else body
    event = body["event"]
    return HistoryLine(
        position=stored.position,
        stream=_stream(stored.topic, event),
        version=stored.version,
        topic=stored.topic,
        data=event,
        **body["metadata"],
    )


def kind_of(topic: str, event: dict[str, Any]) -> str:
    """The category of the stream that an event of a flow is in."""
    if "segment_id" in event:
        # What a segment's worker saw of an endpoint is in the segment's journal.
        return "segment"
    return topic.partition(".")[0]


def _stream(topic: str, event: dict[str, Any]) -> str:
    kind = kind_of(topic, event)
    if kind == "segment":
        return f"segment/{event['segment_id']}"
    if kind == "reception" and not topic.startswith("reception.upload-planned."):
        return f"{_JOURNAL}/{event['upload_id']}"
    return f"{kind}/{event['data_flow_id']}"
