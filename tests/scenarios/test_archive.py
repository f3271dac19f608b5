"""A copy that is over goes to the archive; nobody notices but the tables."""

import pytest

from domain.archive import FlowArchived
from domain.data_flow import State
from domain.errors import IllegalTransitionError, NotaryKeyError
from projections.archive.moving import Archiving
from projections.catalogue import READ_MODELS
from projections.history import history
from projections.replay import replay
from projections.replay_views import Difference
from projections.settings import Settings
from projections.views import HistoryLine
from tests.scenarios import storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.ground import Ground
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from waybill.secret_key import ensure_key


@pytest.fixture
def archive(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the settings of an archive in the source's bucket, for all processes."""
    there = ground.pair.source
    settings = {
        "notary_key_file": str(ensure_key(ground.home / "notary.key")),
        "archive_key_file": str(ensure_key(ground.home / "archive.key")),
        "archive_url": f"s3://{ground.pair.source_bucket}/old/",
        "archive_endpoint_url": there.endpoint,
        "archive_access_key_id": there.access_key,
        "archive_secret_access_key": there.secret_key,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"WAYBILL_{name.upper()}", value)
    return settings


async def lines(plane: Plane, flow: str) -> list[HistoryLine]:
    async with plane.log.pool.connection() as connection:
        return await history(connection, flow) or []


async def archived(plane: Plane, flow: str) -> FlowArchived:
    """As soon as everybody is done with the flow, and it is sealed."""

    async def tried() -> FlowArchived | None:
        try:
            return await Archiving(plane.log, Settings()).archive(flow)
        except (IllegalTransitionError, NotaryKeyError):
            return None

    return await plane.until("the archive", tried, flow)


async def test_a_copy_that_is_over_is_archived(
    ground: Ground, archive: dict[str, str], flow: str
) -> None:
    sent = await storage.seed(ground.pair, {"in/big": 11 * MIB, "in/a": 10, "in/b": 0})
    copy = Copy(ground.pair, "in/", "out/", SMALL_PARTS)
    async with Plane.open(
        ground.home, ground.database_url, ground.nats_url, **archive
    ) as plane:
        plane.start("commands", "dispatcher", "worker", "projections")
        started = await plane.request("start", copy.start(flow))
        await plane.reaches(flow, State.COMPLETED)
        made = await archived(plane, flow)
        found = await lines(plane, flow)
        assert made.events == len(found) - 1
        assert len(await plane.events(flow)) < made.events
        # What was said before is answered as before, and the id is not free again.
        repeated = await plane.request("start", copy.start(flow))
        assert repeated.status == started.status
        again = await plane.request("start", copy.start(flow) | {"messageId": "other"})
        assert again.problem is not None
        assert again.problem.code == "flow.exists"
        # What failed of it is not known any more, and not taken for nothing.
        retry = Copy(ground.pair, "in/", "new/", {"failedOf": flow})
        await plane.request("start", retry.start("retry"))
        await plane.records("retry", "data-flow.errored.v1")
        assert await storage.arrived(ground.pair, "out/") == {
            f"out/{key.removeprefix('in/')}": digest for key, digest in sent.items()
        }
        replayed = [e async for e in replay(ground.database_url, list(READ_MODELS))]
        assert not [each for each in replayed if isinstance(each, Difference)]
