"""A control plane that is called back: it notes what it hears, and answers as told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web

from waybill.embedded.ports import LOOPBACK, free_port

_OK = 200


@dataclass(frozen=True)
class Call:
    """One callback: its path without what was given, its body, and our answer."""

    path: str
    body: dict[str, Any]
    status: int


@dataclass
class ControlPlane:
    """Answers the `refusals` first, one each, and then 200, after `delay_seconds`."""

    url: str = ""
    refusals: list[int] = field(default_factory=list[int])
    delay_seconds: float = 0.0
    calls: list[Call] = field(default_factory=list[Call])

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """Listens on a port of its own."""
        control = cls()

        async def hear(request: web.BaseRequest) -> web.Response:
            status = control.refusals.pop(0) if control.refusals else _OK
            path = unquote(request.raw_path.removeprefix("/base"))
            control.calls.append(Call(path, await request.json(), status))
            await asyncio.sleep(control.delay_seconds)
            return web.Response(status=status)

        server = web.Server(hear)
        runner = web.ServerRunner(server, shutdown_timeout=1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        control.url = f"http://{LOOPBACK}:{port}/base"
        try:
            yield control
        finally:
            await runner.cleanup()

    @property
    def accepted(self) -> list[Call]:
        """Those that were answered with a 2xx."""
        return [each for each in self.calls if each.status == _OK]
