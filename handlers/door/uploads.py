"""Whole bodies into a flow's own destination: what any sender does."""

import asyncio
from dataclasses import dataclass
from email.message import Message as Headers
from http import HTTPStatus

from aiohttp import web
from uuid_utils.compat import uuid7

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError
from domain.message import Cause
from domain.reception.commands import ReceiveObject, ReceivePart
from domain.reception.events import ObjectReceived
from domain.segment.events import Verdict
from domain.transfer.parts import MAXIMUM_PARTS, MIB, Part, part_size, parts
from handlers.copiers import Copiers
from handlers.door.hand import InHand
from handlers.door.multipart import Multipart, Wanted
from handlers.door.receptions import Receptions
from handlers.judging import StoredWrongError, combined, withdrawn
from handlers.mechanisms.hashes import CRC_HEADER, Hashes
from handlers.objects import Copied, Incoming, ObjectInfo
from handlers.ports import DestinationEnd, DestinationStore
from handlers.web.bodies import (
    Body,
    carried,
    go_on,
    once,
    require_sum,
    required_length,
)
from handlers.web.problems import RefusedError
from handlers.web.ranges import failed_condition, quoted
from handlers.worker.retry import retried

_ATTEMPTS = 4
# A body up to here goes in one piece; of a longer one without a length, each part is
# held so that its length is known.
BUFFER_BYTES = 8 * MIB


@dataclass(frozen=True)
class Arriving:
    """One request with a body, and the key that it is for."""

    request: web.Request
    flow: DataFlow
    key: str
    cause: Cause


def name_of(request: web.BaseRequest) -> str:
    """A name for a body that came without one: what its sender calls it, or its own."""
    said = Headers()
    said["Content-Disposition"] = request.headers.get("Content-Disposition", "")
    name = (said.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    return name if name.strip(". ") else uuid7().hex


@dataclass(frozen=True)
class Uploads:
    """A body becomes an object, or nothing."""

    copiers: Copiers
    receptions: Receptions
    multipart: Multipart
    hand: InHand

    async def whole(self, arriving: Arriving) -> web.Response:
        """Store it, record it, and only then say so."""
        request = arriving.request
        if "Content-Range" in request.headers:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                "http.partial-put",
                "a part of an object cannot be put: use an upload",
            )
        with self.hand.stream():
            async with self.copiers.writing(arriving.flow) as end:
                await _require_conditions(request, end.store, arriving.key)
                go_on(request)
                received = await self._stored(arriving, end)
        headers = {"ETag": quoted(received.etag)} if received.etag else {}
        if received.crc64nvme:
            headers[CRC_HEADER] = received.crc64nvme
        return web.Response(status=HTTPStatus.CREATED, headers=headers)

    async def _stored(self, arriving: Arriving, end: DestinationEnd) -> ObjectReceived:
        body = Body(arriving.request)
        beginning = await body.taken(BUFFER_BYTES)
        length = arriving.request.content_length
        if len(beginning) < BUFFER_BYTES or length == BUFFER_BYTES:
            return await self._in_one(arriving, end, beginning)
        body.put_back(beginning)
        if not end.takes_parts:
            length = required_length(arriving.request)
            incoming = Incoming(length, carried(arriving.request), body.piece(length))
            copied = await _put(end, arriving.key, incoming)
            return await self._recorded(arriving, length, copied)
        return await self._in_parts(arriving, end, body)

    async def _in_one(
        self, arriving: Arriving, end: DestinationEnd, body: bytes
    ) -> ObjectReceived:
        hashes = Hashes(md5=False)
        hashes.update(body)
        require_sum(arriving.request, hashes.crc64nvme)
        incoming = Incoming(len(body), carried(arriving.request), once(body))
        copied = await _put(end, arriving.key, incoming)
        return await self._recorded(arriving, len(body), copied)

    async def _recorded(
        self, arriving: Arriving, size_bytes: int, copied: Copied
    ) -> ObjectReceived:
        weaker = Verdict.UNVERIFIABLE if copied.doubt else Verdict.SIZE_ONLY
        command = ReceiveObject(
            data_flow_id=arriving.flow.data_flow_id,
            upload_id=uuid7().hex,
            key=arriving.key,
            size_bytes=size_bytes,
            etag=copied.etag,
            crc64nvme=copied.crc64nvme,
            verdict=Verdict.VERIFIED if copied.proven else weaker,
        )
        upload = await self.receptions.record(command, arriving.cause)
        assert upload.received is not None  # noqa: S101 (recorded above)
        return upload.received

    async def _in_parts(
        self, arriving: Arriving, end: DestinationEnd, body: Body
    ) -> ObjectReceived:
        flow, cause = arriving.flow, arriving.cause
        headers = carried(arriving.request)
        wanted = Wanted(flow, arriving.key, "body", headers, cause)
        opening = self.hand.finish(self.multipart.open(end, wanted))
        try:
            upload_id = await asyncio.shield(opening)
            sending = _Sending(self.receptions, end, arriving, body, upload_id)
            await sending.run()
            upload = await self.receptions.upload(flow.data_flow_id, upload_id)
            received = [upload.parts[number] for number in sorted(upload.parts)]
            require_sum(arriving.request, combined(received))
        except BaseException:
            # Also when we are cut: half a body is nothing.
            self.hand.finish(self.multipart.abandon(flow, opening, cause))
            raise
        completing = self.multipart.complete(flow, upload_id, received, cause)
        return await asyncio.shield(self.hand.finish(completing))


@dataclass(frozen=True)
class _Sending:
    """One body on its way into its upload, a part after the other."""

    receptions: Receptions
    end: DestinationEnd
    arriving: Arriving
    body: Body
    upload_id: str

    async def run(self) -> None:
        """To the end of the body. Raises DataPlaneError."""
        journal = await self._journal()
        length = self.arriving.request.content_length
        if length is None:
            await self._held(journal)
            return
        for part in parts(length, part_size(length)):
            incoming = Incoming(
                part.length_bytes, {}, self.body.piece(part.length_bytes)
            )
            await self._part(journal, part, incoming)

    async def _journal(self) -> str:
        flow_id = self.arriving.flow.data_flow_id
        upload = await self.receptions.upload(flow_id, self.upload_id)
        return upload.storage_upload_id

    async def _held(self, storage_id: str) -> None:
        """A part at a time in memory: nobody knows how long the body is."""
        for number in range(1, MAXIMUM_PARTS + 1):
            held = await self.body.taken(BUFFER_BYTES)
            if not held:
                return
            part = Part(number, (number - 1) * BUFFER_BYTES, len(held))
            await self._part(storage_id, part, Incoming(len(held), {}, once(held)))
        if await self.body.taken(1):
            raise DataPlaneError(
                "a body of unknown length has too many bytes: announce its length",
                code="plane.plan-impossible",
            )

    async def _part(self, storage_id: str, part: Part, incoming: Incoming) -> None:
        copied = await self.end.put_part(
            self.arriving.key, storage_id, part.number, incoming
        )
        command = ReceivePart(
            data_flow_id=self.arriving.flow.data_flow_id,
            upload_id=self.upload_id,
            part_number=part.number,
            size_bytes=part.length_bytes,
            etag=copied.etag,
            crc64nvme=copied.crc64nvme,
            proven=copied.proven,
        )
        await self.receptions.record(command, self.arriving.cause)


async def _put(end: DestinationEnd, key: str, incoming: Incoming) -> Copied:
    """Store it. Raises StorageError, and what was stored wrong is gone then."""
    try:
        return await end.put_object(key, incoming)
    except StoredWrongError as error:
        wrong = error
    raise await retried(_ATTEMPTS, lambda: withdrawn(end.store, key, wrong))


async def _require_conditions(
    request: web.BaseRequest, store: DestinationStore, key: str
) -> None:
    if not {"If-Match", "If-None-Match"} & set(request.headers):
        return
    there: ObjectInfo | None = None
    try:
        there = await store.head(key)
    except DataPlaneError as error:
        if error.code != "storage.not-found":
            raise
    failed = failed_condition(request.headers, there, reading=False)
    if failed is not None:
        raise RefusedError(
            failed, "http.precondition-failed", "the object is not as was required"
        )
