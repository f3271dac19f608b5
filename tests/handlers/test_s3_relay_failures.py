"""Bytes through us: what is refused, and that it leaves nothing behind."""

import asyncio

import pytest

from domain.errors import Side, StorageError
from handlers.mechanisms.s3 import Integrity, RelayKind, S3Executor, S3Settings
from handlers.mechanisms.streams import Patience, Watch
from handlers.ports import Copier, ObjectInfo, Pin, Range
from tests.handlers.lying import lying, partial, reply
from tests.handlers.s3_sides import (
    MIB,
    copier,
    destination_at,
    put,
    source_at,
)
from tests.services import BucketPair

DATA = bytes(range(256)) * 4096 * 12  # 12 MiB
PARTS = ((0, 5 * MIB), (5 * MIB, 5 * MIB), (10 * MIB, 2 * MIB))
PATIENCE_SECONDS = 10
CHUNKED = b"""HTTP/1.1 206 Partial Content\r
Transfer-Encoding: chunked\r
ETag: "e"\r
\r
"""


@pytest.fixture(autouse=True, params=list(RelayKind))
def _relay(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test on both ways: the plain one is the oracle of the fast one."""
    monkeypatch.setenv("WAYBILL_RELAY", request.param)


def executor(**settings: object) -> S3Executor:
    return S3Executor(S3Settings(**settings))  # type: ignore[arg-type]


async def assert_no_part(made: Copier, key: str, upload: str) -> None:
    assert await made.destination.list_parts(key, upload) == []


async def test_a_changed_source_leaves_no_part(bucket_pair: BucketPair) -> None:
    await put(bucket_pair, "k", b"old" * MIB)
    async with copier(bucket_pair) as made:
        old = await made.source.head("k")
        upload = await made.destination.create_upload("k", old)
        await put(bucket_pair, "k", b"new" * MIB)
        for refused in (
            made.relay_part("k", Pin(old.etag), Range(0, MIB), "k", upload, 1),
            made.relay_object(old, "k"),
            made.digest("k", Pin(old.etag), Range(0, MIB)),
        ):
            with pytest.raises(StorageError) as error:
                await refused
            assert error.value.code == "storage.source-changed"
            assert error.value.side is Side.SOURCE
        await assert_no_part(made, "k", upload)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (partial(3 * MIB, b"x" * MIB, "e"), "storage.unavailable"),
        (partial(3 * MIB, b"", "e"), "storage.unavailable"),
        (partial(3 * MIB, b"x" * MIB, "other"), "storage.source-changed"),
        (partial(2 * MIB, b"x" * MIB, "e"), "storage.refused"),
        (reply("200 OK", b"x" * 3 * MIB, ETag='"e"'), "storage.refused"),
        (
            reply("302 Found", Location="http://127.0.0.1:1/", ETag='"e"'),
            "storage.refused",
        ),
        (CHUNKED, "storage.refused"),
        (b"nonsense\r\n\r\n", "storage.unavailable"),
        (b"", "storage.unavailable"),
    ],
    ids=range(9),
)
async def test_a_lying_source_leaves_no_part(
    bucket_pair: BucketPair, answer: bytes, code: str
) -> None:
    async def lie(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with lying(lie) as liar, copier(source_at(bucket_pair, liar.url)) as made:
        upload = await made.destination.create_upload("k", ObjectInfo("k", 0, "e"))
        with pytest.raises(StorageError) as error:
            await made.relay_part("k", Pin("e"), Range(0, 3 * MIB), "k", upload, 1)
        assert (error.value.code, error.value.side) == (code, Side.SOURCE)
        assert error.value.__cause__ is None
        await assert_no_part(made, "k", upload)


async def test_a_destination_that_holds_other_bytes_is_a_mismatch(
    bucket_pair: BucketPair,
) -> None:
    await put(bucket_pair, "k", b"x")
    answers = [
        {"ETag": f'"{"0" * 32}"'},
        {"ETag": '"e"', "x_amz_checksum_crc64nvme": "AAAAAAAAAAA="},
    ]
    for told in answers:

        async def lie(
            head: str, writer: asyncio.StreamWriter, told: dict[str, str] = told
        ) -> None:
            del head
            writer.write(reply("200 OK", **told))

        async with (
            lying(lie) as liar,
            copier(destination_at(bucket_pair, liar.url)) as made,
        ):
            found = await made.source.head("k")
            with pytest.raises(StorageError) as error:
                await made.relay_object(found, "k")
            assert error.value.code == "storage.mismatch"


async def test_an_early_refusal_by_the_destination_is_read(
    bucket_pair: BucketPair,
) -> None:
    async def refuse(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(reply("507 Full", b"<Error><Code>QuotaExceeded</Code></Error>"))

    await put(bucket_pair, "k", DATA)
    async with (
        lying(refuse) as liar,
        copier(destination_at(bucket_pair, liar.url)) as made,
    ):
        found = await made.source.head("k")
        with pytest.raises(StorageError) as error:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await made.relay_object(found, "k")
        assert error.value.code == "storage.exhausted"
        assert error.value.side is Side.DESTINATION


async def test_who_moves_nothing_is_given_up(bucket_pair: BucketPair) -> None:
    async def half(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(partial(3 * MIB, b"x" * MIB, "e"))

    async def silent(head: str, writer: asyncio.StreamWriter) -> None:
        del head, writer

    impatient = Patience(idle_seconds=0.3)
    await put(bucket_pair, "k", DATA)
    async with (
        lying(half) as liar,
        copier(source_at(bucket_pair, liar.url), patience=impatient) as made,
    ):
        upload = await made.destination.create_upload("k", ObjectInfo("k", 0, "e"))
        with pytest.raises(StorageError) as error:
            await made.relay_part("k", Pin("e"), Range(0, 3 * MIB), "k", upload, 1)
        assert error.value.code == "storage.unavailable"
        assert error.value.side is Side.SOURCE
        await assert_no_part(made, "k", upload)
    async with (
        lying(silent) as liar,
        copier(destination_at(bucket_pair, liar.url), patience=impatient) as made,
    ):
        found = await made.source.head("k")
        with pytest.raises(StorageError) as error:
            await made.relay_object(found, "k")
        assert error.value.code == "storage.unavailable"
        assert error.value.side is Side.DESTINATION


async def test_nobody_there_is_unavailable(bucket_pair: BucketPair) -> None:
    nowhere = source_at(bucket_pair, "http://127.0.0.1:1")
    async with copier(nowhere, executor(control_attempts=1)) as made:
        for call in (
            made.source.head("k"),
            made.relay_object(ObjectInfo("k", 1, "e"), "k"),
        ):
            with pytest.raises(StorageError) as error:
                await call
            assert error.value.code == "storage.unavailable"
            assert error.value.side is Side.SOURCE


async def test_a_cancelled_relay_hangs_up_on_both_sides(
    bucket_pair: BucketPair,
) -> None:
    streaming = asyncio.Event()

    async def half(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(partial(3 * MIB, b"x" * MIB, "e"))

    async def silent(head: str, writer: asyncio.StreamWriter) -> None:
        del head, writer
        streaming.set()

    async with lying(half) as source, lying(silent) as destination:
        pair = destination_at(source_at(bucket_pair, source.url), destination.url)
        async with copier(pair, executor(integrity=Integrity.NONE)) as made:
            relay = asyncio.create_task(
                made.relay_part("k", Pin("e"), Range(0, 3 * MIB), "k", "u", 1)
            )
            await streaming.wait()
            assert (source.open_connections, destination.open_connections) == (1, 1)
            relay.cancel()
            with pytest.raises(asyncio.CancelledError):
                await relay
            async with asyncio.timeout(PATIENCE_SECONDS):
                await source.closed.wait()
                await destination.closed.wait()


async def test_a_relay_that_was_given_up_is_not_cancelled_later() -> None:
    with pytest.raises(StorageError, match="source was waited for"):
        async with Watch(idle_seconds=0.01, total_seconds=0.05):
            await asyncio.Event().wait()
    await asyncio.sleep(0.1)  # beyond the limit that must not matter any more
