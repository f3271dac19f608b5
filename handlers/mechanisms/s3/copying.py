"""Copies that the storage makes by itself: no byte passes through us."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from domain.errors import Side, StorageError
from handlers.mechanisms.headers import quoted, unquoted
from handlers.mechanisms.s3 import headers
from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.errors import translated
from handlers.ports import Copied, ObjectInfo, Pin, Range

_OF_THE_SOURCE = frozenset({"storage.source-changed", "storage.not-found"})


class ServerSideCopy:
    """Copies from one bucket of an endpoint to another, by the destination's client."""

    def __init__(self, source: Connection, destination: Connection) -> None:
        """The destination's credentials must be good for the source too."""
        self._source_bucket = source.bucket
        self._bucket = destination.bucket
        self._client: Any = destination.client

    async def part(
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        key: str,
        part: tuple[str, int],
    ) -> Copied:
        """UploadPartCopy of a range into `part`: upload id and part number."""
        upload_id, number = part
        last = span.offset_bytes + span.length_bytes - 1
        with _blamed("UploadPartCopy"):
            answer = await self._client.upload_part_copy(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=number,
                CopySourceRange=f"bytes={span.offset_bytes}-{last}",
                **self._from(source_key, pin),
            )
        etag = unquoted(answer["CopyPartResult"]["ETag"])
        return Copied(etag=etag, crc64nvme="", proven=False)

    async def object(self, source: ObjectInfo, key: str) -> Copied:
        """CopyObject, headers and user metadata kept.

        Proven where the storage gives the copy the checksum of the original.
        """
        pin = Pin(source.etag, source.version_id)
        with _blamed("CopyObject"):
            answer = await self._client.copy_object(
                Bucket=self._bucket,
                Key=key,
                MetadataDirective="COPY",
                **self._from(source.key, pin),
            )
        result = answer["CopyObjectResult"]
        etag = unquoted(result["ETag"])
        crc = headers.full_crc(result.get("ChecksumCRC64NVME"))
        same_crc = crc is not None and crc == source.crc64nvme
        return Copied(etag=etag, crc64nvme="", proven=same_crc or etag == source.etag)

    def _from(self, key: str, pin: Pin) -> dict[str, Any]:
        # As a dict, botocore encodes the key, once; as a string, it would not.
        copied: dict[str, str] = {"Bucket": self._source_bucket, "Key": key}
        if pin.version_id:
            copied["VersionId"] = pin.version_id
        return {"CopySource": copied, "CopySourceIfMatch": quoted(pin.etag)}


@contextmanager
def _blamed(operation: str) -> Generator[None]:
    """One endpoint is both sides: what cannot be the destination's is the source's."""
    try:
        with translated(Side.DESTINATION, operation):
            yield
    except StorageError as error:
        if error.code not in _OF_THE_SOURCE:
            raise
        raise StorageError(error.detail, code=error.code, side=Side.SOURCE) from None
