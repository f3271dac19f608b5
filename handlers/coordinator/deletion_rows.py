"""What the deletions of a mirror change in the dispatcher's rows."""

from typing import Any, LiteralString

from domain.message import Event
from domain.segment.events import ObjectsDeleted
from domain.transfer.events import DeletionsReleased, DeletionsWithheld
from handlers.coordinator import statements as sql

Statement = tuple[LiteralString, dict[str, Any]]


def statements(event: Event) -> list[Statement]:
    """None for events that are about something else."""
    match event:
        case DeletionsReleased(data_flow_id=flow):
            return [(sql.SETTLED, {"flow": flow, "state": "ready"})]
        case DeletionsWithheld(data_flow_id=flow, code=code, detail=detail):
            given_up = {"flow": flow, "state": "failed"}
            return [(sql.SETTLED, given_up), _failure(flow, code, detail)]
        case ObjectsDeleted(data_flow_id=flow, objects=deleted):
            left = [each for each in deleted if each.error]
            return [_failure(flow, each.error, each.detail) for each in left[:1]]
        case _:
            return []


def _failure(data_flow_id: str, code: str | None, detail: str | None) -> Statement:
    """No object of the source has failed, and yet the flow does not end well."""
    values = {"flow": data_flow_id, "count": 0, "size": 0}
    return sql.FAILURES, {**values, "code": code, "detail": detail}
