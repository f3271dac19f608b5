"""Copies as a worker does, and keeps what the product said of each object."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.errors import CATALOGUE, StorageError
from domain.location import CopyOptions
from domain.segment.events import Verdict
from domain.transfer.parts import Part, parts
from domain.transfer.plan import Policy
from handlers.completing import Completing, UploadPart, reread
from handlers.judging import StoredWrongError, judged, removed, withdrawn
from handlers.ports import Copier, ObjectInfo, Pin, Range
from handlers.worker.retry import retried
from tests.matrix.sides import at_once

_TRIES = 3


@dataclass(frozen=True)
class Said:
    """Either a code and why, or that the object is there, and how well proven."""

    verdict: Verdict | None = None
    code: str | None = None
    detail: str = ""

    def __str__(self) -> str:
        """In a word."""
        return str(self.code or self.verdict)


async def carried_all(
    made: Copier, keys: Iterable[str], options: CopyOptions
) -> dict[str, Said]:
    """Copy objects under their own keys."""
    asked = list(keys)
    said = await at_once(carried, [(made, key, options) for key in asked])
    return dict(zip(asked, said, strict=True))


async def carried(made: Copier, key: str, options: CopyOptions) -> Said:
    """Copy one; tried again as a worker tries again."""
    try:
        verdict = await _copied(made, key, options)
    except StorageError as error:
        said = Said(code=error.code, detail=error.detail)
    else:
        return Said(verdict)
    assert said.code in CATALOGUE
    return said


async def _copied(made: Copier, key: str, options: CopyOptions) -> Verdict:
    source = await retried(_TRIES, lambda: made.source.head(key))
    policy = Policy(options, made.same_endpoint, made.takes_parts)
    part_bytes = policy.part_bytes(source.size_bytes, ranges=source.ranges)
    if part_bytes is not None:
        return await _in_parts(made, source, part_bytes)
    whole = made.copy_object if made.same_endpoint else made.relay_object
    try:
        done = await retried(_TRIES, lambda: whole(source, key))
    except StoredWrongError as wrong:
        raise await withdrawn(made.destination, key, wrong) from None
    if done.doubt:
        return Verdict.UNVERIFIABLE
    return Verdict.VERIFIED if done.proven else Verdict.SIZE_ONLY


async def _in_parts(made: Copier, source: ObjectInfo, part_bytes: int) -> Verdict:
    key, store = source.key, made.destination
    upload = await store.create_upload(key, source)
    try:
        there, done = await _completed(made, source, upload, part_bytes)
    except StorageError:
        await store.abort_upload(key, upload)
        raise
    try:
        return judged(done, there, source.size_bytes)
    except StorageError as wrong:
        raise await removed(store, there, wrong) from None


async def _completed(
    made: Copier, source: ObjectInfo, upload: str, part_bytes: int
) -> tuple[ObjectInfo, Sequence[UploadPart]]:
    key, pin = source.key, Pin(source.etag, source.version_id)
    move = made.copy_part if made.same_endpoint else made.relay_part

    async def one(part: Part) -> UploadPart:
        span = Range(part.offset_bytes, part.length_bytes)
        put = await retried(
            _TRIES, lambda: move(key, pin, span, key, upload, part.number)
        )
        return UploadPart(
            part.number,
            part.length_bytes,
            put.etag,
            put.crc64nvme,
            put.proven,
            part.offset_bytes,
        )

    done = [await one(each) for each in parts(source.size_bytes, part_bytes)]
    proof = reread(made, key, pin)
    completing = Completing(made.destination, key, upload, done, proof)
    return await completing.run(), completing.parts
