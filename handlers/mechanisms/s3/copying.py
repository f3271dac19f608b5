"""Copies that the storage makes by itself: no byte passes through us."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from domain.errors import Side, StorageError
from domain.transfer.properties import KEEP, NONE, Properties
from handlers.mechanisms.headers import quoted, unquoted
from handlers.mechanisms.s3 import headers
from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.errors import refusal_of_body, text_in, translated
from handlers.mechanisms.s3.properties import copy_arguments
from handlers.mechanisms.s3.store import head
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.ports import Copied, ObjectInfo, Pin, Range

_RESULT = ("ETag", "ChecksumCRC64NVME")
_OF_THE_SOURCE = frozenset({"storage.source-changed", "storage.not-found"})


class ServerSideCopy:
    """Copies from one bucket of an endpoint to another, by the destination's client."""

    def __init__(
        self,
        source: Connection,
        destination: Connection,
        wire: Wire,
        wanted: Properties = NONE,
    ) -> None:
        """The destination's credentials must be good for the source too.

        `wire` is the destination's.
        """
        self._source = source
        self._wire = wire
        self._wanted = wanted
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
        etag = _etag("UploadPartCopy", answer.get("CopyPartResult", {}))
        return Copied(etag=etag, crc64nvme="", proven=False)

    async def object(self, source: ObjectInfo, key: str) -> Copied:
        """CopyObject, headers and user metadata kept; other properties as wanted.

        Proven where the storage gives the copy the checksum of the original.
        """
        pin = Pin(source.etag, source.version_id)
        with _blamed("CopyObject"):
            if self._wanted == NONE:
                result = await self._plainly(source.key, pin, key)
            else:
                result = await self._furnished(source, pin, key)
        etag = _etag("CopyObject", result)
        crc = headers.full_crc(result.get("ChecksumCRC64NVME"))
        same_crc = crc is not None and crc == source.crc64nvme
        return Copied(etag=etag, crc64nvme="", proven=same_crc or etag == source.etag)

    async def _plainly(self, source_key: str, pin: Pin, key: str) -> Mapping[str, Any]:
        """By the data path: botocore's client takes ten times the CPU."""
        place = f"/{self._source_bucket}/{quote(source_key, safe='/-_.~')}"
        if pin.version_id:
            place += f"?versionId={quote(pin.version_id, safe='-_.~')}"
        told = {
            "x-amz-copy-source": place,
            "x-amz-copy-source-if-match": quoted(pin.etag),
            "x-amz-metadata-directive": "COPY",
            # No tags are wanted: see `copy_arguments`.
            "x-amz-tagging-directive": "REPLACE",
        }
        async with self._wire.answer(Head("PUT", key, {}, told), b"") as answer:
            body = await answer.read()
        if text_in(body, "Code"):
            # An error that came after the 200 had been sent.
            raise refusal_of_body(Side.DESTINATION, "CopyObject", 500, body)
        return {name: text for name in _RESULT if (text := text_in(body, name))}

    async def _furnished(
        self, source: ObjectInfo, pin: Pin, key: str
    ) -> Mapping[str, Any]:
        properties = copy_arguments(self._wanted, await self._traits(source))
        answer = await self._client.copy_object(
            Bucket=self._bucket,
            Key=key,
            MetadataDirective="COPY",
            **properties,
            **self._from(source.key, pin),
        )
        result: Mapping[str, Any] = answer.get("CopyObjectResult", {})
        return result

    async def _traits(self, source: ObjectInfo) -> Mapping[str, str]:
        """Of those that CopyObject does not keep by itself, what is asked for."""
        asks = self._wanted.website_redirect or self._wanted.storage_class == KEEP
        if not asks:
            return {}
        return (await head(self._source, source.key, source.version_id)).traits

    def _from(self, key: str, pin: Pin) -> dict[str, Any]:
        # As a dict, botocore encodes the key, once; as a string, it would not.
        copied: dict[str, str] = {"Bucket": self._source_bucket, "Key": key}
        if pin.version_id:
            copied["VersionId"] = pin.version_id
        return {"CopySource": copied, "CopySourceIfMatch": quoted(pin.etag)}


def _etag(operation: str, result: Mapping[str, Any]) -> str:
    """Of a copy. Some servers answer 200 to a copy that they cannot make."""
    etag = unquoted(result.get("ETag", ""))
    if not etag:
        raise StorageError(
            f"destination answered 200 to {operation}, and told no ETag",
            code="storage.unsupported",
            side=Side.DESTINATION,
        )
    return etag


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
