"""The dispatcher's rows: applied from the log, a page a transaction."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from domain.data_flow import BEGINNINGS, State
from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCompleted,
    DataFlowCreated,
    DataFlowPrioritized,
    DataFlowReady,
    DataFlowResumed,
    DataFlowStartConfirmed,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.endpoint import EndpointLearned
from domain.errors import WAITED_OUT
from domain.location import Direction, PlanMode, Role
from domain.message import Event, Recorded
from domain.scheduling.timing import DEADLINE_EXCEEDED, Timing
from domain.segment.events import (
    CompletionWork,
    ConcurrencyTuned,
    ObjectCopied,
    ObjectsCopied,
    PartCopied,
    PartsWork,
    SegmentDone,
    SegmentFailed,
    SegmentLeased,
    SegmentPaced,
    SegmentParked,
    SegmentPlanned,
)
from domain.topics import EVENTS
from domain.transfer.events import (
    MultipartUploadAborted,
    MultipartUploadCreated,
    MultipartUploadLeft,
    ObjectPlanned,
    PagePlanned,
    TransferCompleted,
    TransferDeadlineMissed,
    TransferDeferred,
    TransferFailed,
    TransferPlanned,
    TransferTakenUp,
    TransferWaiting,
)
from domain.transfer.plan import parts_work
from handlers.coordinator import deletion_rows
from handlers.coordinator import statements as sql

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
# Of a large object most events are its parts: nobody is to do anything about them.
_OF_NO_CONCERN: Final = (PartCopied, SegmentPaced, ConcurrencyTuned, EndpointLearned)
_OF_OTHERS = ("file.", "upload.", "task.")
TOPICS: Final = frozenset(
    each for each in EVENTS if not each.startswith(_OF_OTHERS)
) - {each.TOPIC for each in _OF_NO_CONCERN}
_FLAGS: Final = {TransferPlanned: "planned", TransferCompleted: "ended"}

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
            return [(sql.READY, {"flow": flow})]
        case DataFlowResumed(data_flow_id=flow):
            running = {"flow": flow, "state": "running"}
            requeued: Statement = (sql.REQUEUE, {"flow": flow})
            return [requeued, (sql.RESUMED, {"flow": flow}), (sql.STATE, running)]
        case DataFlowApproved(data_flow_id=flow):
            return [(sql.APPROVED, {"flow": flow})]
        case (
            DataFlowStartConfirmed()
            | DataFlowSuspended()
            | DataFlowTerminated()
            | DataFlowCompleted()
        ):
            state = _FLOW_STATES[type(event)]
            return [(sql.STATE, {"flow": event.data_flow_id, "state": state})]
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
    options = event.options
    timed = options.timing != Timing()
    return sql.NEW_FLOW, {
        **values,
        "agreement": event.terms.agreement_id,
        "gate": "held" if options.plan is not PlanMode.RUN else "",
        "tenant": options.tenant or event.terms.control_plane_id,
        "priority": options.priority,
        "timing": options.timing.model_dump_json() if timed else None,
    }


def _transfer(event: Event) -> list[Statement]:
    match event:
        case ObjectPlanned():
            return _planned_object(event)
        case MultipartUploadCreated(data_flow_id=flow, object_id=object_id):
            values = {"flow": flow, "object": object_id, "upload": event.upload_id}
            return [(sql.UPLOAD, values | {"state": "uploading"})]
        case (
            MultipartUploadAborted(data_flow_id=flow, object_id=object_id)
            | MultipartUploadLeft(data_flow_id=flow, object_id=object_id)
        ):
            values = {"flow": flow, "object": object_id, "upload": event.upload_id}
            return [(sql.UPLOAD, values | {"state": "aborted"})]
        case PagePlanned(data_flow_id=flow, objects=objects, size_bytes=size):
            page = {"flow": flow, "objects": objects, "size": size}
            return [(sql.PAGE, {**page, "held": len(event.held)})]
        case TransferPlanned(data_flow_id=flow) | TransferCompleted(data_flow_id=flow):
            return [(sql.FLAG[_FLAGS[type(event)]], {"flow": flow})]
        case TransferFailed():
            return _failed(event)
        case TransferWaiting(code=code):
            return [_waits(event, code)]
        case _:
            return _scheduled(event)


def _scheduled(event: Event) -> list[Statement]:
    match event:
        case DataFlowPrioritized(data_flow_id=flow, priority=priority):
            return [(sql.PRIORITIZED, {"flow": flow, "priority": priority})]
        case TransferDeferred(data_flow_id=flow, until=until):
            return [(sql.DEFERRED, {"flow": flow, "until": until})]
        case TransferTakenUp(data_flow_id=flow):
            return [(sql.TAKEN_UP, {"flow": flow})]
        case TransferDeadlineMissed(data_flow_id=flow):
            return [(sql.MISSED, {"flow": flow})]
        case _:
            return deletion_rows.statements(event)


def _failed(event: TransferFailed) -> list[Statement]:
    flow = {"flow": event.data_flow_id}
    failure: dict[str, Any] = {**flow, "code": event.code, "detail": event.detail}
    if event.code == DEADLINE_EXCEEDED:
        return [(sql.FAILED_FOR, failure)]
    failed: Statement = (sql.FAILURES, {**failure, "count": 0, "size": 0})
    return [failed, (sql.FLAG["ended"], flow)]


def _planned_object(event: ObjectPlanned) -> list[Statement]:
    planned = event.object
    values: dict[str, Any] = {"flow": event.data_flow_id, "object": planned.object_id}
    values |= {"planned": planned.model_dump_json(), "route": event.route}
    values |= {"segments": len([*parts_work(planned, "")])}
    return [(sql.OBJECT, values), (sql.UNHELD, values)]


def _waits(event: SegmentParked | TransferWaiting, code: str) -> Statement:
    values = {"flow": event.data_flow_id, "code": code, "side": event.side}
    return sql.WAITING, {**values, "detail": event.detail, "resumes": event.resumes}


def _planned_segment(event: SegmentPlanned) -> list[Statement]:
    work = event.work
    object_id = None
    if isinstance(work, PartsWork | CompletionWork):
        object_id = work.object.object_id
    values = {"flow": event.data_flow_id, "segment": event.segment_id}
    values |= {"kind": work.kind}
    state = "withheld" if work.kind == "deletion" else "ready"
    row: dict[str, Any] = {**values, "object": object_id, "state": state}
    statements: list[Statement] = [(sql.SEGMENT, row)]
    if work.kind == "completion":
        statements.append((sql.COMPLETING, row))
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
            return [(sql.SEGMENT_STATE, {**values, "state": "leased"})]
        case SegmentParked(reason=reason):
            parked: list[Statement] = [(sql.PARKED, values)]
            return [*parked, _waits(event, reason)] if reason in WAITED_OUT else parked
        case SegmentDone():
            return [(sql.DONE, values)]
        case SegmentFailed(code=code, detail=detail):
            # A large object is counted by its row: several of its segments may fail.
            failure = {**values, "count": 0, "code": code, "detail": detail}
            return [(sql.FAILED, values), (sql.FAILURES, {**failure, "size": 0})]
        case ObjectsCopied(objects=objects):
            failed = [each for each in objects if each.error]
            if not failed:
                return []
            first: dict[str, Any] = {
                "code": failed[0].error,
                "detail": failed[0].detail,
            }
            first["size"] = sum(each.size_bytes for each in failed)
            return [(sql.FAILURES, {**values, "count": len(failed), **first})]
        case ObjectCopied():
            return []
