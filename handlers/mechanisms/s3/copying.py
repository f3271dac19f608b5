"""Copies that the storage makes by itself: no byte passes through us."""

import logging
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from domain.errors import Side, StorageError
from domain.transfer.properties import KEEP, NONE, Properties
from handlers.mechanisms.headers import quoted, unquoted
from handlers.mechanisms.s3 import headers
from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.errors import children_of, refusal_of_body, translated
from handlers.mechanisms.s3.integrity import EndpointMemory
from handlers.mechanisms.s3.properties import copy_arguments
from handlers.mechanisms.s3.store import head
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.mechanisms.unaided import Kind
from handlers.ports import Copied, ObjectInfo, Pin, Range

_log = logging.getLogger(__name__)

_OF_THE_SOURCE = frozenset({"storage.source-changed", "storage.not-found"})


class ServerSideCopy:
    """Copies from one bucket of an endpoint to another; the destination is asked."""

    def __init__(
        self,
        source: Connection,
        wire: Wire,
        memory: EndpointMemory,
        wanted: Properties = NONE,
        answer_seconds: float | None = None,
    ) -> None:
        """The destination's credentials must be good for the source too.

        `wire` and `memory` are the destination's. A long copy may say nothing for
        `answer_seconds`.
        """
        self._memory = memory
        self._answer_seconds = answer_seconds
        self._source = source
        self._wire = wire
        self._wanted = wanted
        self._source_bucket = source.bucket
        self._bucket = wire.connection.bucket
        self._client: Any = wire.connection.client

    def lacks(self, kind: Kind) -> bool:
        """Whether the endpoint was seen to have no such request."""
        return kind in self._memory.lacks_copies

    def learn_lack(self, kind: Kind) -> None:
        """It has none."""
        if not self.lacks(kind):
            fields = {"endpoint": self._wire.endpoint, "kind": str(kind)}
            _log.info("the endpoint copies none by itself", extra={"fields": fields})
        self._memory.lacks_copies.add(kind)

    async def part(
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        key: str,
        part: tuple[str, int],
    ) -> Copied:
        """UploadPartCopy of a range into `part`: upload id and part number."""
        last = span.offset_bytes + span.length_bytes - 1
        query = {"partNumber": str(part[1]), "uploadId": part[0]}
        told = {
            **self._from(source_key, pin),
            "x-amz-copy-source-range": f"bytes={span.offset_bytes}-{last}",
        }
        with _blamed("UploadPartCopy"):
            result = await self._asked("UploadPartCopy", Head("PUT", key, query, told))
        return Copied(etag=_etag("UploadPartCopy", result), crc64nvme="", proven=False)

    async def object(self, source: ObjectInfo, key: str) -> Copied:
        """CopyObject, headers and user metadata kept; other properties as wanted.

        Proven where the storage gives the copy the checksum of the original.
        """
        pin, began = Pin(source.etag, source.version_id), time.monotonic()
        with _blamed("CopyObject"):
            if self._wanted == NONE:
                result = await self._plainly(source.key, pin, key)
            else:
                result = await self._furnished(source, pin, key)
        etag = _etag("CopyObject", result)
        self._memory.copied(source.size_bytes, time.monotonic() - began)
        crc = headers.full("CRC64NVME", result.get("ChecksumCRC64NVME"))
        same_crc = crc is not None and crc == source.crc64nvme
        return Copied(etag=etag, crc64nvme="", proven=same_crc or etag == source.etag)

    async def _plainly(self, source_key: str, pin: Pin, key: str) -> Mapping[str, Any]:
        told = {
            **self._from(source_key, pin),
            "x-amz-metadata-directive": "COPY",
            # No tags are wanted: see `copy_arguments`.
            "x-amz-tagging-directive": "REPLACE",
        }
        return await self._asked("CopyObject", Head("PUT", key, {}, told))

    async def _asked(self, operation: str, head: Head) -> Mapping[str, str]:
        """By the data path: botocore's client takes ten times the CPU."""
        waiting = self._answer_seconds
        async with self._wire.answer(head, b"", read_seconds=waiting) as answer:
            body = await answer.read()
        found = children_of(body) if body.strip() else {}
        if found is None or "Code" in found:
            # Half of an answer; or an error that came after the 200 had been sent.
            raise refusal_of_body(Side.DESTINATION, operation, 500, body)
        return found

    async def _furnished(
        self, source: ObjectInfo, pin: Pin, key: str
    ) -> Mapping[str, Any]:
        properties = copy_arguments(self._wanted, await self._traits(source))
        # As a dict, botocore encodes the key, once; as a string, it would not.
        place = {"Bucket": self._source_bucket, "Key": source.key}
        if pin.version_id:
            place["VersionId"] = pin.version_id
        answer = await self._client.copy_object(
            Bucket=self._bucket,
            Key=key,
            CopySource=place,
            CopySourceIfMatch=quoted(pin.etag),
            MetadataDirective="COPY",
            **properties,
        )
        result: Mapping[str, Any] = answer.get("CopyObjectResult", {})
        return result

    async def _traits(self, source: ObjectInfo) -> Mapping[str, str]:
        """Of those that CopyObject does not keep by itself, what is asked for."""
        asks = self._wanted.website_redirect or self._wanted.storage_class == KEEP
        if not asks:
            return {}
        return (await head(self._source, source.key, source.version_id)).traits

    def _from(self, key: str, pin: Pin) -> dict[str, str]:
        place = f"/{self._source_bucket}/{quote(key, safe='/-_.~')}"
        if pin.version_id:
            place += f"?versionId={quote(pin.version_id, safe='-_.~')}"
        return {
            "x-amz-copy-source": place,
            "x-amz-copy-source-if-match": quoted(pin.etag),
        }


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
