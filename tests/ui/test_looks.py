"""What the page asks for, and in which order: looks follow each other, and end."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.gateway.serving import reading
from tests.projections import events as told
from tests.projections.events import FLOW
from tests.projections.story import Story
from tests.ui.visit import Visits

_STOPS = 80
_EVENTS = 1 + 2 * _STOPS
_HISTORY = re.compile(r"/events\?.*limit=100(?!0)")
_BAR = re.compile(r"/events\?.*limit=1000$")
_GONE = {"code": "flow.shredded", "detail": "its archive's key is destroyed"}
# Two objects whose parts are too many together; the second is in two hands.
_GROUPED = """async () => {
  const { PartStore } = await import("./partstore.js");
  const store = new PartStore();
  const object = (objectId, position) =>
    ({ objectId, parts: 15000, sizeBytes: 1, partSizeBytes: 1, position });
  const segment = (segmentId, first, last, position) =>
    ({ segmentId, kind: "parts", objectId: "b", first, last, position });
  const step = (what, segmentId, worker, position, more) =>
    ({ what, segmentId, worker, position, at: "2026-01-01T00:00:00Z", ...more });
  const page = { objects: [object("a", 1), object("b", 2)], position: 20000,
    segments: [segment("s1", 1, 8000, 3), segment("s2", 8001, 15000, 4)],
    steps: [step("leased", "s1", "w1", 5), step("leased", "s2", "w2", 6)] };
  for (let part = 1; part <= 15000; part += 1) {
    const [id, worker] = part <= 8000 ? ["s1", "w1"] : ["s2", "w2"];
    page.steps.push(step("part", id, worker, 6 + part, { part, sizeBytes: 2 }));
  }
  page.steps.push(step("part", "s1", "w1", 15007, { part: 1, sizeBytes: 2 }));
  store.take(page);
  const at = (position) => {
    const { all, done, bytes, workers } = store.counts(position);
    return [all, done, bytes, workers.map((each) => each.done)];
  };
  const states = [6, 106, 15006].map((each) => store.stateOf(store.cells.at(-1), each));
  return [store.cells.length, states, at(106), at(Infinity)];
}"""


@pytest.fixture
async def reader(story: Story, nats_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway that reads the story."""
    async with reading(story.url, nats_url) as client:
        yield client


@pytest.fixture
async def stopped(story: Story) -> Story:
    """Give a story of a flow that was stopped and resumed many times."""
    turns = [told.suspended(), told.resumed()] * _STOPS
    await story.happened(told.started(), *turns)
    await story.project()
    return story


def _two_at_a_time() -> Callable[[Route], Awaitable[None]]:
    """The board in pages of two; the first page of older flows is refused."""
    fails = [True]

    async def answer(route: Route) -> None:
        url = re.sub(r"limit=\d+", "limit=2", route.request.url)
        if "since" not in url and "before" in url and fails:
            fails.pop()
            body = {"code": "plane.unavailable", "detail": "the database is away"}
            await route.fulfill(status=503, json=body)
        else:
            await route.continue_(url=url)

    return answer


async def test_all_changes_are_seen_though_they_come_page_by_page(
    reader: httpx.AsyncClient, story: Story, visits: Visits
) -> None:
    await story.happened(*(told.started(f"flow-{n}") for n in range(5)))
    await story.project()
    visit = await visits.to("about:blank")
    page = visit.page
    visit.excused.append("503 (Service Unavailable)")
    await page.route("**/management/board?*", _two_at_a_time())
    await page.goto(f"{reader.base_url}/ui/")
    older = page.get_by_role("button", name="Load older flows")
    rows = page.locator("[data-flow]")
    await expect(rows).to_have_count(2)
    await older.click()
    await expect(page.get_by_role("alert")).to_contain_text("plane.unavailable")
    await older.dblclick()
    await expect(rows).to_have_count(4)
    await expect(page.get_by_role("alert")).to_have_count(0)
    await older.click()
    await expect(rows).to_have_count(5)
    await expect(older).to_be_hidden()
    await story.happened(*(told.suspended(f"flow-{n}") for n in range(5)))
    await story.project()
    pills = page.locator("[data-flow] .pill", has_text="suspended")
    await expect(pills).to_have_count(5)


@pytest.mark.usefixtures("stopped")
async def test_the_history_has_each_event_once_however_one_clicks(
    reader: httpx.AsyncClient, visits: Visits
) -> None:
    page = (await visits.to(f"{reader.base_url}/ui/#/flow/{FLOW}")).page
    lines = page.locator(".events li")
    more = page.get_by_role("button", name="Show more")
    await expect(lines).to_have_count(100)
    held = asyncio.Event()

    async def slow(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route(_HISTORY, slow)
    await more.dblclick()
    held.set()
    await expect(lines).to_have_count(_EVENTS)
    held.clear()
    kinds = page.get_by_label("Which events")
    async with page.expect_request(_HISTORY):
        await kinds.select_option("data-flow")
    await kinds.select_option("callback")
    held.set()
    await expect(page.get_by_text("0 events", exact=True)).to_be_visible()
    await expect(lines).to_have_count(0)


@pytest.mark.usefixtures("stopped")
async def test_a_history_that_is_destroyed_is_said_and_the_flow_is_shown(
    reader: httpx.AsyncClient, visits: Visits
) -> None:
    visit = await visits.to("about:blank")
    page, asked = visit.page, list[str]()

    async def gone(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(status=410, json=_GONE)

    visit.excused.append("410 (Gone)")
    await page.route(re.compile(r"/(events|parts)\?"), gone)
    await page.goto(f"{reader.base_url}/ui/#/flow/{FLOW}")
    await expect(page.locator(".title .pill")).to_be_visible()
    words = page.locator("output.small.num")
    await expect(words).to_contain_text("no history: flow.shredded, its archive's key")
    parts = page.get_by_text("The parts of this flow cannot be shown: flow.shredded")
    await expect(parts).to_be_visible()
    async with page.expect_response(re.compile(rf"/dataflows/{FLOW}$")):
        pass
    # It lives on, and does not ask again for what is gone.
    await expect(page.get_by_role("heading", level=1, name=FLOW)).to_be_visible()
    assert len([each for each in asked if _BAR.search(each)]) == 1


@pytest.mark.usefixtures("stopped")
async def test_a_look_goes_on_from_where_the_log_was_searched(
    reader: httpx.AsyncClient, visits: Visits
) -> None:
    page = (await visits.to("about:blank")).page
    answers: list[dict[str, Any]] = [
        {"events": [], "next": 40, "position": 40},
        {"events": [], "next": None, "position": 70},
    ]
    asked: list[str] = []

    async def searched(route: Route) -> None:
        asked.append(re.findall(r"after=(\d+)", route.request.url)[0])
        await route.fulfill(json=answers.pop(0) if answers[1:] else answers[0])

    await page.route(_BAR, searched)
    await page.goto(f"{reader.base_url}/ui/#/flow/{FLOW}")
    async with page.expect_request(re.compile(r"/events\?after=70&.*limit=1000")):
        pass
    assert asked[:2] == ["0", "40"]


@pytest.mark.usefixtures("stopped")
async def test_a_dragged_bar_gives_up_the_moments_that_it_has_left(
    reader: httpx.AsyncClient, visits: Visits
) -> None:
    page = (await visits.to(f"{reader.base_url}/ui/#/flow/{FLOW}")).page
    moment = page.get_by_role("slider", name="Moment in the flow")
    await expect(moment).to_be_enabled()
    held = asyncio.Event()

    async def slow(route: Route) -> None:
        await held.wait()
        await route.continue_()

    asks = re.compile(r"/state\?")
    await page.route(asks, slow)
    async with page.expect_request(asks) as first:
        await moment.fill("10")
    async with page.expect_event("requestfailed") as given_up:
        await moment.fill("11")
    assert await given_up.value == await first.value
    held.set()
    await expect(page.locator(".title .pill")).to_have_text("suspended")


async def test_an_object_of_too_many_parts_is_one_cell_that_counts_them(
    client_page: Page,
) -> None:
    cells, states, early, now = await client_page.evaluate(_GROUPED)
    assert cells == 15_001
    assert states == ["leased", "leased", "done"]
    assert early == [30_000, 100, 200, [100, 0]]
    assert now == [30_000, 15_000, 30_000, [8000, 7000]]


@pytest.fixture
async def client_page(reader: httpx.AsyncClient, visits: Visits) -> Page:
    """Give the page of an empty plane."""
    return (await visits.to(f"{reader.base_url}/ui/")).page
