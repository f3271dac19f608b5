"""`waybill load`: what it does, counts and writes down."""

import json
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner

from eventlog import migrate
from tests.files.upload_server import MIB, serving
from tests.waybill.grumpy import grumpy
from waybill.cli import app
from waybill.files_client import AsyncFilesClient, Patience
from waybill.files_client.wire import Wire
from waybill.load import PROFILES, Load, Profile, run
from waybill.load.result import summed

QUICK = Patience(attempts=2, first_delay_seconds=0.01, busy_seconds=1)


async def test_a_run_stores_proves_times_and_tidies_up(
    database: str, tmp_path: Path
) -> None:
    load = Load(Profile.FAST, files=3, file_size_bytes=MIB + 7, chunk_size_bytes=MIB)
    moved: list[int] = []
    migrate(database)
    async with serving(database, tmp_path, files_min_free_bytes=0) as server:
        async with AsyncFilesClient(server.url, "k-ann", patience=QUICK) as client:
            result = await run(client, server.url, load, moved.append)
        # Everything is gone again.
        assert list(tmp_path.glob("*/*/*.bin")) == []
        assert server.staged == []
    assert (result.files_completed, result.files_failed) == (3, 0)
    assert result.bytes_stored == sum(moved) == 3 * (MIB + 7)
    assert result.latencies["chunk"].count == 6
    assert result.latencies["file"].count == result.latencies["complete"].count == 3
    shown = json.loads(result.model_dump_json())
    assert shown["settings"] == {
        "profile": "fast",
        "files": 3,
        "fileSizeBytes": MIB + 7,
        "chunkSizeBytes": MIB,
        "concurrentFiles": 2,
        "perFileChunkWorkers": 2,
    }


async def test_what_fails_is_counted_by_its_code_and_stops_nothing() -> None:
    async def full(request: web.Request) -> web.Response:
        await request.read()
        status = 200 if request.method == "OPTIONS" else 507
        return web.json_response({"code": "file.no-space"}, status=status)

    async with grumpy(full) as server, AsyncFilesClient(server.url) as client:
        result = await run(client, server.url, Load(files=5))
    assert result.errors == {"file.no-space": 5}
    assert (result.files_completed, result.bytes_stored) == (0, 0)


def test_percentiles_are_of_what_was_seen() -> None:
    found = summed([each / 1000 for each in range(1, 101)])
    assert (found.p50, found.p90, found.p99, found.max) == (50, 90, 99, 100)
    assert summed([0.25]).p50 == summed([0.25]).max == 250


@pytest.mark.parametrize("profile", list(Profile))
def test_a_profile_says_how_many_unless_somebody_does(profile: Profile) -> None:
    load = Load(profile)
    assert (load.files_at_once, load.chunks_at_once) == PROFILES[profile]
    said = Load(profile, concurrent_files=7, per_file_chunk_workers=1)
    assert (said.files_at_once, said.chunks_at_once) == (7, 1)


def test_without_a_server_the_result_is_written_and_the_exit_code_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wire, "delay", lambda *_: 0.0)
    output = tmp_path / "results" / "one.json"
    shown = CliRunner().invoke(
        app,
        ["load", "--files", "1", "--output", str(output)],
        env={"WAYBILL_API_BASE": "http://127.0.0.1:9"},
    )
    assert shown.exit_code == 3
    assert json.loads(output.read_text("utf-8"))["errors"] == {"plane.unreachable": 1}


def test_a_place_that_takes_no_result_is_told_before_the_run(tmp_path: Path) -> None:
    for output, why in (("/dev/null/x.json", "/dev/null"), (tmp_path, str(tmp_path))):
        words = ["load", "--output", str(output), "--api", "http://127.0.0.1:9"]
        shown = CliRunner().invoke(app, words)
        assert (shown.exit_code, why in shown.stderr) == (2, True), shown.output
