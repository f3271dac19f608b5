"""One plane for the folder, and the kit as its only control plane."""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests import services
from tests.scenarios.plane import ROOT, Plane
from tests.tck.callbacks import Callbacks
from tests.tck.control_plane import ControlPlane
from tests.tck.renewal import DataClient
from waybill.embedded.ports import free_port

REHEARSAL = ROOT / "examples" / "rehearsal"
PLANE_DID = "did:web:plane.example"
_PROCESSES = ("commands", "dispatcher", "worker", "projections", "gateway", "door")


@pytest.fixture(scope="package")
async def callbacks() -> AsyncIterator[Callbacks]:
    """Give the server that the plane calls back."""
    async with Callbacks.open() as callbacks:
        yield callbacks


@pytest.fixture(scope="package")
async def plane(
    server_home: Path, database_url: str, nats_url: str, callbacks: Callbacks
) -> AsyncIterator[Plane]:
    """Give a plane that rehearses, with a data door for the HTTP profile."""
    home = server_home / f"plane-{uuid.uuid4().hex[:8]}"
    home.mkdir()
    datasets = home / "datasets.json"
    datasets.write_text(json.dumps({"*": {"rehearsal": True}}))
    door = free_port()
    http = {"allow_http": True, "require_renewal": True}
    settings = {
        "authorization": "development",
        "control_plane_url": callbacks.address,
        "datasets_file": str(datasets),
        "mechanism_options": json.dumps({"http": http}),
        "door_port": str(door),
        "door_url": f"http://localhost:{door}",
    }
    await services.delete_streams(nats_url)
    with services.fresh_database(database_url) as database:
        async with Plane.open(home, database, nats_url, **settings) as plane:
            plane.environment["PYTHONPATH"] += f":{REHEARSAL}"
            plane.start(*_PROCESSES)
            await plane.http("GET", "/dataflows/none/status")
            yield plane


@pytest.fixture
async def kit(plane: Plane, callbacks: Callbacks) -> AsyncIterator[ControlPlane]:
    """Give the kit: nothing of the last test is expected any more."""
    callbacks.forget()
    async with httpx.AsyncClient(
        base_url=plane.api_base,
        headers={"Authorization": "dummy-authorization"},
        timeout=10,
    ) as http:
        yield ControlPlane(
            http,
            callbacks,
            participant_id=PLANE_DID,
            counter_party_id=f"did:web:localhost%3A{callbacks.port}",
        )


@pytest.fixture
async def client(plane: Plane, kit: ControlPlane) -> DataClient:
    """Give whoever fetches the data, with its DID published; the door is open."""
    door_url = plane.environment["WAYBILL_DOOR_URL"]

    async def answers() -> httpx.Response | None:
        try:
            return await kit.http.get(f"{door_url}/flows/none")
        except httpx.ConnectError:
            return None

    found = await plane.until("an answer from the door", answers)
    assert not found.is_success
    client = DataClient(kit.counter_party_id, kit.participant_id, kit.http)
    kit.callbacks.did_document = client.did_document
    return client
