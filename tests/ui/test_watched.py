"""
A real transfer, watched, stopped, gone back into and checked at the page.

    page                       plane                     destination (a narrow door)
    (nothing)           ←      a control plane starts    ← parts, slowly
    Suspend, by keys    →      SUSPENDED                 (no byte any more)
    Resume, by keys     →      COMPLETED                 ← what is missing
    the bar through time       a fold of the log
"""

import re

from playwright.async_api import Page, Route, expect

from domain.data_flow import State
from tests.scenarios import storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair
from tests.ui.visit import Visit, Visits

FLOW, PARTS = "flow <img src=x> & co", 12
KEY = "in/<b>bold</b>&amp;.bin"


async def _begin(plane: Plane, pair: BucketPair, front: Front, flow: str) -> None:
    await storage.seed(pair, {KEY: PARTS * 5 * MIB})
    through = storage.destination_at(pair, front.url)
    copy = Copy(through, "in/", f"{flow[:4]}/", SMALL_PARTS)
    await plane.request("start", copy.start(flow))


async def _stands(page: Page, words: str) -> None:
    await expect(page.locator(".title .pill")).to_have_text(words)


async def test_a_transfer_is_watched_stopped_resumed_and_gone_back_into(
    watched: Plane, bucket_pair: BucketPair, front: Front, visits: Visits
) -> None:
    page = (await visits.to(f"{watched.api_base}/ui/")).page
    await expect(page.get_by_text("No flow is like this.")).to_be_visible()
    await _begin(watched, bucket_pair, front, FLOW)
    # It comes by itself, and its id is text.
    await expect(page.get_by_role("link", name=FLOW)).to_be_visible()
    assert await page.locator("main img").count() == 0
    await page.get_by_role("grid").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await _stands(page, "copying")
    await expect(
        page.get_by_text(re.compile(rf"^[1-9]\d* of {PARTS} "))
    ).to_be_visible()

    await page.get_by_role("button", name="Suspend").press("Enter")
    await watched.reaches(FLOW, State.SUSPENDED)
    await _stands(page, "suspended")
    # The keyboard stands where it is of use.
    resume = page.get_by_role("button", name="Resume")
    await expect(resume).to_be_focused()
    front.bytes_per_second = None
    await page.keyboard.press("Enter")
    await _stands(page, "completed")
    done = page.get_by_text(f"{PARTS} of {PARTS} parts done by")
    await expect(done).to_be_visible()

    await _goes_back(page)
    await expect(done).to_be_visible()
    await _is_explained(page)
    await _is_proven(page, watched)


async def _goes_back(page: Page) -> None:
    """To the moment of its suspension and to its beginning, and back to now."""
    await page.get_by_role("button", name="suspended").press("Enter")
    await _stands(page, "suspended")
    await expect(page.get_by_text("as it was")).to_be_visible()
    moment = page.get_by_role("slider", name="Moment in the flow")
    await moment.press("Home")
    await expect(page.get_by_text("No parts are planned yet.")).to_be_visible()
    await moment.press("End")
    await _stands(page, "completed")


async def _is_explained(page: Page) -> None:
    """By its report, its events and its reasons; all of storage's words are text."""
    history = page.get_by_role("tab", name="History")
    await history.focus()
    await expect(page.get_by_text("data flow: suspended")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    report = page.get_by_role("tabpanel")
    await expect(report.get_by_text(KEY, exact=True)).to_be_visible()
    await expect(report.get_by_text("verified", exact=True).first).to_be_visible()
    assert await report.locator("b").count() == 0
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Why")).to_be_focused()
    await expect(page.get_by_role("tabpanel").locator(".answer")).to_be_visible()


async def _is_proven(page: Page, plane: Plane) -> None:
    """By its receipt and by the notary's seals, until somebody alters an event."""
    await page.keyboard.press("ArrowRight")
    panel = page.get_by_role("tabpanel", name="Receipt and proof")
    again = panel.get_by_role("button", name="Check again")

    async def sealed() -> bool:
        await again.press("Enter")
        await expect(again).to_be_visible()
        text = await panel.inner_text()
        return "nothing is said yet" not in text and "signed" in text

    await expect(again).to_be_visible()
    await plane.until("the flow to be sealed", sealed)
    await expect(panel.get_by_text("verified", exact=True)).to_be_visible()
    await expect(panel.get_by_text("agreement-1")).to_be_visible()
    await plane.rows(
        "UPDATE waybill_events SET state = replace(convert_from(state, 'UTF8'),"
        " 'by an operator', 'by nobody')::bytea WHERE topic = 'data-flow.suspended.v1'"
    )
    await again.press("Enter")
    await expect(panel.get_by_text("does not verify")).to_be_visible()
    await expect(
        panel.get_by_text(re.compile(r"^altered at position \d+$"))
    ).to_be_visible()


async def test_a_flow_is_terminated_after_a_question_and_refusals_are_told(
    watched: Plane, bucket_pair: BucketPair, front: Front, visits: Visits
) -> None:
    await _begin(watched, bucket_pair, front, "flow-2")
    visit = await visits.to(f"{watched.api_base}/ui/#/workers")
    page = visit.page
    # Who has it in hand leads to it.
    await page.get_by_role("link", name="flow-2").first.press("Enter")
    terminate = page.get_by_role("button", name="Terminate…")
    await terminate.press("Enter")
    await expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    await page.keyboard.press("Escape")
    await _stands(page, "copying")
    await terminate.press("Enter")
    await page.get_by_label("Reason").fill("<u>enough</u>")
    await page.keyboard.press("Enter")
    await _stands(page, "terminated")
    await watched.reaches("flow-2", State.TERMINATED)
    await expect(terminate).to_be_hidden()
    await _is_refused(visit)
    await _comes_back(visit, watched)


async def _is_refused(visit: Visit) -> None:
    """A page that has not heard of the end yet may still have the button."""
    page = visit.page

    async def stale(route: Route) -> None:
        answer = await route.fetch()
        report = await answer.json()
        report["flow"]["state"] = "STARTED"
        await route.fulfill(response=answer, json=report)

    await page.route("**/management/dataflows/flow-2", stale)
    await page.get_by_role("button", name="Suspend").press("Enter")
    refusal = page.get_by_role("alert")
    await expect(refusal).to_contain_text("flow.illegal-transition")
    await expect(refusal).to_contain_text("Remedy (control plane): read the state.")
    visit.excused.append("409 (Conflict)")
    await page.unroute_all(behavior="ignoreErrors")


async def _comes_back(visit: Visit, plane: Plane) -> None:
    """A gateway that is away is said to be, and looked for."""
    visit.excused.append("net::ERR_CONNECTION_REFUSED")
    plane.kill("gateway")
    line = visit.page.get_by_text("no connection, trying again").first
    await expect(line).to_be_visible()
    plane.start("gateway")
    await expect(visit.page.get_by_text("live", exact=True)).to_be_visible()
