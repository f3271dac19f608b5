"""Both buckets of a test: filled, compared byte by byte, searched for leftovers."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import replace

from tests.services import BucketPair, S3Endpoint

MIB = 1 << 20
_CHUNK_BYTES = 1 << 20

Digests = dict[str, str]


async def seed(pair: BucketPair, sizes: Mapping[str, int]) -> Digests:
    """Put objects of these sizes into the source; returns the SHA-256 of each."""
    digests: Digests = {}
    async with pair.source.client() as s3:
        for key, size in sizes.items():
            body = random.Random(key).randbytes(size)  # noqa: S311 (data, no secret)
            digests[key] = hashlib.sha256(body).hexdigest()
            await s3.put_object(Bucket=pair.source_bucket, Key=key, Body=body)
    return digests


async def found(endpoint: S3Endpoint, bucket: str, prefix: str = "") -> Digests:
    """The SHA-256 of every object below the prefix, read from the storage."""
    digests: Digests = {}
    async with endpoint.client() as s3:
        pages = s3.get_paginator("list_objects_v2")
        async for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", []):
                key = each.get("Key", "")
                answer = await s3.get_object(Bucket=bucket, Key=key)
                sha256 = hashlib.sha256()
                while chunk := await answer["Body"].read(_CHUNK_BYTES):
                    sha256.update(chunk)
                digests[key] = sha256.hexdigest()
    return digests


async def arrived(pair: BucketPair, prefix: str = "") -> Digests:
    """The same, of the destination."""
    return await found(pair.destination, pair.destination_bucket, prefix)


async def unfinished_uploads(pair: BucketPair) -> list[str]:
    """The keys of the multipart uploads that the destination still holds."""
    async with pair.destination.client() as s3:
        listed = await s3.list_multipart_uploads(Bucket=pair.destination_bucket)
    return [each.get("Key", "") for each in listed.get("Uploads", [])]


def beside_itself(pair: BucketPair) -> BucketPair:
    """Both sides in the source's bucket: one endpoint, one user."""
    return replace(pair, destination=pair.source, destination_bucket=pair.source_bucket)


def destination_at(pair: BucketPair, url: str) -> BucketPair:
    """The same pair, its destination reached through another door."""
    return replace(pair, destination=replace(pair.destination, endpoint=url))


def source_at(pair: BucketPair, url: str) -> BucketPair:
    """The same pair, its source reached through another door."""
    return replace(pair, source=replace(pair.source, endpoint=url))
