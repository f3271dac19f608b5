"""Uploads in numbered chunks: what a sender notices, and what the journal holds."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.upload.events import UploadAborted, UploadCompleted, UploadSealed
from handlers.mechanisms.hashes import CRC_HEADER, Hashes
from tests.files.upload_server import (
    ANN,
    BOB,
    Server,
    serving,
    sha256,
    some_bytes,
)

CHUNK = 64 * 1024


DATA = some_bytes(5 * CHUNK + 1000)
PIECES = [DATA[place : place + CHUNK] for place in range(0, len(DATA), CHUNK)]


@pytest.fixture(scope="module")
async def server(migrated: str, tmp_path_factory: Any) -> AsyncIterator[Server]:
    home: Path = tmp_path_factory.mktemp("uploads")
    async with serving(migrated, home, queue_seconds=5) as made:
        yield made


async def completed(server: Server, upload_id: str) -> httpx.Response:
    url = f"/v1/uploads/{upload_id}/complete"
    return await server.client.post(url, headers=ANN)


async def test_chunks_in_any_order_become_a_file(server: Server) -> None:
    told = await server.begin(len(DATA), CHUNK, sha256=sha256(DATA))
    upload, url = told["uploadId"], f"/v1/uploads/{told['uploadId']}"
    assert (told["chunkSizeBytes"], told["chunkCount"]) == (CHUNK, 6)
    for index in (5, 0, 3):
        answer = await server.put(upload, index, PIECES[index])
        assert answer.status_code == 200
        assert answer.json()["sizeBytes"] == len(PIECES[index])
        hashes = Hashes(md5=False)
        hashes.update(PIECES[index])
        assert answer.headers[CRC_HEADER] == hashes.crc64nvme
    missing = (await server.client.get(f"{url}/missing-chunks", headers=ANN)).json()
    assert missing["missingChunks"] == [1, 2, 4]
    assert missing["missingRuns"] == [[1, 2], [4, 4]]
    early = await completed(server, upload)
    assert (early.status_code, early.json()["code"]) == (409, "upload.incomplete")
    assert early.json()["detail"].endswith("missing chunks: 1-2, 4")
    await asyncio.gather(*(server.put(upload, i, PIECES[i]) for i in (1, 2, 4)))
    first, again = await completed(server, upload), await completed(server, upload)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["fileId"] == sha256(DATA)
    await _require_served(server, upload)


async def _require_served(server: Server, upload: str) -> None:
    url = f"/v1/uploads/{upload}"
    state = (await server.client.get(f"{url}?chunks=true", headers=ANN)).json()
    assert (state["state"], state["receivedBytes"]) == ("completed", len(DATA))
    assert len(state["chunks"]) == 6
    part = await server.client.get(
        f"{url}/download", headers={**ANN, "Range": "bytes=100-65600"}
    )
    assert (part.status_code, part.content) == (206, DATA[100:65601])
    file = await server.client.get(f"/files/{sha256(DATA)}", headers=ANN)
    assert file.content == DATA
    assert upload not in server.staged


async def test_a_chunk_is_recorded_once_however_many_send_it(server: Server) -> None:
    upload = (await server.begin(len(DATA), CHUNK))["uploadId"]
    same = [server.put(upload, 2, PIECES[2]) for _ in range(6)]
    assert {each.status_code for each in await asyncio.gather(*same)} == {200}
    answer = await server.put(upload, 2, b"\0" * CHUNK)
    assert answer.status_code == 200
    assert [each.index for each in await server.chunks(upload)] == [2]
    for index in (0, 1, 3, 4, 5):
        await server.put(upload, index, PIECES[index])
    assert (await completed(server, upload)).json()["fileId"] == sha256(DATA)


@pytest.mark.parametrize(
    ("index", "size", "headers", "code"),
    [
        (0, CHUNK - 1, {}, "upload.chunk-invalid"),
        (5, CHUNK, {}, "upload.chunk-invalid"),
        (6, 10, {}, "upload.chunk-invalid"),
        (0, CHUNK, {"X-Checksum-Sha256": "00" * 32}, "file.mismatch"),
        (0, CHUNK, {"Content-MD5": base64.b64encode(b"0" * 16).decode()}, ""),
        (0, CHUNK, {CRC_HEADER: "AAAAAAAAAAA="}, "file.mismatch"),
        (0, CHUNK, {"Content-MD5": "?"}, "message.invalid"),
    ],
)
async def test_a_chunk_that_is_not_right_is_not_stored(
    server: Server, index: int, size: int, headers: dict[str, str], code: str
) -> None:
    upload = (await server.begin(len(DATA), CHUNK))["uploadId"]
    answer = await server.put(upload, index, DATA[:size], **headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == (code or "file.mismatch")
    assert await server.chunks(upload) == []


async def test_a_chunk_may_say_what_it_sums_up_to(server: Server) -> None:
    upload = (await server.begin(len(DATA), CHUNK))["uploadId"]
    md5 = base64.b64encode(hashlib.md5(PIECES[0]).digest()).decode()  # noqa: S324
    digest = base64.b64encode(hashlib.sha256(PIECES[1]).digest()).decode()
    said = [
        {"Content-MD5": md5},
        {"Repr-Digest": f"sha-256=:{digest}:"},
        {"X-Checksum-Sha256": sha256(PIECES[2])},
    ]
    for index, headers in enumerate(said):
        answer = await server.put(upload, index, PIECES[index], **headers)
        assert answer.status_code == 200, answer.text


async def test_other_bytes_than_were_promised_leave_nothing(server: Server) -> None:
    upload = (await server.begin(10, 10, sha256="00" * 32))["uploadId"]
    await server.put(upload, 0, b"0123456789")
    answer = await completed(server, upload)
    assert (answer.status_code, answer.json()["code"]) == (400, "file.mismatch")
    last = (await server.journal(upload))[-1]
    assert last == UploadAborted(
        upload_id=upload, reason="failed", code="file.mismatch"
    )
    assert upload not in server.staged
    assert (await completed(server, upload)).status_code == 410


async def test_an_upload_of_nothing_is_a_file(server: Server) -> None:
    told = await server.begin(0, CHUNK)
    assert told["chunkCount"] == 0
    answer = await completed(server, told["uploadId"])
    assert answer.json()["fileId"] == sha256(b"")


async def test_an_upload_is_its_users_own(server: Server) -> None:
    upload = (await server.begin(len(DATA), CHUNK))["uploadId"]
    url = f"/v1/uploads/{upload}"
    client = server.client
    for answer in (
        await client.get(url, headers=BOB),
        await client.put(f"{url}/chunks/0", content=PIECES[0], headers=BOB),
        await client.delete(url, headers=BOB),
        await client.get("/v1/uploads/none", headers=ANN),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "upload.unknown")
    assert (await client.get(url)).status_code == 401
    assert (await client.get(url, headers={"X-API-Key": "no"})).status_code == 403


async def test_what_is_asked_for_must_make_sense(server: Server) -> None:
    for body in ({"sizeBytes": -1}, {"sizeBytes": 1, "size": 1}, {"filename": "a"}):
        answer = await server.client.post("/v1/uploads/init", json=body, headers=ANN)
        assert (answer.status_code, answer.json()["code"]) == (400, "message.invalid")


async def test_ended_by_its_sender_nothing_is_left(server: Server) -> None:
    upload = (await server.begin(len(DATA), CHUNK))["uploadId"]
    await server.put(upload, 0, PIECES[0])
    url = f"/v1/uploads/{upload}"
    assert (await server.client.delete(url, headers=ANN)).status_code == 204
    assert (await server.client.delete(url, headers=ANN)).status_code == 204
    assert upload not in server.staged
    answer = await server.put(upload, 1, PIECES[1])
    assert (answer.status_code, answer.json()["code"]) == (410, "upload.over")


async def test_what_there_is_no_room_for_is_not_begun(server: Server) -> None:
    body = {"sizeBytes": 1 << 60}
    answer = await server.client.post("/v1/uploads/init", json=body, headers=ANN)
    assert (answer.status_code, answer.json()["code"]) == (507, "file.no-space")


async def test_uploads_of_many_chunks_get_larger_ones(server: Server) -> None:
    told = await server.begin(20_000, 1)
    assert told["chunkCount"] <= 10_000
    missing = f"/v1/uploads/{told['uploadId']}/missing-chunks"
    shown = (await server.client.get(missing, headers=ANN)).json()
    assert (len(shown["missingChunks"]), shown["truncated"]) == (1000, True)
    assert shown["missingRuns"] == [[0, told["chunkCount"] - 1]]


async def test_the_journal_ends_with_the_file(server: Server) -> None:
    upload = (await server.begin(3, 3))["uploadId"]
    await server.put(upload, 0, b"abc")
    await completed(server, upload)
    ends = [type(each) for each in (await server.journal(upload))[-2:]]
    assert ends == [UploadSealed, UploadCompleted]
