"""Files, sent to whoever asks: whole or in part, by the kernel where it can."""

import asyncio
import base64
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from domain.errors import DataPlaneError
from handlers.files.house import House
from handlers.files.service import FileInfo
from handlers.files.store import Reading
from handlers.objects import ObjectInfo, Range
from handlers.web.bodies import IDLE_SECONDS
from handlers.web.edge import SERVING, Serving
from handlers.web.problems import RefusedError
from handlers.web.ranges import asked_range, failed_condition, quoted

# Handed to the kernel at once; a reader that takes not even that in so long is cut.
_SLICE_BYTES, _SLICE_SECONDS = 8 * 1024 * 1024, 300.0
# A browser that is shown such an address must not run what is behind it.
_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


async def answer(
    house: House, request: web.Request, info: FileInfo
) -> web.StreamResponse:
    """HEAD and GET of a file. Raises RefusedError (412, 416), and what is to be told.

    Several ranges at once are answered with the whole file.
    """
    found = ObjectInfo(info.file_id, info.size_bytes, info.file_id)
    failed = failed_condition(request.headers, found, reading=True)
    if failed is HTTPStatus.NOT_MODIFIED:
        return web.Response(status=failed, headers=_tag(info))
    if failed is not None:
        raise RefusedError(
            failed, "http.precondition-failed", "the file is not the one asked for"
        )
    if request.method == "HEAD":
        head = web.StreamResponse(headers=_headers(info))
        head.content_length = info.size_bytes
        return head
    span = asked_range(request.headers, found)
    async with house.files.open(info, span) as reading:
        return await _sent(house, request, _begun(info, span), reading)


async def _sent(
    house: House,
    request: web.Request,
    response: web.StreamResponse,
    reading: Reading,
) -> web.StreamResponse:
    serving = request[SERVING] = Serving(status=response.status)
    try:
        with house.metrics.downloads.track_inprogress():
            await response.prepare(request)
            if reading.file is not None:
                await _by_the_kernel(request, reading, serving)
            else:
                await _by_us(response, reading, serving)
            await response.write_eof()
    except BaseException as error:
        # The length is told already: only a broken connection tells that these are not
        # all bytes.
        if request.transport is not None:
            request.transport.abort()
        serving.broken_by = _cause_of(error)
        if isinstance(error, ConnectionError | TimeoutError | DataPlaneError):
            return response
        raise
    finally:
        house.metrics.sent_bytes.inc(serving.size_bytes)
    serving.complete = True
    return response


async def _by_the_kernel(
    request: web.Request, reading: Reading, serving: Serving
) -> None:
    loop, place = asyncio.get_running_loop(), reading.span.offset_bytes
    end = place + reading.span.length_bytes
    assert reading.file is not None  # noqa: S101 (asked by the caller)
    while place < end:
        if request.transport is None:
            raise ConnectionResetError
        count = min(_SLICE_BYTES, end - place)
        async with asyncio.timeout(_SLICE_SECONDS):
            sent = await loop.sendfile(request.transport, reading.file, place, count)
        if not sent:
            raise ConnectionResetError
        place += sent
        serving.size_bytes += sent


async def _by_us(
    response: web.StreamResponse, reading: Reading, serving: Serving
) -> None:
    assert reading.body is not None  # noqa: S101 (one of both)
    async for chunk in reading.body:
        async with asyncio.timeout(IDLE_SECONDS):
            await response.write(chunk)
        serving.size_bytes += len(chunk)


def _cause_of(error: BaseException) -> str:
    if isinstance(error, DataPlaneError):
        return error.code
    told = isinstance(error, Exception) and not isinstance(error, OSError)
    return "plane.internal" if told else ""


def _begun(info: FileInfo, span: Range | None) -> web.StreamResponse:
    headers, status, length = _headers(info), HTTPStatus.OK, info.size_bytes
    if span is not None:
        status, length = HTTPStatus.PARTIAL_CONTENT, span.length_bytes
        last = span.offset_bytes + length - 1
        headers["Content-Range"] = f"bytes {span.offset_bytes}-{last}/{info.size_bytes}"
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = length
    return response


def _headers(info: FileInfo) -> dict[str, str]:
    name = info.filename or info.file_id
    return {
        "Content-Type": info.content_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Accept-Ranges": "bytes",
        **_tag(info),
        **_HARMLESS,
    }


def _tag(info: FileInfo) -> dict[str, str]:
    """Both are of the whole file, whatever part of it is sent."""
    digest = base64.b64encode(bytes.fromhex(info.file_id)).decode()
    return {"ETag": quoted(info.file_id), "Repr-Digest": f"sha-256=:{digest}:"}
