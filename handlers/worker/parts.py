"""Copies the missing parts of a run into the object's multipart upload."""

import asyncio
from dataclasses import dataclass

from domain.segment.commands import RecordPart
from domain.segment.events import PartsWork
from domain.transfer.events import Route
from domain.transfer.parts import Part
from handlers.ports import Copied, Copier, Pin, Range, UploadedPart
from handlers.worker.journal import Journal
from handlers.worker.slots import Slot, Slots
from handlers.worker.tries import AT_DESTINATION, AT_SOURCE, RELAYED, Tries


@dataclass(frozen=True)
class PartsCopier:
    """One run of parts; `slots` are those of its pair of endpoints."""

    worker: str
    copier: Copier
    journal: Journal
    route: Route
    work: PartsWork
    slots: Slots
    tries: Tries

    async def run(self) -> None:
        """Copy what the journal does not hold. Raises StorageError, FencedError."""
        there = await self._already_there()
        async with asyncio.TaskGroup() as group:
            for part in self.journal.state.missing_parts():
                # Before the task is made: a run of thousands waits here, not in memory.
                slot = await self.slots.enter()
                one = group.create_task(self._one(part, there.get(part.number), slot))
                # A task that is cancelled before its first step frees nothing itself.
                one.add_done_callback(slot.free)

    async def _already_there(self) -> dict[int, UploadedPart]:
        """What an earlier lease may have uploaded without living to record it."""
        if self.journal.state.leases <= 1:
            return {}
        key, upload = self.work.object.destination_key, self.work.upload_id
        listed = await self.tries.run(
            lambda: self.copier.destination.list_parts(key, upload), AT_DESTINATION
        )
        return {part.part_number: part for part in listed}

    async def _one(self, part: Part, there: UploadedPart | None, slot: Slot) -> None:
        adopted = await self._adopted(part, there) if there else None
        copied = adopted
        if copied is None:
            cost = AT_DESTINATION if self.route is Route.COPY_PARTS else RELAYED
            copied = await self.tries.run(lambda: self._copy(part), cost)
            slot.done = True
        slot.free()
        await self.journal.record(
            RecordPart(
                worker=self.worker,
                part_number=part.number,
                offset_bytes=part.offset_bytes,
                length_bytes=part.length_bytes,
                etag=copied.etag,
                crc64nvme=copied.crc64nvme,
                proven=copied.proven,
                adopted=adopted is not None,
                route=copied.route,
                crc32c=copied.crc32c,
            )
        )

    async def _adopted(self, part: Part, there: UploadedPart) -> Copied | None:
        """The uploaded part, if its MD5 is that of the source's range."""
        if there.size_bytes != part.length_bytes:
            return None
        source = self.work.object
        md5, crc = await self.tries.run(
            lambda: self.copier.digest(source.source_key, self._pin, _range(part)),
            AT_SOURCE,
        )
        if md5 != there.etag:
            return None
        return Copied(etag=there.etag, crc64nvme=crc, proven=True)

    async def _copy(self, part: Part) -> Copied:
        move = (
            self.copier.copy_part
            if self.route is Route.COPY_PARTS
            else self.copier.relay_part
        )
        return await move(
            self.work.object.source_key,
            self._pin,
            _range(part),
            self.work.object.destination_key,
            self.work.upload_id,
            part.number,
        )

    @property
    def _pin(self) -> Pin:
        return Pin(self.work.object.etag, self.work.object.version_id)


def _range(part: Part) -> Range:
    return Range(part.offset_bytes, part.length_bytes)
