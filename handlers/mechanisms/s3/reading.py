"""Reads of pinned bytes: what is asked, and what must hold before a byte is used."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import TYPE_CHECKING

from domain.errors import Side, StorageError
from domain.transfer.properties import NONE, Properties
from handlers.mechanisms.headers import carried, quoted, unquoted
from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.properties import told
from handlers.mechanisms.s3.store import S3Source, tags
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.mechanisms.streams import exactly
from handlers.ports import Incoming, Pin, Range

if TYPE_CHECKING:
    from handlers.mechanisms.s3.fast import Requests

_OK, _PARTIAL = 200, 206


class S3SourceEnd:
    """An S3 location opened to be read; implements `handlers.ports.SourceEnd`."""

    def __init__(
        self, connection: Connection, wire: Wire, requests: "Requests | None" = None
    ) -> None:
        """Made by `S3Executor.open_source`; `requests` are for the fast relay."""
        self.connection = connection
        self.requests = requests
        self._store = S3Source(connection)
        self._wire = wire
        self._wanted = NONE

    def telling(self, wanted: Properties) -> "S3SourceEnd":
        """The same end; its objects tell what is wanted of their properties."""
        end = copy(self)
        end._wanted = wanted  # noqa: SLF001 - its own
        end._store = S3Source(self.connection, wanted)  # noqa: SLF001
        return end

    @property
    def store(self) -> S3Source:
        """Its objects."""
        return self._store

    @asynccontextmanager
    async def read(
        self, key: str, pin: Pin, span: Range | None
    ) -> AsyncGenerator[Incoming]:
        """The pinned bytes: the whole object, or a range of it."""
        async with self._wire.answer(asked(key, pin, span)) as found:
            length = checked(found.status, found.headers, pin, span)
            headers, bytes_ = carried(found.headers), exactly(found.content, length)
            # A range becomes a part, which has none.
            whole = span is None
            traits = await self.traits(key, pin, found.headers) if whole else {}
            yield Incoming(length, headers, bytes_, traits)

    async def traits(
        self, key: str, pin: Pin, answer: Mapping[str, str]
    ) -> dict[str, str]:
        """An object's properties, by the answer to its GET, and by what else it takes.

        Tags have no ETag: without versions, they are those of this moment.
        """
        found = told(answer)
        if self._wanted.tags:
            found |= await tags(self.connection, key, pin.version_id)
        return found


def asked(key: str, pin: Pin, span: Range | None) -> Head:
    """A GET of exactly these bytes of exactly this object; no span is all of it."""
    conditions = {"if-match": quoted(pin.etag)} if pin.etag else {}
    if span is not None:
        last = span.offset_bytes + span.length_bytes - 1
        conditions["range"] = f"bytes={span.offset_bytes}-{last}"
    query = {"versionId": pin.version_id} if pin.version_id else {}
    return Head("GET", key, query, conditions)


def checked(
    status: int, answer: Mapping[str, str], pin: Pin, span: Range | None
) -> int:
    """The length of an answer that is of the bytes that were asked for.

    Some servers ignore If-Match, and some Range: the answer is believed, not the
    request.
    """
    etag = unquoted(answer.get("etag", ""))
    if pin.etag and etag != pin.etag:
        raise StorageError(
            "the source object is not the one that was planned",
            code="storage.source-changed",
            side=Side.SOURCE,
        )
    told = answer.get("content-length", "")
    if not told.isdecimal():
        raise _refused("source announced no length")
    length = int(told)
    if span is None:
        if status != _OK:
            raise _refused(f"source answered {status} to a whole read")
        return length
    last = span.offset_bytes + span.length_bytes - 1
    if length != span.length_bytes:
        raise _refused("source announced another length than was asked for")
    range_ = answer.get("content-range", "")
    if status != _PARTIAL or not range_.startswith(
        f"bytes {span.offset_bytes}-{last}/"
    ):
        raise _refused("source did not answer with the range that was asked for")
    return length


def _refused(detail: str) -> StorageError:
    return StorageError(detail, code="storage.refused", side=Side.SOURCE)
