"""A disk that is full: 507, nothing left behind, and the next file is taken."""

import asyncio
import resource
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from tests.files.clients.bodies import Body
from tests.files.clients.served import Served

MIB = 1 << 20
ROOM = 16 * MIB
CREATED, FULL = 201, 507
CHUNKED = ("-H", "Transfer-Encoding: chunked")


@contextmanager
def little_disk(place: Path) -> Iterator[bool]:
    """A file system of this size, where we may mount one; says whether it is there."""
    place.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


async def sent(served: Served, body: Body, *options: str) -> int:
    """The status of a POST by curl."""
    process = await asyncio.create_subprocess_exec(
        *("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST"),
        *("-H", "Content-Type: application/octet-stream", *options),
        *("-T", str(body.path), f"{served.url}/files"),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return int(told)


async def test_a_full_disk_is_told_and_leaves_nothing(
    server_home: Path, database: str, broker: str, tmp_path: Path
) -> None:
    large = Body.make(tmp_path / "large", 2 * ROOM)
    several = [Body.make(tmp_path / f"{n}", 7 * MIB, seed=f"{n}") for n in range(4)]
    small = Body.make(tmp_path / "small", MIB, seed="small")
    home = server_home / f"full-{uuid.uuid4().hex[:8]}"
    with little_disk(home / "files") as mounted:
        async with Served.open(home, database, broker) as served:
            await served.start()
            if not mounted:
                # The next best: no file may be larger.
                process = psutil.Process(served.plane.pid("files"))
                process.rlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))
            assert await sent(served, large) == FULL
            assert await sent(served, large, *CHUNKED) == FULL
            at_once = [sent(served, each, *CHUNKED) for each in several]
            statuses = await asyncio.gather(*at_once)
            assert set(statuses) <= {CREATED, FULL}
            assert FULL in statuses or not mounted

            async def empty() -> bool:
                return served.staged() == []

            await served.plane.until("nothing to be left", empty)
            assert served.halves() == []
            stored = {
                each.fields["file_id"] for each in await served.lines("file.stored.v1")
            }
            assert len(stored) == statuses.count(CREATED)
            async with httpx.AsyncClient(base_url=served.url) as client:
                assert (await client.get("/healthz")).status_code == 200
                for file_id in stored:
                    assert (await client.delete(f"/files/{file_id}")).is_success
            assert await sent(served, small) == CREATED
