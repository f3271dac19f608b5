"""A file in a form, as browsers and `curl -F` send it (multipart/form-data)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import Self, TypeVar

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from domain.errors import InvalidMessageError
from handlers.web.bodies import IDLE_SECONDS

_CHUNK_BYTES = 256 * 1024
_MOST_FIELDS = 64
_BROKEN = (
    web.RequestPayloadError,
    HttpProcessingError,
    OSError,
    TimeoutError,
    # What the reader of forms says of one that is no form.
    ValueError,
    RuntimeError,
)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Form:
    """A form with one file, read up to where its bytes begin."""

    reader: MultipartReader
    part: BodyPartReader

    @classmethod
    async def of(cls, request: web.Request) -> Self:
        """Fields before the file are passed over. Raises InvalidMessageError."""
        reader = await _told(request.multipart())
        for _ in range(_MOST_FIELDS):
            part = await _told(reader.next())
            if part is None:
                break
            if isinstance(part, BodyPartReader) and part.filename is not None:
                return cls(reader, part)
        raise InvalidMessageError("the form has no file")

    @property
    def content_type(self) -> str:
        """The file's, as the form says it; empty where it does not."""
        return self.part.headers.get("Content-Type", "")

    @property
    def filename(self) -> str:
        """The file's name, as the form says it."""
        return self.part.filename or ""

    async def rest(self) -> AsyncIterator[bytes]:
        """The file's bytes. Raises InvalidMessageError, also for a second file."""
        while chunk := await _told(self.part.read_chunk(_CHUNK_BYTES)):
            yield chunk
        for _ in range(_MOST_FIELDS):
            part = await _told(self.reader.next())
            if part is None:
                return
            if isinstance(part, BodyPartReader) and part.filename is not None:
                raise InvalidMessageError("the form has more than one file")
        raise InvalidMessageError("the form has too many fields")


async def _told(reading: Awaitable[_T]) -> _T:
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            return await reading
    except _BROKEN as error:
        detail = f"the form broke off, or is none: {type(error).__name__}"
        raise InvalidMessageError(detail) from None
