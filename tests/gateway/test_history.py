"""A history is filtered, and told as JSON, JSON lines or CloudEvents."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from eventlog import migrate
from projections.cloud_events import BATCH
from tests import services
from tests.gateway.serving import reading
from tests.gateway.test_refusals import assert_problem
from tests.projections import past_oracle
from tests.projections.long_life import FLOW, happened
from tests.projections.story import story_in

AUDIT = f"/audit/dataflows/{FLOW}"
_FORETOLD = ("bytesPerSecond", "objectsPerSecond", "timeLeft")

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
async def reader(database_url: str, nats_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway on the log of a long life, which no test changes."""
    with services.fresh_database(database_url) as url:
        migrate(url)
        async with story_in(url) as story:
            await happened(story.log)
            # Half of it is indexed: the rest is found all the same.
            await story.follower("history_index").catch_up()
        async with reading(url, nats_url) as client:
            yield client


@pytest.fixture(scope="module")
async def lines(reader: httpx.AsyncClient) -> Lines:
    """Give the whole history."""
    return await told(reader)


async def told(reader: httpx.AsyncClient, **asked: Any) -> Lines:
    headers = {"Accept": "application/x-ndjson"}
    answer = await reader.get(f"{AUDIT}/events", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_filters_take_what_was_asked_for_and_nothing_else(
    reader: httpx.AsyncClient, lines: Lines
) -> None:
    async def takes(expected: Lines, **asked: Any) -> None:
        assert expected
        assert await told(reader, **asked) == expected

    topics = ["segment.leased", "data-flow.suspended.v1"]
    wanted = ("segment.leased.v1", "data-flow.suspended.v1")
    await takes([x for x in lines if x["topic"] in wanted], topic=topics)
    segments = [x for x in lines if x["stream"].startswith("segment/")]
    await takes(segments, kind="segment")
    assert any(x["topic"].startswith("endpoint.") for x in segments)
    leases = [x for x in lines if x["topic"] == "segment.leased.v1"]
    await takes(leases, topic="segment.leased", kind="segment")
    await takes([x for x in lines if x["actor"] == "worker-2"], actor="worker-2")
    workers = [x for x in lines if x["actor"].startswith("worker-")]
    await takes(workers, actor="worker-*")
    low, high = lines[100]["position"], lines[700]["position"]
    await takes(lines[101:701], after=low, to=high)
    since, until = lines[200]["recordedAt"], lines[900]["recordedAt"]
    between = [x for x in lines if since <= x["recordedAt"] < until]
    await takes(between, since=since, until=until)
    some = [x for x in between if x in leases and low < x["position"] <= high]
    asked = {"since": since, "until": until, "after": low, "to": high}
    await takes(some, topic="segment.leased", **asked)


async def test_a_page_of_what_is_rare_is_full(
    reader: httpx.AsyncClient, lines: Lines
) -> None:
    wanted = [x for x in lines if x["actor"] == "operator"]
    found: Lines = []
    after: int | None = 0
    while after is not None:
        asked: dict[str, Any] = {"actor": "operator", "limit": 4, "after": after}
        answer = await reader.get(f"{AUDIT}/events", params=asked)
        page = answer.json()
        assert len(page["events"]) == 4 or page["next"] is None
        found, after = found + page["events"], page["next"]
    assert found == wanted


async def test_a_page_says_how_far_was_searched(
    reader: httpx.AsyncClient, lines: Lines
) -> None:
    async def page(**asked: Any) -> dict[str, Any]:
        answer = await reader.get(f"{AUDIT}/events", params=asked)
        found: dict[str, Any] = answer.json()
        return found

    topics = ["segment.leased", "segment.done", "segment.planned", "data-flow.resumed"]
    full = await page(topic=topics, limit=3)
    assert full["position"] == full["next"] == full["events"][-1]["position"]
    rest = await page(topic=["data-flow.completed"])
    assert len(rest["events"]) == 1
    assert rest["next"] is None
    assert rest["position"] >= lines[-1]["position"]
    assert not (await page(after=rest["position"]))["events"]
    assert (await page(actor="nobody", to=77))["position"] == 77
    assert (await page(after=88, to=77))["position"] == 88


async def test_cloud_events_are_pages_with_a_link_to_the_next(
    reader: httpx.AsyncClient, lines: Lines
) -> None:
    seen: Lines = []
    url = f"{AUDIT}/events?limit=400&kind=segment"
    while url:
        answer = await reader.get(url, headers={"Accept": f"{BATCH}, */*;q=0.1"})
        assert answer.headers["Content-Type"] == BATCH
        seen += answer.json()
        url = answer.links.get("next", {}).get("url", "")
    expected = [x for x in lines if x["stream"].startswith("segment/")]
    assert [x["id"] for x in seen] == [x["eventId"] for x in expected]
    one, line = seen[7], expected[7]
    assert one["specversion"] == "1.0"
    assert one["source"] == f"/audit/dataflows/{FLOW}"
    assert (one["type"], one["subject"]) == (line["topic"], line["stream"])
    assert (one["actor"], one["causationid"]) == (line["actor"], line["causationId"])
    assert one["correlationid"] == line["correlationId"]
    assert datetime.fromisoformat(one["time"]) == datetime.fromisoformat(
        line["occurredAt"]
    )
    assert int(one["sequence"]) == line["position"]
    assert one["data"] == line["data"]
    assert all(name.isalnum() and name.islower() for name in one)


@pytest.mark.parametrize(
    "asked",
    [
        {"topic": "segment.lost"},
        {"kind": "worker"},
        {"topic": "segment.leased", "kind": "transfer"},
        {"since": "yesterday"},
        {"since": "0"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"after": -1},
        {"limit": 0},
        {"wished": 1},
    ],
)
async def test_what_is_no_filter_is_refused(
    reader: httpx.AsyncClient, asked: dict[str, Any]
) -> None:
    answer = await reader.get(f"{AUDIT}/events", params=asked)
    assert_problem(answer, 400, "message.invalid")


async def test_the_state_at_a_position_is_what_the_oracle_counts(
    reader: httpx.AsyncClient, lines: Lines
) -> None:
    for index in (0, 1, 333, 512, 1000, len(lines) - 1):
        position = lines[index]["position"]
        answer = await reader.get(f"{AUDIT}/state", params={"asOf": position})
        found = answer.json()
        for name in _FORETOLD:
            del found["progress"][name]
        assert found == past_oracle.state_of(lines[: index + 1])


async def test_a_state_of_now_or_of_a_time(
    reader: httpx.AsyncClient, lines: Lines
) -> None:
    now = (await reader.get(f"{AUDIT}/state")).json()
    assert (now["flow"]["state"], now["events"]) == ("COMPLETED", len(lines))
    at = lines[600]["recordedAt"]
    then = (await reader.get(f"{AUDIT}/state", params={"asOf": at})).json()
    later = [x for x in lines if x["recordedAt"] > at]
    assert then["position"] < later[0]["position"]
    assert then["position"] >= lines[600]["position"]


async def test_moments_that_are_none(reader: httpx.AsyncClient) -> None:
    for name, moment, status, code in (
        ("state", {"asOf": "tomorrow"}, 400, "message.invalid"),
        ("state", {"asOf": "0001-01-01T00:00:00+14:00"}, 400, "message.invalid"),
        ("state", {"asOf": "0"}, 404, "flow.unknown"),
        ("state", {"asOf": "2001-01-01T00:00:00Z"}, 404, "flow.unknown"),
        ("diff", {}, 400, "message.invalid"),
        ("diff", {"from": "900", "to": "800"}, 400, "message.invalid"),
        ("why", {"asOf": "0"}, 404, "flow.unknown"),
    ):
        answer = await reader.get(f"{AUDIT}/{name}", params=moment)
        assert_problem(answer, status, code)
    for name in ("state", "why", "diff?from=1", "receipt/objects"):
        answer = await reader.get(f"/audit/dataflows/unknown/{name}")
        assert_problem(answer, 404, "flow.unknown")


async def test_what_happened_between_two_moments(
    reader: httpx.AsyncClient, lines: Lines
) -> None:
    begin, end = lines[400], lines[450]
    asked = {"from": begin["position"], "to": end["position"]}
    found = (await reader.get(f"{AUDIT}/diff", params=asked)).json()
    assert sum(found["events"].values()) == 50
    assert found["beforeAt"] == begin["recordedAt"]
    paths = {each["path"] for each in found["changes"]}
    assert "progress.leases" in paths
    to_now = await reader.get(f"{AUDIT}/diff", params={"from": begin["position"]})
    assert to_now.json()["afterPosition"] == lines[-1]["position"]


async def test_why_it_is_not_done(reader: httpx.AsyncClient, lines: Lines) -> None:
    now = (await reader.get(f"{AUDIT}/why")).json()
    assert now["answer"]["kind"] == "done"
    stopped = next(x for x in lines if x["topic"] == "data-flow.suspended.v1")
    asked = {"asOf": stopped["position"]}
    then = (await reader.get(f"{AUDIT}/why", params=asked)).json()
    assert then["answer"]["kind"] == "resume"
    assert then["answer"]["position"] == stopped["position"]
    assert not [x for x in then["decisions"] if x["position"] > stopped["position"]]


async def test_without_a_key_there_is_no_receipt(reader: httpx.AsyncClient) -> None:
    answer = await reader.get(f"{AUDIT}/receipt")
    assert_problem(answer, 503, "notary.no-key")
