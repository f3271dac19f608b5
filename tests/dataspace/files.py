"""A plain HTTP server of files: ranges, ETags, and PUT. It knows nothing of Waybill."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aiohttp import web

from waybill.embedded.ports import LOOPBACK, free_port


@dataclass
class Files:
    """Serves what is in `folder`."""

    folder: Path
    url: str = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator[Self]:
        """Listens on a port of its own."""
        made = cls(folder)
        app = web.Application(client_max_size=1 << 30)
        app.router.add_get("/{name}", made._get)
        app.router.add_put("/{name}", made._put)
        app.router.add_post("/{name}", made._put)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        made.url = f"http://{LOOPBACK}:{port}"
        try:
            yield made
        finally:
            await runner.cleanup()

    def sha256(self, name: str) -> str:
        """Of a file."""
        return hashlib.sha256((self.folder / name).read_bytes()).hexdigest()

    async def _get(self, request: web.Request) -> web.StreamResponse:
        path = self.folder / request.match_info["name"]
        return web.FileResponse(path) if path.exists() else web.Response(status=404)

    async def _put(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        partial = self.folder / f".{name}.partial"
        with partial.open("wb") as file:
            async for chunk in request.content.iter_chunked(1 << 20):
                file.write(chunk)
        partial.rename(self.folder / name)
        return web.Response(status=201)
