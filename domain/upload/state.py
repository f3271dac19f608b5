"""An upload as its stream left it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from domain.upload.events import (
    ChunkStored,
    UploadAborted,
    UploadBegun,
    UploadCompleted,
    UploadEvent,
    UploadSealed,
)
from domain.upload.plan import Run, chunk_count, missing


class Phase(StrEnum):
    """Where an upload stands."""

    UNKNOWN = "unknown"
    OPEN = "open"
    SEALED = "sealed"
    COMPLETED = "completed"
    ABORTED = "aborted"


TRANSITIONS: Mapping[Phase, frozenset[Phase]] = {
    Phase.UNKNOWN: frozenset({Phase.OPEN}),
    Phase.OPEN: frozenset({Phase.SEALED, Phase.ABORTED}),
    Phase.SEALED: frozenset({Phase.COMPLETED, Phase.ABORTED}),
    Phase.COMPLETED: frozenset(),
    Phase.ABORTED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of bytes that is there."""

    offset: int
    size_bytes: int
    etag: str


@dataclass(frozen=True)
class Upload:
    """What is recorded of it. The mapping of its chunks is copied on write.

    `received_bytes` is the sum of its chunks; of a tus upload, the offset at which it
    goes on. `file_id` is known from the seal on.
    """

    phase: Phase = Phase.UNKNOWN
    begun: UploadBegun | None = None
    chunks: Mapping[int, Chunk] = field(default_factory=dict[int, Chunk])
    received_bytes: int = 0
    file_id: str = ""
    aborted: UploadAborted | None = None

    @property
    def size_bytes(self) -> int:
        """What it will have when it is whole."""
        return self.begun.size_bytes if self.begun else 0

    @property
    def is_whole(self) -> bool:
        """Whether every byte is there."""
        return self.begun is not None and self.received_bytes == self.size_bytes

    @property
    def chunk_count(self) -> int:
        """How many chunks it is to have; of a tus upload, how many it has."""
        if self.begun is None or self.begun.chunk_size_bytes is None:
            return len(self.chunks)
        return chunk_count(self.size_bytes, self.begun.chunk_size_bytes)

    def missing(self) -> tuple[Run, ...]:
        """The numbered chunks that are not there, in runs."""
        return tuple(missing(self.chunk_count, self.chunks))


INITIAL = Upload()


def evolve(upload: Upload, event: UploadEvent) -> Upload:
    """The upload after the event."""
    match event:
        case UploadBegun():
            return replace(upload, phase=Phase.OPEN, begun=event)
        case ChunkStored(index=index, size_bytes=size):
            received = upload.received_bytes + size
            chunk = Chunk(event.offset, size, event.etag)
            chunks = {**upload.chunks, index: chunk}
            return replace(upload, chunks=chunks, received_bytes=received)
        case UploadSealed(file_id=file_id):
            return replace(upload, phase=Phase.SEALED, file_id=file_id)
        case UploadCompleted():
            return replace(upload, phase=Phase.COMPLETED)
        case UploadAborted():
            return replace(upload, phase=Phase.ABORTED, aborted=event)
        case _:
            assert_never(event)
