"""The demo's objects: made on the source, compared with the destination."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from waybill.embedded import EmbeddedS3
from waybill.s3_side import S3Side

S3Client = Any  # boto3 makes its clients' classes at run time

_MIB = 1 << 20
_PART_BYTES = 16 * _MIB
_CHUNK_BYTES = 4 * _MIB
_AT_ONCE = 8


@dataclass(frozen=True)
class Store:
    """A bucket on one of the demo's servers."""

    server: EmbeddedS3
    bucket: str

    def client(self) -> S3Client:
        """A client of its own: boto3's are for one thread at a time in all but name."""
        return boto3.client(
            "s3",
            endpoint_url=self.server.endpoint,
            aws_access_key_id=self.server.access_key,
            aws_secret_access_key=self.server.secret_key,
            region_name=self.server.region,
            config=Config(
                s3={"addressing_style": "path"},
                max_pool_connections=_AT_ONCE,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def side(self, path: str) -> S3Side:
        """The bucket as one side of a copy."""
        return S3Side(
            bucket=self.bucket,
            path=path,
            endpoint_url=self.server.endpoint,
            region=self.server.region,
            access_key_id=self.server.access_key,
            secret_access_key=self.server.secret_key,
        )


def seed(
    store: Store, *, large_key: str, size_mb: int, prefix: str, count: int
) -> None:
    """Make the bucket, one large object, and small ones below the prefix."""
    client = store.client()
    client.create_bucket(Bucket=store.bucket)
    _put_large(client, store.bucket, large_key, size_mb * _MIB)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        bodies = (
            (f"{prefix}{n:05}.bin", os.urandom(1024 + 37 * n)) for n in range(count)
        )
        list(pool.map(lambda b: _put(client, store.bucket, *b), bodies))


def checksums(store: Store, prefix: str) -> Iterator[tuple[str, int, str]]:
    """(key below the prefix, size, SHA-256) of each object, read back byte by byte."""
    client = store.client()
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=store.bucket, Prefix=prefix
    )
    keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for key, (size, digest) in zip(
            keys,
            pool.map(lambda key: _digest(client, store.bucket, key), keys),
            strict=True,
        ):
            yield key.removeprefix(prefix), size, digest


def open_uploads(store: Store) -> int:
    """How many multipart uploads are unfinished in the bucket."""
    answer = store.client().list_multipart_uploads(Bucket=store.bucket)
    return len(answer.get("Uploads", ()))


def _put(client: S3Client, bucket: str, key: str, body: bytes) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=body)


def _put_large(client: S3Client, bucket: str, key: str, size: int) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    same = {"Bucket": bucket, "Key": key, "UploadId": upload}

    def put(number: int) -> dict[str, Any]:
        length = min(_PART_BYTES, size - (number - 1) * _PART_BYTES)
        body = os.urandom(_MIB) * (length // _MIB) + os.urandom(length % _MIB)
        etag = client.upload_part(**same, PartNumber=number, Body=body)["ETag"]
        return {"PartNumber": number, "ETag": etag}

    with ThreadPoolExecutor(_AT_ONCE // 2) as pool:
        parts = list(pool.map(put, range(1, -(-size // _PART_BYTES) + 1)))
    client.complete_multipart_upload(**same, MultipartUpload={"Parts": parts})


def _digest(client: S3Client, bucket: str, key: str) -> tuple[int, str]:
    body = client.get_object(Bucket=bucket, Key=key)["Body"]
    digest, size = hashlib.sha256(), 0
    for chunk in body.iter_chunks(_CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()
