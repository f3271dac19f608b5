"""The file server of a test: a process that is killed, its log, its directory."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from tests.files.clients.bodies import digest
from tests.scenarios.plane import PATIENCE_SECONDS, Plane
from waybill.embedded.ports import free_port

_LOOK_SECONDS = 0.002
_EVENTS = (
    "SELECT topic, convert_from(state, 'UTF8') FROM waybill_events"
    " WHERE topic LIKE 'upload.%' OR topic LIKE 'file.%' ORDER BY notification_id"
)


@dataclass(frozen=True)
class Line:
    """One event of the log."""

    topic: str
    fields: dict[str, Any]


@dataclass
class Served:
    """It is known by its URL, before and after a kill."""

    plane: Plane
    url: str
    directory: Path

    @classmethod
    @asynccontextmanager
    async def open(
        cls, home: Path, database_url: str, nats_url: str, **settings: str
    ) -> AsyncIterator[Self]:
        """With no process yet. `settings` are WAYBILL_ variables, in lower case."""
        port, directory = free_port(), home / "files"
        said = {
            "files_port": str(port),
            "files_directory": str(directory),
            "files_min_free_bytes": "0",
            **settings,
        }
        async with Plane.open(home, database_url, nats_url, **said) as plane:
            yield cls(plane, f"http://127.0.0.1:{port}", directory)

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.plane.start("files")
        await self.ready()

    async def ready(self) -> None:
        """Wait until it says that it is."""
        async with httpx.AsyncClient() as client:

            async def answers() -> bool:
                try:
                    answer = await client.get(f"{self.url}/readyz")
                except httpx.TransportError:
                    return False
                return answer.status_code == 200

            await self.plane.until("the file server to be ready", answers)

    def kill(self) -> None:
        """SIGKILL."""
        self.plane.kill("files")

    async def killed_when(self, ripe: Callable[[], Awaitable[bool]]) -> None:
        """Kill it at the moment at which this is so. Raises AssertionError."""
        await soon(ripe)
        self.kill()

    async def lines(self, topic: str = "") -> list[Line]:
        """What the log has of uploads and files: all, or of one topic."""
        rows = await self.plane.rows(_EVENTS)
        every = [Line(row[0], json.loads(row[1])["event"]) for row in rows]
        return [each for each in every if topic in {"", each.topic}]

    async def recorded_bytes(self) -> int:
        """Of all chunks that are recorded."""
        chunks = await self.lines("upload.chunk-stored.v1")
        return sum(int(each.fields["size_bytes"]) for each in chunks)

    def staged(self) -> list[Path]:
        """What is in the temporary area."""
        return [each for each in (self.directory / "tmp").glob("*") if each.is_file()]

    def staged_bytes(self) -> int:
        """Of the temporary area."""
        return sum(_size(each) for each in self.staged())

    def halves(self) -> list[str]:
        """Files whose bytes are not those of their name: there must never be one."""
        found = self.directory.glob("[0-9a-f][0-9a-f]/*/*.bin")
        return [each.name for each in found if digest(each) != each.stem]


async def soon(ripe: Callable[[], Awaitable[bool]]) -> None:
    """Look very often, until it is so. Raises AssertionError."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await ripe():
        assert time.monotonic() < deadline, "that moment never came"
        await asyncio.sleep(_LOOK_SECONDS)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
