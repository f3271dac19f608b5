"""The two buckets: filled, compared, emptied. Nothing here is measured."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from pydantic import SecretStr

from benchmarks.workloads import MIB, PART_BYTES, Workload
from domain.location import Location
from domain.mechanisms.s3 import S3Address
from tests.servers.ceph import Ceph
from waybill.s3_side import S3Side

_AT_ONCE = 8
_PAGE = 1000


@dataclass(frozen=True)
class Bucket:
    """A bucket on one of the servers, and how each contender is told of it."""

    server: Ceph
    name: str
    tls: bool = False

    @property
    def endpoint(self) -> str:
        """Where contenders reach it."""
        return self.server.tls_endpoint if self.tls else self.server.endpoint

    def client(self) -> Any:  # noqa: ANN401 (boto3 has no types)
        """A new one."""
        return boto3.client(
            "s3",
            endpoint_url=self.server.endpoint,
            aws_access_key_id=self.server.access_key,
            aws_secret_access_key=self.server.secret_key,
            region_name=self.server.region,
            config=Config(
                s3={"addressing_style": "path"},
                max_pool_connections=_AT_ONCE,
                read_timeout=300,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def side(self, path: str) -> S3Side:
        """For our plane's client."""
        return S3Side(
            bucket=self.name,
            path=path,
            endpoint_url=self.endpoint,
            region=self.server.region,
            access_key_id=self.server.access_key,
            secret_access_key=self.server.secret_key,
        )

    def location(self, path: str) -> Location:
        """For our executor."""
        named = {"prefix" if path.endswith("/") else "key": path}
        return S3Address.make(
            bucket=self.name,
            endpoint_url=self.endpoint,
            region=self.server.region,
            force_path_style=True,
            **named,
        ).location()

    def secrets(self) -> dict[str, SecretStr]:
        """For our executor."""
        return {
            "access_key_id": SecretStr(self.server.access_key),
            "secret_access_key": SecretStr(self.server.secret_key),
        }

    def make(self) -> None:
        """Make the bucket."""
        self.client().create_bucket(Bucket=self.name)

    def fill(self, workload: Workload) -> None:
        """Put what is to be copied."""
        client = self.client()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            if workload.in_parts:
                for key in workload.keys:
                    self._put_large(client, pool, workload, workload.path + key)
                return

            def put(key: str) -> None:
                body = os.urandom(workload.object_bytes)
                client.put_object(Bucket=self.name, Key=workload.path + key, Body=body)

            list(pool.map(put, workload.keys))

    def delete(self, path: str) -> None:
        """Delete what is below the path, and have the space freed."""
        client = self.client()
        keys = [path + key for key in self.listing(path)]
        for start in range(0, len(keys), _PAGE):
            named = [{"Key": key} for key in keys[start : start + _PAGE]]
            client.delete_objects(
                Bucket=self.name, Delete={"Objects": named, "Quiet": True}
            )
        self.server.tidy()

    def listing(self, path: str) -> dict[str, tuple[int, str]]:
        """Keys relative to the path, with size, and MD5 where the ETag is one."""
        pages = (
            self.client()
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.name, Prefix=path)
        )
        listed = (each for page in pages for each in page.get("Contents", ()))
        return {
            each["Key"].removeprefix(path): (each["Size"], _md5(each["ETag"]))
            for each in listed
        }

    def digests(self, workload: Workload, path: str) -> list[str]:
        """SHA-256 of each object, read back."""
        client = self.client()
        keys = [path + key for key in workload.keys]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda key: _sha256(client, self.name, key), keys))

    def _put_large(
        self,
        client: Any,  # noqa: ANN401
        pool: ThreadPoolExecutor,
        workload: Workload,
        key: str,
    ) -> None:
        same = {"Bucket": self.name, "Key": key}
        same["UploadId"] = client.create_multipart_upload(**same)["UploadId"]

        def put(number: int) -> dict[str, Any]:
            left = workload.object_bytes - (number - 1) * PART_BYTES
            body = _different(min(PART_BYTES, left))
            answer = client.upload_part(**same, PartNumber=number, Body=body)
            return {"PartNumber": number, "ETag": answer["ETag"]}

        numbers = range(1, -(-workload.object_bytes // PART_BYTES) + 1)
        parts = list(pool.map(put, numbers))
        client.complete_multipart_upload(**same, MultipartUpload={"Parts": parts})


def _different(size_bytes: int) -> bytes:
    """No two parts alike: parts that changed places must show."""
    return os.urandom(MIB) * (size_bytes // MIB) + os.urandom(size_bytes % MIB)


def _md5(etag: str) -> str:
    plain = etag.strip('"')
    return "" if "-" in plain else plain


def _sha256(client: Any, bucket: str, key: str) -> str:  # noqa: ANN401
    digest = hashlib.sha256()
    body = client.get_object(Bucket=bucket, Key=key)["Body"]
    for chunk in body.iter_chunks(MIB):
        digest.update(chunk)
    return digest.hexdigest()
