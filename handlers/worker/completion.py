"""Makes the object of an upload whose parts are all recorded."""

from dataclasses import dataclass
from typing import Self

from domain.errors import StorageError
from domain.names import segment_stream
from domain.segment.commands import RecordObject
from domain.segment.events import CompletionWork, ObjectOutcome, PartCopied, Verdict
from eventlog import EventLog
from handlers.judging import combined, etag_of, judged, removed
from handlers.ports import Copier, ObjectInfo
from handlers.worker.journal import Journal
from handlers.worker.pace import Tries


@dataclass(frozen=True)
class _Part:
    part_number: int
    size_bytes: int
    etag: str
    crc64nvme: str
    proven: bool

    @classmethod
    def of(cls, event: PartCopied) -> Self:
        return cls(
            event.part_number,
            event.length_bytes,
            event.etag,
            event.crc64nvme,
            event.proven,
        )


@dataclass(frozen=True)
class Completion:
    """Completes, and judges what came of it."""

    worker: str
    log: EventLog
    copier: Copier
    journal: Journal
    work: CompletionWork
    tries: Tries

    async def run(self, data_flow_id: str) -> None:
        """Complete and record the object. Raises StorageError, FencedError."""
        parts = await self._parts(data_flow_id)
        there = await self.tries.run(lambda: self._complete(parts))
        verdict = await self._judged(parts, there)
        outcome = ObjectOutcome(
            object_id=self.work.object.object_id,
            size_bytes=there.size_bytes,
            etag=there.etag,
            crc64nvme=combined(parts),
            verdict=verdict,
        )
        await self.journal.record(RecordObject(worker=self.worker, object=outcome))

    async def _judged(self, parts: list[_Part], there: ObjectInfo) -> Verdict:
        """The verdict. Raises StorageError once what is wrong is gone again."""
        try:
            return judged(parts, there, self.work.object.size_bytes)
        except StorageError as wrong:
            store, found = self.copier.destination, wrong
            raise await self.tries.run(lambda: removed(store, there, found)) from None

    async def _parts(self, data_flow_id: str) -> list[_Part]:
        streams = [segment_stream(data_flow_id, each) for each in self.work.segments]
        events = (each.event for each in await self.log.load_many(streams))
        found = {e.part_number: e for e in events if isinstance(e, PartCopied)}
        return [_Part.of(found[number]) for number in sorted(found)]

    async def _complete(self, parts: list[_Part]) -> ObjectInfo:
        key, upload = self.work.object.destination_key, self.work.upload_id
        etags = {each.part_number: each.etag for each in parts}
        try:
            return await self.copier.destination.complete_upload(key, upload, etags)
        except StorageError as error:
            if error.code != "storage.upload-lost":
                raise
            # The reply to an earlier attempt may have been lost. What stands at the
            # key is ours if it is made of exactly these parts.
            try:
                there = await self.copier.destination.head(key)
            except StorageError as missing:
                raise (
                    error if missing.code == "storage.not-found" else missing
                ) from None
            if there.etag != etag_of(parts):
                raise
            return there
