"""`python -m handlers commands|dispatcher|worker`: settings, wiring, run."""

import argparse
import asyncio
import contextlib
import logging
import signal

import psycopg
from nats.errors import Error as BrokerError

from domain import log_lines
from handlers import wiring
from handlers.causes import first_cause
from handlers.settings import Settings

_log = logging.getLogger("handlers")

_RESTART_SECONDS = 1.0
_LOST = (psycopg.OperationalError, BrokerError, OSError, BaseExceptionGroup)


async def _serve(role: str, settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    while not stopping.is_set():
        serving = asyncio.create_task(_once(role, settings))
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not serving.done():
            serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await serving
            except _LOST as error:
                # The log's connection, or the broker's: without them there is no role.
                _log.warning("%s starts again: %r", role, first_cause(error))
                await asyncio.sleep(_RESTART_SECONDS)


async def _once(role: str, settings: Settings) -> None:
    async with (
        wiring.plane(settings) as plane,
        wiring.ROLES[role](plane) as run,
    ):
        _log.info("%s ready", role)
        await run()


def main() -> None:
    """Read the command line and run one role until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m handlers", description=__doc__)
    parser.add_argument("role", choices=sorted(wiring.ROLES))
    role = parser.parse_args().role
    settings = Settings()
    log_lines.configure(settings.log_format, settings.log_level)
    asyncio.run(_serve(role, settings))


if __name__ == "__main__":
    main()
