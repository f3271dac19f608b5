"""The requests of an upload in chunks, each of which may be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from waybill.files_client.answers import StoredFile, Upload, read
from waybill.files_client.errors import FilesClientError
from waybill.files_client.wire import Ask, Body, Wire


class UploadStatus(Upload):
    """How far an upload is; `file_id` once it is a file."""

    state: str = "open"
    size_bytes: int = 0
    received_bytes: int = 0
    file_id: str | None = None


class _Missing(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    missing_chunks: list[int]


@dataclass(frozen=True)
class UploadCalls:
    """Each raises FilesClientError."""

    wire: Wire

    async def init(
        self,
        filename: str,
        size_bytes: int,
        *,
        content_type: str | None = None,
        **more: Any,
    ) -> Upload:
        """Begin one. `more`: `chunkSizeBytes`, `sha256`, `metadata`."""
        body: Mapping[str, Any] = {
            # A name that is no UTF-8 is not worth losing the file for.
            "filename": filename.encode(errors="replace").decode(),
            "sizeBytes": size_bytes,
            "contentType": content_type,
            **more,
        }
        said = {name: value for name, value in body.items() if value is not None}
        ask = Ask("POST", "/v1/uploads/init", json=said)
        return read(Upload, await self.wire.call(ask))

    async def put(self, upload_id: str, index: int, body: Body, length: int) -> None:
        """Send one chunk; durable when this returns."""
        path = _path(upload_id, f"/chunks/{index}")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(length),
        }
        await self.wire.call(Ask("PUT", path, headers, body=body))

    async def missing(self, upload_id: str) -> list[int]:
        """The chunks that are not there, in their order; the first 1000, if more."""
        path = _path(upload_id, "/missing-chunks")
        found = read(_Missing, await self.wire.call(Ask("GET", path)))
        return found.missing_chunks

    async def status(self, upload_id: str) -> UploadStatus:
        """How far it is."""
        ask = Ask("GET", _path(upload_id))
        return read(UploadStatus, await self.wire.call(ask))

    async def complete(self, upload_id: str, size_bytes: int) -> StoredFile:
        """Make the file of its chunks, all of which are there.

        An answer that got lost is found again: the upload then tells its file.
        """
        patience = self.wire.patience
        hashing = size_bytes / patience.slowest_hash_bytes_per_second
        ask = Ask(
            "POST",
            _path(upload_id, "/complete"),
            silence_seconds=patience.silence_seconds + hashing,
        )
        try:
            return read(StoredFile, await self.wire.call(ask))
        except FilesClientError as error:
            if error.status not in {HTTPStatus.CONFLICT, HTTPStatus.GONE}:
                raise
            over = error
        status = await self.status(upload_id)
        if status.file_id is None:
            raise over
        return StoredFile(file_id=status.file_id, size_bytes=size_bytes)

    async def abort(self, upload_id: str) -> None:
        """Give it up; also where there is none any more."""
        try:
            await self.wire.call(Ask("DELETE", _path(upload_id)))
        except FilesClientError as error:
            if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                raise


def _path(upload_id: str, what: str = "") -> str:
    return f"/v1/uploads/{quote(upload_id, safe='')}{what}"
