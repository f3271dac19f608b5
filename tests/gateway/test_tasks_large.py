"""What is large for one message of the broker: it holds up nothing, and nobody."""

import dataclasses
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nats.aio.subscription import Subscription

from domain import names
from tests import controls
from tests.gateway.tasking import OF_ALICE, House, housed
from tests.gateway.test_refusals import assert_problem
from tests.services import TestServers
from waybill.embedded import EmbeddedNats

_OF_RENDER = OF_ALICE.replace("sync", "render")
# As it is recorded: the broker takes a megabyte in one message.
_TOO_LARGE = {f"scene-{n}": ["?key=***" + "&key=***" * 680] * 25 for n in range(10)}
_LARGE = {"scene": _TOO_LARGE["scene-0"] * 3}


@pytest.fixture(scope="module")
async def house(
    servers: TestServers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """Give one with a broker that no other test's gateway hears."""
    home = tmp_path_factory.mktemp("tasks")
    with EmbeddedNats(home) as broker:
        own = dataclasses.replace(servers, nats_url=broker.url)
        async with housed(own, home, AUTHORIZATION="development") as house:
            yield house


async def heard(news: Subscription) -> tuple[str, dict[str, Any]]:
    """Of which task the next news is, and what it tells of the inputs."""
    told = json.loads((await news.next_msg(timeout=10)).data)
    return told["subject"], told["data"]["inputs"]


async def open_tasks(house: House, **asked: Any) -> list[dict[str, Any]]:
    """Those that nobody has taken, page by page, as a client of the broker has them."""
    found: list[dict[str, Any]] = []
    before = None
    while True:
        body = json.dumps({"service": "render", "before": before, **asked}).encode()
        answer = await house.nats.request(names.query_subject("tasks"), body, 10)
        page = json.loads(answer.data)["tasks"]
        found += page["tasks"]
        before = page["next"]
        if before is None:
            return found


async def test_a_megabyte_of_inputs_is_refused_and_not_recorded(house: House) -> None:
    given = json.dumps(_TOO_LARGE, separators=(",", ":")).replace("***", "x")
    assert len(given) < 1 << 20 < len(json.dumps(_TOO_LARGE))
    answer = await house.http.post(_OF_RENDER, content=given)
    assert_problem(answer, 400, "task.input-invalid")
    assert await house.listed(_OF_RENDER) == []


async def test_what_is_recorded_and_too_large_is_told_without_its_inputs(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    news = await house.nats.subscribe(names.task_event_subject("render", "submitted"))
    await house.nats.flush()
    with caplog.at_level(logging.WARNING):
        await house.story.happened(
            controls.task_submitted(task_id="too-large", inputs=_TOO_LARGE)
        )
        assert await heard(news) == ("too-large", {})
    assert "task.submitted.v1 is told without its inputs" in caplog.messages
    where = "/api/v1/admin/tasks/too-large"
    shown = await house.http.get(where)
    assert (shown.status_code, shown.json()["inputs"]) == (200, {})
    assert [each.partition(",")[2] for each in shown.json()["log"]] == [
        "Submitted to render by alice"
    ]
    # The others are not held up by it.
    small = await house.submit(_OF_RENDER)
    assert await heard(news) == (small["taskId"], small["inputs"])


async def test_a_list_of_large_tasks_is_told_in_more_pages(house: House) -> None:
    large = [f"large-{n}" for n in range(6)]
    for each in large:
        submitted = controls.task_submitted(task_id=each, inputs=_LARGE)
        await house.story.happened(submitted)
    await house.story.happened(
        controls.task_submitted(task_id="larger", inputs=_TOO_LARGE)
    )
    await house.story.follower("tasks").catch_up()
    told = {each["taskId"]: each["inputs"] for each in await open_tasks(house)}
    assert {name: told[name] for name in large} == dict.fromkeys(large, _LARGE)
    assert told["larger"] == {}
