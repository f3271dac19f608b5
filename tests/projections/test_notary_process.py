"""The notary as the projector runs it: killed, it still seals each event once."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from domain.notary.verdict import Verdict
from projections.notary.whole import verify_log
from tests.projections.lives import life
from tests.projections.story import Story
from tests.projections.test_process import WAIT_SECONDS, projector, spawn
from waybill.secret_key import ensure_key


async def test_killed_at_any_moment_it_seals_and_tells_all(
    story: Story, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file = ensure_key(tmp_path / "notary.key")
    monkeypatch.setenv("WAYBILL_NOTARY_KEY_FILE", str(key_file))
    monkeypatch.setenv("WAYBILL_NOTARY_SECONDS", "0.1")
    last = 0
    for turn in range(2):
        process = await spawn(story.url, broker, "run")
        for number in range(8):
            last = await story.happened(*life(8 * turn + number, 60))
        # Somewhere between its first page and its last.
        await until(story.url, broker, partial(more_than, turn * 500))
        process.kill()
        await process.communicate()
    async with projector(story.url, broker):
        await until(story.url, broker, lambda it: it.unsealed == 0 and told(it))
    verdict = await verify_log(story.url, broker)
    assert (verdict.finding, verdict.events, verdict.unsealed) == (None, last, 0)
    assert verdict.seals == -(-last // 500)


def more_than(events: int, verdict: Verdict) -> bool:
    """Whether so many events are sealed, and one more."""
    return verdict.events > events


def told(verdict: Verdict) -> bool:
    """Whether the witness knows every page."""
    return verdict.witness == verdict.seals


async def until(url: str, broker: str, enough: Callable[[Verdict], bool]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            verdict = await verify_log(url, broker)
            assert verdict.sound
            if enough(verdict):
                return
            await asyncio.sleep(0.05)
