"""One range, or one object, from one S3 endpoint to another."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from domain.errors import Side, StorageError
from handlers.mechanisms.s3.conditions import conditioned
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.fast.connection import Connection
from handlers.mechanisms.s3.fast.heads import Answer
from handlers.mechanisms.s3.fast.paced import Paced
from handlers.mechanisms.s3.fast.pour import Collected, Pour
from handlers.mechanisms.s3.fast.requests import Asked, Requests
from handlers.mechanisms.s3.fast.text import text
from handlers.mechanisms.s3.probe import learn_of_trailers
from handlers.mechanisms.s3.reading import asked, checked
from handlers.mechanisms.s3.sent import Sender, Sent
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.mechanisms.streams import Watch, require_length
from handlers.mechanisms.unaided import Kind
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
        query = {"partNumber": str(part[1]), "uploadId": part[0]}
        put = Head("PUT", key, query)
        sender = self._sender
        source_key, pin, span = source

        async def relayed(*, fresh: bool) -> Copied:
            asking = asked(source_key, pin, span)
            async with self._reads.answered(asking) as (found, head):
                length = checked(head.status, head.headers, pin, span)
                watch.waits_for(Side.DESTINATION)
                await learn_of_trailers(
                    self._plain, put, sender.memory, sender.integrity
                )
                sent = sender.prepare(put, Kind.PART, length, {})
                answer = await self._send((found, length), sent, watch, fresh=fresh)
                return sent.verdict(answer)

        return await _again(relayed)

    async def object(self, source: ObjectInfo, key: str, watch: Watch) -> Copied:
        """A whole object, with its headers."""
        pin, sender = Pin(source.etag, source.version_id), self._sender

        async def relayed(*, fresh: bool) -> Copied:
            asking = asked(source.key, pin, None)
            async with self._reads.answered(asking) as (found, head):
                length = checked(head.status, head.headers, pin, None)
                require_length(length, source.size_bytes)
                watch.waits_for(Side.DESTINATION)
                kept = await sender.kept(source.key, pin, head.headers)
                put = Head("PUT", key)
                await learn_of_trailers(
                    self._plain, put, sender.memory, sender.integrity
                )
                sent = sender.prepare(put, Kind.OBJECT, length, kept)
                with conditioned(sender.memory, only_new=sender.conditional):
                    answer = await self._send((found, length), sent, watch, fresh=fresh)
                return sent.verdict(answer)

        return await _again(relayed)

    async def _send(
        self, found: tuple[Connection, int], sent: Sent, watch: Watch, *, fresh: bool
    ) -> Mapping[str, str]:
        """The headers of the destination's answer; `found` has so many bytes."""
        if sent.size_bytes <= self._small_bytes:
            return await self._send_whole(found, sent, watch)
        start = sent.frame.start if sent.frame else b""
        owed = sent.size_bytes - len(start)
        async with self._writes.begun(sent.head, start, owed, fresh=fresh) as put:
            pour = Pour(found, put.connection, sent, watch)
            pour.start()
            either: set[asyncio.Future[Any]] = {pour.done, put.coming}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not pour.done.done():
                pour.stop()
                await self._cut_short(put)
            if not put.coming.done():
                await pour.done
            answer = await self._answer_of(put)
            pour.done.result()
            return await _read(put.connection, answer)

    async def _send_whole(
        self, found: tuple[Connection, int], sent: Sent, watch: Watch
    ) -> Mapping[str, str]:
        watch.waits_for(Side.SOURCE)
        collected = Collected(found[1], sent.hashes)
        found[0].pour(found[1], Paced(collected, found[0], watch))
        body = await collected.whole
        if sent.frame is not None:
            body = sent.frame.start + body + sent.frame.end()
        watch.waits_for(Side.DESTINATION)
        async with self._writes.answered(sent.head, body) as (to, answer):
            return await _read(to, answer)

    async def _cut_short(self, put: Asked) -> None:
        """Raise why a put ended before all its bytes were sent."""
        if put.was_stale:
            raise _StaleError
        await self._answer_of(put)
        raise StorageError(
            "destination answered before it had all bytes", side=Side.DESTINATION
        )

    async def _answer_of(self, put: Asked) -> Answer:
        with translated(Side.DESTINATION, "PUT"):
            answer = await put.coming
        await self._writes.require_success(put.connection, answer, "PUT")
        return answer


class _StaleError(Exception):
    """A long put went into a connection that had been closed."""


class _Relayed(Protocol):
    def __call__(self, *, fresh: bool) -> Awaitable[Copied]: ...


async def _again(relayed: _Relayed) -> Copied:
    """From the read on, and on a new connection, where a put met nobody.

    Nobody answered and the body was still under way, so nothing can have come of it.
    """
    try:
        return await relayed(fresh=False)
    except _StaleError:
        return await relayed(fresh=True)


async def _read(connection: Connection, answer: Answer) -> Mapping[str, str]:
    """To its end, so that the connection serves again."""
    with translated(Side.DESTINATION, "PUT"):
        await text(connection, answer)
    return answer.headers
