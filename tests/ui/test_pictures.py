"""The pictures of the documentation: `make pictures` takes them anew."""

from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from tests.scenarios import storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair
from tests.ui.crowd import HUGE
from tests.ui.visit import PHONE, Visits

pytestmark = pytest.mark.pictures

_FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
_LOW = (1440, 620)
_OBJECTS = {
    **{f"orders/2026/part-{n:05}.parquet": 12 * MIB for n in range(4)},
    **{f"orders/2026/index/{n:02}.json": 2000 + 97 * n for n in range(24)},
}
_WIDE, _TALL = (1440, 860), (1440, 1010)


async def test_the_list(crowded: httpx.AsyncClient, visits: Visits) -> None:
    for name, size, dark in (
        ("flows", _WIDE, False),
        ("flows-dark", _WIDE, True),
        ("flows-phone", PHONE, False),
    ):
        page = (await visits.to(f"{crowded.base_url}/ui/", size, dark=dark)).page
        await expect(page.get_by_text("1,000 flows", exact=True)).to_be_visible()
        await page.screenshot(path=_FOLDER / f"{name}.png")


async def test_a_flow(crowded: httpx.AsyncClient, visits: Visits) -> None:
    address = f"{crowded.base_url}/ui/#/flow/{HUGE}"
    for name, size, dark in (
        ("flow", _TALL, False),
        ("flow-dark", _TALL, True),
        ("flow-phone", (PHONE[0], 1300), False),
    ):
        page = (await visits.to(address, size, dark=dark)).page
        await expect(page.get_by_text("of 10,000 parts done")).to_be_visible()
        await expect(page.get_by_text("data flow: started")).to_be_visible()
        await page.screenshot(path=_FOLDER / f"{name}.png")


async def test_a_moment_of_the_past(crowded: httpx.AsyncClient, visits: Visits) -> None:
    page = (await visits.to(f"{crowded.base_url}/ui/#/flow/{HUGE}", _TALL)).page
    await expect(page.get_by_text("of 10,000 parts done")).to_be_visible()
    moment = page.get_by_role("slider", name="Moment in the flow")
    await expect(moment).to_be_enabled()
    await moment.fill("2500")
    await page.get_by_role("heading", name="Timeline").click()
    await expect(page.get_by_text("as it was")).to_be_visible()
    await expect(page.get_by_text("event 2,501 of").first).to_contain_text("copying")
    await page.screenshot(path=_FOLDER / "past.png")


async def test_a_real_transfer(
    watched: Plane, bucket_pair: BucketPair, front: Front, visits: Visits
) -> None:
    await storage.seed(bucket_pair, _OBJECTS)
    through = storage.destination_at(bucket_pair, front.url)
    for flow, priority in (("orders-2026-q3", 4), ("orders-2026-q3-again", 2)):
        copy = Copy(
            through, "orders/", f"{flow}/", {**SMALL_PARTS, "priority": priority}
        )
        await watched.request("start", copy.start(flow))
    base = f"{watched.api_base}/ui/"
    page = (await visits.to(f"{base}#/workers", _LOW)).page
    await expect(page.get_by_text("busy").nth(1)).to_be_visible()
    await page.screenshot(path=_FOLDER / "workers.png")
    page = (await visits.to(f"{base}#/flow/orders-2026-q3", _TALL)).page
    front.bytes_per_second = None
    await expect(page.locator(".title .pill")).to_have_text("completed")
    await page.get_by_role("tab", name="Why").click()
    await expect(page.get_by_text("What was decided")).to_be_visible()
    await page.screenshot(path=_FOLDER / "why.png", full_page=True)
    await page.get_by_role("tab", name="Receipt").click()
    again = page.get_by_role("button", name="Check again")

    async def sealed() -> bool:
        await again.click()
        await expect(again).to_be_visible()
        return (
            "nothing is said yet" not in await page.get_by_role("tabpanel").inner_text()
        )

    await watched.until("the flow to be sealed", sealed)
    await page.screenshot(path=_FOLDER / "proof.png", full_page=True)
