"""Makes the object of an upload's parts, whatever became of earlier answers.

Two answers may have been wrong or lost. That of an earlier attempt: the object stands
there, and the upload is gone. That of a part: its ETag was not the part's, and the
storage then knows no such part, although it holds every one of them.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from domain.errors import StorageError
from domain.reception.events import PartReceived
from domain.segment.events import PartCopied
from handlers.judging import etag_of
from handlers.objects import ObjectInfo, UploadedPart
from handlers.ports import Copier, DestinationStore, Pin, Range

_LOST, _EXISTS = "storage.upload-lost", "storage.exists"
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class UploadPart:
    """A recorded part; a `handlers.judging.Piece`. `offset_bytes` where it is known."""

    part_number: int
    size_bytes: int
    etag: str
    crc64nvme: str
    proven: bool
    offset_bytes: int = 0
    crc32c: str = ""

    @classmethod
    def copied(cls, event: PartCopied) -> Self:
        """Of a worker's journal."""
        return cls(
            event.part_number,
            event.length_bytes,
            event.etag,
            event.crc64nvme,
            event.proven,
            event.offset_bytes,
            event.crc32c,
        )

    @classmethod
    def received(cls, event: PartReceived) -> Self:
        """Of the data door's."""
        return cls(
            event.part_number,
            event.size_bytes,
            event.etag,
            event.crc64nvme,
            event.proven,
        )


Proof = Callable[[UploadPart, UploadedPart], Awaitable[bool | None]]
"""Whether a part that is there under another ETag has the bytes of ours.

None: nothing tells, but nothing speaks against it.
"""


def reread(copier: Copier, source_key: str, pin: Pin) -> Proof:
    """The proof by MD5: where an ETag is one, it must be that of the source's range.

    Read once more, because the answer that named another ETag may have been wrong, or
    the part is: an earlier attempt of it that came late.
    """

    async def proof(part: UploadPart, there: UploadedPart) -> bool | None:
        if not _MD5.fullmatch(there.etag):
            return None
        span = Range(part.offset_bytes, part.size_bytes)
        md5, _ = await copier.digest(source_key, pin, span)
        return md5 == there.etag

    return proof


async def unproven(part: UploadPart, there: UploadedPart) -> bool:
    """No proof: the bytes came from outside, and cannot be read again."""
    _ = part, there
    return False


@dataclass
class Completing:
    """One upload on its way to its object; may be run again after an error.

    After a run, `parts` have the ETags that the storage itself tells of them.
    """

    store: DestinationStore
    key: str
    upload_id: str
    parts: Sequence[UploadPart]
    proof: Proof

    async def run(self) -> ObjectInfo:
        """The object. Raises StorageError."""
        try:
            return await self._complete()
        except StorageError as error:
            if error.code == _EXISTS:
                return await self._ours(error)
            if error.code != _LOST:
                raise
            lost = error
        listed = await self._listed()
        if listed is None:
            return await self._ours(lost)
        self.parts = await self._mended(listed, lost)
        try:
            return await self._complete()
        except StorageError as error:
            if error.code != _LOST:
                raise
            lost = error
        return await self._ours(lost)

    async def _complete(self) -> ObjectInfo:
        etags = {each.part_number: each.etag for each in self.parts}
        return await self.store.complete_upload(self.key, self.upload_id, etags)

    async def _listed(self) -> dict[int, UploadedPart] | None:
        """What the upload holds; None where there is no such upload."""
        try:
            found = await self.store.list_parts(self.key, self.upload_id)
        except StorageError as error:
            if error.code in {_LOST, "storage.not-found"}:
                return None
            raise
        return {each.part_number: each for each in found}

    async def _mended(
        self, listed: dict[int, UploadedPart], lost: StorageError
    ) -> list[UploadPart]:
        """Our parts, as the storage has them. Raises `lost` where it lacks one."""
        mended: list[UploadPart] = []
        for part in self.parts:
            there = listed.get(part.part_number)
            if there is None or there.size_bytes != part.size_bytes:
                raise lost
            mended.append(await self._as_there(part, there, lost))
        if mended == [*self.parts]:
            raise lost
        return mended

    async def _as_there(
        self, part: UploadPart, there: UploadedPart, lost: StorageError
    ) -> UploadPart:
        if there.etag == part.etag:
            return part
        same = bool(part.crc64nvme) and there.crc64nvme == part.crc64nvme
        same |= bool(part.crc32c) and there.crc32c == part.crc32c
        proof = True if same else await self.proof(part, there)
        if proof is False:
            raise lost
        return replace(part, etag=there.etag, proven=bool(proof))

    async def _ours(self, lost: StorageError) -> ObjectInfo:
        """What stands at the key, where it is made of exactly these parts.

        The reply to an earlier attempt may have been lost.
        """
        try:
            there = await self.store.head(self.key)
        except StorageError as missing:
            raise (lost if missing.code == "storage.not-found" else missing) from None
        if there.etag != etag_of(self.parts):
            raise lost
        return there
