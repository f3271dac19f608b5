"""Waits until the workers say that a flow stands still."""

import asyncio
import contextlib
import time

from nats.aio.client import Client
from nats.aio.msg import Msg

from domain import names
from handlers.messages import Confirmation, Control, Heartbeat


class Confirmations:
    """Tells all workers that a flow stops, and collects their answers.

    Who must answer is known from heartbeats; a worker that was not heard of for three
    beats is dead, and a dead worker copies nothing.
    """

    def __init__(
        self, client: Client, *, heartbeat_seconds: float, confirm_seconds: float
    ) -> None:
        """`confirm_seconds` is how long an answer may keep a control plane waiting."""
        self._client = client
        self._alive_seconds = 3 * heartbeat_seconds
        self._confirm_seconds = confirm_seconds
        self._seen: dict[str, float] = {}

    async def heard(self, beat: Heartbeat) -> None:
        """A worker lives."""
        self._seen[beat.worker] = time.monotonic()

    async def stop(self, control: Control) -> bool:
        """Whether every living worker has confirmed in time."""
        since = time.monotonic() - self._alive_seconds
        self._seen = {w: at for w, at in self._seen.items() if at >= since}
        awaited = set(self._seen)
        done = asyncio.Event()

        async def confirm(message: Msg) -> None:
            awaited.discard(Confirmation.model_validate_json(message.data).worker)
            if not awaited:
                done.set()

        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=confirm)
        try:
            subject = names.control_subject(control.data_flow_id)
            body = control.model_dump_json().encode()
            await self._client.publish(subject, body, reply=inbox)
            if awaited:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), self._confirm_seconds)
        finally:
            await subscription.unsubscribe()
        return not awaited
