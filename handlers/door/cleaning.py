"""After a flow has ended: no upload of the data door's is left at its destination."""

from domain.data_flow import DataFlow
from domain.location import Direction, Role
from domain.reception import Phase, Upload
from domain.reception.commands import AbortUpload, LeaveUpload
from domain.reception.events import UploadPlanned
from eventlog import EventLog
from handlers.copiers import Copiers
from handlers.door.receptions import Receptions, cause_of
from handlers.ports import DestinationEnd
from handlers.worker.retry import retried

_ATTEMPTS = 4
_REASON = "the flow has ended"


async def clean(log: EventLog, copiers: Copiers, flow: DataFlow) -> None:
    """Abort every upload of the flow that has not become an object.

    To be called when the flow is final, and before its secrets are destroyed. Safe to
    repeat, also after a crash in the middle. Raises StorageError.
    """
    receptions = Receptions(log)
    cause = cause_of(flow, f"data-flow/{flow.data_flow_id}")
    for line, upload in await _unfinished(receptions, flow):
        async with copiers.writing(flow) as end:
            if upload.phase is Phase.OPEN:
                storage_id = upload.storage_upload_id
                await end.store.abort_upload(upload.key, storage_id)
            else:
                await _abort_strays(end, line)
        gone = AbortUpload(
            data_flow_id=flow.data_flow_id, upload_id=line.upload_id, reason=_REASON
        )
        await receptions.record(gone, cause)


async def leave(log: EventLog, flow: DataFlow, code: str) -> int:
    """Record, of all that `clean` could not abort, that it stays; returns how many."""
    receptions = Receptions(log)
    cause = cause_of(flow, f"data-flow/{flow.data_flow_id}")
    unfinished = await _unfinished(receptions, flow)
    for line, _ in unfinished:
        left = LeaveUpload(
            data_flow_id=flow.data_flow_id,
            upload_id=line.upload_id,
            key=line.key,
            code=code,
        )
        await receptions.record(left, cause)
    return len(unfinished)


async def _unfinished(
    receptions: Receptions, flow: DataFlow
) -> list[tuple[UploadPlanned, Upload]]:
    """What the ledger names, and has neither become an object nor nothing."""
    if flow.role is not Role.CONSUMER or flow.direction is not Direction.PUSH:
        return []
    ledger = await receptions.ledger(flow.data_flow_id)
    found = [
        (line, await receptions.upload(flow.data_flow_id, line.upload_id))
        for line in ledger.planned.values()
    ]
    over = (Phase.RECEIVED, Phase.ABORTED)
    return [each for each in found if each[1].phase not in over]


async def _abort_strays(end: DestinationEnd, line: UploadPlanned) -> None:
    """What a crash left between making the upload and recording its id.

    The uploads that the key had before are not ours.
    """
    found = await retried(_ATTEMPTS, lambda: end.store.list_uploads(line.key))
    for storage_id in found:
        if storage_id not in line.uploads_before:
            await end.store.abort_upload(line.key, storage_id)
