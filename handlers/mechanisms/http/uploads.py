"""What a destination holds: a data door's uploads of parts, or nothing one can ask."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from domain.errors import Side, StorageError
from handlers.mechanisms.headers import carried
from handlers.mechanisms.http.described import described, length_of
from handlers.mechanisms.http.errors import translated
from handlers.mechanisms.http.wire import Ask, HttpWire
from handlers.ports import ObjectInfo, UploadedPart

_GONE = frozenset({"storage.upload-lost", "storage.not-found"})

_Answer = TypeVar("_Answer", bound=BaseModel)


class _Created(BaseModel, alias_generator=to_camel):
    upload_id: str


class _Uploads(BaseModel):
    uploads: list[str]


class _Part(BaseModel, alias_generator=to_camel):
    part_number: int
    size_bytes: int
    etag: str


class _Parts(BaseModel):
    parts: list[_Part]


class _Completed(BaseModel, alias_generator=to_camel):
    size_bytes: int
    etag: str
    crc64nvme: str = ""


@dataclass(frozen=True)
class DoorUploads:
    """The protocol `parts-v1`; implements `handlers.ports.DestinationStore`."""

    wire: HttpWire

    async def head(self, key: str) -> ObjectInfo:
        """One object; `storage.not-found` where there is none."""
        async with self.wire.answer(Ask("HEAD", key)) as answer:
            size = length_of(answer.headers)
            if size is None:
                raise _odd()
            return described(key, answer.headers, size, ranges=True)

    async def create_upload(self, key: str, like: ObjectInfo) -> str:
        """Begin an upload with the headers of `like`."""
        ask = Ask("POST", key, {"uploads": ""}, carried(like.headers))
        return (await self._asked(ask, _Created)).upload_id

    async def list_uploads(self, key: str) -> Sequence[str]:
        """The unfinished ones of exactly this key, oldest first."""
        return (await self._asked(Ask("GET", key, {"uploads": ""}), _Uploads)).uploads

    async def list_parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        """What the upload holds; `storage.upload-lost` where there is none."""
        found = await self._asked(Ask("GET", key, {"uploadId": upload_id}), _Parts)
        return [UploadedPart(e.part_number, e.size_bytes, e.etag) for e in found.parts]

    async def complete_upload(
        self, key: str, upload_id: str, parts: Mapping[int, str]
    ) -> ObjectInfo:
        """Make the object of these parts and tell what it is."""
        ask = Ask(
            "POST", key, {"uploadId": upload_id}, {"Content-Type": "application/json"}
        )
        said = {"parts": {str(number): etag for number, etag in parts.items()}}
        made = await self._asked(ask, _Completed, said)
        crc = made.crc64nvme or None
        return ObjectInfo(key, made.size_bytes, made.etag, crc64nvme=crc)

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """Abort it. An upload that is not there is aborted."""
        try:
            ask = Ask("DELETE", key, {"uploadId": upload_id})
            async with self.wire.answer(ask) as answer:
                with translated(Side.DESTINATION, "DELETE"):
                    await answer.read()
        except StorageError as gone:
            if gone.code not in _GONE:
                raise

    async def remove(self, there: ObjectInfo) -> None:
        """A door has no way to delete an object."""
        _ = there
        raise _no_deletes()

    async def _asked(
        self, ask: Ask, kind: type[_Answer], body: dict[str, Any] | None = None
    ) -> _Answer:
        payload = None if body is None else json.dumps(body).encode()
        async with self.wire.answer(ask, payload) as answer:
            with translated(Side.DESTINATION, ask.method):
                said = await answer.read()
        try:
            return kind.model_validate_json(said)
        except ValidationError:
            raise _odd() from None


class Unasked:
    """A server that only takes objects; implements `handlers.ports.DestinationStore`.

    What it has is not looked for: whatever stands at the URL need not be ours.
    """

    async def head(self, key: str) -> ObjectInfo:
        """Nothing is known to be there."""
        raise StorageError(
            f"{key} was not looked for", code="storage.not-found", side=Side.DESTINATION
        )

    async def create_upload(self, key: str, like: ObjectInfo) -> str:
        """It has no uploads."""
        _ = key, like
        raise _no_parts()

    async def list_uploads(self, key: str) -> Sequence[str]:
        """None, whatever the key."""
        _ = key
        return ()

    async def list_parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        """It has no uploads."""
        _ = key, upload_id
        raise _no_parts()

    async def complete_upload(
        self, key: str, upload_id: str, parts: Mapping[int, str]
    ) -> ObjectInfo:
        """It has no uploads."""
        _ = key, upload_id, parts
        raise _no_parts()

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """An upload that is not there is aborted."""
        _ = key, upload_id

    async def remove(self, there: ObjectInfo) -> None:
        """Whatever stands at the URL need not be ours."""
        _ = there
        raise _no_deletes()


def _odd() -> StorageError:
    return StorageError(
        "destination's answer is not of the protocol parts-v1",
        code="storage.refused",
        side=Side.DESTINATION,
    )


def _no_deletes() -> StorageError:
    return StorageError(
        "destination takes no deletes", code="storage.refused", side=Side.DESTINATION
    )


def _no_parts() -> StorageError:
    return StorageError(
        "destination takes no parts", code="storage.refused", side=Side.DESTINATION
    )
