"""Is the file server alive, is it ready, and how is it doing?"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web
from nats.aio.client import Client
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from domain.errors import DataPlaneError
from handlers.causes import DATABASE_DOWN
from handlers.files.house import House

_PATIENCE_SECONDS = 5.0


def routes(house: House, client: Client) -> list[web.RouteDef]:
    """Without a key: who looks after processes has none."""
    made = Health(house, client)
    return [
        web.get("/healthz", made.alive),
        web.get("/readyz", made.ready),
        web.get("/metrics", made.metrics),
    ]


@dataclass(frozen=True)
class Health:
    """Asks what uploads need: room on the disk, the database, the bus."""

    house: House
    client: Client

    async def alive(self, _: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        """200 where all is in order, else 503; `checks` says what is not."""
        checks = {
            "store": await self._store(),
            "postgres": await self._database(),
            "nats": "" if self.client.is_connected else "not connected",
        }
        ready = not any(checks.values())
        said = {
            "status": "ready" if ready else "not ready",
            "ready": ready,
            "checks": {
                name: {"ok": not wrong, "detail": wrong}
                for name, wrong in checks.items()
            },
        }
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return web.json_response(said, status=status)

    async def metrics(self, _: web.Request) -> web.Response:
        """For Prometheus."""
        try:
            room = await self.house.files.store.room()
        except DataPlaneError:
            room = 0
        if room is not None:
            self.house.metrics.room_bytes.set(room)
        body = generate_latest(self.house.metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _store(self) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                room = await self.house.files.store.room()
        except DataPlaneError as error:
            return error.detail
        except TimeoutError:
            return "it does not answer"
        return "there is no room" if room is not None and room <= 0 else ""

    async def _database(self) -> str:
        try:
            async with (
                asyncio.timeout(_PATIENCE_SECONDS),
                self.house.log.pool.connection() as connection,
            ):
                await connection.execute("SELECT 1")
        except (*DATABASE_DOWN, TimeoutError):
            return "not connected"
        return ""
