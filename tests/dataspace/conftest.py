"""Two planes with a control plane each: their own processes, databases and brokers."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import services
from tests.dataspace.control_plane import ControlPlane
from tests.dataspace.files import Files
from tests.scenarios.plane import Plane
from tests.services import TestServers
from waybill.embedded import EmbeddedNats
from waybill.embedded.ports import free_port

_ROLES = ("gateway", "commands", "dispatcher", "projections", "worker", "door")


@dataclass(frozen=True)
class Participant:
    """One side of the dataspace."""

    control: ControlPlane
    plane: Plane


@pytest.fixture(scope="module")
def second_broker(server_home: Path) -> Iterator[str]:
    """A broker of the provider's own: subjects are a plane's, not a dataspace's."""
    home = server_home / "second-broker"
    home.mkdir()
    with EmbeddedNats(home) as server:
        yield server.url


@pytest.fixture(scope="module")
async def consumer(
    server_home: Path, servers: TestServers
) -> AsyncIterator[Participant]:
    """Give the side that wants the data."""
    await services.delete_streams(servers.nats_url)
    home = server_home / "consumer"
    async with _participant("consumer", 1, home, servers, servers.nats_url) as made:
        yield made


@pytest.fixture(scope="module")
async def provider(
    server_home: Path, servers: TestServers, second_broker: str
) -> AsyncIterator[Participant]:
    """Give the side that has it; it asks for each agreement before it starts."""
    home = server_home / "provider"
    async with _participant(
        "provider", 2, home, servers, second_broker, fetch_agreement="true"
    ) as made:
        yield made


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    """Give a plain HTTP server."""
    async with Files.open(tmp_path) as made:
        yield made


@asynccontextmanager
async def _participant(
    name: str,
    seed: int,
    home: Path,
    servers: TestServers,
    nats_url: str,
    **settings: str,
) -> AsyncIterator[Participant]:
    home.mkdir()
    port = free_port()
    http = {"door_url": f"http://127.0.0.1:{port}", "allow_http": True}
    with services.fresh_database(servers.database_url) as database:
        async with (
            ControlPlane.open(name, seed) as control,
            Plane.open(
                home,
                database,
                nats_url,
                authorization="development",
                control_plane_url=control.url,
                mechanism_options=json.dumps({"http": http}),
                door_port=str(port),
                # So that a copy takes long enough to be suspended.
                worker_parts="1",
                **settings,
            ) as plane,
        ):
            control.api_base = plane.api_base
            plane.start(*_ROLES)
            await plane.http("GET", "/readyz")
            yield Participant(control, plane)
