"""What holds of one upload by itself: how much is on its way, and what is told."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from domain.names import EVENT_SUBJECTS
from eventlog import migrate
from handlers.files.job_events import FileJobEvent
from tests.files.house import PATIENCE_SECONDS, FileHouse
from tests.files.upload_server import ANN, serving, some_bytes, until

CHUNK = 64 * 1024


async def test_one_upload_has_so_many_chunks_on_their_way_and_others_theirs(
    database: str, tmp_path: Path
) -> None:
    migrate(database)
    limits: dict[str, Any] = {
        "slots": 8,
        "slots_per_upload": 8,
        "inflight_per_upload_max": 1,
    }
    async with serving(database, tmp_path, files_min_free_bytes=0, **limits) as server:
        data, go_on = some_bytes(CHUNK), asyncio.Event()
        one, other = [
            (await server.begin(2 * CHUNK, CHUNK))["uploadId"] for _ in range(2)
        ]

        async def slowly() -> AsyncIterator[bytes]:
            yield data[:1000]
            await go_on.wait()
            yield data[1000:]

        url, headers = f"/v1/uploads/{one}/chunks/0", {"Content-Length": str(CHUNK)}
        first = asyncio.create_task(
            server.client.put(url, content=slowly(), headers={**ANN, **headers})
        )

        async def on_its_way() -> bool:
            registry = server.house.metrics.registry
            return registry.get_sample_value("waybill_uploads_inflight") == 1

        await until("the first chunk to be on its way", on_its_way)
        refused = await server.put(one, 1, data)
        assert refused.status_code == 429
        assert refused.json()["code"] == "upload.busy"
        assert "this upload" in refused.json()["detail"]
        assert int(refused.headers["Retry-After"]) >= 1
        # There is room for others, and for this one once its chunk has arrived.
        assert (await server.put(other, 1, data)).status_code == 200
        go_on.set()
        assert (await first).status_code == 200
        assert (await server.put(one, 1, data)).status_code == 200


async def test_an_upload_that_takes_its_time_tells_how_far_it_is(
    house: FileHouse,
) -> None:
    jetstream = house.ground.client.jetstream()
    heard = await jetstream.subscribe(EVENT_SUBJECTS, ordered_consumer=True)
    told: list[FileJobEvent] = []
    blocks: list[bytes] = []

    async def until_it_is_told() -> AsyncIterator[bytes]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(each.data.bytes_received for each in told):
                blocks.append(some_bytes(1000, len(blocks)))
                yield blocks[-1]
                await hear()

    async def hear() -> None:
        try:
            message = await heard.next_msg(timeout=0.05)
        except TimeoutError:
            return
        told.append(FileJobEvent.model_validate_json(message.data))

    answer = await house.http.post("/files", content=until_it_is_told())
    assert answer.json()["fileId"] == hashlib.sha256(b"".join(blocks)).hexdigest()
    while told[-1].type != "file.job.completed.v1":
        await hear()
    await heard.unsubscribe()
    began, progress, completed = told[-3:]
    assert (began.type, progress.type) == (
        "file.job.started.v1",
        "file.job.progress.v1",
    )
    assert began.data.job_id == progress.data.job_id == completed.data.job_id
    size = answer.json()["sizeBytes"]
    assert 0 < (progress.data.bytes_received or 0) <= size == 1000 * len(blocks)
