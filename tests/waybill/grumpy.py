"""A file server that is rude in one way or another, as a test tells it to be."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Grumpy:
    """What it was asked, and where it is, by two names of one machine."""

    port: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(
        default_factory=list[tuple[str, str, dict[str, str]]]
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def elsewhere(self) -> str:
        return f"http://localhost:{self.port}"

    def of(self, method: str) -> list[dict[str, str]]:
        """The headers of every request of this method."""
        return [headers for each, _, headers in self.asked if each == method]


@asynccontextmanager
async def grumpy(answering: Answering) -> AsyncIterator[Grumpy]:
    """Give it, until the block ends; OPTIONS is answered unless it answers itself."""
    server = Grumpy()

    async def hear(request: web.Request) -> web.StreamResponse:
        server.asked.append((request.method, request.path, dict(request.headers)))
        return await answering(request)

    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "localhost", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
