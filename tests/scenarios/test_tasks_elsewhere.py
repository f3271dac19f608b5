"""A service that carries tasks out elsewhere: whatever goes away, they end."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scenarios.plane import Plane
from waybill.embedded import EmbeddedNats

EXAMPLE = "examples.external_status_service.render_service"
API = "/api/v1/services/render"


@dataclass
class Elsewhere:
    """A plane, its broker, and the example."""

    plane: Plane
    broker: EmbeddedNats

    def serve(self, frame_seconds: float) -> None:
        """Start the example."""
        seconds = ("--frame-seconds", str(frame_seconds), "--answer-seconds", "0.5")
        self.plane.run("render", EXAMPLE, "--nats", self.broker.url, *seconds)

    async def submit(self) -> str:
        """A task of alice's; its id."""
        told = await self.plane.http("POST", f"{API}/users/alice/tasks")
        assert told.status_code == 201, told.text
        return str(told.json()["taskId"])

    async def cancel(self, task_id: str) -> str:
        """The status afterwards."""
        path = f"{API}/tasks/{task_id}/cancel?user_id=alice"
        return str((await self.plane.http("POST", path)).json()["status"])

    async def becomes(self, task_id: str, status: str) -> list[str]:
        """Wait until the task is that; the lines of its log."""
        path = f"/api/v1/admin/tasks/{task_id}"

        async def told() -> list[str] | None:
            task = (await self.plane.http("GET", path)).json()
            lines = [each.partition(",")[2] for each in task["log"]]
            return lines if task["status"] == status else None

        return await self.plane.until(f"{task_id} to be {status}", told)


@pytest.fixture
async def elsewhere(server_home: Path, database: str) -> AsyncIterator[Elsewhere]:
    """Give a plane with a broker that may go away."""
    home = server_home / f"elsewhere-{uuid.uuid4().hex[:8]}"
    with EmbeddedNats(home) as broker:
        async with Plane.open(
            home / "plane", database, broker.url, task_services="render"
        ) as plane:
            plane.start("commands", "projections", "gateway")
            yield Elsewhere(plane, broker)


async def test_it_heeds_a_cancellation_and_outlives_the_broker_and_itself(
    elsewhere: Elsewhere,
) -> None:
    plane = elsewhere.plane
    # So long for a frame that it is cancelled by what is heard, or not at all.
    elsewhere.serve(frame_seconds=600)
    heard = await elsewhere.submit()
    await elsewhere.becomes(heard, "running")
    assert await elsewhere.cancel(heard) == "cancelling"
    lines = await elsewhere.becomes(heard, "cancelled")
    assert lines[1:] == ["Running", "Cancellation requested", "Cancelled"]

    before = plane.output("render").count("asking again")
    elsewhere.broker.kill()

    async def asks_again() -> bool:
        return plane.output("render").count("asking again") > before

    await plane.until("it to miss the broker", asks_again)
    elsewhere.broker.start()
    finished, unwanted = await elsewhere.submit(), await elsewhere.submit()
    for each in (finished, unwanted):
        await elsewhere.becomes(each, "running")
    assert plane.runs("render")

    plane.kill("render")
    assert await elsewhere.cancel(unwanted) == "cancelling"
    elsewhere.serve(frame_seconds=0.01)
    lines = await elsewhere.becomes(finished, "completed")
    frames = [f"frame {n} of 4" for n in range(1, 5)]
    assert lines[1:] == ["Running", *frames, "Completed"]
    await elsewhere.becomes(unwanted, "cancelled")
