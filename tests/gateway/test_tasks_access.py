"""Whose tasks are whose, and tasks that are carried out elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain import names
from domain.task import Status
from handlers.commands.handle import load
from tests.gateway.tasking import KEY, OF_ALICE, SIDES, House, housed
from tests.gateway.test_refusals import assert_problem
from tests.services import TestServers

ALICE, BOB = "planted-alice-41f0", "planted-bob-8c22"
_OPERATOR = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
async def guarded(
    servers: TestServers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """Give one where users need keys."""
    home = tmp_path_factory.mktemp("tasks")
    (home / "operator.key").write_text(KEY)
    environment = {
        "AUTHORIZATION": "required",
        "OPERATOR_KEY_FILE": str(home / "operator.key"),
        "UPLOAD_KEYS": f"{ALICE}:alice,{BOB}:bob",
        "TASK_CREDENTIALS": "lake:alice",
    }
    async with housed(servers, home, **environment) as house:
        yield house


def of(key: str) -> dict[str, str]:
    return {"X-API-Key": key}


async def test_help_is_a_table_of_the_routes(guarded: House) -> None:
    lines = (await guarded.http.get("/api/v1/help")).json()["endpoints"]
    table = {(each["method"], each["path"]): each["auth"] for each in lines}
    assert len(table) == 12
    assert table["GET", "/api/v1/help"] == "none"
    assert table["DELETE", "/api/v1/admin/tasks/{task_id}"] == "X-Operator-Token"
    assert all(each["description"] for each in lines)


async def test_users_are_let_in_by_their_keys_and_operators_by_theirs(
    guarded: House,
) -> None:
    http = guarded.http
    assert_problem(await http.post(OF_ALICE, json=SIDES), 401, "access.key-missing")
    assert_problem(await http.get(OF_ALICE), 401, "access.key-missing")
    for key in (BOB, "planted-none"):
        wrong = await http.post(OF_ALICE, json=SIDES, headers=of(key))
        assert_problem(wrong, 403, "access.key-invalid")
        assert "planted" not in wrong.text
        wrong = await http.get(OF_ALICE, headers=of(key))
        assert_problem(wrong, 403, "access.key-invalid")
    answer = await http.post(OF_ALICE, json=SIDES, headers=of(ALICE))
    task_id = answer.json()["taskId"]
    where = f"/api/v1/services/sync/tasks/{task_id}"
    for user in ("alice", "bob"):
        other = await http.get(where, params={"user_id": user}, headers=of(BOB))
        assert_problem(other, 404, "task.unknown")
    shown = await http.get(where, params={"user_id": "alice"}, headers=of(ALICE))
    assert shown.status_code == 200
    await guarded.story.follower("tasks").catch_up()
    users = await http.get("/api/v1/services/sync/users", headers=of(BOB))
    assert users.json()["users"] == []
    admin = "/api/v1/admin/tasks"
    for method, path in (("GET", ""), ("POST", f"/{task_id}/cancel")):
        refused = await http.request(method, admin + path, headers=of(ALICE))
        assert_problem(refused, 401, "access.token-invalid")
        known = {"X-Operator-Token": KEY}
        answer = await http.request(method, admin + path, headers=known)
        assert answer.status_code == 200, answer.text


async def test_a_users_task_is_given_nothing_of_ours(guarded: House) -> None:
    inside = {**SIDES, "sourceEndpoint": "http://169.254.169.254"}
    answer = await guarded.http.post(OF_ALICE, json=inside, headers=of(ALICE))
    assert_problem(answer, 403, "address.not-allowed")
    named = {**SIDES, "destinationCredentials": "lake"}
    bob = OF_ALICE.replace("alice", "bob")
    answer = await guarded.http.post(bob, json=named, headers=of(BOB))
    assert_problem(answer, 400, "task.input-invalid")
    answer = await guarded.http.post(OF_ALICE, json=named, headers=of(ALICE))
    flow, _ = await load(guarded.story.log, answer.json()["taskId"])
    assert flow.source is not None
    assert flow.source.foreign


async def open_tasks(house: House) -> list[str]:
    """The ids of those that nobody has taken, as a client of the broker finds them."""
    asked = json.dumps({"service": "render", "status": "submitted"}).encode()
    subject = names.query_subject("tasks")
    async with asyncio.timeout(10):
        while True:
            found = await house.nats.request(subject, asked, headers=_OPERATOR)
            if tasks := json.loads(found.data)["tasks"]["tasks"]:
                return [each["taskId"] for each in tasks]
            # The gateway of other tests, with its own database, hears it as well.
            await asyncio.sleep(0.01)


async def test_others_hear_of_a_task_and_report_on_it(guarded: House) -> None:
    news = await guarded.nats.subscribe(names.task_event_subject("render", "*"))
    path = OF_ALICE.replace("sync", "render")
    inputs = {"scene": "s3://lake/a", "apiToken": "planted"}
    answer = await guarded.http.post(path, json=inputs, headers=of(ALICE))
    assert answer.json()["status"] == Status.SUBMITTED
    told = json.loads((await news.next_msg(timeout=10)).data)
    assert told["type"] == "task.submitted.v1"
    assert told["data"]["inputs"] == {"scene": "s3://lake/a", "apiToken": "***"}
    task = {"taskId": told["data"]["taskId"]}
    assert told["subject"] == answer.json()["taskId"]
    await guarded.story.follower("tasks").catch_up()
    assert await open_tasks(guarded) == [task["taskId"]]
    line = {"messageId": "m-1", "status": "running", "log": ["frame 1 of 2"]}
    for _ in range(2):
        reply = await guarded.request(names.REPORT_TASK, {**task, **line})
        assert [each.partition(",")[2] for each in reply["task"]["log"]][1:] == [
            "frame 1 of 2",
            "Running",
        ]
    done = {**task, "status": "completed", "percent": 100, "detail": "2 frames"}
    reply = await guarded.request(names.REPORT_TASK, done)
    assert (reply["task"]["status"], reply["task"]["percent"]) == ("completed", 100)
    late = {**task, "status": "failed"}
    reply = await guarded.request(names.REPORT_TASK, late)
    assert reply["problem"]["code"] == "task.illegal-transition"


async def test_others_hear_of_a_cancellation_and_say_when_it_is_done(
    guarded: House,
) -> None:
    news = await guarded.nats.subscribe(names.task_event_subject("render", "*"))
    await guarded.nats.flush()

    async def heard() -> tuple[str, str | None, str | None]:
        told: dict[str, Any] = {"subject": None}
        while told["subject"] != task_id:
            told = json.loads((await news.next_msg(timeout=10)).data)
        data = told["data"]
        return told["type"], data.get("status"), data.get("reason")

    path = OF_ALICE.replace("sync", "render")
    answer = await guarded.http.post(path, json={"scene": "a"}, headers=of(ALICE))
    task_id = answer.json()["taskId"]
    assert await heard() == ("task.submitted.v1", None, None)
    task = {"taskId": task_id}
    await guarded.request(names.REPORT_TASK, {**task, "status": "running"})
    assert await heard() == ("task.reported.v1", "running", None)
    where = f"/api/v1/services/render/tasks/{task_id}"
    for _ in range(2):
        cancelled = await guarded.http.post(
            f"{where}/cancel", params={"user_id": "alice"}, headers=of(ALICE)
        )
        assert cancelled.json()["status"] == Status.CANCELLING
    # Once, however often it was asked for: the next that is heard is the answer to it.
    assert await heard() == ("task.cancel-requested.v1", None, "")
    done = {**task, "status": "cancelled", "detail": "after frame 1"}
    reply = await guarded.request(names.REPORT_TASK, done)
    assert reply["task"]["status"] == Status.CANCELLED
    assert await heard() == ("task.reported.v1", "cancelled", None)
    shown = await guarded.http.get(
        where, params={"user_id": "alice"}, headers=of(ALICE)
    )
    assert [each.partition(",")[2] for each in shown.json()["log"]][-2:] == [
        "Cancellation requested",
        "Cancelled: after frame 1",
    ]
