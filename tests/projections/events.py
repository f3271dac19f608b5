"""Events of a flow, one function each: fixed values, keyword overrides."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.callback.events import (
    CallbackAttemptFailed,
    CallbackDelivered,
    CallbackKind,
)
from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowPrepared,
    DataFlowPreparing,
    DataFlowReady,
    DataFlowResumed,
    DataFlowStartConfirmed,
    DataFlowStarted,
    DataFlowStarting,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.data_flow.terms import Terms
from domain.location import CopyOptions, Direction, Location
from domain.message import Cause
from domain.segment.events import (
    CompletionWork,
    ObjectCopied,
    ObjectOutcome,
    ObjectsCopied,
    PackWork,
    PartCopied,
    PartsWork,
    SegmentDone,
    SegmentFailed,
    SegmentLeased,
    SegmentPlanned,
    Verdict,
    Work,
)
from domain.transfer.events import (
    PagePlanned,
    PlannedObject,
    Route,
    TransferCompleted,
    TransferPlanned,
    TransferPlanningStarted,
)

FLOW = "flow-1"
MIB = 1 << 20
NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)

SOURCE = Location(
    mechanism="s3", fields={"bucket": "lake", "region": None}, secret="secret/ref/1"
)
DESTINATION = Location(mechanism="s3", fields={"bucket": "partner"})


def cause(**changes: Any) -> Cause:
    values = {
        "causation_id": "message-1",
        "correlation_id": FLOW,
        "actor": "test",
        "occurred_at": NOON,
    }
    return Cause(**{**values, **changes})


def terms(**changes: Any) -> Terms:
    values: dict[str, Any] = {
        "participant_id": "did:web:provider",
        "counter_party_id": "did:web:consumer",
        "dataspace_context": "dataspace-protocol-http:2025-1",
        "agreement_id": "agreement-1",
        "dataset_id": "dataset-1",
        "profile": "AmazonS3-PUSH",
        "callback_address": "https://control.example/signaling",
    }
    return Terms(**{**values, **changes})


def _creation(flow: str, changes: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "data_flow_id": flow,
        "message_id": "message-1",
        "terms": terms(),
        "direction": Direction.PUSH,
        "source": SOURCE,
        "destination": DESTINATION,
        "options": CopyOptions(),
        "reply_address": None,
    }
    return {**values, **changes}


def started(flow: str = FLOW, **changes: Any) -> DataFlowStarted:
    return DataFlowStarted(**_creation(flow, changes))


def prepared(flow: str = FLOW, **changes: Any) -> DataFlowPrepared:
    return DataFlowPrepared(**_creation(flow, {"source": None, **changes}))


def preparing(flow: str = FLOW, **changes: Any) -> DataFlowPreparing:
    return DataFlowPreparing(**_creation(flow, {"source": None, **changes}))


def starting(flow: str = FLOW, **changes: Any) -> DataFlowStarting:
    return DataFlowStarting(**_creation(flow, changes))


def made_ready(flow: str = FLOW) -> DataFlowReady:
    return DataFlowReady(data_flow_id=flow, message_id=None, agreement=None)


def confirmed(
    flow: str = FLOW, source: Location | None = None
) -> DataFlowStartConfirmed:
    return DataFlowStartConfirmed(data_flow_id=flow, message_id="m2", source=source)


def suspended(flow: str = FLOW) -> DataFlowSuspended:
    return DataFlowSuspended(data_flow_id=flow, message_id="m3", reason="lunch")


def resumed(flow: str = FLOW, source: Location | None = None) -> DataFlowResumed:
    return DataFlowResumed(
        data_flow_id=flow, message_id="m4", source=source, destination=None
    )


def terminated(flow: str = FLOW) -> DataFlowTerminated:
    return DataFlowTerminated(data_flow_id=flow, message_id="m5", reason=None)


def completed(flow: str = FLOW, by: str = "plane") -> DataFlowCompleted:
    return DataFlowCompleted.model_validate(
        {
            "data_flow_id": flow,
            "message_id": None,
            "by": by,
            "objects": 1,
            "size_bytes": 1,
        }
    )


def errored(flow: str = FLOW, code: str = "storage.denied") -> DataFlowErrored:
    return DataFlowErrored(
        data_flow_id=flow, message_id=None, code=code, detail="no permission"
    )


def planned_object(object_id: str, size: int = 32 * MIB) -> PlannedObject:
    return PlannedObject(
        object_id=object_id,
        source_key=f"in/{object_id}",
        destination_key=f"out/{object_id}",
        size_bytes=size,
        etag="etag",
        part_size_bytes=16 * MIB,
    )


def approved(flow: str = FLOW) -> DataFlowApproved:
    return DataFlowApproved(
        data_flow_id=flow, message_id="m5", objects=3, size_bytes=34 * MIB
    )


def planning(flow: str = FLOW) -> TransferPlanningStarted:
    return TransferPlanningStarted(data_flow_id=flow, route_reason="two endpoints")


def page(flow: str = FLOW, **changes: Any) -> PagePlanned:
    values: dict[str, Any] = {
        "page": 0,
        "cursor": None,
        "objects": 3,
        "size_bytes": 34 * MIB,
        "parts": 4,
        "segments": ("s1", "s2"),
    }
    return PagePlanned(data_flow_id=flow, **{**values, **changes})


def planned(flow: str = FLOW, **changes: Any) -> TransferPlanned:
    values = {"objects": 3, "size_bytes": 34 * MIB, "parts": 4, "segments": 2}
    return TransferPlanned(data_flow_id=flow, **{**values, **changes})


def transfer_completed(flow: str = FLOW, failed: int = 0) -> TransferCompleted:
    return TransferCompleted(
        data_flow_id=flow, objects=3, size_bytes=34 * MIB, failed_objects=failed
    )


def parts_work(object_id: str, first: int = 1, last: int = 2) -> PartsWork:
    return PartsWork(
        object=planned_object(object_id), upload_id="u", first=first, last=last
    )


def pack_work(*object_ids: str) -> PackWork:
    return PackWork(objects=tuple(planned_object(each, MIB) for each in object_ids))


def completion_work(object_id: str) -> CompletionWork:
    return CompletionWork(
        object=planned_object(object_id), upload_id="u", segments=("s1",)
    )


def segment_planned(segment: str, work: Work, flow: str = FLOW) -> SegmentPlanned:
    return SegmentPlanned(
        data_flow_id=flow, segment_id=segment, route=Route.STREAM, work=work
    )


def leased(segment: str, flow: str = FLOW, epoch: int = 1) -> SegmentLeased:
    return SegmentLeased(
        data_flow_id=flow, segment_id=segment, worker="w1", epoch=epoch, delivery=1
    )


def part(segment: str, number: int, flow: str = FLOW) -> PartCopied:
    return PartCopied(
        data_flow_id=flow,
        segment_id=segment,
        part_number=number,
        offset_bytes=(number - 1) * 16 * MIB,
        length_bytes=16 * MIB,
        etag="0123456789abcdef0123456789abcdef",
        crc64nvme="AAAAAAAAAAA=",
        proven=True,
        adopted=False,
    )


def outcome(object_id: str, error: str | None = None, size: int = MIB) -> ObjectOutcome:
    return ObjectOutcome(
        object_id=object_id,
        size_bytes=size,
        verdict=Verdict.VERIFIED,
        error=error,
        detail="why" if error else None,
    )


def objects(segment: str, *outcomes: ObjectOutcome, flow: str = FLOW) -> ObjectsCopied:
    return ObjectsCopied(data_flow_id=flow, segment_id=segment, objects=outcomes)


def object_copied(
    object_id: str, error: str | None = None, flow: str = FLOW
) -> ObjectCopied:
    return ObjectCopied(
        data_flow_id=flow,
        segment_id=f"{object_id}-c",
        object=outcome(object_id, error, 32 * MIB),
    )


def done(segment: str, flow: str = FLOW) -> SegmentDone:
    return SegmentDone(data_flow_id=flow, segment_id=segment)


def failed(segment: str, flow: str = FLOW) -> SegmentFailed:
    return SegmentFailed(
        data_flow_id=flow, segment_id=segment, code="storage.denied", detail="no"
    )


def delivered(about: UUID, attempt: int, flow: str = FLOW) -> CallbackDelivered:
    return CallbackDelivered(
        data_flow_id=flow, kind=CallbackKind.COMPLETED, about=about, attempt=attempt
    )


def not_delivered(about: UUID, attempt: int, flow: str = FLOW) -> CallbackAttemptFailed:
    return CallbackAttemptFailed(
        data_flow_id=flow,
        kind=CallbackKind.COMPLETED,
        about=about,
        attempt=attempt,
        detail="503 from the control plane",
        next_attempt_at=NOON,
    )
