"""Throw-away messages on the bus: "there is news of this data flow"."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Self

from nats.aio.client import Client
from nats.errors import Error

from domain import names
from domain.message import Recorded
from projections.flow_states import flow_of, is_about_a_flow

log = logging.getLogger(__name__)


class Ticks:
    """Publishes when there is a broker, and keeps quiet when there is none."""

    def __init__(self) -> None:
        """Without a broker."""
        self._client = Client()

    @classmethod
    @asynccontextmanager
    async def open(cls, nats_url: str) -> AsyncGenerator[Self]:
        """Connects in the background, for as long as it takes."""
        ticks = cls()
        connecting = asyncio.create_task(ticks._connect(nats_url))
        try:
            yield ticks
        finally:
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError, Error, OSError):
                await connecting
            with contextlib.suppress(Error, OSError):
                await ticks._client.close()

    async def publish(self, page: Sequence[Recorded]) -> None:
        """Tell of the flows of a page that has been applied."""
        if not self._client.is_connected:
            return
        with contextlib.suppress(Error, OSError):
            for flow in {flow_of(e) for e in page if is_about_a_flow(e)}:
                await self._client.publish(names.progress_subject(flow))

    async def _connect(self, nats_url: str) -> None:
        await self._client.connect(
            nats_url,
            name="waybill-projections",
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=_log_error,
        )


async def _log_error(error: Exception) -> None:
    log.warning("broker error", extra={"fields": {"error": type(error).__name__}})
