"""The gateway on a real socket, inside the test's own process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn

from gateway.app import create_app
from gateway.dependencies import Dependencies
from gateway.settings import Settings


def settings(**changes: Any) -> Settings:
    """Settings with short patience."""
    usual = {"command_timeout_seconds": 1.0, "authorization": "development"}
    return Settings(**{**usual, **changes})


@contextlib.asynccontextmanager
async def serving(chosen: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with these settings."""
    dependencies = Dependencies.of(chosen)
    config = uvicorn.Config(
        create_app(dependencies), host="127.0.0.1", port=0, log_config=None
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, timeout=20) as client:
            yield client
    finally:
        dependencies.closing.set()
        server.should_exit = True
        await running


@contextlib.asynccontextmanager
async def reading(database_url: str, nats_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that is ready, on this database."""
    async with serving(
        settings(database_url=database_url, nats_url=nats_url)
    ) as client:
        await until_ready(client)
        yield client


async def until_ready(client: httpx.AsyncClient) -> None:
    """Wait until the broker and the database were found."""
    async with asyncio.timeout(20):
        while (await client.get("/readyz")).status_code != httpx.codes.OK:
            await asyncio.sleep(0.05)
