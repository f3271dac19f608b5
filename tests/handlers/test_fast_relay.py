"""The fast relay against endpoints that misbehave in ways only sockets show.

What both ways have in common is tested in `test_s3_relay` and
`test_s3_relay_failures`, on both.
"""

import asyncio

import pytest

from domain.errors import Side, StorageError
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import Integrity
from handlers.ports import Copied, ObjectInfo, Pin, Range
from tests.handlers.fast_sides import BODY, ETAG, relaying, shelf
from tests.handlers.lying import lying, partial

MIB = 1024 * 1024
PATIENCE_SECONDS = 10


async def part(made: Pair, first: int = 0, length: int = len(BODY)) -> Copied:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await made.relay_part("k", Pin(ETAG), Range(first, length), "k", "u", 1)


async def test_connections_serve_again() -> None:
    async with shelf() as source, shelf() as destination:
        async with relaying(source.url, destination.url) as made:
            for first in range(5):
                assert (await part(made, first * MIB, MIB)).proven
            assert (await part(made)).proven
            like = ObjectInfo("k", len(BODY), ETAG)
            assert (await made.relay_object(like, "k")).proven
        assert b"".join(destination.got[:5]) == BODY
        assert destination.got[5:] == [BODY, BODY]
        assert (source.connections, destination.connections) == (1, 1)


async def test_a_kept_connection_that_was_closed_costs_nothing() -> None:
    async with shelf() as source, shelf() as destination:
        source.closes = destination.closes = True
        async with relaying(source.url, destination.url) as made:
            for length in (MIB, 3 * MIB, MIB, 3 * MIB):
                assert (await part(made, 0, length)).proven
        assert [len(each) for each in destination.got] == [MIB, 3 * MIB] * 2
        assert (source.connections, destination.connections) == (4, 4)


@pytest.mark.parametrize("side", [Side.SOURCE, Side.DESTINATION])
async def test_a_request_that_is_hung_up_on_is_asked_again_once(side: Side) -> None:
    async with shelf() as source, shelf() as destination:
        sides = {Side.SOURCE: source, Side.DESTINATION: destination}
        sides[side].hangs_up_on = {1, 2, 4}
        async with relaying(source.url, destination.url) as made:
            with pytest.raises(StorageError) as error:
                await part(made, 0, MIB)  # on a new connection: not again
            assert (error.value.code, error.value.side) == ("storage.unavailable", side)
            sides[side].hangs_up_on = {3}
            for _ in range(2):
                assert (await part(made, 0, MIB)).proven
    assert destination.got == [BODY[:MIB]] * 2


@pytest.mark.parametrize("integrity", [Integrity.MD5, Integrity.TRAILER])
async def test_a_slow_destination_gets_every_byte_right(integrity: Integrity) -> None:
    async with shelf() as source, shelf() as destination:
        destination.block_bytes, destination.pause_seconds = 61_003, 0.0005
        async with relaying(
            source.url, destination.url, integrity=integrity, read_buffer_bytes=70_001
        ) as made:
            await asyncio.gather(*(part(made) for _ in range(3)))
    sent = [each for each in destination.got if len(each) > MIB]
    assert len(sent) == 3
    for each in sent:
        if integrity is Integrity.TRAILER:
            assert each.startswith(b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\nx-amz-")
        else:
            assert each == BODY


async def test_interim_answers_are_passed_over() -> None:
    async with shelf() as source, shelf() as destination:
        destination.before_answers = b"HTTP/1.1 100 Continue\r\n\r\n" * 2
        async with relaying(source.url, destination.url) as made:
            assert (await part(made)).proven
            assert (await part(made)).proven
    assert destination.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"SSH-2.0-nobody\r\n\r\n",
    ],
    ids=range(7),
)
async def test_what_is_not_understood_is_refused(answer: bytes) -> None:
    async def odd(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(answer)

    async with lying(odd) as liar, shelf() as other:
        for source, destination, side in (
            (liar.url, other.url, Side.SOURCE),
            (other.url, liar.url, Side.DESTINATION),
        ):
            async with relaying(source, destination) as made:
                with pytest.raises(StorageError) as error:
                    await part(made)
                assert error.value.code == "storage.unavailable"
                assert error.value.side is side
    assert other.got == []


async def test_an_error_that_comes_in_chunks_is_read() -> None:
    xml = b"<Error><Code>SlowDown</Code></Error>"
    chunks = b"%x\r\n%b\r\n5\r\n     \r\n0\r\n\r\n" % (len(xml), xml)

    async def slow(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(b"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)

    async with (
        lying(slow) as liar,
        shelf() as source,
        relaying(source.url, liar.url) as made,
    ):
        with pytest.raises(StorageError) as error:
            await part(made)
    assert (error.value.code, error.value.side) == (
        "storage.throttled",
        Side.DESTINATION,
    )


async def test_more_bytes_than_were_announced_are_not_passed_on() -> None:
    async def generous(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(partial(3 * MIB, BODY, ETAG))

    async with (
        lying(generous) as liar,
        shelf() as destination,
        relaying(liar.url, destination.url) as made,
    ):
        await part(made, 0, 3 * MIB)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await liar.closed.wait()
    assert destination.got == [BODY[: 3 * MIB]]
