"""A gateway and a commands handler in one process, for tests of tasks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from nats.aio.client import Client

from domain import names
from handlers import wiring
from handlers.settings import Settings
from tests import services
from tests.gateway.serving import serving, settings, until_ready
from tests.projections.story import Story, story_in
from waybill.secret_key import ensure_key

KEY = "planted-operator-key-7d1e"
SIDES = {"source": "s3://lake/in/", "destination": "s3://partner/out/"}
SECRETS = {"sourceAccessKeyId": "planted-id", "sourceSecretAccessKey": "planted-key"}
OF_ALICE = "/api/v1/services/sync/users/alice/tasks"


@dataclass
class House:
    """A gateway, a commands handler, the log and the broker behind them."""

    http: httpx.AsyncClient
    story: Story
    nats: Client

    async def submit(self, path: str = OF_ALICE, **inputs: str) -> dict[str, Any]:
        """Submit a task; what is told of it."""
        answer = await self.http.post(path, json={**SIDES, **inputs})
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def listed(self, path: str, **query: str) -> list[str]:
        """The ids of the tasks that a list shows, once it is up to date."""
        await self.story.follower("tasks").catch_up()
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["lag"]["positions"] == 0
        return [each["taskId"] for each in answer.json()["tasks"]]

    async def request(self, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """As a client of the broker, with the operator's key."""
        headers = {"Authorization": f"Bearer {KEY}"}
        subject, data = names.command_subject(verb), json.dumps(body).encode()
        answer = await self.nats.request(subject, data, timeout=10, headers=headers)
        told: dict[str, Any] = json.loads(answer.data)
        return told


@contextlib.asynccontextmanager
async def housed(
    servers: services.TestServers, home: Path, **environment: str
) -> AsyncIterator[House]:
    """The house, with the settings of this environment; it stays for a module."""
    with (
        services.fresh_database(servers.database_url) as database,
        pytest.MonkeyPatch.context() as patch,
    ):
        usual = {
            "DATABASE_URL": database,
            "NATS_URL": servers.nats_url,
            "SECRET_KEY_FILE": str(ensure_key(home / "secret.key")),
            "TASK_SERVICES": "render,index",
        }
        for name, value in {**usual, **environment}.items():
            patch.setenv(f"WAYBILL_{name}", value)
        await services.delete_streams(servers.nats_url)
        async with _running(database, servers.nats_url, environment) as house:
            yield house


@contextlib.asynccontextmanager
async def _running(
    database: str, broker: str, environment: Mapping[str, str]
) -> AsyncIterator[House]:
    async with (
        story_in(database) as story,
        wiring.plane(Settings()) as plane,
        wiring.ROLES["commands"](plane) as run,
        serving(settings(authorization=environment["AUTHORIZATION"])) as http,
    ):
        running = asyncio.ensure_future(run())
        client = await nats.connect(broker)
        try:
            await until_ready(http)
            yield House(http, story, client)
        finally:
            await client.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
