"""Makes the object of an upload whose parts are all recorded."""

from dataclasses import dataclass

from domain.errors import StorageError
from domain.names import segment_stream
from domain.segment.commands import RecordObject
from domain.segment.events import CompletionWork, ObjectOutcome, PartCopied, Verdict
from eventlog import EventLog
from handlers.completing import Completing, UploadPart, reread
from handlers.judging import combined, judged, removed
from handlers.ports import Copier, ObjectInfo, Pin
from handlers.worker.journal import Journal
from handlers.worker.tries import Tries


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
        planned = self.work.object
        pin = Pin(planned.etag, planned.version_id)
        copied = await self._copied(data_flow_id)
        completing = Completing(
            self.copier.destination,
            planned.destination_key,
            self.work.upload_id,
            [UploadPart.copied(each) for each in copied],
            reread(self.copier, planned.source_key, pin),
        )
        there = await self.tries.run(completing.run)
        verdict = await self._judged(completing, there)
        outcome = ObjectOutcome(
            object_id=planned.object_id,
            size_bytes=there.size_bytes,
            etag=there.etag,
            crc64nvme=combined(completing.parts),
            verdict=verdict,
            route=next((each.route for each in copied if each.route), None),
        )
        await self.journal.record(RecordObject(worker=self.worker, object=outcome))

    async def _judged(self, completed: Completing, there: ObjectInfo) -> Verdict:
        """The verdict. Raises StorageError once what is wrong is gone again."""
        try:
            return judged(completed.parts, there, self.work.object.size_bytes)
        except StorageError as wrong:
            store, found = self.copier.destination, wrong
            raise await self.tries.run(lambda: removed(store, there, found)) from None

    async def _copied(self, data_flow_id: str) -> list[PartCopied]:
        """All parts, in order."""
        streams = [segment_stream(data_flow_id, each) for each in self.work.segments]
        events = (each.event for each in await self.log.load_many(streams))
        found = {e.part_number: e for e in events if isinstance(e, PartCopied)}
        return [found[number] for number in sorted(found)]
