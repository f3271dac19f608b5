"""What the live page asks for: all flows at a glance, the map of parts, the workers."""

import asyncio
from typing import Any

import httpx
import nats

from domain import names
from domain.errors import CATALOGUE
from domain.transfer.events import ObjectPlanned, Route
from tests.gateway.test_refusals import assert_problem
from tests.projections import events as told
from tests.projections.events import FLOW, MIB
from tests.projections.story import Story

BOARD, PARTS = "/management/board", f"/management/dataflows/{FLOW}/parts"


async def test_the_board_shows_flows_with_progress_and_then_only_what_changes(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(*(told.started(f"flow-{n}") for n in range(5)))
    await story.project()
    first = (await reader.get(BOARD, params={"limit": 3})).json()
    assert [each["dataFlowId"] for each in first["flows"]] == [
        *("flow-4", "flow-3", "flow-2")
    ]
    older = (await reader.get(BOARD, params={"before": first["next"]})).json()
    assert [each["dataFlowId"] for each in older["flows"]] == ["flow-1", "flow-0"]
    assert (older["next"], first["states"]) == (None, {"STARTED": 5})

    since: dict[str, Any] = {"since": first["position"]}
    assert (await reader.get(BOARD, params=since)).json()["flows"] == []
    await story.happened(
        told.page("flow-1", size_bytes=4 * MIB),
        told.objects("s1", told.outcome("a"), flow="flow-1"),
        told.suspended("flow-3"),
    )
    await story.project()
    changed = (await reader.get(BOARD, params=since)).json()["flows"]
    assert [(e["dataFlowId"], e["state"], e["percent"]) for e in changed] == [
        ("flow-3", "SUSPENDED", None),
        ("flow-1", "STARTED", 25.0),
    ]
    assert (changed[1]["source"], changed[1]["destination"]) == (
        *("s3://lake/", "s3://partner/"),
    )
    newer = {**since, "oldest": first["flows"][-1]["place"]}
    assert len((await reader.get(BOARD, params=newer)).json()["flows"]) == 1
    assert_problem(await reader.get(BOARD, params={"limit": 0}), 400, "message.invalid")


async def test_the_part_map_tells_what_was_done_by_whom_page_by_page(
    reader: httpx.AsyncClient, story: Story
) -> None:
    large = ObjectPlanned(
        data_flow_id=FLOW,
        object=told.planned_object("big"),
        route=Route.STREAM,
        uploads_before=(),
    )
    await story.happened(told.started(), told.started("other"), large)
    await story.happened(told.segment_planned("s1", told.parts_work("big")))
    await story.happened(told.segment_planned("s2", told.pack_work("a", "b")))
    await story.project()
    # What the index has not read yet is in it all the same.
    await story.happened(
        told.leased("s1"), told.part("s1", 1), why=told.cause(actor="w1")
    )
    await story.happened(told.part("s9", 1, "other"))
    await story.happened(
        told.objects("s2", told.outcome("a"), told.outcome("b", "storage.denied")),
        told.failed("s1"),
    )
    pages: list[Any] = []
    after: int | None = 0
    while after is not None:
        answer = await reader.get(PARTS, params={"after": after, "limit": 2})
        pages.append(answer.json())
        after = pages[-1]["next"]
    (big,) = [each for page in pages for each in page["objects"]]
    assert (big["key"], big["parts"]) == ("in/big", 2)
    work = [each for page in pages for each in page["segments"]]
    assert [(e["kind"], e["objectId"], e["last"], e["objects"]) for e in work] == [
        ("parts", "big", 2, None),
        ("pack", None, None, 2),
    ]
    steps = [each for page in pages for each in page["steps"]]
    assert [(e["what"], e["worker"], e["part"], e["failed"]) for e in steps] == [
        ("leased", "w1", None, None),
        ("part", "w1", 1, None),
        ("objects", "test", None, 1),
        ("failed", "test", None, None),
    ]
    assert steps[-1]["code"] == "storage.denied"
    last = {"after": pages[-1]["position"]}
    assert (await reader.get(PARTS, params=last)).json()["steps"] == []
    unknown = await reader.get("/management/dataflows/unknown/parts")
    assert_problem(unknown, 404, "flow.unknown")


async def test_workers_are_those_that_were_heard(
    client: httpx.AsyncClient, nats_url: str
) -> None:
    beat = (
        b'{"worker": "w-1", "slots": 4, "segments":'
        b' [{"data_flow_id": "f", "segment_id": "s"}], "scopes": [], "news": 1}'
    )
    line = await nats.connect(nats_url)
    async with asyncio.timeout(20):
        while True:
            await line.publish(names.worker_subject("w-0"), b"no heartbeat")
            await line.publish(names.worker_subject("w-1"), beat)
            found = (await client.get("/management/workers")).json()
            # A worker of other tests may be heard as well.
            heard = {each["worker"]: each for each in found["workers"]}
            if "w-1" in heard:
                break
            await asyncio.sleep(0.05)
    await line.close()
    assert "w-0" not in heard
    worker = heard["w-1"]
    assert worker["slots"] == 4
    assert worker["segments"] == [{"dataFlowId": "f", "segmentId": "s"}]


async def test_each_error_code_is_explained(client: httpx.AsyncClient) -> None:
    lines = (await client.get("/management/errors")).json()["errors"]
    assert {each["code"] for each in lines} == set(CATALOGUE)
    assert all(each["remedy"] and each["owner"] for each in lines)
