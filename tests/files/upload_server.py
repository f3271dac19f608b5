"""A file server in this process, with real Postgres and a real store behind it."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from nats.aio.client import Client

from domain.message import Event
from domain.names import upload_stream
from domain.upload.events import ChunkStored
from eventlog import EventLog, migrate
from handlers.files import app, serve
from handlers.files.guards import Guards
from handlers.files.house import House
from handlers.files.jobs import Jobs
from handlers.files.local import LocalStore
from handlers.files.locks import Locks, lock_pool
from handlers.files.metrics import Metrics
from handlers.files.service import Files
from handlers.files.settings import FilesSettings
from handlers.files.store import FileStore
from handlers.files.uploads.assembly import Uploading
from handlers.files.uploads.settings import UploadSettings
from tests.services import fresh_database

MIB = 1 << 20
KEYS = ("k-ann:ann", "k-bob:bob")
ANN, BOB = {"X-API-Key": "k-ann"}, {"X-API-Key": "k-bob"}


def some_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 (only to be told apart)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Server:
    """Where it listens, and what it is made of."""

    url: str
    house: House
    side: Uploading
    client: httpx.AsyncClient
    directory: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def staged(self) -> list[str]:
        """What is in the temporary area."""
        return sorted(each.name for each in (self.directory / "tmp").iterdir())

    async def journal(self, upload_id: str) -> list[Event]:
        stream = upload_stream(upload_id)
        return [each.event for each in await self.house.log.load(stream)]

    async def chunks(self, upload_id: str) -> list[ChunkStored]:
        journal = await self.journal(upload_id)
        return [each for each in journal if isinstance(each, ChunkStored)]

    async def begin(self, size: int, chunk: int, **more: Any) -> dict[str, Any]:
        """An upload of numbered chunks, Ann's."""
        body = {"filename": "a.bin", "sizeBytes": size, "chunkSizeBytes": chunk, **more}
        answer = await self.client.post("/v1/uploads/init", json=body, headers=ANN)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        assert answer.headers["Location"] == f"/v1/uploads/{told['uploadId']}"
        return told

    async def put(
        self, upload_id: str, index: int, data: bytes, **headers: str
    ) -> httpx.Response:
        url = f"/v1/uploads/{upload_id}/chunks/{index}"
        return await self.client.put(url, content=data, headers={**ANN, **headers})


@asynccontextmanager
async def serving(
    database: str,
    directory: Path,
    make_store: Callable[[Path], FileStore] = LocalStore,
    **settings: Any,
) -> AsyncIterator[Server]:
    """Until the block ends; another one may follow in the same directory."""
    files = {k: settings.pop(k) for k in list(settings) if k.startswith("files_")}
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(EventLog.open(database))
        locks = Locks(await stack.enter_async_context(lock_pool(database, 8)))
        store = make_store(directory)
        if isinstance(store, LocalStore):
            stack.callback(store.close)
        own = FilesSettings.model_validate(
            {"files_directory": directory, "upload_keys": KEYS, **files}
        )
        house = House(
            settings=own,
            log=log,
            files=Files(log, store, locks),
            keys=own.api_keys(),
            guards=Guards(store, own.files_max_bytes),
            jobs=Jobs(Client()),
            metrics=Metrics(),
            locks=locks,
        )
        wanted = {f"upload_{name}": value for name, value in settings.items()}
        side = Uploading.of(house, UploadSettings.model_validate(wanted))
        made = app.application(house, app.routes(house), side.routes())
        side.attach(made)
        runner = serve._runner(made)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        url = f"http://127.0.0.1:{port}"
        client = httpx.AsyncClient(base_url=url, timeout=30)
        await stack.enter_async_context(client)
        yield Server(url, house, side, client, directory)


@contextmanager
def migrated_database(database_url: str) -> Iterator[str]:
    """The URL of an empty log."""
    with fresh_database(database_url) as database:
        migrate(database)
        yield database


async def until(what: str, condition: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"never: {what}"
        await asyncio.sleep(0.02)
