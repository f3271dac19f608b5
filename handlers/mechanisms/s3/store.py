"""Objects of one side: found, described, and made of parts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from domain.errors import StorageError
from domain.transfer.properties import NONE, Properties
from handlers.mechanisms.headers import quoted, unquoted
from handlers.mechanisms.s3 import headers
from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.conditions import conditioned
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.probe import sweep
from handlers.mechanisms.s3.properties import tagging
from handlers.mechanisms.s3.sent import Sender
from handlers.mechanisms.s3.uploads import Uploads
from handlers.mechanisms.s3.wire import Wire
from handlers.ports import ListedPage, ObjectInfo, UploadedPart

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import (
        HeadObjectRequestTypeDef,
        ListObjectsV2RequestTypeDef,
    )

_MAX_PAGE = 1000
# The answer to a HEAD has no body: 400 may be an expired token, 403 many things.
_UNSAID = frozenset({"storage.refused", "storage.denied"})


async def head(
    connection: Connection, key: str, version_id: str | None = None
) -> ObjectInfo:
    """One object; `storage.not-found` where there is none."""
    asked: HeadObjectRequestTypeDef = {
        "Bucket": connection.bucket,
        "Key": key,
        "ChecksumMode": "ENABLED",
    }
    if version_id is not None:
        asked["VersionId"] = version_id
    try:
        with translated(connection.side, "HeadObject"):
            found = await connection.client.head_object(**asked)
    except StorageError as error:
        if error.code in _UNSAID:
            await _say_why(connection, key)
        raise
    return headers.of_head(key, found)


async def _say_why(connection: Connection, key: str) -> None:
    """Raises what a GET is refused with, which has room for a reason."""
    client: Any = connection.client
    with translated(connection.side, "GetObject"):
        found = await client.get_object(
            Bucket=connection.bucket, Key=key, Range="bytes=0-0"
        )
        found["Body"].close()


async def list_page(
    connection: Connection, cursor: str | None, limit: int
) -> ListedPage:
    """The next objects below the address's prefix, in key order.

    The cursor is the last key seen, not the storage's own token: it stays good for as
    long as the flow lives, at any replica and after any restart.
    """
    address = connection.address
    asked: ListObjectsV2RequestTypeDef = {
        "Bucket": address.bucket,
        "MaxKeys": max(1, min(limit, _MAX_PAGE)),
    }
    if address.prefix:
        asked["Prefix"] = address.prefix
    if cursor is not None:
        asked["StartAfter"] = cursor
    # botocore asks for encoding-type=url by itself, and then decodes once.
    with translated(connection.side, "ListObjectsV2"):
        found = await connection.client.list_objects_v2(**asked)
    objects = tuple(
        ObjectInfo(
            key=each.get("Key", ""),
            size_bytes=each.get("Size", 0),
            etag=unquoted(each.get("ETag", "")),
            modified_at=each.get("LastModified"),
        )
        for each in found.get("Contents", ())
    )
    more = found["IsTruncated"]
    if more and not objects:
        raise StorageError(
            "a listing said that there is more, and told nothing", side=connection.side
        )
    return ListedPage(objects, objects[-1].key if more else None)


async def tags(
    connection: Connection, key: str, version_id: str | None = None
) -> dict[str, str]:
    """An object's tags, as a trait."""
    client: Any = connection.client
    which = {"VersionId": version_id} if version_id is not None else {}
    with translated(connection.side, "GetObjectTagging"):
        found = await client.get_object_tagging(
            Bucket=connection.bucket, Key=key, **which
        )
    return tagging({each["Key"]: each["Value"] for each in found.get("TagSet", ())})


class S3Source:
    """The side that is read."""

    def __init__(self, connection: Connection, wanted: Properties = NONE) -> None:
        """Lists what the connection's address means."""
        self._connection = connection
        self._wanted = wanted

    async def head(self, key: str) -> ObjectInfo:
        """One object; `storage.not-found` where there is none."""
        found = await head(self._connection, key)
        if not self._wanted.tags:
            return found
        more = await tags(self._connection, key, found.version_id)
        return replace(found, traits={**found.traits, **more})

    async def head_version(self, key: str, version_id: str) -> ObjectInfo:
        """That version of an object; `storage.not-found` where there is none."""
        return await head(self._connection, key, version_id)

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The next objects, in key order; the one object where the address is one."""
        key = self._connection.address.key
        if key is None:
            return await list_page(self._connection, cursor, limit)
        one = () if cursor is not None else (await self.head(key),)
        return ListedPage(one, None)


class S3Destination:
    """The side that is written."""

    def __init__(self, wire: Wire, sender: Sender, wanted: Properties = NONE) -> None:
        """The sender's memory holds what the endpoint was seen to support."""
        self._wire = wire
        self._connection = wire.connection
        self._sender = sender
        self._memory = sender.memory
        self._uploads = Uploads(wire, sender.memory, wanted)

    @property
    def learned(self) -> Mapping[str, bool]:
        """What the endpoint was seen to be able to do, or not, by name."""
        return self._memory.learned

    async def head(self, key: str) -> ObjectInfo:
        """One object; `storage.not-found` where there is none."""
        return await head(self._connection, key)

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The next objects below the prefix, in key order."""
        return await list_page(self._connection, cursor, limit)

    async def create_upload(self, key: str, like: ObjectInfo) -> str:
        """Begin a multipart upload with the headers of `like`."""
        return await self._uploads.create(key, like)

    async def list_uploads(self, key: str) -> Sequence[str]:
        """The ids of the unfinished uploads of exactly this key, oldest first."""
        return await self._uploads.of_key(key)

    async def list_parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        """What the upload holds; `storage.upload-lost` where there is none."""
        return await self._uploads.parts(key, upload_id)

    async def complete_upload(
        self, key: str, upload_id: str, parts: Mapping[int, str]
    ) -> ObjectInfo:
        """Make the object of these parts and tell what it is."""
        only_new = self._sender.conditional
        with conditioned(self._memory, only_new=only_new):
            version_id = await self._uploads.complete(
                key, upload_id, parts, only_new=only_new
            )
        return await head(self._connection, key, version_id)

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """Abort until no part is left. An upload that is not there is aborted."""
        await self._uploads.abort(key, upload_id)

    async def delete(self, key: str, etag: str) -> None:
        """Delete the object that has this ETag; where there are versions, add a marker.

        Not every storage knows the condition: whoever deletes looks first.
        """
        client: Any = self._connection.client
        asked = {"Bucket": self._connection.bucket, "Key": key}
        try:
            with translated(self._connection.side, "DeleteObject"):
                await client.delete_object(**asked, IfMatch=quoted(etag))
        except StorageError as refused:
            if refused.code != "storage.refused":
                raise
            with translated(self._connection.side, "DeleteObject"):
                await client.delete_object(**asked)

    async def sweep(self) -> None:
        """End what a process of ours left that was killed while it tried the endpoint.

        What it was about to put, it has not recorded: the segment comes again.
        """
        await sweep(self._wire)

    async def remove(self, there: ObjectInfo) -> None:
        """Delete this version; without versions, only what still has this ETag."""
        which: dict[str, str] = {}
        if there.version_id is not None:
            which["VersionId"] = there.version_id
        elif not await self._is_still(there):
            return
        client: Any = self._connection.client
        with translated(self._connection.side, "DeleteObject"):
            await client.delete_object(
                Bucket=self._connection.bucket, Key=there.key, **which
            )

    async def _is_still(self, there: ObjectInfo) -> bool:
        try:
            now = await head(self._connection, there.key)
        except StorageError as error:
            if error.code == "storage.not-found":
                return False
            raise
        return now.etag == there.etag
