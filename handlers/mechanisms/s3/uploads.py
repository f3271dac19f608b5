"""Multipart uploads of one bucket."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_plus

from yarl import URL

from domain.errors import StorageError
from domain.transfer.properties import NONE, Properties
from handlers.mechanisms.headers import quoted, unquoted
from handlers.mechanisms.s3.errors import refusal_of_body, text_in, translated
from handlers.mechanisms.s3.headers import full
from handlers.mechanisms.s3.integrity import EndpointMemory
from handlers.mechanisms.s3.properties import asked_for
from handlers.mechanisms.s3.wire import MAX_ERROR_BYTES, Head, Wire
from handlers.ports import ObjectInfo, UploadedPart

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import (
        CompletedPartTypeDef,
        ListMultipartUploadsOutputTypeDef,
    )

_T = TypeVar("_T")

_GONE = frozenset({"storage.upload-lost", "storage.not-found"})
PARTS_PER_PAGE = 1000
_ABORTS = 6
_FIRST_PAUSE_SECONDS = 0.1
# It has no such list: what it holds, nobody can know.
_NO_LIST = frozenset({"storage.unsupported"})
# rclone's server knows no such upload where a bucket has none at all.
_NO_UPLOADS = _NO_LIST | {"storage.upload-lost"}
_UNTAKEN = frozenset({"storage.refused", "storage.unsupported"})
_CREATION = "CreateMultipartUpload"


class Uploads:
    """Begins, lists, completes and aborts them."""

    def __init__(
        self, wire: Wire, memory: EndpointMemory, wanted: Properties = NONE
    ) -> None:
        """All calls but one go through the connection's client."""
        connection = wire.connection
        self._wire = wire
        self._wanted = wanted
        self._side = connection.side
        self._bucket = connection.bucket
        self._client: Any = connection.client
        self._memory = memory

    async def create(self, key: str, like: ObjectInfo) -> str:
        """With a checksum of the whole object, where the endpoint takes one."""
        said = {**like.headers, **asked_for(self._wanted, like.traits)}
        untaken = self._memory.untaken_checksums
        refused = set[str]()
        for algorithm in checksums(self._wire.endpoint):
            if algorithm in untaken:
                continue
            try:
                created = await self._create(key, {**said, **_keeping(algorithm)})
            except StorageError as error:
                if error.code not in _UNTAKEN:
                    raise
                refused.add(algorithm)
            else:
                break
        else:
            created = await self._create(key, said)
        # Only now is it known that the checksum was what it did not take.
        untaken |= refused
        return created

    async def _create(self, key: str, said: Mapping[str, str]) -> str:
        """One request, with its headers as they are.

        botocore would write some of them anew (Expires), and would ask again where the
        answer was lost: what that one named, nobody would know. Whoever asks next looks
        for it first.
        """
        head = Head("POST", key, {"uploads": ""}, said)
        async with self._wire.answer(head) as answer:
            with translated(self._side, _CREATION):
                body = await answer.content.read(MAX_ERROR_BYTES)
        upload_id = text_in(body, "UploadId")
        if not upload_id:
            raise refusal_of_body(self._side, _CREATION, answer.status, body)
        return upload_id

    async def of_key(self, key: str) -> list[str]:
        """The unfinished uploads of exactly this key, oldest first."""
        return await _told(self._of_key(key), _NO_UPLOADS)

    async def _of_key(self, key: str) -> list[str]:
        found: list[tuple[Any, str]] = []
        asked: dict[str, Any] = {
            "Bucket": self._bucket,
            "Prefix": key,
            "EncodingType": "url",
        }
        while True:
            with translated(self._side, "ListMultipartUploads"):
                page = await self._client.list_multipart_uploads(**asked)
            listed = [
                (_decoded(page, each["Key"]), each["Initiated"], each["UploadId"])
                for each in page.get("Uploads", ())
            ]
            found += [(began, upload) for name, began, upload in listed if name == key]
            # Keys come in order: after another key, ours will not come again.
            if not page.get("IsTruncated") or any(name != key for name, _, _ in listed):
                return [upload for _, upload in sorted(found)]
            asked["KeyMarker"] = _decoded(page, page["NextKeyMarker"])
            asked["UploadIdMarker"] = page["NextUploadIdMarker"]

    async def below(self, stem: str) -> list[tuple[str, str, datetime]]:
        """The first unfinished uploads whose keys begin so: key, id, and since when."""
        return await _told(self._below(stem), _NO_UPLOADS)

    async def _below(self, stem: str) -> list[tuple[str, str, datetime]]:
        with translated(self._side, "ListMultipartUploads"):
            page = await self._client.list_multipart_uploads(
                Bucket=self._bucket, Prefix=stem, EncodingType="url"
            )
        listed = page.get("Uploads", ())
        return [
            (_decoded(page, each["Key"]), each["UploadId"], each["Initiated"])
            for each in listed
        ]

    async def parts(self, key: str, upload_id: str) -> list[UploadedPart]:
        """All parts, over all pages."""
        return await _told(self._parts(key, upload_id), _NO_LIST)

    async def _parts(self, key: str, upload_id: str) -> list[UploadedPart]:
        found: list[UploadedPart] = []
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket,
            Key=key,
            UploadId=upload_id,
            PaginationConfig={"PageSize": PARTS_PER_PAGE},
        )
        with translated(self._side, "ListParts"):
            async for page in pages:
                found += [
                    UploadedPart(
                        part_number=each["PartNumber"],
                        size_bytes=each["Size"],
                        etag=unquoted(each["ETag"]),
                        crc64nvme=_full("CRC64NVME", each),
                        crc32c=_full("CRC32C", each),
                    )
                    for each in page.get("Parts", ())
                ]
        return found

    async def complete(
        self,
        key: str,
        upload_id: str,
        parts: Mapping[int, str],
        *,
        only_new: bool = False,
    ) -> str | None:
        """Make the object; the version it became, where there are versions.

        botocore reads the body before it believes the status: an error inside a 200 is
        retried, and raised when it stays.
        """
        listed: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": quoted(etag)}
            for number, etag in sorted(parts.items())
        ]
        condition = {"IfNoneMatch": "*"} if only_new else {}
        with translated(self._side, "CompleteMultipartUpload"):
            answer = await self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": listed},
                **condition,
            )
        version: str | None = answer.get("VersionId")
        return None if version == "null" else version

    async def abort(self, key: str, upload_id: str) -> None:
        """Again until ListParts knows no such upload.

        A part that was on its way while the first abort was done may land after it. A
        server that goes on telling of an upload without parts holds nothing of it.
        """
        pause, left = _FIRST_PAUSE_SECONDS, list[UploadedPart]()
        for _ in range(_ABORTS):
            try:
                with translated(self._side, "AbortMultipartUpload"):
                    await self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=key, UploadId=upload_id
                    )
                left = await self.parts(key, upload_id)
            except StorageError as gone:
                if gone.code in _GONE:
                    return
                raise
            await asyncio.sleep(pause)
            pause *= 2
        if not left:
            return
        raise StorageError("an upload stays although it was aborted", side=self._side)


def checksums(endpoint: str) -> tuple[str, ...]:
    """The algorithms that an upload is begun with, the first that is taken.

    Ceph computes a CRC64NVME byte by byte, for 2.6 s of its CPU per GiB, and a CRC32C
    by the processor's own instruction for 0.4 s. Amazon's objects have a CRC64NVME
    where nobody asked for another one, and are compared by that.
    """
    host = URL(endpoint).host or ""
    order = ("CRC32C", "CRC64NVME")
    return order[::-1] if host.endswith(".amazonaws.com") else order


def _keeping(algorithm: str) -> dict[str, str]:
    return {
        "x-amz-checksum-algorithm": algorithm,
        "x-amz-checksum-type": "FULL_OBJECT",
    }


def _full(algorithm: str, part: Mapping[str, Any]) -> str:
    return full(algorithm, part.get(f"Checksum{algorithm}")) or ""


async def _told(listing: Awaitable[list[_T]], none: frozenset[str]) -> list[_T]:
    """Nothing, where that is what the server means by one of these codes."""
    try:
        return await listing
    except StorageError as error:
        if error.code not in none:
            raise
        return []


def _decoded(page: "ListMultipartUploadsOutputTypeDef", name: str) -> str:
    # botocore asks and decodes for object listings only.
    return unquote_plus(name) if page.get("EncodingType") == "url" else name
