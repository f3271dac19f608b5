"""Tells control planes what they are owed: in order per flow, until they answer 2xx."""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import class_row

from domain.callback.events import (
    CallbackAttemptFailed,
    CallbackDelivered,
    CallbackEvent,
    CallbackKind,
)
from domain.errors import VersionConflictError
from domain.message import Cause
from domain.names import callback_stream
from eventlog import Append, EventLog
from handlers.settings import Settings

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 10

# The first of each flow that is not delivered yet, and only when it is due.
_DUE = """
SELECT * FROM (
    SELECT DISTINCT ON (data_flow_id) data_flow_id, kind, about, callback_address, body,
        attempts, next_attempt_at
    FROM read_model.outbox WHERE state = 'pending' ORDER BY data_flow_id, sequence
) first WHERE next_attempt_at IS NULL OR next_attempt_at <= now() LIMIT 100
"""


@dataclass(frozen=True)
class Due:
    """A callback to send now. `about` is the id of the event that it tells of."""

    data_flow_id: str
    kind: str
    about: UUID
    callback_address: str
    body: Mapping[str, Any]
    attempts: int
    next_attempt_at: datetime | None

    @property
    def url(self) -> str:
        """Where the control plane wants to hear of it."""
        base = self.callback_address.rstrip("/")
        flow = quote(self.data_flow_id, safe="")
        return f"{base}/transfers/{flow}/dataflow/{self.kind}"


@dataclass(frozen=True)
class Callbacks:
    """Sends what the outbox holds; the outcome is an event, which moves the outbox."""

    log: EventLog
    settings: Settings

    async def run(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(
            timeout=_TIMEOUT_SECONDS, follow_redirects=False
        ) as client:
            while True:
                try:
                    due = await self._due()
                except psycopg.Error as error:
                    _log.warning("the outbox cannot be read: %s", type(error).__name__)
                    due = []
                await asyncio.gather(*(self._send(client, each) for each in due))
                await asyncio.sleep(_POLL_SECONDS)

    async def _due(self) -> list[Due]:
        async with (
            self.log.pool.connection() as connection,
            connection.cursor(row_factory=class_row(Due)) as cursor,
        ):
            return await (await cursor.execute(_DUE)).fetchall()

    async def _send(self, client: httpx.AsyncClient, due: Due) -> None:
        stream = callback_stream(due.data_flow_id)
        journal = await self.log.load(stream)
        if any(_delivered(each.event, due) for each in journal):
            # Recorded, and the outbox is about to hear of it.
            return
        attempts = sum(
            1 for e in journal if getattr(e.event, "about", None) == due.about
        )
        if attempts > due.attempts:
            return
        event = await self._attempt(client, due, attempts + 1)
        append = Append(stream, journal[-1].version if journal else 0, (event,))
        try:
            await self.log.append(_caused_by(due), append)
        except VersionConflictError:
            fields = {"data_flow_id": due.data_flow_id}
            _log.info("another sender was faster", extra={"fields": fields})

    async def _attempt(
        self, client: httpx.AsyncClient, due: Due, attempt: int
    ) -> CallbackEvent:
        same: dict[str, Any] = {
            "data_flow_id": due.data_flow_id,
            "kind": CallbackKind(due.kind),
            "about": due.about,
            "attempt": attempt,
        }
        try:
            response = await client.post(due.url, json=due.body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            detail = type(error).__name__
        else:
            if response.is_success:
                return CallbackDelivered(**same)
            detail = f"HTTP {response.status_code}"
        delay = min(
            self.settings.callback_first_delay_seconds * 2 ** (attempt - 1),
            self.settings.callback_longest_delay_seconds,
        )
        at = datetime.now(UTC) + timedelta(seconds=random.uniform(delay / 2, delay))  # noqa: S311
        return CallbackAttemptFailed(**same, detail=detail, next_attempt_at=at)


def _delivered(event: object, due: Due) -> bool:
    return isinstance(event, CallbackDelivered) and event.about == due.about


def _caused_by(due: Due) -> Cause:
    return Cause(
        causation_id=str(due.about),
        correlation_id=due.data_flow_id,
        actor="callbacks",
        occurred_at=datetime.now(UTC),
    )
