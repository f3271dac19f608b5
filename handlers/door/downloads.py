"""Objects of a flow's own source, streamed to whoever holds the flow's token."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, InvalidMessageError, Side
from handlers.copiers import Copiers
from handlers.door.hand import InHand
from handlers.door.places import Place
from handlers.door.served import Served
from handlers.mechanisms.hashes import CRC_HEADER
from handlers.objects import Incoming, ObjectInfo, Pin, Range
from handlers.ports import SourceEnd
from handlers.web.bodies import IDLE_SECONDS
from handlers.web.edge import SERVING, Serving
from handlers.web.problems import RefusedError
from handlers.web.ranges import asked_range, failed_condition, quoted

LISTING = "application/vnd.waybill.listing+json"
_MOST_LISTED = 1000
# A browser that is shown such an address must not run what is behind it.
_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox",
}


@dataclass(frozen=True)
class Downloads:
    """Reads, and counts what was read."""

    copiers: Copiers
    served: Served
    hand: InHand

    async def listing(self, request: web.Request, flow: DataFlow) -> web.Response:
        """A page of what is below the flow's prefix."""
        place = Place.of(flow.source)
        limit = _limit(request.query.get("limit"))
        after = request.query.get("after")
        cursor = None if after is None else place.full(after)
        async with self.copiers.reading(flow) as end:
            page = await end.store.list_page(cursor, limit)
        objects = [
            {
                "key": place.relative(each.key),
                "sizeBytes": each.size_bytes,
                "etag": each.etag,
            }
            for each in page.objects
            # The folder's own marker has no name below it.
            if place.relative(each.key)
        ]
        next_ = None if page.cursor is None else place.relative(page.cursor)
        body = json.dumps({"objects": objects, "next": next_})
        return web.Response(text=body, content_type=LISTING)

    async def object(
        self, request: web.Request, flow: DataFlow, key: str
    ) -> web.StreamResponse:
        """HEAD and GET of one object."""
        async with self.copiers.reading(flow) as end:
            found = await end.store.head(key)
            failed = failed_condition(request.headers, found, reading=True)
            if failed is HTTPStatus.NOT_MODIFIED:
                return web.Response(status=failed, headers=_tag(found))
            if failed is not None:
                raise RefusedError(
                    failed,
                    "http.precondition-failed",
                    "the object is not the one that was asked for",
                )
            if request.method == "HEAD":
                return _head(found)
            span = asked_range(request.headers, found)
            with self.hand.stream():
                return await self._get(request, flow, end, (found, span))

    async def _get(
        self,
        request: web.Request,
        flow: DataFlow,
        end: SourceEnd,
        asked: tuple[ObjectInfo, Range | None],
    ) -> web.StreamResponse:
        found, span = asked
        pin = Pin(found.etag, found.version_id)
        async with (
            self.served.counted(flow, found.key, found.etag) as serving,
            end.read(found.key, pin, span) as incoming,
        ):
            response = _begun(found, span, incoming)
            request[SERVING] = serving
            serving.status = response.status
            try:
                await response.prepare(request)
                await _streamed(response, incoming, serving)
            except BaseException as error:
                # The length is told already: only a broken connection tells that
                # these are not all bytes.
                hang_up(request)
                serving.broken_by = _cause_of(error)
                if isinstance(error, ConnectionError | DataPlaneError):
                    return response
                raise
            serving.complete = True
            return response


def hang_up(request: web.BaseRequest) -> None:
    """Break the connection, with whatever is still on its way."""
    if request.transport is not None:
        request.transport.abort()


async def _streamed(
    response: web.StreamResponse, incoming: Incoming, serving: Serving
) -> None:
    async for chunk in incoming.chunks:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await response.write(chunk)
        except TimeoutError:
            raise ConnectionError("the reader takes nothing") from None
        serving.size_bytes += len(chunk)
    await response.write_eof()


def _cause_of(error: BaseException) -> str:
    if isinstance(error, DataPlaneError):
        return error.code
    if isinstance(error, asyncio.CancelledError):
        # Who cuts it, says why; who goes away, does not.
        return str(*error.args)
    return "" if isinstance(error, ConnectionError) else "plane.internal"


def _begun(
    found: ObjectInfo, span: Range | None, incoming: Incoming
) -> web.StreamResponse:
    expected = found.size_bytes if span is None else span.length_bytes
    if incoming.size_bytes != expected:
        raise DataPlaneError(
            "the storage gives another length than it told",
            code="storage.refused",
            side=Side.SOURCE,
        )
    headers = _headers(found)
    status = HTTPStatus.OK
    if span is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        last = span.offset_bytes + span.length_bytes - 1
        size = found.size_bytes
        headers["Content-Range"] = f"bytes {span.offset_bytes}-{last}/{size}"
        headers.pop(CRC_HEADER, None)
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = expected
    return response


def _head(found: ObjectInfo) -> web.StreamResponse:
    response = web.StreamResponse(headers=_headers(found))
    response.content_length = found.size_bytes
    return response


def _headers(found: ObjectInfo) -> dict[str, str]:
    name = found.key.rstrip("/").rpartition("/")[2] or "object"
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        **found.headers,
        "Accept-Ranges": "bytes" if found.ranges else "none",
        **_tag(found),
        **_HARMLESS,
    }
    if found.crc64nvme:
        headers[CRC_HEADER] = found.crc64nvme
    return headers


def _tag(found: ObjectInfo) -> dict[str, str]:
    if found.etag:
        return {"ETag": quoted(found.etag)}
    # What pins an object that has no strong ETag, where its storage is a web server.
    return {"Last-Modified": found.version_id} if found.version_id else {}


def _limit(text: str | None) -> int:
    if text is None:
        return _MOST_LISTED
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= _MOST_LISTED:
        return int(text)
    raise InvalidMessageError(f"limit must be from 1 to {_MOST_LISTED}")
