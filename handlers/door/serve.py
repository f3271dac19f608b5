"""The role `door`: puts the pieces together, listens, and closes in order."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from faststream.nats import NatsBroker

from domain.mechanisms.strangers import Strangers
from eventlog import EventLog
from handlers.copiers import Copiers
from handlers.door.app import Door
from handlers.door.control import Controls
from handlers.door.did_web import Resolver
from handlers.door.downloads import Downloads
from handlers.door.flows import Flows
from handlers.door.hand import InHand
from handlers.door.identity import own_identity
from handlers.door.ingress import Ingress
from handlers.door.multipart import Multipart
from handlers.door.parts import PartsUploads
from handlers.door.places import door_url
from handlers.door.receptions import Receptions
from handlers.door.renewal import Renewal
from handlers.door.served import Served
from handlers.door.tokens import DoorTokens
from handlers.door.uploads import Uploads
from handlers.settings import Settings

_READ_BUFFER_BYTES = 512 * 1024


class Plane(Protocol):
    """What the door needs of the plane."""

    @property
    def settings(self) -> Settings: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def broker(self) -> NatsBroker: ...
    @property
    def copiers(self) -> Copiers: ...
    @property
    def tokens(self) -> DoorTokens: ...


@asynccontextmanager
async def door(plane: Plane) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Listens to the other sides of flows. What is cut, is cut before it goes."""
    settings = plane.settings
    flows, hand = Flows(plane.log), InHand(settings.door_streams)
    served = Served(plane.log)
    name = f"door-{socket.gethostname()}-{os.getpid()}"
    controls = Controls(name, plane.broker, flows, hand, settings.heartbeat_seconds)
    controls.attach()
    async with _fetching() as session:
        resolver = Resolver(
            session,
            http=settings.did_web_http,
            strangers=Strangers(settings.allowed_hosts),
        )
        runner = _runner(_door(plane, (flows, hand, served), resolver))
        await plane.broker.start()
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.door_host, settings.door_port).start()
            yield partial(_run, controls.beat, served.run)
        finally:
            await hand.stop_all()
            await runner.cleanup()
            await served.close()


async def _run(*duties: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for duty in duties:
            group.create_task(duty())


def _runner(made: Door) -> web.AppRunner:
    return web.AppRunner(
        made.application(),
        access_log=None,
        # A client that goes away ends what is done for it, at once.
        handler_cancellation=True,
        # What is sent compressed is stored so, and says so.
        auto_decompress=False,
        read_bufsize=_READ_BUFFER_BYTES,
        # Who is refused while it sends may still read why, but not send on for long.
        lingering_time=1.0,
        shutdown_timeout=1.0,
    )


def _door(
    plane: Plane, shared: tuple[Flows, InHand, Served], resolver: Resolver
) -> Door:
    flows, hand, served = shared
    settings, copiers = plane.settings, plane.copiers
    url = door_url(settings)
    receptions = Receptions(plane.log)
    multipart = Multipart(flows, copiers, receptions)
    return Door(
        flows=flows,
        tokens=plane.tokens,
        hand=hand,
        downloads=Downloads(copiers, served, hand),
        ingress=Ingress(
            copiers,
            Uploads(copiers, receptions, multipart, hand),
            PartsUploads(copiers, receptions, multipart, hand),
            url,
        ),
        renewal=Renewal(flows, plane.tokens, resolver, settings.did),
        identity=own_identity(settings),
        door_url=url,
    )


@asynccontextmanager
async def _fetching() -> AsyncGenerator[aiohttp.ClientSession]:
    """For DID documents: nothing is sent but the request, nothing is unpacked."""
    async with aiohttp.ClientSession(
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept": "application/did+json, application/json"},
        skip_auto_headers=("Accept-Encoding",),
    ) as session:
        yield session
