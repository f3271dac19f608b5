"""Copiers between the two buckets of a test."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from pydantic import SecretStr

from domain.mechanisms.s3 import S3Address
from handlers.copiers import GivenAccess
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import S3Executor
from handlers.mechanisms.streams import Patience
from tests.services import BucketPair, S3Endpoint

MIB = 1024 * 1024
KEYS = ("a b+c%20ü/ö//..", "plain", "..", "/leading", "q?x=1&y=#z", "tab\tend", "a//b/")


def secrets(endpoint: S3Endpoint) -> dict[str, SecretStr]:
    """What the secret store would give."""
    return {
        "access_key_id": SecretStr(endpoint.access_key),
        "secret_access_key": SecretStr(endpoint.secret_key),
    }


def access(endpoint: S3Endpoint) -> GivenAccess:
    """What opens the endpoint."""
    return GivenAccess(secrets(endpoint))


def source_address(
    pair: BucketPair, *, prefix: str = "", key: str | None = None
) -> S3Address:
    """The source's `prefix` or `key`."""
    return S3Address(
        bucket=pair.source_bucket,
        key=key,
        prefix=None if key else prefix,
        endpoint_url=pair.source.endpoint,
        region=pair.source.region,
    )


def destination_address(pair: BucketPair) -> S3Address:
    """The whole destination bucket."""
    return S3Address(
        bucket=pair.destination_bucket,
        prefix="",
        endpoint_url=pair.destination.endpoint,
        region=pair.destination.region,
    )


@asynccontextmanager
async def copier(
    pair: BucketPair,
    executor: S3Executor | None = None,
    *,
    prefix: str = "",
    key: str | None = None,
    patience: Patience | None = None,
) -> AsyncGenerator[Pair]:
    """From the source's `prefix` or `key` to the whole destination bucket."""
    opening = executor or S3Executor()
    source = source_address(pair, prefix=prefix, key=key).location()
    destination = destination_address(pair).location()
    async with (
        opening.open_source(source, access(pair.source)) as reads,
        opening.open_destination(destination, access(pair.destination)) as writes,
    ):
        yield Pair(reads, writes, patience or Patience())


def source_at(pair: BucketPair, url: str) -> BucketPair:
    """The same pair, its source's endpoint elsewhere."""
    return replace(pair, source=replace(pair.source, endpoint=url))


def destination_at(pair: BucketPair, url: str) -> BucketPair:
    """The same pair, its destination's endpoint elsewhere."""
    return replace(pair, destination=replace(pair.destination, endpoint=url))


def beside_itself(pair: BucketPair) -> BucketPair:
    """Both sides on the source's server, in the source's bucket."""
    return replace(pair, destination=pair.source, destination_bucket=pair.source_bucket)


async def put(pair: BucketPair, key: str, body: bytes, **arguments: str) -> None:
    """An object in the source bucket."""
    async with pair.source.client() as s3:
        await s3.put_object(
            Bucket=pair.source_bucket,
            Key=key,
            Body=body,
            Metadata={"who": "us"},
            **arguments,  # type: ignore[arg-type]
        )


async def got(pair: BucketPair, key: str) -> bytes:
    """What an object of the destination bucket holds."""
    async with pair.destination.client() as s3:
        answer = await s3.get_object(Bucket=pair.destination_bucket, Key=key)
        held: bytes = await answer["Body"].read()
    return held
