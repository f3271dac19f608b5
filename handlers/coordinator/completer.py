"""What comes after the copying: completions, totals, the flow's end, cleaning up."""

import logging
from collections import Counter
from dataclasses import dataclass, field

from domain.data_flow.commands import FinishDataFlow, ReportError
from domain.errors import DataPlaneError, Side, VersionConflictError
from domain.message import Cause
from domain.names import segment_stream, transfer_stream
from domain.segment.events import CompletionWork, SegmentPlanned
from domain.transfer.events import (
    MultipartUploadAborted,
    MultipartUploadLeft,
    TransferCompleted,
    TransferWaiting,
)
from domain.transfer.plan import completion_segment
from eventlog import Append, EventLog
from handlers.commands.handle import CommandHandler, load
from handlers.coordinator.releasing import deletions_wait
from handlers.coordinator.rows import FlowRow, Rows, UploadRow
from handlers.coordinator.transfers import abort_strays, caused_by, load_transfer
from handlers.copiers import Copiers
from handlers.door.cleaning import clean, leave
from handlers.secret_store import SecretStore

_log = logging.getLogger(__name__)

# Of a clean-up that is refused for good; the keeper waits some seconds in between.
_REFUSALS = 12


@dataclass(frozen=True)
class Completer:
    """Each step finds by itself whether it is due, and may be repeated."""

    log: EventLog
    rows: Rows
    commands: CommandHandler
    copiers: Copiers
    secrets: SecretStore
    _refusals: Counter[str] = field(default_factory=Counter[str])

    async def complete_uploads(self, flow: FlowRow) -> None:
        """Make a segment of each upload whose parts are all recorded."""
        for upload in await self.rows.uploaded(flow.data_flow_id):
            await self._plan_completion(flow, upload)

    async def _plan_completion(self, flow: FlowRow, upload: UploadRow) -> None:
        data_flow_id = flow.data_flow_id
        segment_id = completion_segment(upload.planned.object_id)
        event = SegmentPlanned(
            data_flow_id=data_flow_id,
            segment_id=segment_id,
            route=upload.route,
            work=CompletionWork(
                object=upload.planned,
                upload_id=upload.upload_id,
                segments=upload.segments,
            ),
        )
        append = Append(segment_stream(data_flow_id, segment_id), 0, (event,))
        try:
            await self.log.append(_cause(flow), append)
        except VersionConflictError:
            # Planned before; the rows are about to hear of it.
            return

    async def total(self, data_flow_id: str) -> None:
        """Record the transfer's outcome, once every object has one."""
        flow = await self.rows.flow(data_flow_id)
        # Asked first: of a plan that is whole, nothing more is added to what is to do.
        if flow is None or not flow.planned or flow.held_objects:
            return
        if await deletions_wait(self.log, self.rows, data_flow_id):
            return
        unfinished = await self.rows.unfinished(data_flow_id)
        # Read after that: of a flow with nothing unfinished, the counts are final.
        flow = await self.rows.flow(data_flow_id)
        if flow is None or unfinished or not flow.planned or flow.ended:
            return
        if flow.held_objects or flow.gate == "held":
            return
        large, large_bytes = await self.rows.failed_uploads(data_flow_id)
        state, version = await load_transfer(self.log, data_flow_id)
        if state.ended:
            return
        failed = flow.failed_objects + large
        event = TransferCompleted(
            data_flow_id=data_flow_id,
            objects=flow.objects - failed,
            size_bytes=flow.size_bytes - flow.failed_bytes - large_bytes,
            failed_objects=failed,
        )
        append = Append(transfer_stream(data_flow_id), version, (event,))
        await self.log.append(_cause(flow), append)

    async def tell(self, flow: FlowRow) -> None:
        """Tell the data flow how its transfer ended."""
        cause = _cause(flow)
        if flow.failure_code is None:
            await self.commands.tell(
                FinishDataFlow(
                    data_flow_id=flow.data_flow_id,
                    objects=flow.objects,
                    size_bytes=flow.size_bytes,
                ),
                cause,
            )
            return
        state, _ = await load_transfer(self.log, flow.data_flow_id)
        detail = flow.failure_detail or ""
        if state.failed_objects:
            of = f"{state.failed_objects} of {flow.objects} objects failed"
            detail = f"{of}; first: {detail}"
        await self.commands.tell(
            ReportError(
                data_flow_id=flow.data_flow_id, code=flow.failure_code, detail=detail
            ),
            cause,
        )
        await self.abort_uploads(flow)

    async def wait(self, row: FlowRow) -> None:
        """Record that the transfer waits, and tell the control plane for what, once."""
        flow, _ = await load(self.log, row.data_flow_id)
        if flow.resumes != row.resumes or row.waiting_code is None:
            # Resumed meanwhile; the row is about to hear of it.
            return
        code, detail = row.waiting_code, row.waiting_detail or ""
        side = Side(row.waiting_side or Side.PLANE)
        state, version = await load_transfer(self.log, row.data_flow_id)
        if state.waited_at != row.resumes:
            event = TransferWaiting(
                data_flow_id=row.data_flow_id,
                code=code,
                side=side,
                detail=detail,
                resumes=row.resumes,
            )
            append = Append(transfer_stream(row.data_flow_id), version, (event,))
            await self.log.append(_cause(row), append)
        report = ReportError(
            data_flow_id=row.data_flow_id,
            code=code,
            detail=f"{side}: {detail}",
            resumes=row.resumes,
        )
        await self.commands.tell(report, _cause(row))

    async def clean_up(self, flow: FlowRow) -> None:
        """The flow is final: leave nothing half-written, no secret, no row."""
        try:
            await (self.abort_uploads if flow.moves_data else self._clean)(flow)
        except DataPlaneError as error:
            if not self._gives_up(flow, error):
                raise
            left = self._leave_uploads if flow.moves_data else self._leave
            fields = {"data_flow_id": flow.data_flow_id, "code": error.code}
            fields["uploads"] = str(await left(flow, error))
            _log.warning("uploads are left at the storage", extra={"fields": fields})
        self._refusals.pop(flow.data_flow_id, None)
        await self.secrets.destroy(flow.data_flow_id)
        await self.rows.forget(flow.data_flow_id)

    def _gives_up(self, flow: FlowRow, error: DataPlaneError) -> bool:
        """Whether no more tries are made. A storage that is away is waited for."""
        # A final flow is not resumed: nobody will bring what is missing.
        if error.waited_out:
            return True
        self._refusals[flow.data_flow_id] += not error.retryable
        return self._refusals[flow.data_flow_id] >= _REFUSALS

    async def _clean(self, row: FlowRow) -> None:
        flow, _ = await load(self.log, row.data_flow_id)
        await clean(self.log, self.copiers, flow)

    async def _leave(self, row: FlowRow, error: DataPlaneError) -> int:
        flow, _ = await load(self.log, row.data_flow_id)
        return await leave(self.log, flow, error.code)

    async def _leave_uploads(self, row: FlowRow, error: DataPlaneError) -> int:
        """Say for good which uploads of ours the storage keeps."""
        state, version = await load_transfer(self.log, row.data_flow_id)
        completed = await self.rows.objects_in(row.data_flow_id, "completed")
        left = [
            MultipartUploadLeft(
                data_flow_id=row.data_flow_id,
                object_id=object_id,
                destination_key=state.keys[object_id],
                upload_id=upload_id,
                code=error.code,
            )
            for object_id, upload_id in state.uploads.items()
            if object_id not in completed
        ]
        if left:
            append = Append(transfer_stream(row.data_flow_id), version, tuple(left))
            await self.log.append(_cause(row), append)
        return len(left)

    async def abort_uploads(self, row: FlowRow) -> None:
        """Abort every upload of ours that has not become an object."""
        data_flow_id = row.data_flow_id
        state, version = await load_transfer(self.log, data_flow_id)
        completed = await self.rows.objects_in(data_flow_id, "completed")
        open_ = {o: u for o, u in state.uploads.items() if o not in completed}
        undecided = [o for o in state.pending if o not in state.uploads]
        if not open_ and not undecided:
            return
        flow, _ = await load(self.log, data_flow_id)
        async with self.copiers.of(flow) as copier:
            for object_id in undecided:
                await abort_strays(copier.destination, state.pending[object_id])
            for object_id, upload_id in open_.items():
                key = state.keys[object_id]
                await copier.destination.abort_upload(key, upload_id)
                event = MultipartUploadAborted(
                    data_flow_id=data_flow_id, object_id=object_id, upload_id=upload_id
                )
                append = Append(transfer_stream(data_flow_id), version, (event,))
                await self.log.append(_cause(row), append)
                version += 1


def _cause(flow: FlowRow) -> Cause:
    return caused_by(flow.data_flow_id, flow.agreement_id)
