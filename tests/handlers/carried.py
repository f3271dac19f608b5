"""Objects copied as a worker copies them: in one piece, or in parts as planned."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from domain.location import CopyOptions
from domain.transfer.parts import parts
from domain.transfer.plan import Policy
from handlers.ports import Copied, Copier, ObjectInfo, Pin, Range
from tests.handlers.s3_sides import MIB
from tests.services import S3Endpoint, fresh_bucket

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

PART = 5 * MIB
THRESHOLD = 6 * MIB
WHOLE = CopyOptions(multipart_threshold_bytes=THRESHOLD, part_size_bytes=PART)
IN_PARTS = WHOLE.model_copy(update={"force_multipart": True})
_REQUESTS_AT_ONCE = 8


@dataclass(frozen=True)
class Bucket:
    """A bucket, as whoever compares wants it: no name of an object is too odd."""

    name: str
    client: "S3Client"

    @classmethod
    @asynccontextmanager
    async def open(cls, endpoint: S3Endpoint) -> AsyncIterator["Bucket"]:
        """Empty; emptied at the end, and removed."""
        async with fresh_bucket(endpoint) as name, endpoint.client() as client:
            made = cls(name, client)
            try:
                yield made
            finally:
                await made.empty()

    async def put(self, bodies: Mapping[str, bytes]) -> dict[str, bytes]:
        """What the storage takes of it: what it refuses, nobody can copy."""

        async def one(key: str, body: bytes) -> bool:
            try:
                await self.client.put_object(Bucket=self.name, Key=key, Body=body)
            except ClientError:
                return False
            return True

        async with asyncio.TaskGroup() as group:
            tasks = {k: group.create_task(one(k, b)) for k, b in bodies.items()}
        return {key: bodies[key] for key, task in tasks.items() if task.result()}

    async def held(self) -> dict[str, bytes]:
        """Every object."""
        slots = asyncio.Semaphore(_REQUESTS_AT_ONCE)

        async def one(key: str) -> bytes:
            async with slots:
                answer = await self.client.get_object(Bucket=self.name, Key=key)
                body: bytes = await answer["Body"].read()
            return body

        keys = await self.keys()
        bodies = await asyncio.gather(*(one(key) for key in keys))
        return dict(zip(keys, bodies, strict=True))

    async def keys(self) -> list[str]:
        """Every key."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [e.get("Key", "") async for p in pages for e in p.get("Contents", [])]

    async def empty(self) -> None:
        """One by one: some names do not fit into the XML of a multiple delete."""
        for key in await self.keys():
            await self.client.delete_object(Bucket=self.name, Key=key)


async def carried_all(
    made: Copier, keys: Iterable[str], options: CopyOptions
) -> dict[str, list[Copied]]:
    """Copy objects under their own keys; what came of each piece, by key."""
    slots = asyncio.Semaphore(_REQUESTS_AT_ONCE)

    async def one(key: str) -> list[Copied]:
        async with slots:
            return await carried(made, key, options)

    async with asyncio.TaskGroup() as group:
        tasks = {key: group.create_task(one(key)) for key in keys}
    return {key: task.result() for key, task in tasks.items()}


async def carried(made: Copier, key: str, options: CopyOptions) -> list[Copied]:
    """Copy one."""
    source = await made.source.head(key)
    part_bytes = Policy(options, made.same_endpoint).part_bytes(source.size_bytes)
    if part_bytes is not None:
        return await _in_parts(made, source, part_bytes)
    whole = made.copy_object if made.same_endpoint else made.relay_object
    return [await whole(source, key)]


async def _in_parts(made: Copier, source: ObjectInfo, part_bytes: int) -> list[Copied]:
    key, pin = source.key, Pin(source.etag, source.version_id)
    move = made.copy_part if made.same_endpoint else made.relay_part
    upload = await made.destination.create_upload(key, source)
    done: list[Copied] = []
    for part in parts(source.size_bytes, part_bytes):
        span = Range(part.offset_bytes, part.length_bytes)
        done.append(await move(key, pin, span, key, upload, part.number))
    etags = {number: each.etag for number, each in enumerate(done, 1)}
    there = await made.destination.complete_upload(key, upload, etags)
    assert there.size_bytes == source.size_bytes
    return done
