"""A file server in the test's own loop, its log, its directory, its bus."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import nats
from nats.aio.client import Client

from domain import names
from domain.message import Event
from eventlog import EventLog, migrate
from handlers.files import serve
from handlers.files.settings import FilesSettings
from handlers.settings import Settings
from waybill.embedded.ports import free_port

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Ground:
    """What a file server stands on; several may stand on one."""

    settings: Settings
    log: EventLog
    client: Client

    @classmethod
    @asynccontextmanager
    async def open(cls, database_url: str, nats_url: str) -> AsyncIterator[Self]:
        """A migrated database, and a client of the broker."""
        migrate(database_url)
        client = await nats.connect(nats_url)
        settings = Settings(database_url=database_url, nats_url=nats_url)
        async with EventLog.open(database_url) as log:
            try:
                yield cls(settings, log, client)
            finally:
                await client.close()

    async def events(self, file_id: str) -> list[Event]:
        """The file's stream."""
        lines = await self.log.load(names.file_stream(file_id))
        return [each.event for each in lines]


@dataclass(frozen=True)
class FileHouse:
    """One server. `http` asks it, without a key."""

    ground: Ground
    settings: FilesSettings
    http: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def open(
        cls, ground: Ground, home: Path, **settings: Any
    ) -> AsyncIterator[Self]:
        """`settings` are those of FilesSettings."""
        usual = {"files_min_free_bytes": 0, "authorization": "development"}
        place = {"files_directory": home / "files", "files_port": free_port()}
        said = FilesSettings(**{**usual, **place, **settings})
        async with serve.files(ground, said) as run:
            running = asyncio.ensure_future(run())
            try:
                async with httpx.AsyncClient(base_url=said.url, timeout=30) as http:
                    yield cls(ground, said, http)
            finally:
                running.cancel()
                await asyncio.wait({running}, timeout=PATIENCE_SECONDS)

    @property
    def directory(self) -> Path:
        """Where its files are."""
        return self.settings.files_directory

    def staged(self) -> list[str]:
        """The temporary area."""
        return sorted(each.name for each in (self.directory / "tmp").iterdir())

    def standing(self) -> list[str]:
        """The files, by their ids."""
        found = self.directory.glob("[0-9a-f][0-9a-f]/*/*.bin")
        return sorted(each.stem for each in found)

    async def store(self, content: bytes, **headers: str) -> str:
        """Upload; the file's id."""
        answer = await self.http.post("/files", content=content, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        file_id: str = answer.json()["fileId"]
        return file_id


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()


async def until(ripe: Callable[[], bool]) -> None:
    """Wait for a state. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not ripe():
            await asyncio.sleep(0.01)
