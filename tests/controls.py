"""One example of each message of the domain: fixed values, keywords to override."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from domain.access.events import AccessRefused
from domain.archive import FlowArchived, FlowShredded
from domain.callback import events as callback
from domain.control_plane import commands as plane_commands
from domain.control_plane import events as plane
from domain.control_plane.authorization import Authorization, AuthorizationType
from domain.data_flow import commands as flow_commands
from domain.data_flow import events as flow
from domain.data_flow.terms import Terms
from domain.delivery import events as delivery
from domain.endpoint import events as endpoint_events
from domain.errors import Side
from domain.file import commands as file_commands
from domain.file import events as file_events
from domain.limits import events as limits_events
from domain.limits.terms import Day, Limits, Rates, Window
from domain.location import CopyOptions, Direction, Location, PlanMode
from domain.message import Cause, Event, Message, Metadata
from domain.reception import commands as reception_commands
from domain.reception import events as reception
from domain.scheduling.timing import DeadlineAction, Reason, Timing
from domain.segment import commands as segment_commands
from domain.segment import events as segment
from domain.task import events as task_events
from domain.task.status import Status
from domain.transfer import events as transfer
from domain.transfer.deletions import Deletion, Doomed
from domain.transfer.filters import Selection
from domain.transfer.manifest import Format, Manifest
from domain.transfer.sync import Level
from domain.upload import commands as filing_commands
from domain.upload import events as filing

FLOW = "flow-1"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
EVENT_ID = UUID("01937a5e-0000-7000-8000-000000000001")
MIB = 1 << 20

_M = TypeVar("_M", bound=Message)


def _example(kind: type[_M], changes: dict[str, Any], /, **usual: Any) -> _M:
    return kind(**{**usual, **changes})


# Values


def terms(**changes: Any) -> Terms:
    return _example(
        Terms,
        changes,
        participant_id="did:web:provider",
        counter_party_id="did:web:consumer",
        dataspace_context="dataspace-protocol-http:2025-1",
        agreement_id="agreement-1",
        dataset_id="dataset-1",
        profile="https://w3id.org/dspace-sig/profile/s3-push",
        labels=("gold",),
        callback_address="https://control.example/callbacks",
    )


def source(**changes: Any) -> Location:
    return _example(
        Location,
        changes,
        mechanism="s3",
        fields={"bucket": "lake", "prefix": "2026/", "force_path_style": True},
        secret="flow-1/source/1",
    )


def destination(**changes: Any) -> Location:
    return _example(
        Location,
        changes,
        mechanism="s3",
        fields={"bucket": "partner", "prefix": "in/", "region": None},
        secret="flow-1/destination/1",
    )


def selecting() -> CopyOptions:
    """What may be said of which objects, all of it."""
    chosen = Selection(
        include=("*.csv", "daily/"),
        exclude=("tmp/",),
        min_size_bytes=1,
        max_size_bytes=MIB,
        modified_since=NOW,
        modified_before=LATER,
    )
    return CopyOptions(selection=chosen, sync=Level.ETAG, plan=PlanMode.APPROVE)


def mirroring() -> CopyOptions:
    """What may be said of deletions."""
    asked = Deletion(excluded=True, most=5, most_percent=2.5)
    return CopyOptions(deletion=asked, plan=PlanMode.APPROVE)


def manifest(**changes: Any) -> Manifest:
    usual = {"key": "lists/a.csv", "bucket": "lists", "format": Format.CSV}
    return _example(Manifest, changes, **usual)


def scheduled() -> CopyOptions:
    """What may be said of a flow's share and time, all of it."""
    timing = Timing(
        not_before=NOW,
        windows=("22:00-06:00 Europe/Berlin", "12:00-13:00 UTC"),
        deadline=LATER,
        deadline_action=DeadlineAction.FAIL,
    )
    return CopyOptions(tenant="lab", priority=4, timing=timing)


def address() -> dict[str, Any]:
    """The address that a reply carries."""
    return {
        "@type": "DataAddress",
        "endpointType": "AmazonS3",
        "endpoint": "s3://lake/2026/",
        "endpointProperties": [
            {"@type": "EndpointProperty", "name": "region", "value": "eu-central-1"}
        ],
    }


def cause(**changes: Any) -> Cause:
    return _example(
        Cause,
        changes,
        causation_id="m-start",
        correlation_id=FLOW,
        actor="control-plane",
        occurred_at=NOW,
    )


def metadata(**changes: Any) -> Metadata:
    usual = {**dict(cause()), "event_id": EVENT_ID, "recorded_at": LATER}
    return _example(Metadata, changes, **usual)


# Commands of a data flow. A flow that was prepared is a consumer's, and pulls; one
# that was started is a provider's, and pushes: both move data.


def prepare(**changes: Any) -> flow_commands.PrepareDataFlow:
    return _example(flow_commands.PrepareDataFlow, changes, **_preparation())


def start(**changes: Any) -> flow_commands.StartDataFlow:
    return _example(flow_commands.StartDataFlow, changes, **_beginning())


def confirm(**changes: Any) -> flow_commands.ConfirmDataFlowStarted:
    usual = {**_flow("m-confirm"), "source": source()}
    return _example(flow_commands.ConfirmDataFlowStarted, changes, **usual)


def suspend(**changes: Any) -> flow_commands.SuspendDataFlow:
    usual = {**_flow("m-suspend"), "reason": "maintenance"}
    return _example(flow_commands.SuspendDataFlow, changes, **usual)


def resume(**changes: Any) -> flow_commands.ResumeDataFlow:
    usual = {**_flow("m-resume"), "source": None, "destination": None}
    return _example(flow_commands.ResumeDataFlow, changes, **usual)


def terminate(**changes: Any) -> flow_commands.TerminateDataFlow:
    usual = {**_flow("m-terminate"), "reason": "agreement ended"}
    return _example(flow_commands.TerminateDataFlow, changes, **usual)


def complete(**changes: Any) -> flow_commands.CompleteDataFlow:
    return _example(flow_commands.CompleteDataFlow, changes, **_flow("m-complete"))


def approve(**changes: Any) -> flow_commands.ApproveDataFlow:
    usual = {**_flow("m-approve"), "planned": True}
    usual |= {"objects": 3, "size_bytes": 48 * MIB}
    return _example(flow_commands.ApproveDataFlow, changes, **usual)


def prioritize(**changes: Any) -> flow_commands.PrioritizeDataFlow:
    usual = {**_flow("m-prioritize"), "priority": 5}
    return _example(flow_commands.PrioritizeDataFlow, changes, **usual)


def ready(**changes: Any) -> flow_commands.ReadyDataFlow:
    return _example(flow_commands.ReadyDataFlow, changes, **_flow(None))


def finish(**changes: Any) -> flow_commands.FinishDataFlow:
    usual = {**_flow(None), "objects": 3, "size_bytes": 48 * MIB}
    return _example(flow_commands.FinishDataFlow, changes, **usual)


def report_error(**changes: Any) -> flow_commands.ReportError:
    return _example(flow_commands.ReportError, changes, **_flow(None), **_denial())


# Events of a data flow: what the commands above cause


def prepared(**changes: Any) -> flow.DataFlowPrepared:
    return _example(flow.DataFlowPrepared, changes, **_preparation())


def started(**changes: Any) -> flow.DataFlowStarted:
    return _example(flow.DataFlowStarted, changes, **_beginning())


def preparing(**changes: Any) -> flow.DataFlowPreparing:
    return _example(flow.DataFlowPreparing, changes, **_preparation())


def starting(**changes: Any) -> flow.DataFlowStarting:
    return _example(flow.DataFlowStarting, changes, **_beginning())


def made_ready(**changes: Any) -> flow.DataFlowReady:
    return _example(flow.DataFlowReady, changes, **_flow(None), agreement=None)


def start_confirmed(**changes: Any) -> flow.DataFlowStartConfirmed:
    usual = {**_flow("m-confirm"), "source": source()}
    return _example(flow.DataFlowStartConfirmed, changes, **usual)


def suspended(**changes: Any) -> flow.DataFlowSuspended:
    usual = {**_flow("m-suspend"), "reason": "maintenance"}
    return _example(flow.DataFlowSuspended, changes, **usual)


def resumed(**changes: Any) -> flow.DataFlowResumed:
    usual = {**_flow("m-resume"), "source": None, "destination": None}
    return _example(flow.DataFlowResumed, changes, **usual)


def terminated(**changes: Any) -> flow.DataFlowTerminated:
    usual = {**_flow("m-terminate"), "reason": "agreement ended"}
    return _example(flow.DataFlowTerminated, changes, **usual)


def completed(**changes: Any) -> flow.DataFlowCompleted:
    """By the control plane; `finished` is by the plane itself."""
    usual = {**_flow("m-complete"), "objects": None, "size_bytes": None}
    return _example(flow.DataFlowCompleted, changes, **usual, by="control-plane")


def finished(**changes: Any) -> flow.DataFlowCompleted:
    usual = {**_flow(None), "objects": 3, "size_bytes": 48 * MIB}
    return _example(flow.DataFlowCompleted, changes, **usual, by="plane")


def signal_ignored(**changes: Any) -> flow.DataFlowSignalIgnored:
    usual = {**_flow("m-again"), "verb": "suspend"}
    return _example(flow.DataFlowSignalIgnored, changes, **usual)


def prioritized(**changes: Any) -> flow.DataFlowPrioritized:
    usual = {**_flow("m-prioritize"), "priority": 5}
    return _example(flow.DataFlowPrioritized, changes, **usual)


def approved(**changes: Any) -> flow.DataFlowApproved:
    usual = {**_flow("m-approve"), "objects": 3, "size_bytes": 48 * MIB}
    return _example(flow.DataFlowApproved, changes, **usual)


def errored(**changes: Any) -> flow.DataFlowErrored:
    return _example(flow.DataFlowErrored, changes, **_flow(None), **_denial())


# Events of a transfer: one object of 40 MiB, in three parts


def planned_object(**changes: Any) -> transfer.PlannedObject:
    return _example(
        transfer.PlannedObject,
        changes,
        object_id="object-1",
        source_key="2026/a.parquet",
        destination_key="in/a.parquet",
        size_bytes=40 * MIB,
        etag="9b1d",
        version_id="v1",
        part_size_bytes=16 * MIB,
    )


def planning_started(**changes: Any) -> transfer.TransferPlanningStarted:
    usual = {"data_flow_id": FLOW, "route_reason": "two endpoints"}
    return _example(transfer.TransferPlanningStarted, changes, **usual)


def object_planned(**changes: Any) -> transfer.ObjectPlanned:
    route, before = transfer.Route.STREAM, ("upload-0",)
    usual = {"object": planned_object(), "route": route, "uploads_before": before}
    return _example(transfer.ObjectPlanned, changes, data_flow_id=FLOW, **usual)


def upload_created(**changes: Any) -> transfer.MultipartUploadCreated:
    usual = {"object_id": "object-1", "upload_id": "upload-1", "data_flow_id": FLOW}
    key = "in/a.parquet"
    return _example(
        transfer.MultipartUploadCreated, changes, **usual, destination_key=key
    )


def upload_aborted(**changes: Any) -> transfer.MultipartUploadAborted:
    usual = {"object_id": "object-1", "upload_id": "upload-1", "data_flow_id": FLOW}
    return _example(transfer.MultipartUploadAborted, changes, **usual)


def upload_left(**changes: Any) -> transfer.MultipartUploadLeft:
    usual = dict(upload_created())
    code = "storage.credentials-expired"
    return _example(transfer.MultipartUploadLeft, changes, **usual, code=code)


def page_planned(**changes: Any) -> transfer.PagePlanned:
    usual = {"page": 0, "cursor": "2026/a.parquet", "segments": ("parts-1",)}
    return _example(transfer.PagePlanned, changes, **_totals(objects=1), **usual)


def doomed(**changes: Any) -> Doomed:
    usual = {"object_id": "x0-0", "key": "in/old.parquet", "etag": "9b1d"}
    key = "2026/old.parquet"
    return _example(Doomed, changes, **usual, size_bytes=7, source_key=key)


def deletions_planned(**changes: Any) -> transfer.DeletionsPlanned:
    counts = {"page": 0, "listed": 20, "deletes": 1, "size_bytes": 7, "kept": 2}
    usual = {"cursor": None, "digest": "4f53", "segments": ("x0-0",)}
    return _example(
        transfer.DeletionsPlanned, changes, data_flow_id=FLOW, **counts, **usual
    )


def deletions_released(**changes: Any) -> transfer.DeletionsReleased:
    return _example(transfer.DeletionsReleased, changes, data_flow_id=FLOW, deletes=1)


def deletions_withheld(**changes: Any) -> transfer.DeletionsWithheld:
    usual = {"code": "plan.too-many-deletes", "detail": "9 would be, 5 may be"}
    return _example(transfer.DeletionsWithheld, changes, data_flow_id=FLOW, **usual)


def transfer_planned(**changes: Any) -> transfer.TransferPlanned:
    usual = {**_totals(objects=1), "segments": 1}
    return _example(transfer.TransferPlanned, changes, **usual)


def transfer_failed(**changes: Any) -> transfer.TransferFailed:
    return _example(transfer.TransferFailed, changes, data_flow_id=FLOW, **_denial())


def transfer_deferred(**changes: Any) -> transfer.TransferDeferred:
    usual = {"data_flow_id": FLOW, "reason": Reason.WINDOW, "until": LATER}
    return _example(transfer.TransferDeferred, changes, **usual)


def transfer_taken_up(**changes: Any) -> transfer.TransferTakenUp:
    return _example(transfer.TransferTakenUp, changes, data_flow_id=FLOW)


def deadline_missed(**changes: Any) -> transfer.TransferDeadlineMissed:
    usual = {"data_flow_id": FLOW, "deadline": LATER}
    return _example(transfer.TransferDeadlineMissed, changes, **usual)


def transfer_waiting(**changes: Any) -> transfer.TransferWaiting:
    usual = {**_expiry(), "code": "storage.credentials-expired", "resumes": 1}
    return _example(transfer.TransferWaiting, changes, data_flow_id=FLOW, **usual)


def transfer_completed(**changes: Any) -> transfer.TransferCompleted:
    usual = {"objects": 1, "size_bytes": 40 * MIB, "failed_objects": 0}
    return _example(transfer.TransferCompleted, changes, data_flow_id=FLOW, **usual)


# Work, commands and events of a segment: all parts of that object


def parts_work(**changes: Any) -> segment.PartsWork:
    usual = {"object": planned_object(), "upload_id": "upload-1", "first": 1, "last": 3}
    return _example(segment.PartsWork, changes, **usual)


def pack_work(**changes: Any) -> segment.PackWork:
    small = [
        planned_object(object_id=name, size_bytes=7, part_size_bytes=None)
        for name in ("object-1", "object-2")
    ]
    return _example(segment.PackWork, changes, objects=tuple(small))


def completion_work(**changes: Any) -> segment.CompletionWork:
    usual = {"upload_id": "upload-1", "segments": ("parts-1",)}
    return _example(segment.CompletionWork, changes, object=planned_object(), **usual)


def deletion_work(**changes: Any) -> segment.DeletionWork:
    return _example(segment.DeletionWork, changes, objects=(doomed(),))


def deletion_outcome(**changes: Any) -> segment.DeletionOutcome:
    usual = {"object_id": "x0-0", "fate": segment.Fate.DELETED}
    return _example(segment.DeletionOutcome, changes, **usual)


def record_deletions(**changes: Any) -> segment_commands.RecordDeletions:
    usual = {"worker": "worker-1", "objects": (deletion_outcome(),)}
    return _example(segment_commands.RecordDeletions, changes, **usual)


def objects_deleted(**changes: Any) -> segment.ObjectsDeleted:
    usual = {"objects": (deletion_outcome(),)}
    return _example(segment.ObjectsDeleted, changes, **_segment(), **usual)


def outcome(**changes: Any) -> segment.ObjectOutcome:
    return _example(
        segment.ObjectOutcome,
        changes,
        object_id="object-1",
        size_bytes=40 * MIB,
        etag="77aa-3",
        crc64nvme="4O9ZmMJAbCs=",
        verdict=segment.Verdict.VERIFIED,
    )


def lease(**changes: Any) -> segment_commands.LeaseSegment:
    usual = {"worker": "worker-1", "epoch": 1, "delivery": 1}
    return _example(segment_commands.LeaseSegment, changes, **usual)


def record_part(**changes: Any) -> segment_commands.RecordPart:
    return _example(
        segment_commands.RecordPart, changes, worker="worker-1", **_part(changes)
    )


def record_objects(**changes: Any) -> segment_commands.RecordObjects:
    usual = {"worker": "worker-1", "objects": (outcome(size_bytes=7),)}
    return _example(segment_commands.RecordObjects, changes, **usual)


def record_object(**changes: Any) -> segment_commands.RecordObject:
    usual = {"worker": "worker-1", "object": outcome()}
    return _example(segment_commands.RecordObject, changes, **usual)


def finish_segment(**changes: Any) -> segment_commands.FinishSegment:
    return _example(segment_commands.FinishSegment, changes, worker="worker-1")


def park(**changes: Any) -> segment_commands.ParkSegment:
    usual = {"worker": "worker-1", "reason": "suspended"}
    return _example(segment_commands.ParkSegment, changes, **usual)


def fail(**changes: Any) -> segment_commands.FailSegment:
    usual = {"worker": "worker-1", **_denial()}
    return _example(segment_commands.FailSegment, changes, **usual)


def record_pace(**changes: Any) -> segment_commands.RecordPace:
    usual = {"worker": "worker-1", **_pace()}
    return _example(segment_commands.RecordPace, changes, **usual)


def record_concurrency(**changes: Any) -> segment_commands.RecordConcurrency:
    usual = {"worker": "worker-1", **_tuning()}
    return _example(segment_commands.RecordConcurrency, changes, **usual)


def record_circuit_opened(**changes: Any) -> segment_commands.RecordCircuitOpened:
    usual = {"worker": "worker-1", **_outage()}
    return _example(segment_commands.RecordCircuitOpened, changes, **usual)


def record_circuit_closed(**changes: Any) -> segment_commands.RecordCircuitClosed:
    usual = {"worker": "worker-1", **_return()}
    return _example(segment_commands.RecordCircuitClosed, changes, **usual)


def segment_planned(**changes: Any) -> segment.SegmentPlanned:
    usual = {"route": transfer.Route.STREAM, "work": parts_work()}
    return _example(segment.SegmentPlanned, changes, **_segment(), **usual)


def leased(**changes: Any) -> segment.SegmentLeased:
    usual = {"worker": "worker-1", "epoch": 1, "delivery": 1}
    return _example(segment.SegmentLeased, changes, **_segment(), **usual)


def part_copied(**changes: Any) -> segment.PartCopied:
    usual = {**_segment(), **_part(changes), "adopted": False}
    return _example(segment.PartCopied, changes, **usual)


def objects_copied(**changes: Any) -> segment.ObjectsCopied:
    usual = {"objects": (outcome(size_bytes=7),)}
    return _example(segment.ObjectsCopied, changes, **_segment(), **usual)


def object_copied(**changes: Any) -> segment.ObjectCopied:
    return _example(segment.ObjectCopied, changes, **_segment(), object=outcome())


def done(**changes: Any) -> segment.SegmentDone:
    return _example(segment.SegmentDone, changes, **_segment())


def parked(**changes: Any) -> segment.SegmentParked:
    return _example(segment.SegmentParked, changes, **_segment(), reason="suspended")


def put_down(**changes: Any) -> segment.SegmentParked:
    """Parked, because the flow waits."""
    usual = {**_expiry(), "reason": "storage.credentials-expired", "resumes": 1}
    return _example(segment.SegmentParked, changes, **_segment(), **usual)


def paced(**changes: Any) -> segment.SegmentPaced:
    return _example(segment.SegmentPaced, changes, **_segment(), **_pace())


def concurrency_tuned(**changes: Any) -> segment.ConcurrencyTuned:
    return _example(segment.ConcurrencyTuned, changes, **_segment(), **_tuning())


def circuit_opened(**changes: Any) -> segment.EndpointCircuitOpened:
    return _example(segment.EndpointCircuitOpened, changes, **_segment(), **_outage())


def circuit_closed(**changes: Any) -> segment.EndpointCircuitClosed:
    return _example(segment.EndpointCircuitClosed, changes, **_segment(), **_return())


def failed(**changes: Any) -> segment.SegmentFailed:
    return _example(segment.SegmentFailed, changes, **_segment(), **_denial())


# Limits


def limits(**changes: Any) -> Limits:
    office = Window(
        days=(Day.MON, Day.FRI),
        start="08:00",
        end="18:00",
        time_zone="Europe/Berlin",
        rates=Rates(bytes_per_second=MIB, parts_at_once=4),
    )
    base = Rates(bytes_per_second=100 * MIB, requests_per_second=200.0)
    return _example(Limits, changes, base=base, timetable=(office,))


def limits_changed(**changes: Any) -> limits_events.LimitsChanged:
    usual = {"scope": "endpoint:s3.example:9000", "limits": limits()}
    return _example(limits_events.LimitsChanged, changes, **usual)


# Events of a callback


def callback_delivered(**changes: Any) -> callback.CallbackDelivered:
    return _example(callback.CallbackDelivered, changes, **_callback())


def callback_attempt_failed(**changes: Any) -> callback.CallbackAttemptFailed:
    usual = {**_callback(), "detail": "HTTP 503", "next_attempt_at": LATER}
    return _example(callback.CallbackAttemptFailed, changes, **usual)


# Commands and events of an upload through the data door, and of what it has served


def open_upload(**changes: Any) -> reception_commands.OpenUpload:
    usual = {"key": "in/a.parquet", "kind": "parts", "storage_upload_id": "upload-1"}
    return _example(reception_commands.OpenUpload, changes, **_upload(), **usual)


def receive_part(**changes: Any) -> reception_commands.ReceivePart:
    usual = _received_part(changes)
    return _example(reception_commands.ReceivePart, changes, **_upload(), **usual)


def receive_object(**changes: Any) -> reception_commands.ReceiveObject:
    usual = _received_object()
    return _example(reception_commands.ReceiveObject, changes, **_upload(), **usual)


def abort_upload(**changes: Any) -> reception_commands.AbortUpload:
    usual = {**_upload(), "reason": "terminated"}
    return _example(reception_commands.AbortUpload, changes, **usual)


def upload_planned(**changes: Any) -> reception.UploadPlanned:
    usual = {"key": "in/a.parquet", "kind": "parts", "uploads_before": ("upload-0",)}
    return _example(reception.UploadPlanned, changes, **_upload(), **usual)


def upload_opened(**changes: Any) -> reception.UploadOpened:
    return _example(reception.UploadOpened, changes, **dict(open_upload()))


def part_received(**changes: Any) -> reception.PartReceived:
    return _example(
        reception.PartReceived, changes, **_upload(), **_received_part(changes)
    )


def object_received(**changes: Any) -> reception.ObjectReceived:
    return _example(
        reception.ObjectReceived, changes, **_upload(), **_received_object()
    )


def reception_aborted(**changes: Any) -> reception.UploadAborted:
    return _example(reception.UploadAborted, changes, **dict(abort_upload()))


def leave_upload(**changes: Any) -> reception_commands.LeaveUpload:
    usual = {"key": "in/a.parquet", "code": "storage.credentials-expired"}
    return _example(reception_commands.LeaveUpload, changes, **_upload(), **usual)


def reception_left(**changes: Any) -> reception.UploadLeft:
    usual = {**dict(leave_upload()), "storage_upload_id": "upload-1"}
    return _example(reception.UploadLeft, changes, **usual)


def object_served(**changes: Any) -> delivery.ObjectServed:
    usual = {"key": "2026/a.parquet", "etag": "9b1d", "requests": 3, "complete": 2}
    return _example(
        delivery.ObjectServed,
        changes,
        data_flow_id=FLOW,
        **usual,
        size_bytes=40 * MIB,
        broken_by="flow.suspended",
    )


# Files


FILE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PLACE = f"9f/86/{FILE}.bin"


def store_file(**changes: Any) -> file_commands.StoreFile:
    usual = {"place": PLACE, "store": "local", "size_bytes": 4, **_uploaded()}
    return _example(
        file_commands.StoreFile, changes, content_type="text/plain", **usual
    )


def delete_file(**changes: Any) -> file_commands.DeleteFile:
    usual = {"file_id": FILE, "user_id": "bob"}
    return _example(file_commands.DeleteFile, changes, **usual)


def file_stored(**changes: Any) -> file_events.FileStored:
    return _example(file_events.FileStored, changes, **dict(store_file()))


def file_uploaded_again(**changes: Any) -> file_events.FileUploadedAgain:
    usual = {**_uploaded(), "upload_id": "upload-2"}
    return _example(file_events.FileUploadedAgain, changes, **usual)


def file_deleted(**changes: Any) -> file_events.FileDeleted:
    return _example(file_events.FileDeleted, changes, **dict(delete_file()))


def file_placed(**changes: Any) -> file_events.FilePlaced:
    usual = {"file_id": FILE, "place": "files/upload-1", "upload_id": "upload-1"}
    return _example(file_events.FilePlaced, changes, **usual)


# Control planes, and whoever is refused


def authorization(**changes: Any) -> Authorization:
    return _example(
        Authorization,
        changes,
        type=AuthorizationType.CLIENT_CREDENTIALS,
        token_endpoint="https://auth.example/token",
        client_id="waybill-client",
        jwks_uri="https://auth.example/keys",
        issuer="https://auth.example",
    )


def register_control_plane(**changes: Any) -> plane_commands.RegisterControlPlane:
    return _example(plane_commands.RegisterControlPlane, changes, **_registration())


def deregister_control_plane(**changes: Any) -> plane_commands.DeregisterControlPlane:
    return _example(
        plane_commands.DeregisterControlPlane, changes, control_plane_id="control-1"
    )


def control_plane_registered(**changes: Any) -> plane.ControlPlaneRegistered:
    return _example(plane.ControlPlaneRegistered, changes, **_registration())


def control_plane_deregistered(**changes: Any) -> plane.ControlPlaneDeregistered:
    return _example(
        plane.ControlPlaneDeregistered, changes, control_plane_id="control-1"
    )


def data_plane_registered(**changes: Any) -> plane.DataPlaneRegistered:
    return _example(
        plane.DataPlaneRegistered,
        changes,
        url="https://control.example/dataplanes",
        dataplane_id="waybill",
        endpoint="https://waybill.example",
        profiles=("AmazonS3-PULL", "AmazonS3-PUSH"),
    )


def endpoint_learned(**changes: Any) -> endpoint_events.EndpointLearned:
    seen = {"checksum-trailers": True, "crc64nvme-of-parts": False}
    usual = {"endpoint": "s3.example:9000", "capabilities": seen}
    return _example(endpoint_events.EndpointLearned, changes, **usual)


def access_refused(**changes: Any) -> AccessRefused:
    return _example(
        AccessRefused,
        changes,
        door="http",
        verb="suspend",
        data_flow_id=FLOW,
        code="access.token-invalid",
        detail="the token is refused: it has expired",
        claimed="control-1",
        issuer="https://auth.example",
        remote="http:192.0.2.7",
        suppressed=0,
    )


def flow_archived(**changes: Any) -> FlowArchived:
    return _example(
        FlowArchived,
        changes,
        data_flow_id=FLOW,
        place="s3://archive/2026/abc.waybill",
        size_bytes=4711,
        digest="0" * 64,
        events=12,
        removed="3-5,9",
        key="1" * 64,
        signed_at=NOW,
        signature="2" * 128,
    )


def flow_shredded(**changes: Any) -> FlowShredded:
    return _example(FlowShredded, changes, data_flow_id=FLOW)


# Events of a task


def task_submitted(**changes: Any) -> task_events.TaskSubmitted:
    return _example(
        task_events.TaskSubmitted,
        changes,
        task_id="task-1",
        service="render",
        user_id="alice",
        inputs={"scene": "s3://lake/scene.blend", "frame": ("1", "2")},
        data_flow_id=None,
    )


def task_reported(**changes: Any) -> task_events.TaskReported:
    return _example(
        task_events.TaskReported,
        changes,
        task_id="task-1",
        message_id="m-1",
        status=Status.RUNNING,
        percent=12.5,
        code="",
        detail="frame 1",
        log=("taken by node-3",),
    )


def task_cancel_requested(**changes: Any) -> task_events.TaskCancelRequested:
    usual = {"task_id": "task-1", "reason": "not needed"}
    return _example(task_events.TaskCancelRequested, changes, **usual)


def task_deleted(**changes: Any) -> task_events.TaskDeleted:
    return _example(task_events.TaskDeleted, changes, task_id="task-1")


# Resumable uploads to the file store, two and a half chunks long


def begin_filing(**changes: Any) -> filing_commands.BeginUpload:
    return _example(filing_commands.BeginUpload, changes, **_filing_begun())


def filing_begun(**changes: Any) -> filing.UploadBegun:
    return _example(filing.UploadBegun, changes, **_filing_begun())


def store_chunk(**changes: Any) -> filing_commands.StoreChunk:
    return _example(filing_commands.StoreChunk, changes, **_filing_chunk(changes))


def chunk_stored(**changes: Any) -> filing.ChunkStored:
    return _example(filing.ChunkStored, changes, **_filing_chunk(changes))


def seal_filing(**changes: Any) -> filing_commands.SealUpload:
    usual = {"upload_id": "0193-up", "file_id": "c0" * 32}
    return _example(filing_commands.SealUpload, changes, **usual)


def filing_sealed(**changes: Any) -> filing.UploadSealed:
    return _example(filing.UploadSealed, changes, **_filing_end())


def complete_filing(**changes: Any) -> filing_commands.CompleteUpload:
    return _example(filing_commands.CompleteUpload, changes, upload_id="0193-up")


def filing_completed(**changes: Any) -> filing.UploadCompleted:
    return _example(filing.UploadCompleted, changes, **_filing_end())


def abort_filing(**changes: Any) -> filing_commands.AbortUpload:
    usual = {"upload_id": "0193-up", "reason": "terminated"}
    return _example(filing_commands.AbortUpload, changes, **usual)


def filing_aborted(**changes: Any) -> filing.UploadAborted:
    usual = {"upload_id": "0193-up", "reason": "terminated", "code": ""}
    return _example(filing.UploadAborted, changes, **usual)


EVENTS: tuple[Callable[..., Event], ...] = (
    *(preparing, prepared, starting, started, made_ready),
    *(start_confirmed, suspended, resumed),
    *(terminated, completed, signal_ignored, approved, prioritized, errored),
    *(planning_started, object_planned, upload_created, upload_aborted),
    *(page_planned, transfer_planned, transfer_failed, transfer_completed),
    *(transfer_waiting, upload_left),
    *(transfer_deferred, transfer_taken_up, deadline_missed),
    *(deletions_planned, deletions_released, deletions_withheld, objects_deleted),
    *(segment_planned, leased, part_copied, objects_copied, object_copied),
    *(done, parked, paced, failed),
    *(circuit_opened, circuit_closed, concurrency_tuned, endpoint_learned),
    *(limits_changed, callback_delivered, callback_attempt_failed),
    *(upload_planned, upload_opened, part_received, object_received),
    *(reception_aborted, reception_left, object_served),
    *(control_plane_registered, control_plane_deregistered),
    *(data_plane_registered, access_refused),
    *(flow_archived, flow_shredded),
    *(file_stored, file_uploaded_again, file_deleted, file_placed),
    *(task_submitted, task_reported, task_cancel_requested, task_deleted),
    *(filing_begun, chunk_stored, filing_sealed, filing_completed, filing_aborted),
)
"""The controls of all events: one for each topic."""


# What several of them share


def _flow(message_id: str | None) -> dict[str, Any]:
    return {"data_flow_id": FLOW, "message_id": message_id}


def _preparation() -> dict[str, Any]:
    return {
        **_flow("m-prepare"),
        "terms": terms(),
        "direction": Direction.PULL,
        "source": None,
        "destination": destination(),
        "options": CopyOptions(),
        "reply_address": None,
    }


def _beginning() -> dict[str, Any]:
    return {
        **_flow("m-start"),
        "terms": terms(),
        "direction": Direction.PUSH,
        "source": source(),
        "destination": destination(),
        "options": CopyOptions(part_size_bytes=16 * MIB, concurrency=4),
        "reply_address": None,
    }


def _denial() -> dict[str, Any]:
    return {"code": "storage.denied", "detail": "PutObject was refused"}


def _pace() -> dict[str, Any]:
    counts = {"requests_before": 16, "requests_after": 8}
    return {"endpoint": "s3.example:9000", **counts, "reason": "storage.throttled"}


def _tuning() -> dict[str, Any]:
    return {
        "source": "s3.example:9000",
        "destination": "s3.example.org",
        "requests_before": 8,
        "requests_after": 32,
        "reason": "goodput-grew",
        "requests_per_second": 155.3,
        "bytes_per_second": 2_544_435.0,
    }


def _outage() -> dict[str, Any]:
    reason = "storage.unavailable"
    return {"endpoint": "s3.example:9000", "failures": 4, "reason": reason}


def _return() -> dict[str, Any]:
    return {"endpoint": "s3.example:9000", "probes": 3, "seconds": 7.5}


def _expiry() -> dict[str, Any]:
    return {"side": Side.DESTINATION, "detail": "the credentials have expired"}


def _totals(objects: int) -> dict[str, Any]:
    size = 40 * MIB * objects
    return {"data_flow_id": FLOW, "objects": objects, "size_bytes": size, "parts": 3}


def _segment() -> dict[str, Any]:
    return {"data_flow_id": FLOW, "segment_id": "parts-1"}


def _part(changes: dict[str, Any]) -> dict[str, Any]:
    number = changes.get("part_number", 1)
    offset = (number - 1) * 16 * MIB
    return {
        "part_number": number,
        "offset_bytes": offset,
        "length_bytes": min(16 * MIB, 40 * MIB - offset),
        "etag": f"etag-{number}",
        "crc64nvme": "4O9ZmMJAbCs=",
        "proven": True,
    }


def _callback() -> dict[str, Any]:
    kind = callback.CallbackKind.COMPLETED
    return {"data_flow_id": FLOW, "kind": kind, "about": EVENT_ID, "attempt": 1}


def _upload() -> dict[str, Any]:
    return {"data_flow_id": FLOW, "upload_id": "0193-1"}


def _received_part(changes: dict[str, Any]) -> dict[str, Any]:
    part = _part(changes)
    size = part["length_bytes"]
    kept = {name: part[name] for name in ("etag", "crc64nvme", "proven")}
    return {"part_number": part["part_number"], "size_bytes": size, **kept}


def _uploaded() -> dict[str, Any]:
    names = {"user_id": "alice", "filename": "a.txt", "upload_id": "upload-1"}
    return {"file_id": FILE, **names}


def _received_object() -> dict[str, Any]:
    return {
        "key": "in/a.parquet",
        "size_bytes": 40 * MIB,
        "etag": "77aa-3",
        "crc64nvme": "4O9ZmMJAbCs=",
        "verdict": segment.Verdict.VERIFIED,
    }


def _registration() -> dict[str, Any]:
    return {
        "control_plane_id": "control-1",
        "endpoint": "https://control.example/signaling",
        "authorization": authorization(),
        "secret": "control-1/client/1",
    }


def _filing_begun() -> dict[str, Any]:
    return {
        "upload_id": "0193-up",
        "user_id": "alice",
        "protocol": "chunks",
        "size_bytes": 20 * MIB,
        "chunk_size_bytes": 8 * MIB,
        "content_type": "text/csv",
        "filename": "a.csv",
        "metadata": {"project": "gold"},
        "sha256": "",
        "store": "local",
        "reference": "",
        "expires_at": LATER,
    }


def _filing_chunk(changes: dict[str, Any]) -> dict[str, Any]:
    offset = changes.get("index", 0) * 8 * MIB
    size = min(8 * MIB, 20 * MIB - offset)
    place = {"index": 0, "offset": offset, "size_bytes": size, "etag": ""}
    return {"upload_id": "0193-up", **place}


def _filing_end() -> dict[str, Any]:
    return {"upload_id": "0193-up", "file_id": "c0" * 32, "size_bytes": 20 * MIB}
