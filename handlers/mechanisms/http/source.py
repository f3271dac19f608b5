"""An HTTP location opened to be read: one object at its URL, or all behind a door."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from pydantic import BaseModel, Field, ValidationError
from pydantic.alias_generators import to_camel

from domain.errors import Side, StorageError
from handlers.mechanisms.headers import carried, quoted
from handlers.mechanisms.http.described import (
    described,
    has_ranges,
    length_of,
    name_in,
    strong_etag,
    whole_length,
)
from handlers.mechanisms.http.errors import translated
from handlers.mechanisms.http.wire import Ask, HttpWire
from handlers.mechanisms.streams import exactly
from handlers.ports import Incoming, ListedPage, ObjectInfo, Pin, Range

_OK, _PARTIAL, _NOT_SATISFIABLE = 200, 206, 416
# HEAD is not for everyone: signed URLs are for one method, and some servers know one.
_HEAD_REFUSED = frozenset({400, 403, 405, 501})
_MAX_LISTING_BYTES = 16 * 1024 * 1024


class _Listed(BaseModel, alias_generator=to_camel):
    key: str = Field(min_length=1)
    size_bytes: int = Field(ge=0)
    etag: str = ""


class _Listing(BaseModel):
    objects: list[_Listed]
    next: str | None = None


class HttpObjects:
    """What there is; implements `handlers.ports.SourceStore`."""

    def __init__(self, wire: HttpWire) -> None:
        """Lists what the address means."""
        self._wire = wire
        self._address = wire.address

    async def head(self, key: str) -> ObjectInfo:
        """One object; `storage.not-found` where there is none."""
        asked = Ask("HEAD", key)
        async with self._wire.answer(asked, also=_HEAD_REFUSED) as answer:
            size = length_of(answer.headers)
            if answer.status == _OK and size is not None:
                ranges = has_ranges(answer.headers)
                return self._found(key, answer.headers, size, ranges=ranges)
        return await self._probed(key)

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The one object, or a page of a data door's listing."""
        if self._address.prefix is None:
            one = () if cursor is not None else (await self.head(""),)
            return ListedPage(one, None)
        query = {"limit": str(max(1, min(limit, 1000)))}
        if cursor is not None:
            query["after"] = cursor
        async with self._wire.answer(Ask("GET", None, query)) as answer:
            with translated(Side.SOURCE, "listing"):
                body = await answer.content.read(_MAX_LISTING_BYTES)
                while chunk := await answer.content.read(_MAX_LISTING_BYTES):
                    body += chunk
                    if len(body) > _MAX_LISTING_BYTES:
                        raise refused("source's listing is too long")
        return _page(body, cursor)

    async def _probed(self, key: str) -> ObjectInfo:
        """By a GET of the first byte, which also tells whether ranges are given."""
        asked = Ask("GET", key, headers={"Range": "bytes=0-0"})
        also = frozenset({_NOT_SATISFIABLE})
        async with self._wire.answer(asked, also=also) as answer:
            partial = answer.status == _PARTIAL
            size = (length_of if answer.status == _OK else whole_length)(answer.headers)
            if size is None:
                raise refused("source does not tell how long its object is")
            return self._found(key, answer.headers, size, ranges=partial)

    def _found(
        self, key: str, head: Mapping[str, str], size: int, *, ranges: bool
    ) -> ObjectInfo:
        if not self._address.below:
            key = name_in(head) or self._address.key or key
        return described(key, head, size, ranges=ranges)


class HttpSourceEnd:
    """Implements `handlers.ports.SourceEnd`."""

    def __init__(self, wire: HttpWire) -> None:
        """Made by `HttpExecutor.open_source`."""
        self._wire = wire
        self._store = HttpObjects(wire)

    @property
    def store(self) -> HttpObjects:
        """Its objects."""
        return self._store

    @asynccontextmanager
    async def read(
        self, key: str, pin: Pin, span: Range | None
    ) -> AsyncGenerator[Incoming]:
        """The pinned bytes: the whole object, or a range of it."""
        asked = Ask("GET", key, headers=_conditions(pin, span))
        async with self._wire.answer(asked) as found:
            _require_pinned(found.headers, pin)
            length = _checked_length(found.status, found.headers, span)
            yield Incoming(
                length, carried(found.headers), exactly(found.content, length)
            )


def refused(detail: str) -> StorageError:
    """The source does not do what it must."""
    return StorageError(detail, code="storage.refused", side=Side.SOURCE)


def _conditions(pin: Pin, span: Range | None) -> dict[str, str]:
    conditions: dict[str, str] = {}
    if pin.etag:
        conditions["If-Match"] = quoted(pin.etag)
    elif pin.version_id:
        conditions["If-Unmodified-Since"] = pin.version_id
    if span is not None:
        last = span.offset_bytes + span.length_bytes - 1
        conditions["Range"] = f"bytes={span.offset_bytes}-{last}"
    return conditions


def _require_pinned(head: Mapping[str, str], pin: Pin) -> None:
    """Many servers ignore conditions: the answer is believed, not the request."""
    if pin.etag:
        same = strong_etag(head) == pin.etag
    else:
        same = not pin.version_id or head.get("Last-Modified") == pin.version_id
    if not same:
        raise StorageError(
            "the source object is not the one that was planned",
            code="storage.source-changed",
            side=Side.SOURCE,
        )


def _checked_length(status: int, head: Mapping[str, str], span: Range | None) -> int:
    length = length_of(head)
    if length is None:
        raise refused("source announced no length")
    if span is None:
        if status != _OK:
            raise refused(f"source answered {status} to a whole read")
        return length
    last = span.offset_bytes + span.length_bytes - 1
    told = head.get("Content-Range", "")
    if status != _PARTIAL or not told.startswith(f"bytes {span.offset_bytes}-{last}/"):
        raise refused("source did not answer with the range that was asked for")
    if length != span.length_bytes:
        raise refused("source announced another length than was asked for")
    return length


def _page(body: bytes, cursor: str | None) -> ListedPage:
    try:
        page = _Listing.model_validate_json(body)
    except ValidationError:
        # Not chained: the error would hold what was listed.
        page = None
    if page is None:
        raise refused("source's listing cannot be read")
    if page.next is not None and page.next == cursor:
        raise refused("source's listing goes round in circles")
    objects = tuple(ObjectInfo(e.key, e.size_bytes, e.etag) for e in page.objects)
    return ListedPage(objects, page.next)
