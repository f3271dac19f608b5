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

    Who must answer is known from heartbeats; a worker that falls silent is dead, and
    the dead copy nothing.
    """

    def __init__(
        self, client: Client, *, heartbeat_seconds: float, confirm_seconds: float
    ) -> None:
        """`confirm_seconds` is how long an answer may keep a control plane waiting."""
        self._client = client
        self._silence_seconds = 2.5 * heartbeat_seconds
        self._confirm_seconds = confirm_seconds
        self._heard: dict[str, float] = {}

    async def heard(self, beat: Heartbeat) -> None:
        """A worker lives."""
        self._heard[beat.worker] = time.monotonic()

    async def stop(self, control: Control) -> bool:
        """Whether every living worker has confirmed in time."""
        awaited = set(self._living())
        answered = asyncio.Event()

        async def confirm(message: Msg) -> None:
            awaited.discard(Confirmation.model_validate_json(message.data).worker)
            answered.set()

        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=confirm)
        try:
            subject = names.control_subject(control.data_flow_id)
            body = control.model_dump_json().encode()
            await self._client.publish(subject, body, reply=inbox)
            await self._wait(awaited, answered)
        finally:
            await subscription.unsubscribe()
        return not awaited

    async def _wait(self, awaited: set[str], answered: asyncio.Event) -> None:
        """Until none is awaited: each has answered, or has fallen silent meanwhile."""
        deadline = time.monotonic() + self._confirm_seconds
        while awaited and (left := deadline - time.monotonic()) > 0:
            living = self._living()
            # In place: the answers are struck off the same set.
            awaited.intersection_update(living)
            if not awaited:
                return
            silence = min(living[worker] for worker in awaited) - time.monotonic()
            answered.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), max(0.01, min(left, silence)))

    def _living(self) -> dict[str, float]:
        """The workers that are not silent, and when each would be counted as it."""
        now = time.monotonic()
        until = {w: at + self._silence_seconds for w, at in self._heard.items()}
        living = {worker: end for worker, end in until.items() if end > now}
        self._heard = {worker: self._heard[worker] for worker in living}
        return living
