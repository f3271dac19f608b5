"""Files as whoever stores and reads them sees them."""

import asyncio
import base64
import hashlib
import socket
from pathlib import Path

import httpx
import pytest

from domain.file.events import FileDeleted, FileStored, FileUploadedAgain
from tests.files.house import FileHouse, Ground, sha256, until

TEXT = b"The quick brown fox jumps over the lazy dog"
LARGE = hashlib.shake_128(b"large").digest(5_000_000)


async def test_a_file_is_stored_under_its_hash_and_read_back(house: FileHouse) -> None:
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": "attachment; filename*=UTF-8''f%C3%BCchse.txt",
    }
    stored = await house.http.post("/files", content=TEXT, headers=headers)
    file_id = sha256(TEXT)
    assert stored.status_code == 201
    said = stored.json()
    assert said["fileId"] == file_id
    assert (said["sizeBytes"], said["deduplicated"]) == (len(TEXT), False)
    assert stored.headers["Location"] == f"/files/{file_id}"
    read = await house.http.get(stored.headers["Location"])
    assert read.content == TEXT
    assert read.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert read.headers["ETag"] == stored.headers["ETag"] == f'"{file_id}"'
    assert "f%C3%BCchse.txt" in read.headers["Content-Disposition"]
    digest = base64.b64encode(bytes.fromhex(file_id)).decode()
    assert read.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    head = await house.http.head(f"/files/{file_id}")
    assert head.headers["Content-Length"] == str(len(TEXT))
    info = (await house.http.get(f"/files/{file_id}/info")).json()
    del said["deduplicated"]
    assert info == said


@pytest.mark.parametrize("content", [b"", b"x", LARGE])
async def test_any_size_comes_back_as_it_was(house: FileHouse, content: bytes) -> None:
    file_id = await house.store(content)
    assert (await house.http.get(f"/files/{file_id}")).content == content
    assert house.staged() == []


async def test_the_same_bytes_are_stored_once_also_at_the_same_time(
    house: FileHouse,
) -> None:
    content = b"once " * 100_000
    answers = await asyncio.gather(
        *(house.http.post("/files", content=content) for _ in range(6))
    )
    assert sorted(each.status_code for each in answers) == [200] * 5 + [201]
    events = await house.ground.events(sha256(content))
    assert [type(each) for each in events] == [FileStored] + [FileUploadedAgain] * 5
    assert house.staged() == []


async def test_a_form_brings_a_file_with_its_name_and_type(house: FileHouse) -> None:
    form = {"file": ("a.csv", LARGE[:700_000], "text/csv")}
    stored = await house.http.post("/files", files=form, data={"note": "n"})
    assert stored.json()["fileId"] == sha256(LARGE[:700_000])
    assert (stored.json()["filename"], stored.json()["contentType"]) == (
        "a.csv",
        "text/csv",
    )
    two = [("file", ("a", b"1")), ("file", ("b", b"2"))]
    for wrong in (two, [("note", (None, b"n"))]):
        refused = await house.http.post("/files", files=wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "message.invalid")
    assert house.staged() == []


# Ranges and conditions


@pytest.mark.parametrize(
    ("asked", "status", "found"),
    [
        ({"Range": "bytes=4-8"}, 206, TEXT[4:9]),
        ({"Range": "bytes=-3"}, 206, b"dog"),
        ({"Range": "bytes=40-999"}, 206, b"dog"),
        ({"Range": "bytes=4-"}, 206, TEXT[4:]),
        ({"Range": "bytes=0-1,4-8"}, 200, TEXT),
        ({"Range": "lines=4-8"}, 200, TEXT),
        ({"Range": "bytes=4-8", "If-Range": f'"{sha256(TEXT)}"'}, 206, TEXT[4:9]),
        ({"Range": "bytes=4-8", "If-Range": '"other"'}, 200, TEXT),
        ({"If-None-Match": f'"{sha256(TEXT)}"'}, 304, b""),
        ({"If-Match": f'"{sha256(TEXT)}"'}, 200, TEXT),
    ],
)
async def test_a_part_or_nothing_is_read_as_asked(
    house: FileHouse, asked: dict[str, str], status: int, found: bytes
) -> None:
    file_id = await house.store(TEXT)
    read = await house.http.get(f"/files/{file_id}", headers=asked)
    assert (read.status_code, read.content) == (status, found)
    if status == 206:
        begin = TEXT.index(found)
        span = f"bytes {begin}-{begin + len(found) - 1}/{len(TEXT)}"
        assert read.headers["Content-Range"] == span


async def test_what_cannot_be_is_refused(house: FileHouse) -> None:
    url = f"/files/{await house.store(TEXT)}"
    behind = await house.http.get(url, headers={"Range": "bytes=43-"})
    assert behind.status_code == 416
    assert behind.headers["Content-Range"] == f"bytes */{len(TEXT)}"
    other = await house.http.get(url, headers={"If-Match": '"other"'})
    assert other.status_code == 412
    for unknown in (f"/files/{'0' * 64}", "/files/none", "/files/none/info"):
        answer = await house.http.get(unknown)
        assert (answer.status_code, answer.json()["code"]) == (404, "file.unknown")
    nowhere = await house.http.patch("/files")
    assert nowhere.status_code == 405
    assert nowhere.json()["code"] == "http.method-not-allowed"


# Deletion


async def test_a_deleted_file_is_gone_and_may_come_again(house: FileHouse) -> None:
    content = b"to be deleted"
    file_id = await house.store(content)
    assert (await house.http.delete(f"/files/{file_id}")).status_code == 204
    assert (await house.http.get(f"/files/{file_id}")).status_code == 404
    assert file_id not in house.standing()
    assert (await house.http.delete(f"/files/{file_id}")).status_code == 204
    assert await house.store(content) == file_id
    assert (await house.http.get(f"/files/{file_id}")).content == content
    events = await house.ground.events(file_id)
    assert [type(each) for each in events] == [FileStored, FileDeleted, FileStored]


async def test_a_download_goes_on_while_its_file_is_deleted(house: FileHouse) -> None:
    content = LARGE * 4
    file_id = await house.store(content)
    async with house.http.stream("GET", f"/files/{file_id}") as reading:
        pieces = reading.aiter_raw()
        begun = await anext(pieces)
        assert (await house.http.delete(f"/files/{file_id}")).status_code == 204
        rest = b"".join([begun, *[each async for each in pieces]])
    assert rest == content


# What is expected of the bytes


async def test_other_bytes_than_promised_leave_nothing(house: FileHouse) -> None:
    right = hashlib.sha256(b"right").digest()
    said = f"md5=:AA==:, sha-256=:{base64.b64encode(right).decode()}:"
    for promise in ({"X-Checksum-Sha256": right.hex()}, {"Repr-Digest": said}):
        wrong = await house.http.post("/files", content=b"wrong", headers=promise)
        assert (wrong.status_code, wrong.json()["code"]) == (400, "file.mismatch")
        assert await house.store(b"right", **promise) == right.hex()
    assert house.staged() == []
    assert sha256(b"wrong") not in house.standing()
    unread = await house.http.post(
        "/files", content=b"x", headers={"X-Checksum-Sha256": "no hash"}
    )
    assert unread.json()["code"] == "message.invalid"


async def test_a_sender_that_goes_away_leaves_nothing(house: FileHouse) -> None:
    half = b"half of it " * 200_000
    head = f"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: {2 * len(half)}\r\n\r\n"
    host, port = house.settings.files_host, house.settings.files_port
    _, writer = await asyncio.open_connection(host, port)
    writer.write(head.encode() + half)
    await writer.drain()
    await until(lambda: len(house.staged()) == 1)
    writer.close()
    await until(lambda: house.staged() == [])
    assert sha256(half) not in house.standing()


# Who may


async def test_keys_open_what_they_are_for(ground: Ground, tmp_path: Path) -> None:
    keys = {"upload_keys": "up:alice", "read_keys": "reader", "delete_keys": "del"}
    async with FileHouse.open(
        ground, tmp_path, authorization="required", files_delete_strict=True, **keys
    ) as house:
        http = house.http
        missing = await http.post("/files", content=TEXT)
        assert (missing.status_code, missing.json()["code"]) == (
            401,
            "access.key-missing",
        )
        wrong = await http.post("/files", content=TEXT, headers={"X-API-Key": "reader"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "access.key-invalid")
        file_id = await house.store(b"alice's", **{"X-API-Key": "up"})
        url, reader = f"/files/{file_id}", {"Authorization": "Bearer reader"}
        assert (await http.get(url, headers=reader)).content == b"alice's"
        assert (await http.get(url, headers={"X-API-Key": "up"})).status_code == 403
        assert (await http.delete(url, headers=reader)).status_code == 403
        may = {"X-API-Key": "del"}
        assert (await http.delete(url, headers=may)).status_code == 204
        strict = await http.delete(url, headers=may)
        assert (strict.status_code, strict.json()["code"]) == (404, "file.unknown")
        assert (await http.get("/readyz")).json()["ready"] is True
    stored = (await ground.events(file_id))[0]
    assert isinstance(stored, FileStored)
    assert stored.user_id == "alice"


async def test_a_server_listens_to_both_kinds_of_addresses(
    ground: Ground, tmp_path: Path
) -> None:
    async with FileHouse.open(ground, tmp_path, files_host="::") as house:
        port = house.settings.files_port
        hosts = ["127.0.0.1"]
        if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
            hosts.append("[::1]")
        async with httpx.AsyncClient() as http:
            for host in hosts:
                answer = await http.get(f"http://{host}:{port}/healthz")
                assert answer.json() == {"status": "ok"}


async def test_what_stands_behind_a_large_body_does_not_cost_its_answer(
    house: FileHouse,
) -> None:
    """A line's end, as some old clients send it."""
    body = LARGE + b"behind"
    port = house.settings.files_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body + b"\r\n")
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert sha256(body).encode() in answer
    writer.close()


async def test_a_range_beyond_all_numbers_is_no_range(house: FileHouse) -> None:
    file_id = await house.store(TEXT)
    asked = {"Range": f"bytes={'9' * 5000}-"}
    answer = await house.http.get(f"/files/{file_id}", headers=asked)
    assert (answer.status_code, answer.content) == (200, TEXT)
