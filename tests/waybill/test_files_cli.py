"""`waybill files` and `waybill uploads`, against a file server of this process."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eventlog import migrate
from tests import controls
from tests.files.upload_server import ANN, MIB, Server, serving, some_bytes
from tests.gateway.serving import serving as serving_gateway
from tests.gateway.serving import settings
from tests.projections.story import story_in
from waybill.cli import app
from waybill.cli.app import console


@pytest.fixture
async def server(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Server]:
    """Give one that the command line is told of."""
    monkeypatch.setattr(console, "width", 200)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAYBILL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("WAYBILL_API_KEY", "k-ann")
    migrate(database)
    async with serving(database, tmp_path / "store", files_min_free_bytes=0) as server:
        monkeypatch.setenv("WAYBILL_API_BASE", server.url)
        yield server


async def said(*words: str, exit_code: int = 0) -> str:
    """What a command prints. It runs in a thread: the server is in this one."""
    done = await asyncio.to_thread(CliRunner().invoke, app, list(words))
    assert done.exit_code == exit_code, (done.output, done.exception)
    return done.output


async def told(*words: str) -> Any:
    return json.loads(await said(*words))


async def test_files_go_there_and_back(server: Server, tmp_path: Path) -> None:
    bodies = {"a.csv": some_bytes(1000), "large.bin": some_bytes(33 * MIB)}
    ids: dict[str, str] = {}
    for name, body in bodies.items():
        Path(name).write_bytes(body)
        ids[name] = hashlib.sha256(body).hexdigest()
    printed = await said("files", "put", *bodies)
    assert printed.splitlines() == [f"{ids[name]}  {name}" for name in bodies]
    again = await told("files", "put", "--json", "a.csv")
    assert (again["fileId"], again["deduplicated"]) == (ids["a.csv"], True)
    # What was remembered of the large one's upload is forgotten.
    assert list((tmp_path / "cache").rglob("*.json")) == []

    info = await told("files", "info", ids["a.csv"])
    assert (info["filename"], info["contentType"]) == ("a.csv", "text/csv")
    assert (await told("files", "head", ids["a.csv"]))["etag"] == ids["a.csv"]
    for name in bodies:
        Path(name).unlink()
        await said("files", "get", ids[name])
    assert {name: Path(name).read_bytes() for name in bodies} == bodies
    assert await said("files", "get", ids["a.csv"], "b.csv")
    assert Path("b.csv").read_bytes() == bodies["a.csv"]

    await said("files", "rm", *ids.values())
    gone = await said("files", "get", ids["a.csv"], exit_code=1)
    assert "file.unknown" in gone
    assert "file.unknown" in await said("files", "head", ids["a.csv"], exit_code=1)
    assert server.staged == []


async def test_pipes_are_taken_and_given_as_they_come(
    server: Server, tmp_path: Path
) -> None:
    body = some_bytes(300_000)
    file_id = hashlib.sha256(body).hexdigest()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = asyncio.create_task(asyncio.to_thread(pipe.write_bytes, body))
    assert await said("files", "put", "pipe") == f"{file_id}  pipe\n"
    await writing
    info = await told("files", "info", file_id)
    assert info["sizeBytes"] == len(body)

    reading = asyncio.create_task(asyncio.to_thread(pipe.read_bytes))
    await said("files", "get", file_id, "pipe")
    assert await reading == body
    assert pipe.is_fifo()
    for words in (("init", "pipe"), ("put", "any", "pipe")):
        assert "no regular file" in await said("uploads", *words, exit_code=2)
    assert server.staged == []


async def test_a_name_that_is_no_utf8_is_no_reason_to_refuse(server: Server) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    Path(name).write_bytes(b"old")
    file_id = (await told("files", "put", "--json", name))["fileId"]
    assert (await told("files", "info", file_id))["filename"] == "caf?.csv"
    assert (await told("uploads", "init", name))["chunkCount"] == 1
    assert server.url


async def test_a_file_goes_to_the_end_of_what_is_open(
    server: Server, tmp_path: Path
) -> None:
    stored = await server.client.post("/files", content=b"and more", headers=ANN)
    to = tmp_path / "log"
    with to.open("wb", buffering=0) as file:
        file.write(b"before, ")
        # As /dev/stdout is after `>`: it is not written over, nor is its name taken.
        name = tmp_path / "standard-output"
        name.symlink_to(f"/dev/fd/{file.fileno()}")
        await said("files", "get", stored.json()["fileId"], str(name))
        file.write(b", after")
    assert to.read_bytes() == b"before, and more, after"
    assert name.is_symlink()


async def test_an_upload_is_made_request_by_request(server: Server) -> None:
    body = some_bytes(2 * MIB + 1)
    Path("a.bin").write_bytes(body)
    begun = await told("uploads", "init", "a.bin", "--chunk-size-bytes", str(MIB))
    upload = begun["uploadId"]
    assert begun["chunkCount"] == 3
    await said("uploads", "put", upload, "a.bin", "--chunk", "1")
    status = await told("uploads", "status", upload)
    assert (status["state"], status["missingChunks"]) == ("open", [0, 2])
    wrong = await said("uploads", "put", upload, "a.bin", "--chunk", "-1", exit_code=2)
    assert "--chunk" in wrong
    early = await said("uploads", "complete", upload, exit_code=1)
    assert "upload.incomplete" in early
    assert "2 chunks" in await said("uploads", "put", upload, "a.bin")
    done = await told("uploads", "complete", upload)
    assert done["fileId"] == hashlib.sha256(body).hexdigest()
    other = (await told("uploads", "init", "a.bin"))["uploadId"]
    await said("uploads", "abort", other)
    assert (await told("uploads", "status", other))["state"] == "aborted"
    assert server.staged == []


async def test_exit_codes_tell_who_is_to_act(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "sub/none" in await said("files", "put", "sub/none", exit_code=2)
    Path("empty").write_bytes(b"")
    await said("files", "get", hashlib.sha256(b"").hexdigest(), exit_code=1)
    monkeypatch.setenv("WAYBILL_API_KEY", "planted")
    refused = await said("files", "put", "empty", exit_code=1)
    assert "access.key-invalid" in refused
    assert "planted" not in refused
    assert server.staged == []


async def test_operators_list_files_and_uploads(
    database: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "width", 200)
    chosen = settings(database_url=database, nats_url=nats_url)
    async with story_in(database) as story, serving_gateway(chosen) as http:
        await story.happened(
            controls.file_stored(),
            controls.file_stored(file_id="0" * 64, filename="gone.txt"),
            controls.file_deleted(file_id="0" * 64),
            controls.filing_begun(filename="a.csv"),
            controls.chunk_stored(),
        )
        await story.project()
        monkeypatch.setenv("WAYBILL_API_BASE", str(http.base_url))
        listed = await said("files", "ls")
        assert controls.FILE in listed
        assert "gone.txt" not in listed
        assert "1 files, 4 B" in listed
        assert "gone.txt (deleted)" in await said("files", "ls", "--deleted")
        uploads = await said("uploads", "ls", "--state", "open", "--user", "alice")
        assert "8 MiB/20 MiB" in uploads
        assert "1 open" in uploads
        assert (await told("uploads", "ls", "--json"))["filename"] == "a.csv"
        assert await said("uploads", "ls", "--state", "aborted", "--json") == ""
