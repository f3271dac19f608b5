"""Any source end and any destination end, put together to a copier."""

from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from handlers.mechanisms.hashes import Hashes
from handlers.mechanisms.streams import Patience, Watch, require_length
from handlers.mechanisms.unaided import Kind, copied
from handlers.ports import (
    Copied,
    DestinationEnd,
    DestinationStore,
    Meter,
    ObjectInfo,
    Pin,
    Range,
    SourceEnd,
    SourceStore,
)


class Relay(Protocol):
    """A way from one end to another that is better than a stream of chunks.

    It keeps every promise of `Copier.relay_part` and `relay_object`, tells the watch
    whom it waits for and what has moved, and pauses when `Watch.moved` says so.
    """

    async def part(
        self,
        source: tuple[str, Pin, Range],
        key: str,
        part: tuple[str, int],
        watch: Watch,
    ) -> Copied:
        """A range of `source` into `part`: upload id and part number."""
        ...

    async def object(self, source: ObjectInfo, key: str, watch: Watch) -> Copied:
        """A whole object, with its headers."""
        ...


@runtime_checkable
class Relays(Protocol):
    """A destination end that may know of such a way."""

    def relays_from(self, source: SourceEnd) -> Relay | None:
        """From this end, where there is one."""
        ...


@dataclass(frozen=True)
class Pair:
    """Bytes through us, in bounded memory; or by the storage itself, where it can.

    Implements `handlers.ports.Copier`. The ends belong to whoever opened them. The
    meter, where there is one, counts what is read: what moves, and what is only hashed.
    """

    reads: SourceEnd
    writes: DestinationEnd
    patience: Patience = field(default_factory=Patience)
    meter: Meter | None = None

    @property
    def source(self) -> SourceStore:
        """The side that is read."""
        return self.reads.store

    @property
    def destination(self) -> DestinationStore:
        """The side that is written."""
        return self.writes.store

    @property
    def takes_parts(self) -> bool:
        """Whether objects may go in parts."""
        return self.writes.takes_parts

    @property
    def same_endpoint(self) -> bool:
        """Whether the storage can copy by itself, with no byte through us."""
        return self.writes.copies_from(self.reads) is not None

    async def relay_part(  # noqa: PLR0913, PLR0917 - the port's
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        destination_key: str,
        upload_id: str,
        part_number: int,
    ) -> Copied:
        """Stream one range into one part."""
        if relay := self._relay():
            async with self._watch(span.length_bytes) as watch:
                source, part = (source_key, pin, span), (upload_id, part_number)
                return await relay.part(source, destination_key, part, watch)
        async with (
            self._watch(span.length_bytes) as watch,
            # Before a byte of the put is written: a refused read leaves no trace.
            self.reads.read(source_key, pin, span) as found,
        ):
            incoming = replace(found, chunks=watch.over(found.chunks))
            return await self.writes.put_part(
                destination_key, upload_id, part_number, incoming
            )

    async def relay_object(self, source: ObjectInfo, destination_key: str) -> Copied:
        """Stream a whole object into a plain put, with its headers."""
        if relay := self._relay():
            async with self._watch(source.size_bytes) as watch:
                return await relay.object(source, destination_key, watch)
        pin = Pin(source.etag, source.version_id)
        async with (
            self._watch(source.size_bytes) as watch,
            self.reads.read(source.key, pin, None) as found,
        ):
            require_length(found.size_bytes, source.size_bytes)
            incoming = replace(found, chunks=watch.over(found.chunks))
            return await self.writes.put_object(destination_key, incoming)

    async def copy_part(  # noqa: PLR0913, PLR0917 - the port's
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        destination_key: str,
        upload_id: str,
        part_number: int,
    ) -> Copied:
        """The storage copies the range itself; where it cannot, we do."""
        where = (source_key, pin, span, destination_key)
        return await copied(
            self.writes.copies_from(self.reads),
            Kind.PART,
            lambda by_itself: by_itself.part(*where, (upload_id, part_number)),
            lambda: self.relay_part(*where, upload_id, part_number),
        )

    async def copy_object(self, source: ObjectInfo, destination_key: str) -> Copied:
        """The storage copies the whole object itself; where it cannot, we do."""
        return await copied(
            self.writes.copies_from(self.reads),
            Kind.OBJECT,
            lambda by_itself: by_itself.object(source, destination_key),
            lambda: self.relay_object(source, destination_key),
        )

    async def digest(self, source_key: str, pin: Pin, span: Range) -> tuple[str, str]:
        """(MD5 hex, CRC64NVME base64) of a source range, read but not sent."""
        hashes = Hashes(md5=True)
        async with (
            self._watch(span.length_bytes) as watch,
            self.reads.read(source_key, pin, span) as found,
        ):
            async for chunk in watch.over(found.chunks):
                hashes.update(chunk)
        return hashes.md5 or "", hashes.crc64nvme

    def _watch(self, length_bytes: int) -> Watch:
        return self.patience.watch(length_bytes, self.meter)

    def _relay(self) -> Relay | None:
        writes = self.writes
        return writes.relays_from(self.reads) if isinstance(writes, Relays) else None
