"""The dispatcher's rows: applied from the log, a page a transaction."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from domain.data_flow import BEGINNINGS, State
from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowCreated,
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
    DataFlowSignalIgnored,
    DataFlowStartConfirmed,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.location import Direction, Role
from domain.message import Event, Recorded
from domain.segment.events import (
    ObjectCopied,
    ObjectsCopied,
    SegmentDone,
    SegmentFailed,
    SegmentLeased,
    SegmentParked,
    SegmentPlanned,
)
from domain.transfer.events import (
    MultipartUploadAborted,
    MultipartUploadCreated,
    ObjectPlanned,
    PagePlanned,
    TransferCompleted,
    TransferFailed,
    TransferPlanned,
)
from domain.transfer.plan import parts_work

_NEW_FLOW: Final = (
    "INSERT INTO work.flow (data_flow_id, state, moves_data, agreement_id)"
    " VALUES (%(flow)s, %(state)s, %(moves)s, %(agreement)s)"
)
_STATE: Final = (
    "UPDATE work.flow SET state = %(state)s WHERE data_flow_id = %(flow)s"
    " AND state <> 'stopped'"
)
_READY: Final = (
    "UPDATE work.flow SET state = CASE state WHEN 'preparing' THEN 'prepared'"
    "  WHEN 'starting' THEN 'running' ELSE state END WHERE data_flow_id = %(flow)s"
)
# Only after a suspend: a resume may also bring an address to a flow that runs.
_REQUEUE: Final = (
    "UPDATE work.segment s SET state = 'ready', epoch = epoch + 1 FROM work.flow f"
    " WHERE s.data_flow_id = %(flow)s AND s.state = 'queued'"
    " AND f.data_flow_id = s.data_flow_id AND f.state = 'suspended'"
)
_OBJECT: Final = (
    "INSERT INTO work.object (data_flow_id, object_id, planned, route, segments)"
    " VALUES (%(flow)s, %(object)s, %(planned)s, %(route)s, %(segments)s)"
)
_UPLOAD: Final = (
    "UPDATE work.object SET upload_id = %(upload)s, state = %(state)s"
    " WHERE data_flow_id = %(flow)s AND object_id = %(object)s"
)
_SEGMENT: Final = (
    "INSERT INTO work.segment (data_flow_id, segment_id, kind, object_id)"
    " VALUES (%(flow)s, %(segment)s, %(kind)s, %(object)s)"
)
_COMPLETING: Final = (
    "UPDATE work.object SET state = 'completing'"
    " WHERE data_flow_id = %(flow)s AND object_id = %(object)s"
)
_PAGE: Final = (
    "UPDATE work.flow SET objects = objects + %(objects)s,"
    " size_bytes = size_bytes + %(size)s WHERE data_flow_id = %(flow)s"
)
_FLAG: Final[dict[str, LiteralString]] = {
    "planned": "UPDATE work.flow SET planned = true WHERE data_flow_id = %(flow)s",
    "ended": "UPDATE work.flow SET ended = true WHERE data_flow_id = %(flow)s",
}
_SEGMENT_STATE: Final = (
    "UPDATE work.segment SET state = %(state)s"
    " WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s"
)
_PARKED: Final = (
    "UPDATE work.segment SET state = 'ready', epoch = epoch + 1"
    " WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s"
)
_DONE: Final = (
    "WITH over AS (UPDATE work.segment SET state = 'done'"
    "  WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s RETURNING *)"
    " UPDATE work.object o SET"
    "  segments_done = segments_done + (over.kind = 'parts')::int,"
    "  state = CASE WHEN over.kind = 'completion' THEN 'completed' ELSE o.state END"
    " FROM over WHERE o.data_flow_id = over.data_flow_id"
    " AND o.object_id = over.object_id"
)
# A large object fails once, with the first of its segments that does.
_FAILED: Final = (
    "WITH over AS (UPDATE work.segment SET state = 'failed'"
    "  WHERE data_flow_id = %(flow)s AND segment_id = %(segment)s RETURNING *)"
    " UPDATE work.object o SET state = 'failed' FROM over"
    " WHERE o.data_flow_id = over.data_flow_id AND o.object_id = over.object_id"
)
_FAILURES: Final = (
    "UPDATE work.flow SET failed_objects = failed_objects + %(count)s,"
    " failure_code = coalesce(failure_code, %(code)s),"
    " failure_detail = coalesce(failure_detail, %(detail)s)"
    " WHERE data_flow_id = %(flow)s"
)

_BEGINNINGS: Final = {
    State.PREPARING: "preparing",
    State.PREPARED: "prepared",
    State.STARTING: "starting",
    State.STARTED: "running",
}
_FLOW_STATES: Final = {
    DataFlowStartConfirmed: "running",
    DataFlowSuspended: "suspended",
    DataFlowResumed: "running",
    DataFlowTerminated: "stopped",
    DataFlowCompleted: "stopped",
}

Statement = tuple[LiteralString, dict[str, Any]]


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Apply a page to the rows, in the caller's transaction."""
    async with connection.pipeline(), connection.cursor() as cursor:
        for recorded in page:
            for statement, values in _statements(recorded.event):
                await cursor.execute(statement, values)


def _statements(event: Event) -> list[Statement]:
    match event:
        case DataFlowCreated():
            return [_new_flow(event)]
        case DataFlowReady(data_flow_id=flow):
            return [(_READY, {"flow": flow})]
        case DataFlowResumed(data_flow_id=flow):
            running = {"flow": flow, "state": "running"}
            return [(_REQUEUE, {"flow": flow}), (_STATE, running)]
        case DataFlowErrored() | DataFlowSignalIgnored():
            return []
        case (
            DataFlowStartConfirmed()
            | DataFlowSuspended()
            | DataFlowTerminated()
            | DataFlowCompleted()
        ):
            state = _FLOW_STATES[type(event)]
            return [(_STATE, {"flow": event.data_flow_id, "state": state})]
        case SegmentPlanned():
            return _planned_segment(event)
        case (
            SegmentLeased()
            | SegmentParked()
            | SegmentDone()
            | SegmentFailed()
            | ObjectsCopied()
            | ObjectCopied()
        ):
            return _journal(event)
        case _:
            return _transfer(event)


def _new_flow(event: DataFlowCreated) -> Statement:
    role, state = BEGINNINGS[type(event)]
    moves = (role is Role.PROVIDER) is (event.direction is Direction.PUSH)
    values = {"flow": event.data_flow_id, "state": _BEGINNINGS[state], "moves": moves}
    return _NEW_FLOW, {**values, "agreement": event.terms.agreement_id}


def _transfer(event: Event) -> list[Statement]:
    match event:
        case ObjectPlanned(data_flow_id=flow, object=planned, route=route):
            values: dict[str, Any] = {"flow": flow, "object": planned.object_id}
            values |= {"planned": planned.model_dump_json(), "route": route}
            values |= {"segments": sum(1 for _ in parts_work(planned, ""))}
            return [(_OBJECT, values)]
        case MultipartUploadCreated(data_flow_id=flow, object_id=object_id):
            values = {"flow": flow, "object": object_id, "upload": event.upload_id}
            return [(_UPLOAD, values | {"state": "uploading"})]
        case MultipartUploadAborted(data_flow_id=flow, object_id=object_id):
            values = {"flow": flow, "object": object_id, "upload": event.upload_id}
            return [(_UPLOAD, values | {"state": "aborted"})]
        case PagePlanned(data_flow_id=flow, objects=objects, size_bytes=size):
            return [(_PAGE, {"flow": flow, "objects": objects, "size": size})]
        case TransferPlanned(data_flow_id=flow):
            return [(_FLAG["planned"], {"flow": flow})]
        case TransferFailed(data_flow_id=flow, code=code, detail=detail):
            failure = {"flow": flow, "count": 0, "code": code, "detail": detail}
            return [(_FAILURES, failure), (_FLAG["ended"], {"flow": flow})]
        case TransferCompleted(data_flow_id=flow):
            return [(_FLAG["ended"], {"flow": flow})]
        case _:
            return []


def _planned_segment(event: SegmentPlanned) -> list[Statement]:
    work = event.work
    object_id = None if work.kind == "pack" else work.object.object_id
    values = {"flow": event.data_flow_id, "segment": event.segment_id}
    values |= {"kind": work.kind}
    row: dict[str, Any] = {**values, "object": object_id}
    statements: list[Statement] = [(_SEGMENT, row)]
    if work.kind == "completion":
        statements.append((_COMPLETING, row))
    return statements


def _journal(
    event: SegmentLeased
    | SegmentParked
    | SegmentDone
    | SegmentFailed
    | ObjectsCopied
    | ObjectCopied,
) -> list[Statement]:
    values: dict[str, Any] = {"flow": event.data_flow_id, "segment": event.segment_id}
    match event:
        case SegmentLeased():
            return [(_SEGMENT_STATE, {**values, "state": "leased"})]
        case SegmentParked():
            return [(_PARKED, values)]
        case SegmentDone():
            return [(_DONE, values)]
        case SegmentFailed(code=code, detail=detail):
            failure = {**values, "count": 0, "code": code, "detail": detail}
            return [(_FAILED, values), (_FAILURES, failure)]
        case ObjectsCopied(objects=objects):
            failed = [each for each in objects if each.error]
            if not failed:
                return []
            first = {"code": failed[0].error, "detail": failed[0].detail}
            return [(_FAILURES, {**values, "count": len(failed), **first})]
        case ObjectCopied():
            return []
