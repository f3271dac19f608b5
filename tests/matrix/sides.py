"""A bucket as whoever compares wants it: by a client that knows nothing of Waybill."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.mechanisms.headers import CONTENT, META
from tests.services import S3Endpoint

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

_AT_ONCE = 8
# rclone's server was seen never to read a body: no timeout of the client's ends that.
_ANSWER_SECONDS = 300
_CHUNK_BYTES = 1 << 20
# What a server answers to what it cannot do, or cannot even say.
REFUSED = (ClientError, BotoCoreError)
_QUIET = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "read_timeout": 120,
    "retries": {"mode": "standard", "total_max_attempts": 3},
    "s3": {"addressing_style": "path", "payload_signing_enabled": False},
}


@dataclass(frozen=True)
class Held:
    """What a GET gave."""

    sha256: str
    size_bytes: int
    headers: Mapping[str, str] = field(compare=False, default_factory=dict[str, str])


@dataclass(frozen=True)
class Bucket:
    """One of a server. What is in it stays: the server's home goes with it."""

    endpoint: S3Endpoint
    name: str
    client: "S3Client"

    @classmethod
    @asynccontextmanager
    async def open(cls, endpoint: S3Endpoint) -> AsyncGenerator["Bucket"]:
        """A new one, empty."""
        name = f"matrix-{uuid.uuid4().hex[:16]}"
        async with endpoint.client(**_QUIET) as client:
            await client.create_bucket(Bucket=name)
            yield cls(endpoint, name, client)

    async def put(self, key: str, body: bytes, **said: Any) -> bool:
        """Whether the server takes it."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self.client.put_object(
                    Bucket=self.name, Key=key, Body=body, **said
                )
        except (*REFUSED, TimeoutError):
            return False
        return True

    async def put_in_parts(self, key: str, body: bytes) -> bool:
        """The same, as the only part of an upload."""
        which = {"Bucket": self.name, "Key": key}
        client: Any = self.client
        try:
            made = await client.create_multipart_upload(**which)
            which["UploadId"] = made["UploadId"]
            part = await client.upload_part(**which, PartNumber=1, Body=body)
            listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            await client.complete_multipart_upload(**which, MultipartUpload=listed)
        except REFUSED:
            return False
        return True

    async def put_all(
        self, bodies: Mapping[str, bytes], *, in_parts: bool = False
    ) -> None:
        """Those that the server takes."""
        await at_once(self.put_in_parts if in_parts else self.put, bodies.items())

    async def get(self, key: str) -> Held | None:
        """What the server gives under this name; None where it gives nothing."""
        sha256, size = hashlib.sha256(), 0
        try:
            answer = await self.client.get_object(Bucket=self.name, Key=key)
            while chunk := await answer["Body"].read(_CHUNK_BYTES):
                sha256.update(chunk)
                size += len(chunk)
        except REFUSED:
            return None
        raw = answer["ResponseMetadata"]["HTTPHeaders"]
        return Held(sha256.hexdigest(), size, kept(raw))

    async def get_all(self, keys: Iterable[str]) -> dict[str, Held | None]:
        """Each of them."""
        asked = list(keys)
        found = await at_once(self.get, [(key,) for key in asked])
        return dict(zip(asked, found, strict=True))

    async def keys(self) -> list[str]:
        """As the server lists them."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [e.get("Key", "") async for p in pages for e in p.get("Contents", [])]

    async def unfinished(self) -> list[str]:
        """The keys of the multipart uploads that are open."""
        try:
            page = await self.client.list_multipart_uploads(Bucket=self.name)
        except REFUSED:
            return []  # a server that cannot tell
        return [each.get("Key", "") for each in page.get("Uploads", [])]


def kept(raw: Mapping[str, str]) -> dict[str, str]:
    """Of an answer's headers, those that belong to the object."""
    lower = {name.lower(): value for name, value in raw.items()}
    return {k: v for k, v in lower.items() if k in CONTENT or k.startswith(META)}


async def at_once(effect: Any, arguments: Iterable[tuple[Any, ...]]) -> list[Any]:
    """A few at a time; results in order."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(*given: Any) -> Any:
        async with slots:
            return await effect(*given)

    # Whatever one raises, none is left running.
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(*each)) for each in arguments]
    return [task.result() for task in tasks]
