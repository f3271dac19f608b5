"""Multipart uploads of a flow's destination: begun, completed, and never forgotten."""

import asyncio
from dataclasses import dataclass

from uuid_utils.compat import uuid7

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, StorageError
from domain.message import Cause
from domain.reception.commands import AbortUpload, OpenUpload, ReceiveObject
from domain.reception.events import Kind, ObjectReceived, PartReceived, UploadPlanned
from domain.segment.events import Verdict
from handlers.completing import Completing, UploadPart, unproven
from handlers.copiers import Copiers
from handlers.door.flows import Flows, admitted
from handlers.door.receptions import Receptions
from handlers.judging import combined, judged, removed
from handlers.objects import ObjectInfo
from handlers.ports import DestinationEnd, DestinationStore
from handlers.worker.retry import retried

_ATTEMPTS = 4


@dataclass(frozen=True)
class Wanted:
    """An upload that somebody asks for: where to, and with what headers."""

    flow: DataFlow
    key: str
    kind: Kind
    headers: dict[str, str]
    cause: Cause


@dataclass(frozen=True)
class Multipart:
    """Each step looks for what an earlier try of it may have left."""

    flows: Flows
    copiers: Copiers
    receptions: Receptions

    async def open(self, end: DestinationEnd, wanted: Wanted) -> str:
        """Begin one; returns our id of it, when the log has both ids.

        The ledger names it first. So whoever cleans up after the flow either finds it
        there, or is so late that we see the flow ended: nothing is begun unseen.
        """
        upload_id = uuid7().hex
        flow_id, key = wanted.flow.data_flow_id, wanted.key
        before = await retried(_ATTEMPTS, lambda: end.store.list_uploads(key))
        line = UploadPlanned(
            data_flow_id=flow_id,
            upload_id=upload_id,
            key=key,
            kind=wanted.kind,
            uploads_before=tuple(before),
        )
        await self.receptions.plan(line, wanted.cause)
        try:
            admitted(await self.flows.fresh(flow_id))
            like = ObjectInfo(key=key, size_bytes=0, etag="", headers=wanted.headers)
            storage_id = await end.store.create_upload(key, like)
        except DataPlaneError as error:
            # Of a lost answer it is not known what it made: the clean-up looks for it.
            if not error.retryable:
                await self._give_up(wanted, upload_id, error.code)
            raise
        opened = OpenUpload(
            data_flow_id=flow_id,
            upload_id=upload_id,
            key=key,
            kind=wanted.kind,
            storage_upload_id=storage_id,
        )
        try:
            await self.receptions.record(opened, wanted.cause)
        except StorageError:
            # Cleaned away while the storage made it.
            await end.store.abort_upload(key, storage_id)
            raise
        return upload_id

    async def complete(
        self,
        flow: DataFlow,
        upload_id: str,
        parts: list[PartReceived],
        cause: Cause,
    ) -> ObjectReceived:
        """Make the object of these parts, judge it, record it. Safe to repeat."""
        upload = await self.receptions.upload(flow.data_flow_id, upload_id)
        if upload.received is not None:
            return upload.received
        sent = [UploadPart.received(each) for each in parts]
        async with self.copiers.writing(flow) as end:
            completing = Completing(
                end.store, upload.key, upload.storage_upload_id, sent, unproven
            )
            there = await retried(_ATTEMPTS, completing.run)
            verdict = await _judged(end.store, completing, there)
        received = ReceiveObject(
            data_flow_id=flow.data_flow_id,
            upload_id=upload_id,
            key=upload.key,
            size_bytes=there.size_bytes,
            etag=there.etag,
            crc64nvme=there.crc64nvme or combined(completing.parts),
            verdict=verdict,
        )
        recorded = (await self.receptions.record(received, cause)).received
        assert recorded is not None  # noqa: S101 (recorded above)
        return recorded

    async def abort(
        self, flow: DataFlow, upload_id: str, reason: str, cause: Cause
    ) -> None:
        """Abort it, at the storage and in the log. Safe to repeat."""
        upload = await self.receptions.upload(flow.data_flow_id, upload_id)
        if upload.storage_upload_id and upload.received is None:
            async with self.copiers.writing(flow) as end:
                await end.store.abort_upload(upload.key, upload.storage_upload_id)
        gone = AbortUpload(
            data_flow_id=flow.data_flow_id, upload_id=upload_id, reason=reason
        )
        await self.receptions.record(gone, cause)

    async def abandon(
        self, flow: DataFlow, opening: "asyncio.Task[str]", cause: Cause
    ) -> None:
        """Abort what was being opened, once it is."""
        await asyncio.wait({opening})
        if not opening.cancelled() and opening.exception() is None:
            await self.abort(flow, opening.result(), "the body ended early", cause)

    async def _give_up(self, wanted: Wanted, upload_id: str, reason: str) -> None:
        gone = AbortUpload(
            data_flow_id=wanted.flow.data_flow_id, upload_id=upload_id, reason=reason
        )
        await self.receptions.record(gone, wanted.cause)


async def _judged(
    store: DestinationStore, completed: Completing, there: ObjectInfo
) -> Verdict:
    """The verdict. Raises StorageError once what is wrong is gone again."""
    parts = completed.parts
    try:
        return judged(parts, there, sum(each.size_bytes for each in parts))
    except StorageError as error:
        wrong = error
    raise await retried(_ATTEMPTS, lambda: removed(store, there, wrong))
