"""tus 1.0: what its clients rely on."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.files.tus_client import CHECKPOINT, DATA, PATCH, TUS, created, patched
from tests.files.upload_server import (
    ANN,
    BOB,
    Server,
    serving,
    sha256,
)

ORIGIN = "https://app.example"


@pytest.fixture(scope="module")
async def server(migrated: str, tmp_path_factory: Any) -> AsyncIterator[Server]:
    home: Path = tmp_path_factory.mktemp("tus")
    settings: dict[str, Any] = {
        "checkpoint_bytes": CHECKPOINT,
        "cors_origins": (ORIGIN,),
    }
    async with serving(migrated, home, files_max_bytes=10**9, **settings) as made:
        yield made


def _meta(**values: str) -> str:
    pairs = (f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())
    return ",".join(pairs)


async def test_a_browser_of_an_allowed_origin_hears_what_it_needs(
    server: Server,
) -> None:
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH"}
    answer = await server.client.options("/tus", headers=asks)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert "creation-with-upload" in answer.headers["Tus-Extension"]
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"]
    assert answer.headers["Tus-Max-Size"] == str(10**9)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in answer.headers["Access-Control-Allow-Headers"]
    # A refusal too: else the page could not read why.
    refused = await server.client.post("/tus", headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Upload-Offset" in refused.headers["Access-Control-Expose-Headers"]
    other = await server.client.options("/tus", headers={"Origin": "https://b.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


async def test_bytes_sent_in_three_become_a_file(server: Server) -> None:
    said = _meta(filename="größe.csv", filetype="text/csv")
    url = await created(server, len(DATA), **{"Upload-Metadata": said})
    place = 0
    for end in (100_000, 100_001, len(DATA)):
        answer = await patched(server, url, place, DATA[place:end])
        assert answer.status_code == 204, answer.text
        place = int(answer.headers["Upload-Offset"])
        assert place == end
    head = await server.client.head(url, headers=TUS)
    assert head.status_code == 200
    assert head.headers["Upload-Offset"] == head.headers["Upload-Length"]
    assert head.headers["Upload-Metadata"] == said
    assert head.headers["Cache-Control"] == "no-store"
    assert head.headers["Waybill-File-Id"] == sha256(DATA)
    file = await server.client.get(f"/files/{sha256(DATA)}", headers=ANN)
    assert (file.content, file.headers["Content-Type"]) == (DATA, "text/csv")
    chunks = await server.chunks(url.rpartition("/")[2])
    assert [each.index for each in chunks] == list(range(len(chunks)))
    assert max(each.size_bytes for each in chunks) == CHECKPOINT
    again = await patched(server, url, len(DATA), b"")
    assert (again.status_code, again.headers["Waybill-File-Id"]) == (204, sha256(DATA))


async def test_bytes_may_come_with_the_creation(server: Server) -> None:
    headers = {**PATCH, "Upload-Length": str(len(DATA))}
    some = await server.client.post("/tus/", content=DATA[:5], headers=headers)
    assert (some.status_code, some.headers["Upload-Offset"]) == (201, "5")
    every = await server.client.post("/tus/", content=DATA, headers=headers)
    assert every.headers["Waybill-File-Id"] == sha256(DATA)
    nothing = await server.client.post("/tus", headers={**TUS, "Upload-Length": "0"})
    assert nothing.headers["Waybill-File-Id"] == sha256(b"")


async def test_wrong_bytes_with_the_creation_leave_no_upload(server: Server) -> None:
    headers, before = {**PATCH, "Upload-Length": "5"}, server.staged
    digest = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    said = {"Upload-Checksum": f"sha256 {digest}"}
    wrong = await server.client.post("/tus", content=b"12345", headers=headers | said)
    assert wrong.status_code == 460
    assert server.staged == before
    unread = {"Upload-Checksum": "crc99 AAAA"}
    wrong = await server.client.post("/tus", content=b"12345", headers=headers | unread)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "message.invalid")
    assert server.staged == before


async def test_an_upload_in_chunks_is_none_of_tus(server: Server) -> None:
    upload = (await server.begin(10, 5, metadata={"a\r\nb": "c"}))["uploadId"]
    head = await server.client.head(f"/tus/{upload}", headers=TUS)
    assert head.status_code == 400


async def test_metadata_that_is_no_base64_is_refused(server: Server) -> None:
    said = {"Upload-Length": "5", "Upload-Metadata": "filename größe"}
    raw = [(k.encode(), v.encode()) for k, v in {**TUS, **said}.items()]
    answer = await server.client.post("/tus", headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "message.invalid")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412, "http.precondition-failed"),
        ({"Content-Type": "text/plain"}, 415, "http.unsupported-media-type"),
        ({"Upload-Offset": "4"}, 409, "upload.offset-conflict"),
        ({"Upload-Offset": "x"}, 400, "message.invalid"),
        ({"Upload-Checksum": "crc99 AAAA"}, 400, "message.invalid"),
        (BOB, 404, "upload.unknown"),
    ],
)
async def test_what_is_not_right_is_refused(
    server: Server, change: dict[str, str], status: int, code: str
) -> None:
    url = await created(server, 10)
    answer = await patched(server, url, 0, b"12345", **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert (await server.client.head(url, headers=TUS)).headers["Upload-Offset"] == "0"


async def test_an_upload_must_fit(server: Server) -> None:
    for size, status in (("", 400), (str(10**9 + 1), 413), ("-1", 400)):
        answer = await server.client.post(
            "/tus", headers={**TUS, "Upload-Length": size}
        )
        assert answer.status_code == status
    url = await created(server, 3)
    answer = await patched(server, url, 0, b"1234")
    assert (answer.status_code, answer.json()["code"]) == (400, "upload.chunk-invalid")


@pytest.mark.parametrize("name", ["sha256", "sha1", "md5"])
async def test_bytes_that_do_not_sum_up_are_discarded(
    server: Server, name: str
) -> None:
    url = await created(server, len(DATA))
    digest = hashlib.new(name, DATA).digest()
    said = {"Upload-Checksum": f"{name} {base64.b64encode(digest).decode()}"}
    wrong = await patched(server, url, 0, DATA[:-1] + b"?", **said)
    assert wrong.status_code == 460
    assert (await server.client.head(url, headers=TUS)).headers["Upload-Offset"] == "0"
    right = await patched(server, url, 0, DATA, **said)
    assert right.headers["Waybill-File-Id"] == sha256(DATA)


async def test_whoever_may_only_post_can_do_everything(server: Server) -> None:
    url = await created(server, 5)
    headers = {**PATCH, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = await server.client.post(url, content=b"12345", headers=headers)
    assert answer.headers["Waybill-File-Id"] == sha256(b"12345")


async def test_terminated_nothing_is_left(server: Server) -> None:
    url = await created(server, 10)
    await patched(server, url, 0, b"123")
    assert (await server.client.delete(url, headers=TUS)).status_code == 204
    assert url.rpartition("/")[2] not in server.staged
    assert (await server.client.head(url, headers=TUS)).status_code == 410
