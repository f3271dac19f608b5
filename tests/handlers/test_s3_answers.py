"""What an S3 endpoint's refusals become, and where requests go."""

import asyncio
import logging
from dataclasses import replace

import pytest
from pydantic import SecretStr

from domain.errors import Side, StorageError
from domain.mechanisms.s3 import S3Address
from domain.transfer.events import Route
from handlers.copiers import GivenAccess
from handlers.mechanisms.s3 import Integrity, S3Executor, S3Settings
from handlers.ports import ObjectInfo, Pin, Range
from tests.handlers.lying import lying, reply
from tests.handlers.s3_sides import (
    beside_itself,
    copier,
    destination_at,
    source_at,
)
from tests.services import BucketPair

BARE = ObjectInfo("", 0, "")


async def test_wrong_credentials_are_denied_and_not_told(
    bucket_pair: BucketPair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = replace(bucket_pair.source, secret_key="planted-secret-of-the-test")
    async with copier(replace(bucket_pair, source=wrong)) as made:
        for refused in (
            made.source.list_page(None, 1),
            made.source.head("k"),
            made.relay_object(ObjectInfo("k", 1, "e"), "k"),
        ):
            with pytest.raises(StorageError) as error:
                await refused
            assert (error.value.code, error.value.side) == (
                "storage.denied",
                Side.SOURCE,
            )
            assert error.value.__cause__ is None
            assert "planted" not in str(error.value)
    assert "planted" not in caplog.text
    assert "Signature=" not in caplog.text


async def test_no_credentials_at_all_are_denied_without_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    where = S3Address(bucket="lake", prefix="").location()
    with pytest.raises(StorageError, match="no credentials given") as error:
        async with S3Executor().open_source(where, GivenAccess()):
            pass
    assert error.value.code == "storage.denied"


@pytest.mark.parametrize("past", ["2020-01-01T00:00:00Z", "1577836800000"])
async def test_expired_credentials_are_told_before_a_request(past: str) -> None:
    secret = {
        "access_key_id": SecretStr("a"),
        "secret_access_key": SecretStr("b"),
        "expiration": SecretStr(past),
    }
    where = S3Address(bucket="lake", prefix="").location()
    with pytest.raises(StorageError) as error:
        async with S3Executor().open_source(where, GivenAccess(secret)):
            pass
    assert error.value.code == "storage.credentials-expired"


async def test_aws_is_addressed_by_its_own_names() -> None:
    """No request is made: only where it would go."""
    secret = {"access_key_id": SecretStr("a"), "secret_access_key": SecretStr("b")}
    source = S3Address(bucket="lake", prefix="", region="eu-central-1")
    made = S3Executor()._connections
    async with made.open(Side.SOURCE, source, GivenAccess(secret)) as auto:
        assert auto.bucket_url == "https://lake.s3.eu-central-1.amazonaws.com"
    styled = source.model_copy(update={"force_path_style": True})
    async with made.open(Side.SOURCE, styled, GivenAccess(secret)) as path:
        assert path.bucket_url == "https://s3.eu-central-1.amazonaws.com/lake"


def xml(code: str, message: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        ("307 Temporary Redirect", b"", "storage.refused"),
        ("503 Slow Down", xml("SlowDown"), "storage.throttled"),
        ("429 Too Many", b"", "storage.throttled"),
        ("403 Forbidden", xml("ExpiredToken"), "storage.credentials-expired"),
        ("403 Forbidden", xml("AccessDenied"), "storage.denied"),
        ("403 Forbidden", xml("RequestTimeTooSkewed"), "storage.clock-skewed"),
        ("400 Bad Request", xml("ExpiredToken"), "storage.credentials-expired"),
        ("500 Broken", b"not xml", "storage.unavailable"),
        ("507 Full", b"", "storage.exhausted"),
        ("400 Bad Request", xml("Odd", "x" * 40), "storage.refused"),
    ],
)
async def test_an_answer_has_a_code_on_both_paths(
    bucket_pair: BucketPair, status: str, body: bytes, code: str
) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        location = "http://127.0.0.1:1/elsewhere"
        writer.write(reply(status, body, Location=location, Connection="close"))
        writer.close()

    once = S3Executor(S3Settings(control_attempts=1))
    async with lying(answer) as liar:
        lied = source_at(destination_at(bucket_pair, liar.url), liar.url)
        async with copier(lied, once) as made:
            for call in (
                made.source.list_page(None, 1),
                made.destination.list_parts("k", "u"),
                made.relay_object(ObjectInfo("k", 1, "e"), "k"),
                made.digest("k", Pin("e"), Range(0, 1)),
            ):
                with pytest.raises(StorageError) as error:
                    await call
                assert error.value.code == code, error.value.detail
                assert "xxxx" not in error.value.detail


async def test_an_error_inside_a_200_is_an_error(bucket_pair: BucketPair) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        body = b'<?xml version="1.0"?>\n' + xml("InternalError", "try again")
        writer.write(reply("200 OK", body, Connection="close"))
        writer.close()

    once = S3Executor(S3Settings(control_attempts=1))
    async with lying(answer) as liar:
        async with copier(destination_at(bucket_pair, liar.url), once) as made:
            with pytest.raises(StorageError) as error:
                await made.destination.complete_upload("k", "u", {1: "e"})
        assert error.value.code == "storage.unavailable"


async def test_an_upload_is_made_without_a_checksum_where_that_is_refused(
    bucket_pair: BucketPair,
) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        made = b"<R><Bucket>b</Bucket><Key>k</Key><UploadId>u-1</UploadId></R>"
        if "x-amz-checksum-algorithm" in head.lower():
            writer.write(reply("400 No", xml("InvalidArgument"), Connection="close"))
        else:
            writer.write(reply("200 OK", made, Connection="close"))
        writer.close()

    async with lying(answer) as liar:
        async with copier(destination_at(bucket_pair, liar.url)) as made:
            assert await made.destination.create_upload("k", BARE) == "u-1"
            assert await made.destination.create_upload("k", BARE) == "u-1"
        # Each of the two algorithms once, and without one; then it is known.
        assert len(liar.heads) == 4


async def test_our_own_credentials_are_not_for_the_other_sides_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ours")
    where = S3Address(bucket="lake", prefix="").location()
    with pytest.raises(StorageError) as refused:
        async with S3Executor().open_source(where, GivenAccess(own=False)):
            pass
    assert refused.value.code == "storage.denied"
    async with S3Executor().open_source(where, GivenAccess()) as end:
        assert end.store is not None


# Nothing but the bytes is asked for.
UNPROVEN = S3Settings(integrity=Integrity.NONE)
COPIED = b"<CopyPartResult><ETag>e</ETag></CopyPartResult>"


@pytest.mark.parametrize(
    ("answer", "code", "side"),
    [
        (reply("200 OK", xml("InternalError")), "storage.unavailable", "destination"),
        (reply("200 OK", xml("SlowDown")), "storage.throttled", "destination"),
        (reply("200 OK", COPIED[:20]), "storage.unavailable", "destination"),
        (reply("200 OK", COPIED)[:-9], "storage.unavailable", "destination"),
        (reply("404 No", xml("NoSuchUpload")), "storage.upload-lost", "destination"),
        (reply("404 No", xml("NoSuchKey")), "storage.not-found", "source"),
        (reply("412 No", b""), "storage.source-changed", "source"),
    ],
    ids=range(7),
)
async def test_a_copy_by_the_storage_that_is_none(
    bucket_pair: BucketPair, answer: bytes, code: str, side: str
) -> None:
    async def lie(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with lying(lie) as liar:
        pair = beside_itself(source_at(bucket_pair, liar.url))
        async with copier(pair) as made:
            for call in (
                made.copy_part("k", Pin("e"), Range(0, 1), "to", "u", 1),
                made.copy_object(ObjectInfo("k", 1, "e"), "to"),
            ):
                with pytest.raises(StorageError) as error:
                    await call
                assert (error.value.code, error.value.side) == (code, side)
        assert len(liar.heads) == 2  # no second try: whoever asked decides that


async def test_an_upload_that_has_no_id_is_none(bucket_pair: BucketPair) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(reply("200 OK", b"<R></R>", Connection="close"))
        writer.close()

    async with (
        lying(answer) as liar,
        copier(destination_at(bucket_pair, liar.url)) as made,
    ):
        with pytest.raises(StorageError) as error:
            await made.destination.create_upload("to", BARE)
        assert error.value.side is Side.DESTINATION


@pytest.mark.parametrize("kind", ["part", "object"])
@pytest.mark.parametrize(
    "lack",
    [
        reply("501 No", xml("NotImplemented"), Connection="close"),
        reply("200 OK", b"<R></R>", Connection="close"),
        reply("200 OK", Connection="close"),
    ],
    ids=["refused", "no-etag", "nothing"],
)
async def test_what_the_storage_does_not_copy_goes_through_us(
    bucket_pair: BucketPair, lack: bytes, kind: str
) -> None:
    """One is tried, and no other; those of the other kind are not given up."""
    told = {"ETag": '"e"', "Connection": "close"}

    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        if "x-amz-copy-source" in head:
            writer.write(lack)
        elif head.startswith("PUT"):
            writer.write(reply("200 OK", **told))
        else:
            spans = {"Content_Range": "bytes 0-0/1"} if kind == "part" else {}
            status = "206 Partial Content" if kind == "part" else "200 OK"
            writer.write(reply(status, b"x", **told, **spans))
        await writer.drain()
        writer.close()

    async with lying(answer) as liar:
        pair = beside_itself(source_at(bucket_pair, liar.url))
        async with copier(pair, S3Executor(UNPROVEN)) as made:
            for _ in range(2):
                if kind == "part":
                    span = Range(0, 1)
                    done = await made.copy_part("k", Pin("e"), span, "to", "u", 1)
                else:
                    done = await made.copy_object(ObjectInfo("k", 1, "e"), "to")
                assert (done.etag, done.route) == ("e", Route.STREAM)
        tried = ["x-amz-copy-source" in each for each in liar.heads]
        assert (tried[0], tried.count(True)) == (True, 1)


async def test_a_server_without_lists_of_uploads_holds_none_that_we_know(
    bucket_pair: BucketPair,
) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        del head
        writer.write(reply("501 No", xml("NotImplemented"), Connection="close"))
        await writer.drain()
        writer.close()

    async with (
        lying(answer) as liar,
        copier(destination_at(bucket_pair, liar.url)) as made,
    ):
        assert await made.destination.list_uploads("k") == []
        assert await made.destination.list_parts("k", "u") == []


async def test_what_no_route_can_do_teaches_nothing(bucket_pair: BucketPair) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        refused = head.startswith("PUT")
        no = reply("400 No", xml("InvalidStorageClass"), Connection="close")
        yes = reply("200 OK", b"x", ETag='"e"', Connection="close")
        writer.write(no if refused else yes)
        await writer.drain()
        writer.close()

    async with lying(answer) as liar:
        pair = beside_itself(source_at(bucket_pair, liar.url))
        async with copier(pair, S3Executor(UNPROVEN)) as made:
            for _ in range(2):
                with pytest.raises(StorageError) as error:
                    await made.copy_object(ObjectInfo("k", 1, "e"), "to")
                assert error.value.code == "storage.unsupported"
        assert sum("x-amz-copy-source" in each for each in liar.heads) == 2


async def test_a_part_that_lands_after_the_abort_is_aborted_too(
    bucket_pair: BucketPair,
) -> None:
    part = b"<Part><PartNumber>1</PartNumber><Size>5</Size><ETag>e</ETag></Part>"
    there = b"<ListPartsResult>" + part + b"</ListPartsResult>"
    asked: list[str] = []

    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        method = head.partition(" ")[0]
        asked.append(method)
        late = asked.count("DELETE") == 1
        gone = reply("404 Not Found", xml("NoSuchUpload"), Connection="close")
        listed = reply("200 OK", there, Connection="close") if late else gone
        done = reply("204 No Content", Connection="close")
        writer.write(done if method == "DELETE" else listed)
        writer.close()

    async with (
        lying(answer) as liar,
        copier(destination_at(bucket_pair, liar.url)) as made,
    ):
        await made.destination.abort_upload("k", "u")
    assert asked == ["DELETE", "GET", "DELETE", "GET"]
