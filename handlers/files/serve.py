"""The role `files`: puts the pieces together, listens, and closes in order."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Protocol

from aiohttp import web
from nats.aio.client import Client

from eventlog import EventLog
from handlers.files import app, checksum, health
from handlers.files.bucket import BucketStore
from handlers.files.guards import Guards
from handlers.files.house import Annex, House
from handlers.files.jobs import Jobs
from handlers.files.local import LocalStore
from handlers.files.locks import Locks, lock_pool
from handlers.files.metrics import Metrics
from handlers.files.opened import opened
from handlers.files.reaper import Reaper
from handlers.files.service import Files
from handlers.files.settings import FilesSettings
from handlers.files.store import FileStore
from handlers.files.uploads.assembly import uploads
from handlers.settings import Settings

_READ_BUFFER_BYTES = 512 * 1024
_LOCKS = 16
_WILDCARD = "::"

ANNEXES: tuple[Callable[[House], AbstractAsyncContextManager[Annex]], ...] = (uploads,)


class Plane(Protocol):
    """What the file server needs of the plane."""

    @property
    def settings(self) -> Settings: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def client(self) -> Client: ...


@asynccontextmanager
async def files(
    plane: Plane, settings: FilesSettings | None = None
) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Serves files and uploads to them. What is in hand is broken off as it goes."""
    settings = settings or FilesSettings()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened_store(settings))
        house = await _house(stack, plane, settings, store)
        annexes = [await stack.enter_async_context(make(house)) for make in ANNEXES]
        routes = [each.routes for each in annexes]
        made = app.application(
            house,
            app.routes(house),
            checksum.routes(house),
            health.routes(house, plane.client),
            *routes,
        )
        for annex in annexes:
            annex.attach(made)
        runner = _runner(made)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await _site(runner, settings).start()
        duties = [each for annex in annexes for each in annex.duties]
        reaper = _reaper(house, annexes)
        yield partial(_run, house.jobs.run, reaper.run, *duties)


@asynccontextmanager
async def opened_store(settings: FilesSettings) -> AsyncGenerator[FileStore]:
    """The one that the settings name. Raises DataPlaneError where it cannot be."""
    if settings.files_store == "s3":
        async with opened(settings) as bucket:
            yield BucketStore(bucket, settings.files_bucket_part_bytes)
        return
    store = LocalStore(
        settings.files_directory, min_free_bytes=settings.files_min_free_bytes
    )
    try:
        yield store
    finally:
        store.close()


async def _house(
    stack: AsyncExitStack, plane: Plane, settings: FilesSettings, store: FileStore
) -> House:
    pool = lock_pool(plane.settings.database_url, _LOCKS)
    locks = Locks(await stack.enter_async_context(pool))
    jobs = Jobs(plane.client)
    await jobs.provision()
    stack.push_async_callback(jobs.close)
    return House(
        settings=settings,
        log=plane.log,
        files=Files(plane.log, store, locks),
        keys=settings.api_keys(),
        guards=Guards(store, settings.files_max_bytes),
        jobs=jobs,
        metrics=Metrics(),
        locks=locks,
    )


def _reaper(house: House, annexes: list[Annex]) -> Reaper:
    async def lives(upload_id: str) -> bool:
        for each in annexes:
            if await each.lives(upload_id):
                return True
        return False

    settings = house.settings
    return Reaper(
        house.files,
        lives,
        house.metrics,
        settings.files_reap_seconds,
        settings.files_reap_after_seconds,
    )


async def _run(*duties: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for duty in duties:
            group.create_task(duty())


def _runner(made: web.Application) -> web.AppRunner:
    return web.AppRunner(
        made,
        access_log=None,
        # A client that goes away ends what is done for it, at once.
        handler_cancellation=True,
        # What is sent compressed is stored so: its hash is of what was sent.
        auto_decompress=False,
        read_bufsize=_READ_BUFFER_BYTES,
        # Who is refused while it sends may still read why, but not send on for long.
        lingering_time=1.0,
        shutdown_timeout=1.0,
    )


def _site(runner: web.AppRunner, settings: FilesSettings) -> web.BaseSite:
    host, port = settings.files_host, settings.files_port
    if host != _WILDCARD:
        return web.TCPSite(runner, host, port)
    # asyncio would listen to IPv6 alone.
    made = socket.create_server(
        (host, port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128
    )
    return web.SockSite(runner, made)
