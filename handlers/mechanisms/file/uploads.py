"""What the file server holds of a flow: its uploads in chunks, and what became of them.

Names are no keys here: of one name there may be any number of files, so that nothing is
ever looked for by its name.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic.alias_generators import to_camel

from domain.errors import Side, StorageError
from domain.transfer.parts import part_size
from handlers.mechanisms.http.errors import translated
from handlers.mechanisms.http.wire import Ask, HttpWire
from handlers.ports import ObjectInfo, UploadedPart

_GONE: Final = frozenset({"storage.upload-lost", "storage.not-found"})
_Answer = TypeVar("_Answer", bound=BaseModel)


class _Begun(BaseModel, alias_generator=to_camel):
    upload_id: str
    chunk_size_bytes: int


class Chunk(BaseModel, alias_generator=to_camel):
    """One that is there; its ETag is the store's, where that has any."""

    index: int
    size_bytes: int
    etag: str = ""


class _Status(BaseModel, alias_generator=to_camel):
    state: str
    chunks: list[Chunk] = Field(default_factory=list[Chunk])


class Stored(BaseModel, alias_generator=to_camel):
    """A file that is there; `deduplicated`: and was there before."""

    file_id: str
    size_bytes: int
    deduplicated: bool = False


class _Summed(BaseModel):
    crc64nvme: str


@dataclass(frozen=True)
class FileUploads:
    """Implements `handlers.ports.DestinationStore`.

    `part_bytes` is what the flow's options ask for: chunks are cut as its parts are.
    """

    wire: HttpWire
    part_bytes: int | None = None

    async def head(self, key: str) -> ObjectInfo:
        """No name stands for a file."""
        raise StorageError(
            f"{key} was not looked for: files have no keys",
            code="storage.not-found",
            side=Side.DESTINATION,
        )

    async def create_upload(self, key: str, like: ObjectInfo) -> str:
        """Begin an upload whose chunks are the plan's parts."""
        chunk = part_size(like.size_bytes, self.part_bytes)
        begun = await self.asked(
            Ask("POST", "v1/uploads/init"),
            _Begun,
            {
                "filename": key,
                "sizeBytes": like.size_bytes,
                "chunkSizeBytes": chunk,
                "contentType": content_type(like.headers),
            },
        )
        if begun.chunk_size_bytes != chunk:
            await self.abort_upload(key, begun.upload_id)
            raise StorageError(
                f"the file server cuts into {begun.chunk_size_bytes} bytes,"
                f" and the plan into {chunk}: choose another multipartPartSizeMb",
                code="storage.refused",
                side=Side.DESTINATION,
            )
        return begun.upload_id

    async def list_uploads(self, key: str) -> Sequence[str]:
        """None by name: what nobody goes on with, the file server ends by itself."""
        _ = key
        return ()

    async def list_parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        """Its chunks, counted from 1; `storage.upload-lost` where there is none."""
        _ = key
        ask = Ask("GET", f"v1/uploads/{upload_id}", {"chunks": "true"})
        found = await self.asked(ask, _Status)
        if found.state == "aborted":
            raise _lost("the upload was aborted")
        return [UploadedPart(e.index + 1, e.size_bytes, e.etag) for e in found.chunks]

    async def complete_upload(
        self, key: str, upload_id: str, parts: Mapping[int, str]
    ) -> ObjectInfo:
        """Make the file; its ETag is its id. Safe to repeat."""
        _ = parts
        stored = await self.asked(
            Ask("POST", f"v1/uploads/{upload_id}/complete"), Stored, {}
        )
        return ObjectInfo(
            key,
            stored.size_bytes,
            stored.file_id,
            crc64nvme=await self._summed(stored.file_id),
        )

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """Abort it. An upload that is not there, or is over, is aborted."""
        _ = key
        await self._delete(f"v1/uploads/{upload_id}")

    async def remove(self, there: ObjectInfo) -> None:
        """Delete a file that is not what it should be: nobody else has such bytes."""
        await self._delete(f"files/{there.etag}")

    async def asked(
        self, ask: Ask, kind: type[_Answer], body: dict[str, Any] | None = None
    ) -> _Answer:
        """A request with a JSON answer. Raises StorageError."""
        payload = None if body is None else json.dumps(body).encode()
        if payload is not None:
            headers = {**ask.headers, "Content-Type": "application/json"}
            ask = Ask(ask.method, ask.key, ask.query, headers)
        async with self.wire.answer(ask, payload) as answer:
            with translated(Side.DESTINATION, ask.method):
                said = await answer.read()
        return understood(kind, said)

    async def _summed(self, file_id: str) -> str:
        """The CRC64NVME of the file as it stands."""
        ask = Ask("GET", f"files/{file_id}/checksum")
        return (await self.asked(ask, _Summed)).crc64nvme

    async def _delete(self, path: str) -> None:
        try:
            async with self.wire.answer(Ask("DELETE", path)) as answer:
                with translated(Side.DESTINATION, "DELETE"):
                    await answer.read()
        except StorageError as gone:
            if gone.code not in _GONE:
                raise


def understood(kind: type[_Answer], said: bytes) -> _Answer:
    """The answer as a value. Raises StorageError where it is not one."""
    try:
        return kind.model_validate_json(said)
    except ValidationError:
        raise StorageError(
            "the answer is not one of a file server",
            code="storage.refused",
            side=Side.DESTINATION,
        ) from None


def content_type(headers: Mapping[str, str]) -> str:
    """What the object says it is."""
    return headers.get("content-type") or "application/octet-stream"


def _lost(detail: str) -> StorageError:
    return StorageError(detail, code="storage.upload-lost", side=Side.DESTINATION)
