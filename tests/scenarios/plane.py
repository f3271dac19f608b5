"""
Waybill as real child processes, driven through its own doors, read through its log.

Nothing here sleeps for luck: `Plane.until` polls a real state until a deadline, and
what it raises then shows the flow's events and the end of every process's log.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import nats
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NoAnswerError
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from domain import data_flow, names
from domain.data_flow import DataFlow, State
from domain.message import Recorded
from domain.signaling import Reply
from eventlog import EventLog, migrate
from tests.scenarios import history
from tests.scenarios.children import Children
from waybill.embedded.ports import free_port
from waybill.secret_key import ensure_key

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.05
_UNAVAILABLE = 503
# Short leases, quick stops: a test waits for what an operator would wait for.
_SETTINGS = {
    "WAYBILL_AUTHORIZATION": "development",
    "WAYBILL_ACK_WAIT_SECONDS": "2",
    "WAYBILL_HEARTBEAT_SECONDS": "0.5",
    # As many at once as a test says.
    "WAYBILL_WORKER_PARTS_MAX": "1",
    "WAYBILL_CALLBACK_FIRST_DELAY_SECONDS": "0.2",
}
_AWAY = (OperationalError, PoolTimeout)
_UNHEARD = (NoRespondersError, NoAnswerError)
_UNSTORED = (NoStreamResponseError, ServiceUnavailableError, NoAnswerError)

_T = TypeVar("_T")


@dataclass
class Plane(Children):
    """The processes of one test, its doors, and its log."""

    log: EventLog
    client: Client
    api_base: str

    @classmethod
    @asynccontextmanager
    async def open(
        cls, home: Path, database_url: str, nats_url: str, **settings: str
    ) -> AsyncIterator[Self]:
        """A migrated database, a client of the broker, and no process yet.

        `settings` are WAYBILL_ variables in lower case, without the prefix.
        """
        migrate(database_url)
        port = free_port()
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "WAYBILL_DATABASE_URL": database_url,
            "WAYBILL_NATS_URL": nats_url,
            "WAYBILL_SECRET_KEY_FILE": str(ensure_key(home / "secret.key")),
            "WAYBILL_GATEWAY_PORT": str(port),
            **_SETTINGS,
            **{f"WAYBILL_{name.upper()}": value for name, value in settings.items()},
        }
        client = await nats.connect(
            nats_url, max_reconnect_attempts=-1, reconnect_time_wait=0.2, error_cb=_calm
        )
        async with EventLog.open(database_url, readers=2) as log:
            plane = cls(home, environment, log, client, f"http://127.0.0.1:{port}")
            try:
                yield plane
            finally:
                plane.kill(*plane.started_besides())
                await client.close()

    async def request(self, verb: str, body: Mapping[str, Any]) -> Reply:
        """By request and reply; asked again, with the same message, until heard."""

        async def ask() -> Reply | None:
            try:
                message = await self.client.request(
                    names.command_subject(verb), json.dumps(body).encode(), timeout=10
                )
            except _UNHEARD:
                return None
            return Reply.model_validate_json(message.data)

        return await self.until(f"an answer to {verb}", ask, _flow_in(body))

    async def signal(self, verb: str, body: Mapping[str, Any]) -> Reply:
        """By the durable subject, with an inbox for the answer."""
        inbox = self.client.new_inbox()
        answers = await self.client.subscribe(inbox)

        async def publish() -> bool:
            try:
                await self.client.jetstream().publish(
                    names.signal_subject(verb),
                    json.dumps(body).encode(),
                    headers={"reply_to": inbox},
                )
            except _UNSTORED:
                return False
            return True

        async def answer() -> Reply | None:
            try:
                message = await answers.next_msg(timeout=1)
            except NoAnswerError:
                return None
            return Reply.model_validate_json(message.data)

        await self.until(f"{verb} to be stored", publish, _flow_in(body))
        reply = await self.until(f"an answer to {verb}", answer, _flow_in(body))
        await answers.unsubscribe()
        return reply

    async def http(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        """By the gateway, once it listens and has somebody to ask."""
        async with httpx.AsyncClient(base_url=self.api_base, timeout=15) as client:

            async def ask() -> httpx.Response | None:
                try:
                    answer = await client.request(
                        method, path, json=body, headers=headers
                    )
                except httpx.ConnectError:
                    return None
                return None if answer.status_code == _UNAVAILABLE else answer

            return await self.until(f"an answer to {method} {path}", ask)

    async def ends(self, name: str) -> None:
        """Wait until it runs no more."""

        async def over() -> bool:
            return not self.runs(name)

        await self.until(f"{name} to end", over)

    async def events(self, data_flow_id: str) -> list[Recorded]:
        """Every event of the flow, of all its streams, in the order of the log."""
        return await history.of_flow(self.log, data_flow_id)

    async def topics(self, data_flow_id: str) -> list[str]:
        """The topics of the flow's events."""
        return [each.event.TOPIC for each in await self.events(data_flow_id)]

    async def flow(self, data_flow_id: str) -> DataFlow:
        """The data flow as its events left it."""
        flow = data_flow.INITIAL
        for each in await self.log.load(names.data_flow_stream(data_flow_id)):
            assert isinstance(each.event, data_flow.DataFlowEvent)
            flow = data_flow.evolve(flow, each.event)
        return flow

    async def reaches(self, data_flow_id: str, state: State) -> DataFlow:
        """Wait for a state."""

        async def there() -> DataFlow | None:
            flow = await self.flow(data_flow_id)
            return flow if flow.state is state else None

        return await self.until(f"{data_flow_id} to be {state}", there, data_flow_id)

    async def records(self, data_flow_id: str, topic: str, count: int = 1) -> None:
        """Wait for so many events of a topic."""

        async def there() -> bool:
            return await history.count(self.log, data_flow_id, topic) >= count

        await self.until(f"{count} {topic}", there, data_flow_id)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Any question to the database."""
        async with self.log.pool.connection() as connection:
            found = await connection.execute(query.encode())
            return await found.fetchall() if found.description else []

    async def is_clean(self) -> bool:
        """Whether nothing is left to do: no row of work, no claim, no secret."""
        counts = await self.rows(
            "SELECT (SELECT count(*) FROM work.flow)"
            " + (SELECT count(*) FROM work.segment)"
            " + (SELECT count(*) FROM work.object)"
            " + (SELECT count(*) FROM work.claim)"
            " + (SELECT count(*) FROM secret.data_key)"
            " + (SELECT count(*) FROM secret.sealed)"
        )
        return counts == [(0,)]

    async def cleaned_up(self) -> None:
        """Wait for that."""
        await self.until("no row of work and no secret to be left", self.is_clean)

    async def until(
        self,
        what: str,
        condition: Callable[[], Awaitable[_T | None]],
        data_flow_id: str | None = None,
    ) -> _T:
        """What the condition gives, once it gives anything true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                found = await condition()
            except _AWAY:
                found = None
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(await self._report(what, data_flow_id))
            await asyncio.sleep(_POLL_SECONDS)

    async def _report(self, what: str, data_flow_id: str | None) -> str:
        lines = [f"waited {PATIENCE_SECONDS:g} s for {what}"]
        if data_flow_id:
            lines += history.lines(await self.events(data_flow_id))
        return "\n".join([*lines, *self.tails()])


def _flow_in(body: Mapping[str, Any]) -> str | None:
    return body.get("dataFlowId") or body.get("processId")


async def _calm(_: Exception) -> None:
    """A broker that goes away is part of some tests."""
