"""A refused HEAD says no reason, so that a GET is asked for it."""

import asyncio

import pytest

from domain.errors import StorageError
from handlers.mechanisms.s3 import S3Executor, S3Settings
from tests.handlers.lying import Answer, lying, reply
from tests.handlers.s3_sides import copier, source_at
from tests.services import BucketPair

EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>it has expired</Message></Error>"
FOUND = reply("206 Partial Content", b"x", Content_Range="bytes 0-0/1", ETag='"e"')


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        ("400 Bad Request", EXPIRED, "storage.credentials-expired"),
        ("403 Forbidden", b"", "storage.denied"),
        ("400 Bad Request", b"", "storage.refused"),
    ],
)
async def test_the_reason_is_that_of_the_get(
    bucket_pair: BucketPair, status: str, said: bytes, code: str
) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        body = b"" if head.startswith("HEAD") else said
        writer.write(reply(status, body, Connection="close"))
        writer.close()

    assert await refused(bucket_pair, answer) == code


async def test_what_only_a_head_is_refused_stays_refused(
    bucket_pair: BucketPair,
) -> None:
    async def answer(head: str, writer: asyncio.StreamWriter) -> None:
        denied = reply("403 Forbidden", Connection="close")
        writer.write(denied if head.startswith("HEAD") else FOUND)
        writer.close()

    assert await refused(bucket_pair, answer) == "storage.denied"


async def refused(pair: BucketPair, answer: Answer) -> str:
    """The code of a HEAD at a server that answers so."""
    once = S3Executor(S3Settings(control_attempts=1))
    async with (
        lying(answer) as liar,
        copier(source_at(pair, liar.url), once) as made,
    ):
        with pytest.raises(StorageError) as error:
            await made.source.head("k")
        return error.value.code
