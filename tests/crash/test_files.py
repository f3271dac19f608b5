"""Kills a file server before and after every effect of what it does with bytes.

Whatever it was about to do: no half file under an id, no acknowledged chunk lost, the
same client goes on and has its file, and the reaper leaves nothing else behind.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.crash.files_work import KINDS, MIB, Work, to_the_end
from tests.files.clients.bodies import Body
from tests.files.clients.served import Served
from tests.scenarios.nursery import Nursling

SIZE = 3 * MIB
_MOST_EFFECTS = 80
_ROUNDS, _CLIENTS = 40, 9
_DYING = "dying-files"
# Looked for often, and nothing is much too young.
_REAPING = {
    "files_reap_seconds": "0.2",
    "files_reap_after_seconds": "1",
    "upload_sweep_seconds": "0.2",
    "upload_checkpoint_bytes": str(MIB),
}
# What has to be killed at least once, by the words of its name.
EFFECTS = {
    "whole": ("fdatasync", "replace", "append file.stored"),
    "chunks": ("append upload.chunk-stored", "append upload.sealed", "replace"),
    "tus": ("append upload.chunk-stored", "append upload.sealed", "replace"),
}


@pytest.fixture
async def served(
    server_home: Path, database: str, broker: str
) -> AsyncIterator[Served]:
    """Give a file server that is not started."""
    home = server_home / f"dying-{uuid.uuid4().hex[:8]}"
    async with Served.open(home, database, broker, **_REAPING) as served:
        yield served


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client that takes no connection twice: the server behind it may die."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_half_there_or_lost_whatever_is_killed(
    served: Served,
    session: aiohttp.ClientSession,
    tmp_path: Path,
    kind: str,
    when: str,
) -> None:
    effects: list[str] = []
    bodies: list[Body] = []

    async def survived(number: int, only: str = "") -> bool:
        """Killed and gone on with; whether it was killed."""
        seed = f"{kind}-{when}-{number}-{only}".replace(" ", "-")
        body = Body.make(tmp_path / seed, SIZE, seed=seed)
        work: Work = KINDS[kind](session, served.url, body)
        bodies.append(body)
        effect = await _killed(served, work, (str(number), when, only))
        if effect is None:
            return False
        effects.append(effect)
        assert served.halves() == [], f"half a file when killed {when} {effect}"
        await served.start()
        await to_the_end(work)
        served.kill()
        return True

    def unmet() -> list[str]:
        return [each for each in EFFECTS[kind] if not any(each in e for e in effects)]

    for number in range(1, _MOST_EFFECTS):
        if not await survived(number):
            break
    else:
        raise AssertionError("it never came to its end")
    # Files whose directories are there already have fewer effects: a number may miss
    # one, and it is asked for by its name.
    for only in unmet():
        assert await survived(1, only), only
    print(f"{kind}, {when}: {len(effects)} effects: {effects}")  # noqa: T201
    await served.start()
    await _all_is_well(served, session, bodies)
    assert unmet() == []


async def test_nothing_is_half_there_or_lost_at_random_moments(
    served: Served, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    chance = random.Random(6)  # noqa: S311 (moments, no secret)
    kinds = list(KINDS.values())
    bodies = [
        Body.make(tmp_path / f"{n}", 4 * SIZE + n, seed=f"{n}") for n in range(_CLIENTS)
    ]
    await served.start()
    works: list[Work] = [
        kinds[number % len(kinds)](session, served.url, body)
        for number, body in enumerate(bodies)
    ]
    for work in works:
        await work.begin()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(to_the_end(work)) for work in works]
        for _ in range(_ROUNDS):
            await asyncio.sleep(chance.uniform(0.01, 0.4))
            served.kill()
            assert served.halves() == []
            await served.start()
            if all(each.done() for each in running):
                break
    await _all_is_well(served, session, bodies)


async def _killed(
    served: Served, work: Work, knife: tuple[str, str, str]
) -> str | None:
    """The effect that it died of; None where it came to the end first."""
    plane = served.plane
    armed, note = plane.home / "armed", plane.home / "note"
    armed.unlink(missing_ok=True)
    note.unlink(missing_ok=True)
    plane.environment |= {"DYING_ARMED": str(armed), "DYING_NOTE": str(note)}
    child = plane._children.setdefault(_DYING, Nursling(_DYING, plane.home))
    assert isinstance(child, Nursling)
    child.start(("tests.crash.files_dying", *knife), plane.environment)
    await served.ready()
    await work.begin()
    armed.touch()
    try:
        await work.go_on()
    except aiohttp.ClientError:
        await plane.ends(_DYING)
    plane.kill(_DYING)
    armed.unlink()
    return note.read_text() if note.exists() else None


async def _all_is_well(
    served: Served, session: aiohttp.ClientSession, bodies: list[Body]
) -> None:
    for body in bodies:
        async with session.get(f"{served.url}/files/{body.file_id}") as answer:
            assert answer.status == 200, await answer.text()
            assert await answer.read() == body.path.read_bytes()
    recorded = [each.fields["file_id"] for each in await served.lines("file.stored.v1")]
    assert sorted(recorded) == sorted(body.file_id for body in bodies)

    async def nothing_else() -> bool:
        standing = {each.stem for each in served.directory.glob("*/*/*.bin")}
        return served.staged() == [] and standing == set(recorded)

    await served.plane.until("the reaper to leave nothing", nothing_else)
    assert served.halves() == []
