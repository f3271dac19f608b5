"""The body of an upload, as it arrives: counted, cut, never held whole."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from domain.errors import DataPlaneError, InvalidMessageError, Side
from handlers.mechanisms.hashes import CRC_HEADER
from handlers.web.problems import RefusedError

# Who neither sends nor takes a byte for so long only holds a connection.
IDLE_SECONDS = 60.0
_BROKEN = (web.RequestPayloadError, HttpProcessingError, OSError, TimeoutError)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CONTENT = frozenset(
    {
        "content-type",
        "content-encoding",
        "content-language",
        "content-disposition",
        "cache-control",
        "expires",
    }
)
_META = "x-amz-meta-"


def carried(request: web.BaseRequest) -> dict[str, str]:
    """The headers that belong to the object."""
    return {
        name.lower(): value
        for name, value in request.headers.items()
        if name.lower() in _CONTENT or name.lower().startswith(_META)
    }


def required_length(request: web.BaseRequest) -> int:
    """How many bytes the body has, where that must be known before they come."""
    length = request.content_length
    if length is None:
        raise RefusedError(
            HTTPStatus.LENGTH_REQUIRED, "http.length-required", "send Content-Length"
        )
    return length


def require_sum(request: web.BaseRequest, crc64nvme: str) -> None:
    """Raise where the sender said what its bytes' CRC is, and these have another."""
    said = request.headers.get(CRC_HEADER)
    if said is not None and said.strip() != crc64nvme:
        raise DataPlaneError(
            "the bytes are not those that their checksum was made of",
            code="storage.mismatch",
            side=Side.CALLER,
        )


def go_on(request: web.BaseRequest) -> None:
    """Tell a sender that waits for it that its body is welcome."""
    waits = request.headers.get("Expect", "").lower() == "100-continue"
    if waits and request.transport is not None:
        request.transport.write(_CONTINUE)


async def once(chunk: bytes) -> AsyncIterator[bytes]:
    """What is in memory already, as a stream."""
    if chunk:
        yield chunk


class Body:
    """The bytes of a request, in pieces. Read by one task only.

    Everything raises InvalidMessageError where they end too early, or stop coming.
    """

    def __init__(self, request: web.BaseRequest) -> None:
        """Reads nothing yet."""
        self._content = request.content
        self._length = request.content_length
        self._ahead = b""
        self._size = 0

    async def taken(self, most_bytes: int) -> bytes:
        """The next bytes, in memory: fewer than asked for only at the end."""
        chunks: list[bytes] = []
        size = 0
        while size < most_bytes and (chunk := await self._next()):
            chunks.append(chunk)
            size += len(chunk)
        whole = b"".join(chunks)
        self._ahead = whole[most_bytes:]
        return whole[:most_bytes]

    def put_back(self, beginning: bytes) -> None:
        """These come first again."""
        self._ahead = beginning + self._ahead

    async def rest(self) -> AsyncIterator[bytes]:
        """Whatever comes, to its end."""
        while chunk := await self._next():
            yield chunk

    async def piece(self, length_bytes: int) -> AsyncIterator[bytes]:
        """The next bytes, exactly so many."""
        left = length_bytes
        while left:
            chunk = await self._next()
            if not chunk:
                raise InvalidMessageError(f"the body ended {left} bytes too early")
            if len(chunk) > left:
                chunk, self._ahead = chunk[:left], chunk[left:]
            left -= len(chunk)
            yield chunk

    def put_down(self) -> None:
        """Take no more of it: as if its sender were gone."""
        # A timeout is what the server expects of a body that it cannot read to its end.
        self._content.set_exception(TimeoutError("put down for another request"))

    async def _next(self) -> bytes:
        if self._ahead:
            chunk, self._ahead = self._ahead, b""
            return chunk
        try:
            chunk = await self._read()
        except _BROKEN as error:
            detail = f"the body broke off: {type(error).__name__}"
            raise InvalidMessageError(detail) from None
        self._size += len(chunk)
        if not chunk and self._length not in {None, self._size}:
            raise InvalidMessageError(
                f"{self._size} bytes came and {self._length} were announced"
            )
        return chunk

    async def _read(self) -> bytes:
        """What comes next; nothing at the end. Raises what is in `_BROKEN`."""
        async with asyncio.timeout(IDLE_SECONDS):
            return await self._content.readany()
