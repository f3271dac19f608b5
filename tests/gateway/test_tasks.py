"""Tasks over HTTP, decided by a commands handler in the same process."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import names
from domain.data_flow import State
from handlers.commands.handle import load
from tests.gateway.tasking import OF_ALICE, SECRETS, SIDES, House, housed
from tests.gateway.test_refusals import assert_problem
from tests.projections.events import errored
from tests.services import TestServers


@pytest.fixture(scope="module")
async def house(
    servers: TestServers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """Give one where everybody is let in, by the clock of Seoul."""
    environment = {"AUTHORIZATION": "development", "TASK_TIMEZONE": "Asia/Seoul"}
    home = tmp_path_factory.mktemp("tasks")
    async with housed(servers, home, **environment) as house:
        yield house


async def test_a_task_is_a_data_flow_from_the_moment_it_is_submitted(
    house: House,
) -> None:
    told = await house.submit(**SECRETS)
    task_id = told["taskId"]
    assert (told["status"], told["dataFlowId"]) == ("running", task_id)
    assert told["inputs"]["source"] == SIDES["source"]
    assert told["inputs"]["sourceSecretAccessKey"] == "***"
    first, second = told["log"]
    assert first.endswith("+09:00,Submitted to sync by alice")
    assert second.endswith("+09:00,Dispatched: the data flow has started")
    at = datetime.fromisoformat(first.partition(",")[0])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    where = f"/api/v1/services/sync/tasks/{task_id}"
    shown = await house.http.get(where, params={"user_id": "alice"})
    assert shown.json()["log"] == told["log"]
    flow, _ = await load(house.story.log, task_id)
    assert flow.state is State.STARTED
    assert flow.options.tenant == "alice"
    async with house.story.log.pool.connection() as connection:
        stored = await connection.execute(
            "SELECT xmin::text, state FROM waybill_events"
        )
        rows = await stored.fetchall()
    assert not any(b"planted" in bytes(row[1]) for row in rows)
    # Both events in one transaction: there is no moment in between to be killed in.
    assert (len(rows), len({row[0] for row in rows})) == (2, 1)


async def test_the_query_a_form_and_json_are_inputs(house: House) -> None:
    requests: tuple[dict[str, Any], ...] = (
        {"params": {**SIDES, "include": ["*.a", "*.b"]}},
        {"data": {**SIDES, "include": ["*.a", "*.b"]}},
        {"params": SIDES, "json": {"include": ["*.a", "*.b"]}},
    )
    for request in requests:
        answer = await house.http.post(OF_ALICE, **request)
        assert answer.status_code == 201, answer.text
        assert answer.json()["inputs"] == {**SIDES, "include": ["*.a", "*.b"]}
    twice = await house.http.post(OF_ALICE, params=SIDES, json=SIDES)
    assert_problem(twice, 400, "task.input-invalid")
    wrong = await house.http.post(OF_ALICE, params={**SIDES, "colour": "red"})
    assert_problem(wrong, 400, "task.input-invalid")
    nowhere = await house.http.post(OF_ALICE.replace("sync", "sing"), params=SIDES)
    assert_problem(nowhere, 404, "task.service-unknown")


async def test_sent_again_with_its_key_it_is_the_same_task(house: House) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(
        *(house.http.post(OF_ALICE, json=SIDES, headers=headers) for _ in range(4))
    )
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 201]
    (task_id,) = {each.json()["taskId"] for each in answers}
    listed = await house.listed(OF_ALICE)
    assert listed[0] == task_id
    assert listed.count(task_id) == 1


async def test_a_task_is_cancelled_and_deleted_by_its_user_alone(house: House) -> None:
    task_id = (await house.submit())["taskId"]
    where = f"/api/v1/services/sync/tasks/{task_id}"
    alice, bob = {"user_id": "alice"}, {"user_id": "bob"}
    for method, path in (("GET", ""), ("POST", "/cancel"), ("DELETE", "")):
        answer = await house.http.request(method, where + path, params=bob)
        assert_problem(answer, 404, "task.unknown")
    other = await house.http.get(where.replace("sync", "render"), params=alice)
    assert_problem(other, 404, "task.unknown")
    early = await house.http.delete(where, params=alice)
    assert_problem(early, 409, "task.illegal-transition")
    for _ in range(2):
        answer = await house.http.post(f"{where}/cancel", params=alice)
        assert answer.json()["status"] == "cancelled"
    flow, _ = await load(house.story.log, task_id)
    assert flow.state is State.TERMINATED
    assert await house.listed(OF_ALICE, status="cancelled") == [task_id]
    before = await house.listed(OF_ALICE)
    assert (await house.http.delete(where, params=alice)).status_code == 204
    gone = await house.http.get(where, params=alice)
    assert_problem(gone, 404, "task.unknown")
    assert await house.listed(OF_ALICE) == [each for each in before if each != task_id]


async def test_lists_are_scoped_and_paged(house: House) -> None:
    of_alice = OF_ALICE.replace("sync", "index")
    mine = [(await house.submit(of_alice))["taskId"] for _ in range(3)]
    his = (await house.submit(of_alice.replace("alice", "bob")))["taskId"]
    other = (await house.submit(OF_ALICE.replace("sync", "render")))["taskId"]
    every = await house.listed("/api/v1/admin/tasks")
    assert every[:5] == [other, his, *mine[::-1]]
    of_index = await house.listed("/api/v1/admin/services/index/tasks")
    assert of_index == [his, *mine[::-1]]
    assert await house.listed(of_alice) == mine[::-1]
    page = (await house.http.get(of_alice, params={"limit": 2})).json()
    assert await house.listed(of_alice, before=page["next"]) == mine[:1]
    users = "/api/v1/services/index/users"
    first = (await house.http.get(users, params={"limit": 1})).json()
    assert (first["users"][0]["userId"], first["users"][0]["tasks"]) == ("alice", 3)
    then = (await house.http.get(users, params={"after": first["next"]})).json()
    assert [each["userId"] for each in then["users"]] == ["bob"]


async def test_a_flow_that_fails_ends_with_its_task(
    house: House,
) -> None:
    task_id = (await house.submit(**SECRETS))["taskId"]
    _, version = await load(house.story.log, task_id)
    house.story.versions[names.data_flow_stream(task_id)] = version
    await house.story.happened(errored(task_id))
    async with asyncio.timeout(10):
        while (await load(house.story.log, task_id))[0].state is not State.TERMINATED:
            await asyncio.sleep(0.05)
    where = f"/api/v1/admin/tasks/{task_id}"
    told = (await house.http.get(where)).json()
    assert (told["status"], told["code"]) == ("failed", "storage.denied")
