"""`python -m gateway`."""

import logging
from types import FrameType

import uvicorn

from domain import log_lines
from gateway.app import create_app
from gateway.dependencies import Dependencies
from gateway.settings import Settings

_log = logging.getLogger("gateway")

_GRACE_SECONDS = 10


class _Server(uvicorn.Server):
    """Tells the endless streams when it is asked to stop, and then waits for them."""

    def __init__(self, config: uvicorn.Config, dependencies: Dependencies) -> None:
        super().__init__(config)
        self._dependencies = dependencies

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._dependencies.closing.set()
        super().handle_exit(sig, frame)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in hand are answered first."""
    dependencies = Dependencies.of(settings)
    if settings.authorization == "development":
        _log.warning("AUTHORIZATION IS OFF: everybody may see what an operator may")
    config = uvicorn.Config(
        create_app(dependencies),
        host=settings.gateway_host,
        port=settings.gateway_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    await _Server(config, dependencies).serve()


if __name__ == "__main__":
    import asyncio

    settings = Settings()
    log_lines.configure(settings.log_format, settings.log_level)
    asyncio.run(serve(settings))
