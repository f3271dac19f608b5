"""Where authorization is required the page asks for the operator's key."""

from pathlib import Path

from playwright.async_api import expect

from eventlog import migrate
from tests.gateway.serving import serving, settings
from tests.ui.visit import PHONE, Visits


async def test_the_page_asks_for_the_key_and_keeps_it_in_its_tab(
    database: str, nats_url: str, tmp_path: Path, visits: Visits
) -> None:
    file = tmp_path / "operator.key"
    file.write_text("the-key-of-the-operator\n")
    migrate(database)
    chosen = settings(
        database_url=database,
        nats_url=nats_url,
        authorization="required",
        operator_key_file=file,
    )
    async with serving(chosen) as client:
        visit = await visits.to(f"{client.base_url}/ui/#/endpoints", PHONE)
        visit.excused.append("401 (Unauthorized)")
        page = visit.page
        await page.get_by_label("Key or token").fill("another")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("access.token-invalid")
        await page.get_by_label("Key or token").fill("the-key-of-the-operator")
        await page.keyboard.press("Enter")
        nothing = page.get_by_text("No worker has spoken to any storage yet.")
        await expect(nothing).to_be_visible()
        await page.reload()
        await expect(nothing).to_be_visible()
        kept = "[localStorage.length, document.cookie]"
        assert await page.evaluate(kept) == [0, ""]
