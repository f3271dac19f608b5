"""Bytes through us: a ranged GET piped into a PUT, in bounded memory, proven."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass

import aiohttp

from domain.errors import Side, StorageError
from handlers.mechanisms.s3 import headers, integrity, reading
from handlers.mechanisms.s3.body import Body, Framed, Watch, framed_headers
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.integrity import EndpointMemory, Hashes, Kind
from handlers.mechanisms.s3.probe import learn_of_trailers
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.ports import Copied, ObjectInfo, Pin, Range


@dataclass(frozen=True)
class _Read:
    head: Head
    pin: Pin
    span: Range | None
    length_bytes: int


class Relay:
    """Moves ranges and objects from one side's data path to the other's."""

    def __init__(
        self,
        source: Wire,
        destination: Wire,
        memory: EndpointMemory,
        settings: S3Settings,
    ) -> None:
        """`memory` is the destination endpoint's; relays teach it."""
        self._source = source
        self._destination = destination
        self._memory = memory
        self._settings = settings

    async def part(
        self, source_key: str, pin: Pin, span: Range, key: str, query: Mapping[str, str]
    ) -> Copied:
        """One range into one part; `query` holds the part's number and upload."""
        put = Head("PUT", key, query)
        await learn_of_trailers(
            self._destination, put, self._memory, self._settings.integrity
        )
        head = reading.asked(source_key, pin, span)
        return await self._carry(
            _Read(head, pin, span, span.length_bytes), put, Kind.PART
        )

    async def object(self, source: ObjectInfo, key: str) -> Copied:
        """A whole object with its headers, whatever its size, also none."""
        pin = Pin(source.etag, source.version_id)
        head = reading.asked(source.key, pin, None)
        read = _Read(head, pin, None, source.size_bytes)
        return await self._carry(read, Head("PUT", key), Kind.OBJECT)

    async def digest(self, source_key: str, pin: Pin, span: Range) -> tuple[str, str]:
        """(MD5 hex, CRC64NVME base64) of a range, sent nowhere."""
        hashes = Hashes(md5=True)
        head = reading.asked(source_key, pin, span)
        async with (
            self._watch(span.length_bytes) as watch,
            self._source.answer(head) as found,
        ):
            reading.check(found.status, found.headers, pin, span, span.length_bytes)
            body = Body(found.content, span.length_bytes, hashes, watch)
            async for _ in body:
                pass
        return hashes.md5 or "", hashes.crc64nvme

    def _watch(self, length_bytes: int) -> Watch:
        settings = self._settings
        return Watch(settings.idle_seconds, settings.relay_seconds(length_bytes))

    async def _carry(self, read: _Read, put: Head, kind: Kind) -> Copied:
        async with (
            self._watch(read.length_bytes) as watch,
            self._source.answer(read.head) as found,
        ):
            # Before a byte of the PUT is written: a refused read leaves no trace.
            reading.check(
                found.status, found.headers, read.pin, read.span, read.length_bytes
            )
            made = integrity.plan(self._settings.integrity, self._memory, kind)
            hashes = Hashes(md5=made.md5)
            body = Body(found.content, read.length_bytes, hashes, watch)
            kept = headers.carried(found.headers) if kind is Kind.OBJECT else {}
            if made.trailer:
                framed = Framed(body, read.length_bytes, hashes)
                kept |= framed_headers(read.length_bytes, kept.get("content-encoding"))
                answer = await self._send(
                    put, kept, body, framed, framed.size_bytes, trailer=True
                )
            else:
                answer = await self._send(put, kept, body, body, read.length_bytes)
        return integrity.verdict(made, hashes, answer, self._memory)

    async def _send(  # noqa: PLR0913
        self,
        put: Head,
        carried: Mapping[str, str],
        body: Body,
        encoded: AsyncIterable[bytes],
        size_bytes: int,
        *,
        trailer: bool = False,
    ) -> Mapping[str, str]:
        said = {**carried, "content-length": str(size_bytes)}
        head = Head(put.method, put.key, put.query, said, trailer=trailer)
        payload: bytes | AsyncIterable[bytes] = encoded
        if size_bytes <= self._settings.small_object_bytes:
            payload = b"".join([chunk async for chunk in encoded])
        try:
            async with self._destination.answer(head, payload) as answer:
                return await self._told(answer, body)
        except StorageError:
            if body.failure is not None:
                raise body.failure from None
            raise

    async def _told(
        self, answer: aiohttp.ClientResponse, body: Body
    ) -> Mapping[str, str]:
        if not body.finished:
            raise StorageError(
                "destination answered before it had all bytes", side=Side.DESTINATION
            )
        with translated(Side.DESTINATION, "PUT"):
            await answer.read()
        return answer.headers
