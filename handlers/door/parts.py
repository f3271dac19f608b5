"""The parts-v1 protocol: uploads whose sender cuts, counts and completes."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from domain.data_flow import DataFlow
from domain.errors import InvalidMessageError, Side, StorageError
from domain.reception import Phase, Upload
from domain.reception.commands import ReceivePart
from domain.reception.decide import lost
from domain.reception.events import PartReceived
from domain.transfer.parts import MAXIMUM_PARTS
from handlers.copiers import Copiers
from handlers.door.hand import InHand
from handlers.door.multipart import Multipart, Wanted
from handlers.door.receptions import Receptions
from handlers.door.uploads import Arriving
from handlers.mechanisms.hashes import CRC_HEADER
from handlers.objects import Incoming
from handlers.web.bodies import Body, carried, go_on, require_sum, required_length
from handlers.web.problems import RefusedError
from handlers.web.ranges import quoted

# 10,000 parts with the longest ETags.
_MOST_BODY_BYTES = 2 << 20


class _Completion(BaseModel):
    parts: dict[Annotated[int, Field(ge=1, le=MAXIMUM_PARTS)], str]


@dataclass(frozen=True)
class PartsUploads:
    """One method per request of the protocol; each may be repeated."""

    copiers: Copiers
    receptions: Receptions
    multipart: Multipart
    hand: InHand

    async def create(self, arriving: Arriving) -> web.Response:
        """Begin an upload."""
        headers = carried(arriving.request)
        wanted = Wanted(arriving.flow, arriving.key, "parts", headers, arriving.cause)
        go_on(arriving.request)

        async def open_() -> str:
            async with self.copiers.writing(arriving.flow) as end:
                if not end.takes_parts:
                    raise RefusedError(
                        HTTPStatus.NOT_IMPLEMENTED,
                        "http.no-parts",
                        "objects of this destination come in one piece",
                    )
                return await self.multipart.open(end, wanted)

        upload_id = await asyncio.shield(self.hand.finish(open_()))
        return web.json_response({"uploadId": upload_id})

    async def uploads(self, flow: DataFlow, key: str) -> web.Response:
        """The open ones of the key, oldest first."""
        ledger = await self.receptions.ledger(flow.data_flow_id)
        found: list[str] = []
        for line in ledger.of_key(key):
            if line.kind != "parts":
                continue
            upload = await self.receptions.upload(flow.data_flow_id, line.upload_id)
            if upload.phase is Phase.OPEN:
                found.append(line.upload_id)
        return web.json_response({"uploads": found})

    async def put_part(
        self, arriving: Arriving, upload_id: str, number: str
    ) -> web.Response:
        """Store a part, record it, and only then say so."""
        request, flow = arriving.request, arriving.flow
        length = required_length(request)
        with self.hand.stream():
            upload = await self._open(arriving, upload_id)
            async with self.copiers.writing(flow) as end:
                go_on(request)
                incoming = Incoming(length, {}, Body(request).piece(length))
                copied = await end.put_part(
                    arriving.key, upload.storage_upload_id, _number(number), incoming
                )
        require_sum(request, copied.crc64nvme)
        command = ReceivePart(
            data_flow_id=flow.data_flow_id,
            upload_id=upload_id,
            part_number=int(number),
            size_bytes=length,
            etag=copied.etag,
            crc64nvme=copied.crc64nvme,
            proven=copied.proven,
        )
        await self.receptions.record(command, arriving.cause)
        headers = {"ETag": quoted(copied.etag), CRC_HEADER: copied.crc64nvme}
        return web.Response(headers={k: v for k, v in headers.items() if v})

    async def parts(self, arriving: Arriving, upload_id: str) -> web.Response:
        """What is recorded of an open upload."""
        upload = await self._open(arriving, upload_id)
        listed = [
            {"partNumber": number, "sizeBytes": part.size_bytes, "etag": part.etag}
            for number, part in sorted(upload.parts.items())
        ]
        return web.json_response({"parts": listed})

    async def complete(self, arriving: Arriving, upload_id: str) -> web.Response:
        """Make the object; the same answer again where it is made already."""
        go_on(arriving.request)
        wanted = await _named(arriving.request)
        upload = await self._known(arriving, upload_id)
        received = upload.received
        if received is None:
            parts = _chosen(upload, wanted)
            completing = self.multipart.complete(
                arriving.flow, upload_id, parts, arriving.cause
            )
            received = await asyncio.shield(self.hand.finish(completing))
        answer = {
            "sizeBytes": received.size_bytes,
            "etag": received.etag,
            "crc64nvme": received.crc64nvme,
        }
        return web.json_response(answer)

    async def abort(self, arriving: Arriving, upload_id: str) -> web.Response:
        """Abort it; also one that is gone already."""
        upload = await self.receptions.upload(arriving.flow.data_flow_id, upload_id)
        if upload.phase is Phase.OPEN and upload.key == arriving.key:
            aborting = self.multipart.abort(
                arriving.flow, upload_id, "asked for by its sender", arriving.cause
            )
            await asyncio.shield(self.hand.finish(aborting))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _known(self, arriving: Arriving, upload_id: str) -> Upload:
        upload = await self.receptions.upload(arriving.flow.data_flow_id, upload_id)
        gone = upload.phase in (Phase.UNKNOWN, Phase.ABORTED)
        if gone or upload.key != arriving.key:
            raise lost()
        return upload

    async def _open(self, arriving: Arriving, upload_id: str) -> Upload:
        upload = await self._known(arriving, upload_id)
        if upload.phase is not Phase.OPEN:
            raise lost()
        return upload


def _number(text: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= MAXIMUM_PARTS:
        return int(text)
    raise InvalidMessageError(f"partNumber must be from 1 to {MAXIMUM_PARTS}")


async def _named(request: web.Request) -> dict[int, str]:
    body = await Body(request).taken(_MOST_BODY_BYTES)
    try:
        return _Completion.model_validate(json.loads(body)).parts
    except (ValueError, ValidationError):
        raise InvalidMessageError(
            'the body must be {"parts": {"1": "etag", …}}'
        ) from None


def _chosen(upload: Upload, wanted: dict[int, str]) -> list[PartReceived]:
    if not wanted:
        raise InvalidMessageError("an object needs a part")
    for number, etag in wanted.items():
        known = upload.parts.get(number)
        if known is None or known.etag != etag.strip('"'):
            raise StorageError(
                f"part {number} is not what was received",
                code="storage.mismatch",
                side=Side.CALLER,
            )
    return [upload.parts[number] for number in sorted(wanted)]
