"""What must hold when the server is killed in the middle of a client's work."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path

import httpx

from tests.files.clients import tus_browser, tus_python
from tests.files.clients.bodies import Body, digest
from tests.files.clients.downloads import PROGRAMS, Download
from tests.files.clients.served import Served

_FULL, _PARTIAL = 200, 206


async def a_post_that_is_killed_leaves_nothing(served: Served, body: Body) -> None:
    """Then the same file is sent again, and is there."""
    command = [
        *("curl", "-sS", "-f", "-X", "POST", "-o", "/dev/null"),
        *("-H", "Content-Type: application/octet-stream"),
        *("--limit-rate", str(body.size_bytes), "-T", str(body.path)),
        f"{served.url}/files",
    ]
    first = await asyncio.create_subprocess_exec(*command)

    async def half_there() -> bool:
        return served.staged_bytes() > body.size_bytes // 3

    await served.killed_when(half_there)
    assert await first.wait() != 0
    assert served.halves() == []
    assert await served.lines("file.stored.v1") == []
    await served.start()
    again = await asyncio.create_subprocess_exec(*command)
    assert await again.wait() == 0
    await _is_stored(served, body)


async def downloads_go_on(served: Served, body: Body, folder: Path) -> None:
    """All programs at once, and one kill for all."""
    downloads = {
        name: Download(
            f"{served.url}/files/{body.file_id}",
            folder / f"{name}.bin",
            body.size_bytes // 2,
        )
        for name in PROGRAMS
    }
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(downloads[name].run(PROGRAMS[name](downloads[name])))
            for name in PROGRAMS
        ]

        async def all_in_the_middle() -> bool:
            got = [each.there() for each in downloads.values()]
            return min(got) > body.size_bytes // 8

        await served.killed_when(all_in_the_middle)
        assert not any(each.done() for each in running), "one was too fast to be killed"
        await served.start()
    found = {name: digest(each.target) for name, each in downloads.items()}
    assert found == dict.fromkeys(PROGRAMS, body.file_id)


async def tuspy_goes_on(served: Served, body: Body, chunk_bytes: int | None) -> None:
    """The Python client."""
    sending = asyncio.to_thread(
        tus_python.upload, f"{served.url}/tus", body.path, chunk_bytes
    )
    await _upload_survives(served, body, sending)


async def tus_js_client_goes_on(
    served: Served, body: Body, chunk_bytes: int | None
) -> None:
    """The browser's."""
    async with tus_browser.page_at(served.url) as page:
        sending = tus_browser.upload(page, f"{served.url}/tus", body.path, chunk_bytes)
        await _upload_survives(served, body, sending)


async def _upload_survives(served: Served, body: Body, sending: Awaitable[str]) -> None:
    before = len(await served.lines("upload.begun.v1"))
    already = await served.recorded_bytes()
    task = asyncio.ensure_future(sending)

    async def in_the_middle() -> bool:
        if task.done():
            task.result()
        return await served.recorded_bytes() - already > body.size_bytes // 4

    await served.killed_when(in_the_middle)
    acknowledged = await served.recorded_bytes() - already
    assert acknowledged < body.size_bytes, "it was too fast to be killed"
    await served.start()
    await task
    begun = (await served.lines("upload.begun.v1"))[before:]
    assert len(begun) == 1, "the client had to begin anew"
    await each_chunk_is_recorded_once(served, begun[0].fields["upload_id"], body)
    await _is_stored(served, body)


async def each_chunk_is_recorded_once(
    served: Served, upload_id: str, body: Body
) -> None:
    """And they are the whole file, without a gap."""
    stored = await served.lines("upload.chunk-stored.v1")
    chunks = [each.fields for each in stored if each.fields["upload_id"] == upload_id]
    counts = Counter(each["index"] for each in chunks)
    assert set(counts.values()) == {1}, counts
    end = 0
    for chunk in sorted(chunks, key=lambda one: int(one["offset"])):
        assert chunk["offset"] == end, f"a gap, or bytes twice, at {end}"
        end += chunk["size_bytes"]
    assert end == body.size_bytes


async def _is_stored(served: Served, body: Body) -> None:
    """Whole, at once after its upload was answered, and once in the log."""
    url = f"{served.url}/files/{body.file_id}"
    async with httpx.AsyncClient(timeout=60) as client:
        whole = await client.get(url)
        assert whole.status_code == _FULL, whole.text
        assert whole.content == body.path.read_bytes()
        last = await client.get(url, headers={"Range": "bytes=-10"})
        assert last.status_code == _PARTIAL
        assert last.content == whole.content[-10:]
    lines = await served.lines("file.stored.v1")
    stored = [each.fields["file_id"] for each in lines]
    assert stored.count(body.file_id) == 1
    assert served.halves() == []
