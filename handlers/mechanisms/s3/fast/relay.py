"""One range, or one object, from one S3 endpoint to another."""

import asyncio
from collections.abc import Mapping
from typing import Any

from domain.errors import Side, StorageError
from handlers.mechanisms.headers import carried
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.fast.connection import Connection
from handlers.mechanisms.s3.fast.heads import Answer
from handlers.mechanisms.s3.fast.pour import Collected, Pour
from handlers.mechanisms.s3.fast.requests import Asked, Requests
from handlers.mechanisms.s3.fast.text import text
from handlers.mechanisms.s3.integrity import Kind
from handlers.mechanisms.s3.probe import learn_of_trailers
from handlers.mechanisms.s3.reading import asked, checked
from handlers.mechanisms.s3.sent import Sender, Sent
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.mechanisms.streams import Watch, require_length
from handlers.ports import Copied, ObjectInfo, Pin, Range


class FastRelay:
    """Implements `handlers.mechanisms.pair.Relay`."""

    def __init__(
        self,
        reads: Requests,
        writes: Requests,
        plain: Wire,
        sender: Sender,
        small_object_bytes: int,
    ) -> None:
        """`plain` asks the destination what is asked once only."""
        self._reads, self._writes = reads, writes
        self._plain = plain
        self._sender = sender
        self._small_bytes = small_object_bytes

    async def part(
        self,
        source: tuple[str, Pin, Range],
        key: str,
        part: tuple[str, int],
        watch: Watch,
    ) -> Copied:
        """A range of `source` into `part`: upload id and part number."""
        source_key, pin, span = source
        async with self._reads.answered(asked(source_key, pin, span)) as (found, head):
            length = checked(head.status, head.headers, pin, span)
            watch.waits_for(Side.DESTINATION)
            query = {"partNumber": str(part[1]), "uploadId": part[0]}
            put = Head("PUT", key, query)
            sender = self._sender
            await learn_of_trailers(self._plain, put, sender.memory, sender.integrity)
            sent = sender.prepare(put, Kind.PART, length, {})
            return sent.verdict(await self._send(found, length, sent, watch))

    async def object(self, source: ObjectInfo, key: str, watch: Watch) -> Copied:
        """A whole object, with its headers."""
        pin = Pin(source.etag, source.version_id)
        async with self._reads.answered(asked(source.key, pin, None)) as (found, head):
            length = checked(head.status, head.headers, pin, None)
            require_length(length, source.size_bytes)
            watch.waits_for(Side.DESTINATION)
            kept = carried(head.headers)
            sent = self._sender.prepare(Head("PUT", key), Kind.OBJECT, length, kept)
            return sent.verdict(await self._send(found, length, sent, watch))

    async def _send(
        self, found: Connection, length_bytes: int, sent: Sent, watch: Watch
    ) -> Mapping[str, str]:
        """The headers of the destination's answer."""
        if sent.size_bytes <= self._small_bytes:
            return await self._send_whole(found, length_bytes, sent, watch)
        start = sent.frame.start if sent.frame else b""
        async with self._writes.begun(sent.head, start) as put:
            to = put.connection
            pour = Pour((found, to), length_bytes, sent.hashes, sent.frame, watch)
            pour.start()
            either: set[asyncio.Future[Any]] = {pour.done, put.coming}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not put.coming.done():
                await pour.done
            answer = await self._answer_of(put)
            if not pour.done.done():
                raise StorageError(
                    "destination answered before it had all bytes",
                    side=Side.DESTINATION,
                )
            pour.done.result()
            return await _read(to, answer)

    async def _send_whole(
        self, found: Connection, length_bytes: int, sent: Sent, watch: Watch
    ) -> Mapping[str, str]:
        watch.waits_for(Side.SOURCE)
        collected = Collected(length_bytes, sent.hashes)
        found.pour(length_bytes, collected)
        body = await collected.whole
        if sent.frame is not None:
            body = sent.frame.start + body + sent.frame.end()
        watch.waits_for(Side.DESTINATION)
        async with self._writes.answered(sent.head, body) as (to, answer):
            return await _read(to, answer)

    async def _answer_of(self, put: Asked) -> Answer:
        with translated(Side.DESTINATION, "PUT"):
            answer = await put.coming
        await self._writes.require_success(put.connection, answer, "PUT")
        return answer


async def _read(connection: Connection, answer: Answer) -> Mapping[str, str]:
    """To its end, so that the connection serves again."""
    with translated(Side.DESTINATION, "PUT"):
        await text(connection, answer)
    return answer.headers
