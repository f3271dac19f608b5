"""
Where the real servers of a test are.

Each comes from an environment variable when that is set, else from `waybill.embedded`.
A server that cannot be had fails the test; nothing is ever skipped for want of one.

    WAYBILL_TEST_DATABASE_URL     postgresql://user@host:5432/postgres (may CREATEDB)
    WAYBILL_TEST_NATS_URL         nats://host:4222 (JetStream; its streams are deleted)
    WAYBILL_TEST_S3_SOURCE        http://ACCESS:SECRET@host:9000/?region=us-east-1
    WAYBILL_TEST_S3_DESTINATION   likewise; another server than the source

Keys inside an URL are percent-encoded.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

import aioboto3
import nats
import psycopg
from botocore.config import Config
from psycopg import sql

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import ObjectIdentifierTypeDef

    from waybill.embedded import EmbeddedS3


@cache
def _session() -> aioboto3.Session:
    """One for all clients: it reads botocore's models once, which takes 80 ms."""
    return aioboto3.Session()


@dataclass(frozen=True)
class S3Endpoint:
    """An S3 server and the keys of one user of it."""

    endpoint: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"

    @classmethod
    def of(cls, server: EmbeddedS3) -> S3Endpoint:
        """Return where an embedded server is."""
        return cls(server.endpoint, server.access_key, server.secret_key, server.region)

    @classmethod
    def parse(cls, url: str) -> S3Endpoint:
        """Read the form that the environment variables have."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return cls(
            endpoint=f"{parts.scheme}://{host}",
            access_key=unquote(parts.username or ""),
            secret_key=unquote(parts.password or ""),
            region=parse_qs(parts.query).get("region", ["us-east-1"])[0],
        )

    def client(self, **config: Any) -> AbstractAsyncContextManager[S3Client]:
        """Return a client; the options go to botocore's Config."""
        options = {"s3": {"addressing_style": "path"}, **config}
        made = _session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(**options),
        )
        return cast("AbstractAsyncContextManager[S3Client]", made)


@dataclass(frozen=True)
class TestServers:
    """The four servers that Waybill's processes and its users talk to."""

    __test__ = False

    database_url: str
    nats_url: str
    s3_source: S3Endpoint
    s3_destination: S3Endpoint


@dataclass(frozen=True)
class BucketPair:
    """A fresh bucket on each S3 server."""

    source: S3Endpoint
    destination: S3Endpoint
    source_bucket: str
    destination_bucket: str


def from_environment(name: str) -> str | None:
    """Return the value of WAYBILL_TEST_<name> when it is set."""
    return os.environ.get(f"WAYBILL_TEST_{name}")


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Make an empty database, give its URL, drop it."""
    name = f"test_{uuid.uuid4().hex}"
    parts = urlsplit(server_url)
    _run(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        _run(server_url, drop.format(sql.Identifier(name)))


@asynccontextmanager
async def fresh_bucket(endpoint: S3Endpoint) -> AsyncIterator[str]:
    """Make an empty bucket, give its name, remove it with all that it holds."""
    name = f"test-{uuid.uuid4().hex[:20]}"
    async with endpoint.client() as s3:
        await s3.create_bucket(Bucket=name)
        try:
            yield name
        finally:
            await _remove_bucket(s3, name)


async def delete_streams(nats_url: str) -> None:
    """Remove every stream, key-value store and object store from the server."""
    connection = await nats.connect(nats_url)
    try:
        manager = connection.jsm()
        for stream in await manager.streams_info():
            if stream.config.name is not None:
                await manager.delete_stream(stream.config.name)
    finally:
        await connection.close()


async def _remove_bucket(s3: S3Client, bucket: str) -> None:
    uploads = await s3.list_multipart_uploads(Bucket=bucket)
    for upload in uploads.get("Uploads", []):
        await s3.abort_multipart_upload(
            Bucket=bucket,
            Key=upload.get("Key", ""),
            UploadId=upload.get("UploadId", ""),
        )
    async for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys: list[ObjectIdentifierTypeDef] = [
            {"Key": item.get("Key", "")} for item in page.get("Contents", [])
        ]
        if keys:
            await s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    await s3.delete_bucket(Bucket=bucket)


def _run(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
