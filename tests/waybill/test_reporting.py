"""`waybill report`, and the line that shows how far a copy is."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from projections.views import Progress, TimeLeft
from tests import controls
from tests.gateway.serving import serving, settings
from tests.projections.events import (
    FLOW,
    MIB,
    leased,
    objects,
    outcome,
    pack_work,
    page,
    segment_planned,
    started,
)
from tests.projections.story import Story, story_in
from waybill.cli import app
from waybill.cli.progress_bar import progress_bar, show, words
from waybill.cli.wording import duration

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
async def api(database: str, nats_url: str) -> AsyncIterator[str]:
    """Give the address of a gateway that knows a flow of three objects."""
    async with story_in(database) as story:
        await _happened(story)
        async with serving(settings(database_url=database, nats_url=nats_url)) as http:
            yield str(http.base_url)


async def _happened(story: Story) -> None:
    told = (outcome("a"), outcome("b", "storage.denied", 0), outcome("=c"))
    await story.happened(
        started(),
        page(skipped={"excluded": 4}),
        segment_planned("0-k0", pack_work("a", "b", "=c")),
        leased("0-k0"),
        objects("0-k0", *told),
        controls.endpoint_learned(),
        controls.concurrency_tuned(data_flow_id=FLOW, segment_id="0-k0"),
    )
    await story.project()


async def run(*arguments: str) -> Any:
    def invoke() -> Any:
        return CliRunner().invoke(app, list(arguments))

    return await asyncio.to_thread(invoke)


async def test_one_line_says_what_became_of_a_flow(api: str) -> None:
    shown = await run("report", FLOW, "--api", api)
    assert shown.exit_code == 0, shown.output
    assert "2 copied (2 MiB), 1 failed, 4 skipped, 2 verified" in shown.output


async def test_endpoints_are_shown_with_what_they_can(api: str) -> None:
    shown = await run("endpoints", "--api", api)
    assert shown.exit_code == 0, shown.output
    for word in ("checksum-trailers", "crc64nvme-of-parts", "32", "goodput-grew"):
        assert word in shown.output
    told = await run("endpoints", "--json", "--api", api)
    assert json.loads(told.output)["pairs"][0]["requestsAtOnce"] == 32


async def test_objects_go_to_the_standard_output_or_to_a_file(
    api: str, tmp_path: Path
) -> None:
    shown = await run("report", FLOW, "--api", api, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(shown.stdout, newline="")))
    assert [row["key"] for row in rows] == ["in/a", "in/b", "in/=c"]
    assert "1 failed" in shown.stderr
    file = tmp_path / "failed.jsonl"
    shown = await run("report", FLOW, "--api", api, "--failed", "-o", str(file))
    assert shown.exit_code == 0, shown.output
    assert file.read_text().count("\n") == 1
    assert '"key":"in/b"' in file.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["failed.jsonl"]


async def test_an_unknown_flow_leaves_no_file(api: str, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    shown = await run("report", "none", "--api", api, "-o", str(file))
    assert shown.exit_code == 1
    assert "flow.unknown" in shown.output
    assert not file.exists()


# The line


def row(**changes: Any) -> Progress:
    fields = Progress.model_fields.items()
    usual: dict[str, Any] = {name: 0 for name, each in fields if each.is_required()}
    usual |= {"data_flow_id": FLOW, "state": "STARTED", "phase": "running"}
    usual |= {"error_code": None, "listing_complete": True, "transfer_complete": False}
    usual |= {"started_at": NOW, "updated_at": NOW, "finished_at": None, "skipped": {}}
    usual |= {"objects_total": 40, "objects_copied": 10, "plan": "run"}
    usual |= {"bytes_total": 400 * MIB, "bytes_copied": 100 * MIB, "approved": False}
    return Progress.model_validate({**usual, **changes})


def test_while_it_lists_nothing_is_foretold() -> None:
    shown = words(row(listing_complete=False, bytes_per_second=2.0 * MIB))
    assert shown == (
        "listing · 100 MiB/at least 400 MiB · 2 MiB/s · 10/at least 40 objects"
    )


def test_a_known_total_has_a_percentage_and_a_range_of_time() -> None:
    left = TimeLeft(low=90, high=240)
    shown = words(row(time_left=left, objects_failed=2, skipped={"excluded": 3}))
    assert shown == (
        "25 % · 100 MiB/400 MiB · 1 min 30 s to 4 min left · 2 failed"
        " · 10/40 objects · 3 skipped"
    )
    assert " · 9 s left · " in words(row(time_left=TimeLeft(low=9, high=9)))
    assert " · 9 s left or more · " in words(row(time_left=TimeLeft(low=9, high=None)))


def test_it_says_what_it_waits_for() -> None:
    assert words(row(waits_for="credentials")).startswith("waits for credentials · ")
    until = NOW + timedelta(hours=8)
    shown = words(row(waits_for="not-before", waits_until=until))
    assert shown.startswith("waits for not-before until 11-20 20:00 UTC · ")


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_line_is_one_line_at_any_width(columns: int) -> None:
    console = Console(width=columns, file=io.StringIO())
    bar = progress_bar(console)
    task = bar.add_task("waiting", total=None)
    show(bar, task, row(time_left=TimeLeft(low=90, high=240)))
    with console.capture() as shown:
        console.print(bar.get_renderable())
    (line,) = shown.get().splitlines()
    assert "25 % · 100 MiB/400 MiB" in line
    assert len(line) <= columns


def test_durations_have_two_units_at_most() -> None:
    told = {0.4: "0 s", 61: "1 min 01 s", 120: "2 min", 3720: "1 h 02 min"}
    told |= {90_000: "1 d 01 h", 86_400: "1 d"}
    assert {each: duration(each) for each in told} == told


async def test_a_flow_that_is_known_has_its_progress_told(api: str) -> None:
    async with httpx.AsyncClient(base_url=api) as client:
        found = await client.get(f"/management/dataflows/{FLOW}/progress")
    progress = found.json()["progress"]
    assert progress["listingComplete"] is False
    assert (progress["timeLeft"], progress["waitsFor"]) == (None, None)
