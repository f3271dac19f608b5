"""Makes the object of an upload whose parts are all recorded."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import md5

from awscrt import checksums

from domain.errors import StorageError
from domain.names import segment_stream
from domain.segment.commands import RecordObject
from domain.segment.events import CompletionWork, ObjectOutcome, PartCopied, Verdict
from eventlog import EventLog
from handlers.ports import Copier, ObjectInfo
from handlers.worker.journal import Journal
from handlers.worker.retry import retried


@dataclass(frozen=True)
class Completion:
    """Completes, and judges what came of it."""

    worker: str
    log: EventLog
    copier: Copier
    journal: Journal
    work: CompletionWork
    attempts: int

    async def run(self, data_flow_id: str) -> None:
        """Complete and record the object. Raises StorageError, FencedError."""
        parts = await self._parts(data_flow_id)
        there = await retried(self.attempts, lambda: self._complete(parts))
        outcome = _judged(self.work, parts, there)
        await self.journal.record(RecordObject(worker=self.worker, object=outcome))

    async def _parts(self, data_flow_id: str) -> list[PartCopied]:
        streams = [segment_stream(data_flow_id, each) for each in self.work.segments]
        events = (each.event for each in await self.log.load_many(streams))
        found = {e.part_number: e for e in events if isinstance(e, PartCopied)}
        return [found[number] for number in sorted(found)]

    async def _complete(self, parts: list[PartCopied]) -> ObjectInfo:
        key, upload = self.work.object.destination_key, self.work.upload_id
        etags = {each.part_number: each.etag for each in parts}
        try:
            return await self.copier.destination.complete_upload(key, upload, etags)
        except StorageError as error:
            if error.code != "storage.upload-lost":
                raise
            # The reply to an earlier attempt may have been lost. What stands at the
            # key is ours if it is made of exactly these parts.
            there = await self.copier.destination.head(key)
            if there.etag != _etag_of(parts):
                raise
            return there


def _judged(
    work: CompletionWork, parts: list[PartCopied], there: ObjectInfo
) -> ObjectOutcome:
    if there.size_bytes != work.object.size_bytes:
        raise StorageError(
            f"{there.size_bytes} bytes instead of {work.object.size_bytes}",
            code="storage.refused",
        )
    crc = _combined(parts)
    if crc and there.crc64nvme and crc != there.crc64nvme:
        raise StorageError("the object's CRC is not its parts'", code="storage.refused")
    whole = there.etag == _etag_of(parts) or (crc and crc == there.crc64nvme)
    proven = whole and all(each.proven for each in parts)
    return ObjectOutcome(
        object_id=work.object.object_id,
        size_bytes=there.size_bytes,
        etag=there.etag,
        crc64nvme=crc,
        verdict=Verdict.VERIFIED if proven else Verdict.SIZE_ONLY,
    )


def _etag_of(parts: list[PartCopied]) -> str:
    """What S3 gives an object of these parts, where a part's ETag is its MD5."""
    try:
        digests = b"".join(bytes.fromhex(each.etag) for each in parts)
    except ValueError:
        return ""
    return f"{md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _combined(parts: list[PartCopied]) -> str:
    """The whole object's CRC64NVME, in base64; empty where a part's is missing."""
    if not all(each.crc64nvme for each in parts):
        return ""
    crc = 0
    for each in parts:
        value = int.from_bytes(b64decode(each.crc64nvme), "big")
        crc = checksums.combine_crc64nvme(crc, value, each.length_bytes)
    return b64encode(crc.to_bytes(8, "big")).decode()
