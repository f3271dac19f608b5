"""One process of the bare loop."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import NamedTuple, TypeAlias

from pydantic import SecretStr

from domain.location import Location
from domain.transfer.parts import Part
from handlers.copiers import GivenAccess
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import S3Executor
from handlers.ports import Copied, Copier, ObjectInfo, Pin, Range

# The next number that nobody has taken. Only a type checker knows it as generic.
Counter: TypeAlias = "Synchronized[int]"


class Sides(NamedTuple):
    """What an executor opens the ends of a copier from."""

    source: Location
    source_secrets: Mapping[str, SecretStr]
    destination: Location
    destination_secrets: Mapping[str, SecretStr]


@dataclass(frozen=True)
class Upload:
    """A large object's multipart upload."""

    source: ObjectInfo
    key: str
    upload_id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Job:
    """What all processes do together: an upload's parts, or whole objects.

    `by_itself`: the storage copies them, no byte passes through us.
    """

    sides: Sides
    by_itself: bool
    upload: Upload | None = None
    objects: tuple[tuple[ObjectInfo, str], ...] = ()

    def __len__(self) -> int:
        return len(self.upload.parts if self.upload else self.objects)

    def move(self, copier: Copier, index: int) -> Awaitable[Copied]:
        """Copy the part or object of this number."""
        if self.upload is None:
            whole = copier.copy_object if self.by_itself else copier.relay_object
            return whole(*self.objects[index])
        part, source = self.upload.parts[index], self.upload.source
        move = copier.copy_part if self.by_itself else copier.relay_part
        return move(
            source.key,
            Pin(source.etag, source.version_id),
            Range(part.offset_bytes, part.length_bytes),
            self.upload.key,
            self.upload.upload_id,
            part.number,
        )


def serve(pipe: Connection, taken: Counter, slots: int) -> None:
    """Say that it is ready; then do jobs until there is None."""
    asyncio.run(_serve(pipe, taken, slots))


async def _serve(pipe: Connection, taken: Counter, slots: int) -> None:
    executor = S3Executor()

    def take() -> int:
        with taken.get_lock():
            taken.value += 1
            return taken.value - 1

    pipe.send("ready")
    while (job := await asyncio.to_thread(pipe.recv)) is not None:
        try:
            pipe.send(await _do(job, executor, take, slots))
        except Exception as error:  # noqa: BLE001 (the leader raises it)
            pipe.send(repr(error))


async def _do(
    job: Job, executor: S3Executor, take: Callable[[], int], slots: int
) -> dict[int, Copied]:
    copied: dict[int, Copied] = {}

    async def slot(copier: Copier) -> None:
        while (index := take()) < len(job):
            copied[index] = await job.move(copier, index)

    async with opened(executor, job.sides) as copier, asyncio.TaskGroup() as group:
        for _ in range(slots):
            group.create_task(slot(copier))
    return copied


@asynccontextmanager
async def opened(executor: S3Executor, sides: Sides) -> AsyncGenerator[Copier]:
    """A copier between the two sides."""
    source, destination = (
        GivenAccess(sides.source_secrets),
        GivenAccess(sides.destination_secrets),
    )
    async with (
        executor.open_source(sides.source, source) as reads,
        executor.open_destination(sides.destination, destination) as writes,
    ):
        yield Pair(reads, writes)
