"""Connections that end otherwise than they should: what is said, what comes after.

After each of them the next relays through the same ends are right. On both ways, where
nothing else is said: the plain one is the oracle of the fast one.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from domain.errors import Side, StorageError
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import RelayKind
from handlers.mechanisms.s3.fast import requests
from handlers.ports import Copied, ObjectInfo, Pin, Range
from tests.handlers.fast_sides import BODY, ETAG, Shelf, relaying, shelf
from tests.handlers.lying import partial, reply

MIB = 1024 * 1024
SMALL, LONG = MIB, 5 * MIB
PATIENCE_SECONDS = 10
SLOW_DOWN = reply("503 Slow", b"<Error><Code>SlowDown</Code></Error>")
DENIED = reply("403 No", b"<Error><Code>AccessDenied</Code></Error>")
KINDS = list(RelayKind)
FAST = RelayKind.FAST
Then = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def part(made: Pair, length: int = LONG) -> Copied:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await made.relay_part("k", Pin(ETAG), Range(0, length), "k", "u", 1)


async def refused(made: Pair, length: int = LONG) -> tuple[str, Side]:
    with pytest.raises(StorageError) as error:
        await part(made, length)
    assert error.value.side is not None
    return error.value.code, error.value.side


async def serves_again(made: Pair, destination: Shelf) -> None:
    """Several at once and one after another, small and long: all whole."""
    done = len(destination.got)
    await asyncio.gather(*(part(made, each) for each in (SMALL, LONG, SMALL)))
    await part(made)
    await made.relay_object(ObjectInfo("k", len(BODY), ETAG), "k")
    assert sorted(map(len, destination.got[done:])) == [SMALL, SMALL, LONG, LONG, LONG]
    assert all(BODY.startswith(each) for each in destination.got[done:])
    assert destination.out_of_step == 0


def answers(said: bytes, *, after_bytes: int = 0, then: Then | None = None) -> Then:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(after_bytes)
        writer.write(said)
        await writer.drain()
        if then is not None:
            await then(reader, writer)

    return odd


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del reader
    # Closed with bytes unread: that sends a reset.
    writer.transport.abort()
    raise ConnectionError


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del reader, writer
    raise ConnectionError


# Not plain with long bodies: what it sends meanwhile may be reset, and nothing heard.
@pytest.mark.parametrize(
    ("kind", "length"), [(RelayKind.PLAIN, SMALL), *((FAST, n) for n in (SMALL, LONG))]
)
@pytest.mark.parametrize("after_bytes", [0, 1, SMALL // 2])
async def test_who_refuses_unread_bodies_and_stays_is_not_sent_their_rest(
    kind: RelayKind, length: int, after_bytes: int
) -> None:
    async with shelf() as source, shelf() as destination:
        early = answers(SLOW_DOWN, after_bytes=after_bytes)
        destination.odd = {1: early, 2: early, 4: early}
        async with relaying(source.url, destination.url, relay=kind) as made:
            throttled = ("storage.throttled", Side.DESTINATION)
            for _ in range(2):
                assert await refused(made, length) == throttled
            await part(made, length)
            assert await refused(made, length) == throttled
            await serves_again(made, destination)


@pytest.mark.parametrize("after_bytes", [0, SMALL])
async def test_who_refuses_and_resets_is_heard(after_bytes: int) -> None:
    async with shelf() as source, shelf() as destination:
        destination.odd = dict.fromkeys(
            range(1, 21), answers(DENIED, after_bytes=after_bytes, then=resets)
        )
        async with relaying(source.url, destination.url) as made:
            for _ in range(20):
                told = await refused(made)
                assert told == ("storage.denied", Side.DESTINATION)
            await serves_again(made, destination)


async def test_a_refusal_without_an_end_is_judged_by_its_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requests, "_REFUSAL_SECONDS", 0.1)
    for said in (
        b"HTTP/1.1 503 Slow\r\n\r\n<Err",
        b"HTTP/1.1 503 Slow\r\nContent-Length: 99\r\n\r\n<Err",
        b"HTTP/1.1 503 Slow\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<Err",
    ):
        async with shelf() as source, shelf() as destination:
            destination.odd = {1: answers(said), 2: answers(said, then=closes)}
            async with relaying(source.url, destination.url) as made:
                for _ in range(2):
                    told = await refused(made)
                    assert told == ("storage.throttled", Side.DESTINATION)
                await serves_again(made, destination)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_early_yes_is_no_success(kind: RelayKind) -> None:
    async with shelf() as source, shelf() as destination:
        destination.odd = {1: answers(reply("200 OK", ETag=f'"{ETAG}"'))}
        async with relaying(source.url, destination.url, relay=kind) as made:
            assert await refused(made) == ("storage.unavailable", Side.DESTINATION)
            await serves_again(made, destination)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("then", [resets, closes])
async def test_a_source_that_ends_too_soon_leaves_no_half_put(
    kind: RelayKind, then: Then
) -> None:
    async with shelf() as source, shelf() as destination:
        source.odd = {1: answers(partial(LONG, BODY[: LONG // 2], ETAG), then=then)}
        async with relaying(source.url, destination.url, relay=kind) as made:
            assert await refused(made) == ("storage.unavailable", Side.SOURCE)
            await serves_again(made, destination)
        assert destination.unfinished == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_after_a_cancelled_part_both_sides_begin_anew(kind: RelayKind) -> None:
    half_way = asyncio.Event()

    async def stalls(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readexactly(LONG // 2)
        half_way.set()
        await reader.read()

    async with shelf() as source, shelf() as destination:
        destination.odd = {1: stalls}
        async with relaying(source.url, destination.url, relay=kind) as made:
            cancelled = asyncio.create_task(part(made))
            async with asyncio.timeout(PATIENCE_SECONDS):
                await half_way.wait()
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            await serves_again(made, destination)


async def test_what_nobody_asked_for_is_no_answer() -> None:
    unasked = reply("408 Late") + b"nonsense"
    async with shelf() as source, shelf() as destination:
        for each in (source, destination):
            each.after_answers = unasked
        async with relaying(source.url, destination.url) as made:
            await serves_again(made, destination)
        assert source.connections == len(source.heads)
        assert destination.connections == len(destination.heads)


async def test_a_long_put_into_a_closed_connection_begins_anew_once() -> None:
    async with (
        shelf() as source,
        shelf() as destination,
        relaying(source.url, destination.url) as made,
    ):
        await part(made)
        destination.hangs_up_on = {2}
        await part(made)
        assert len(source.heads) == 3
        destination.hangs_up_on = {4, 5}
        assert await refused(made) == ("storage.unavailable", Side.DESTINATION)
        destination.hangs_up_on = set()
        await serves_again(made, destination)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "said",
    [
        "200 OK|Connection: close|Content-Length: 0||",
        "200 OK|Transfer-Encoding: chunked||1|x|0||",
        "204 No Content||",
        "204 No Content|Content-Length: 0||",
    ],
    ids=["close", "chunked", "204", "204-0"],
)
async def test_any_frame_of_a_yes_is_understood(kind: RelayKind, said: str) -> None:
    lines = f"HTTP/1.1 {said}".replace("|", f'|ETag: "{ETAG}"|', 1).replace("|", "\r\n")
    async with shelf() as source, shelf() as destination:
        yes = answers(lines.encode(), after_bytes=LONG)
        destination.odd = dict.fromkeys((1, 2), yes)
        async with relaying(source.url, destination.url, relay=kind) as made:
            for _ in range(2):
                assert (await part(made)).proven
            await serves_again(made, destination)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", ["204 Nothing", "304 Same"])
async def test_a_source_without_a_body_is_refused(kind: RelayKind, status: str) -> None:
    said = f'HTTP/1.1 {status}\r\nETag: "{ETAG}"\r\n\r\n'.encode()
    async with shelf() as source, shelf() as destination:
        source.odd = {1: answers(said)}
        async with relaying(source.url, destination.url, relay=kind) as made:
            assert await refused(made) == ("storage.refused", Side.SOURCE)
            await serves_again(made, destination)
