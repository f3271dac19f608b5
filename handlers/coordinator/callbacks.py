"""Tells control planes what they are owed: in order per flow, until they answer 2xx."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
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
from domain.control_plane import ControlPlane
from domain.errors import DataPlaneError, VersionConflictError
from domain.message import Cause
from domain.names import callback_stream
from eventlog import Append, EventLog
from handlers.access.assembly import Callees
from handlers.settings import Settings
from handlers.worker.retry import doubled

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 10

# The first of each flow that is not delivered yet, and only when it is due.
_DUE = """
SELECT * FROM (
    SELECT DISTINCT ON (data_flow_id) data_flow_id, kind, about, callback_address,
        control_plane_id, agreement_id, body, attempts, next_attempt_at
    FROM read_model.outbox WHERE state = 'pending' ORDER BY data_flow_id, sequence
) first WHERE next_attempt_at IS NULL OR next_attempt_at <= now() LIMIT 100
"""


@dataclass(frozen=True)
class Due:
    """A callback to send now. `about` is the id of the event that it tells of.

    `callback_address` is what the flow itself named; where it named none, the control
    plane's endpoint is looked up when the callback is sent.
    """

    data_flow_id: str
    kind: str
    about: UUID
    callback_address: str
    control_plane_id: str
    agreement_id: str
    body: Mapping[str, Any]
    attempts: int
    next_attempt_at: datetime | None

    def url(self, plane: ControlPlane | None) -> str | None:
        """Where the control plane wants to hear of it; None where nobody knows."""
        base = self.callback_address or (plane.endpoint if plane else "")
        if not base:
            return None
        flow = quote(self.data_flow_id, safe="")
        return f"{base.rstrip('/')}/transfers/{flow}/dataflow/{self.kind}"


# The flow's id and the body as it is kept; what is sent may hold more.
Fill = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


async def _as_kept(_: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return body


@dataclass(frozen=True)
class Callbacks:
    """Sends what the outbox holds; the outcome is an event, which moves the outbox.

    `fill` completes a body just before it is sent, with what must not be kept.
    """

    log: EventLog
    settings: Settings
    callees: Callees
    fill: Fill = _as_kept

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
        detail = await self._tell(client, due)
        if detail is None:
            return CallbackDelivered(**same)
        delay = doubled(
            self.settings.callback_first_delay_seconds,
            attempt - 1,
            self.settings.callback_longest_delay_seconds,
        )
        at = datetime.now(UTC) + timedelta(seconds=random.uniform(delay / 2, delay))  # noqa: S311
        return CallbackAttemptFailed(**same, detail=detail, next_attempt_at=at)

    async def _tell(self, client: httpx.AsyncClient, due: Due) -> str | None:
        """Send it; what went wrong, or None when the control plane has heard."""
        plane = None
        if due.control_plane_id:
            plane = await self.callees.planes.get(due.control_plane_id)
        url = due.url(plane)
        if url is None:
            return "the control plane is not registered"
        try:
            response = await self._post(client, url, plane, due)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        except DataPlaneError as error:
            return error.code
        return None if response.is_success else f"HTTP {response.status_code}"

    async def _post(
        self, client: httpx.AsyncClient, url: str, plane: ControlPlane | None, due: Due
    ) -> httpx.Response:
        body = await self.fill(due.data_flow_id, due.body)
        if plane is None:
            return await client.post(url, json=body)
        tokens = self.callees.tokens
        response = await client.post(
            url, json=body, headers=await tokens.headers(plane)
        )
        if response.status_code == httpx.codes.UNAUTHORIZED and tokens.drop(plane):
            # Revoked, or used up: a new one may do.
            headers = await tokens.headers(plane)
            response = await client.post(url, json=body, headers=headers)
        return response


def _delivered(event: object, due: Due) -> bool:
    return isinstance(event, CallbackDelivered) and event.about == due.about


def _caused_by(due: Due) -> Cause:
    return Cause(
        causation_id=str(due.about),
        correlation_id=due.data_flow_id,
        actor="callbacks",
        occurred_at=datetime.now(UTC),
        agreement_id=due.agreement_id,
    )
