"""Lists and reports come from the read models, and say how far behind they are."""

import httpx

from domain.data_flow import INITIAL, evolve
from domain.location import CopyOptions, PlanMode
from tests.gateway.peer import Peer
from tests.gateway.test_refusals import assert_problem
from tests.projections.events import (
    FLOW,
    MIB,
    objects,
    outcome,
    page,
    prepared,
    started,
    suspended,
    terms,
)
from tests.projections.story import Story

FLOWS = "/management/dataflows"


async def ids(client: httpx.AsyncClient, **query: str | int) -> list[str]:
    answer = await client.get(FLOWS, params=query)
    assert answer.status_code == 200, answer.text
    return [each["dataFlowId"] for each in answer.json()["flows"]]


async def test_one_flow_is_shown_without_its_secret(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(started())
    await story.project()
    answer = await reader.get(f"{FLOWS}/{FLOW}")
    flow = answer.json()["flow"]
    assert flow["agreementId"] == "agreement-1"
    assert flow["source"] == {
        "mechanism": "s3",
        "fields": {"bucket": "lake", "region": None},
    }
    assert flow["createdAt"] == "2026-11-20T12:00:00.123456Z"
    assert "secret" not in answer.text
    assert answer.json()["lag"] == {"positions": 0, "seconds": 0.0}


async def test_the_list_goes_page_by_page_from_the_newest(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(*(started(f"flow-{number}") for number in range(7)))
    await story.project()
    seen: list[str] = []
    following: int | None = 1 << 40
    while following:
        answer = await reader.get(FLOWS, params={"limit": 3, "before": following})
        seen += [each["dataFlowId"] for each in answer.json()["flows"]]
        following = answer.json()["next"]
        # A flow that is added meanwhile does not move the pages.
        await story.happened(started(f"later-{len(seen)}"))
        await story.project()
    assert seen == [f"flow-{number}" for number in reversed(range(7))]


async def test_the_list_is_filtered(reader: httpx.AsyncClient, story: Story) -> None:
    other = terms(counter_party_id="did:web:other")
    await story.happened(
        started("a"), prepared("b"), started("c", terms=other), suspended("c")
    )
    await story.project()
    assert await ids(reader) == ["c", "b", "a"]
    assert await ids(reader, state="SUSPENDED") == ["c"]
    assert await ids(reader, role="consumer") == ["b"]
    assert await ids(reader, counterPartyId="did:web:other") == ["c"]
    assert await ids(reader, state="STARTED", role="consumer") == []


async def test_what_is_asked_wrongly_is_refused(client: httpx.AsyncClient) -> None:
    for query in ({"state": "BUSY"}, {"limit": "0"}, {"before": "x"}, {"status": "x"}):
        answer = await client.get(FLOWS, params=query)
        assert_problem(answer, 400, "message.invalid")


async def test_an_unknown_flow_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("", "/progress", "/progress/events"):
        answer = await client.get(f"{FLOWS}/unknown{path}")
        assert_problem(answer, 404, "flow.unknown")
    # No flow can have such an id.
    assert_problem(await client.get(f"{FLOWS}/a%00b"), 400, "message.invalid")


async def test_an_approval_is_a_command_of_its_own(
    client: httpx.AsyncClient, peer: Peer
) -> None:
    peer.flows["f"] = evolve(
        INITIAL, started("f", options=CopyOptions(plan=PlanMode.APPROVE))
    )
    answer = await client.post(f"{FLOWS}/f/approve", json={"messageId": "m1"})
    assert (answer.status_code, answer.content) == (200, b"")
    verb, body, _ = peer.received[-1]
    assert (verb, body) == ("approve", {"messageId": "m1", "dataFlowId": "f"})
    assert not peer.flows["f"].held
    refused = await client.post(f"{FLOWS}/none/approve")
    assert_problem(refused, 404, "flow.unknown")


async def test_a_priority_is_a_command_of_its_own(
    client: httpx.AsyncClient, peer: Peer
) -> None:
    peer.flows["f"] = evolve(INITIAL, started("f"))
    said = {"messageId": "m1", "priority": 5}
    answer = await client.post(f"{FLOWS}/f/priority", json=said)
    assert (answer.status_code, answer.content) == (200, b"")
    verb, body, _ = peer.received[-1]
    assert (verb, body) == ("prioritize", {**said, "dataFlowId": "f"})
    assert peer.flows["f"].priority == 5
    for wrong in ({}, {"priority": 6}, {"priority": 2.5}, {"priority": "high"}):
        refused = await client.post(f"{FLOWS}/f/priority", json=wrong)
        assert_problem(refused, 400, "message.invalid")


async def test_progress_tells_what_is_left_out(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(started(), page(skipped={"excluded": 2, "too-old": 1}))
    await story.project()
    progress = (await reader.get(f"{FLOWS}/{FLOW}/progress")).json()["progress"]
    assert progress["skipped"] == {"excluded": 2, "too-old": 1}
    assert (progress["objectsSkipped"], progress["plan"]) == (3, "run")


async def test_progress_has_a_percentage(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(started(), page(size_bytes=8 * MIB))
    await story.happened(objects("s1", outcome("a"), outcome("b", "storage.denied")))
    await story.project()
    progress = (await reader.get(f"{FLOWS}/{FLOW}/progress")).json()["progress"]
    assert (progress["percent"], progress["phase"]) == (12.5, "running")
    assert (progress["objectsCopied"], progress["objectsFailed"]) == (1, 1)


async def test_an_answer_says_how_far_behind_it_is(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(started())
    await story.project()
    await story.happened(suspended(), started("flow-2"))
    for path in (f"{FLOWS}/{FLOW}", FLOWS, f"{FLOWS}/{FLOW}/progress"):
        lag = (await reader.get(path)).json()["lag"]
        assert lag["positions"] == 2
        assert 0 < lag["seconds"] < 60
