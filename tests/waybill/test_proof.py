"""`waybill verify`, `export` and `notary` on a plane that seals."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from typer.testing import CliRunner

from projections.notary.keys import Signer
from tests.gateway.serving import serving, settings
from tests.projections.story import story_in
from tests.projections.tampering import Sealed, sealed_in
from waybill.cli import app

VERIFIER = Path(__file__).parents[2] / "examples" / "verify_export.py"
RUN = CliRunner()


class House(NamedTuple):
    """A gateway, the log behind it, and its key."""

    api: str
    sealed: Sealed
    key: str


@pytest.fixture
async def house(
    database: str, broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Give a gateway whose log is sealed."""
    key_file = tmp_path / "notary.key"
    async with story_in(database) as story:
        sealed = await sealed_in(story, key_file)
        await story.project()
        monkeypatch.setenv("WAYBILL_DATABASE_URL", database)
        monkeypatch.setenv("WAYBILL_NATS_URL", broker)
        monkeypatch.setenv("WAYBILL_NOTARY_KEY_FILE", str(key_file))
        async with serving(
            settings(database_url=database, nats_url=broker, notary_key_file=key_file)
        ) as http:
            key = Signer.from_file(key_file).key_id
            yield House(str(http.base_url), sealed, key)


async def run(*arguments: str) -> tuple[int, str]:
    """What a command prints, and how it ends."""
    result = await asyncio.to_thread(RUN.invoke, app, arguments)
    return result.exit_code, result.output


async def change(house: House, position: int) -> None:
    async with await psycopg.AsyncConnection.connect(house.sealed.story.url) as it:
        await it.execute(
            "UPDATE waybill_events SET state = state || ' ' WHERE notification_id = %s",
            (position,),
        )


def small(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(file), *more],
        check=False,
        capture_output=True,
        text=True,
    )


async def test_an_auditor_checks_a_log_a_flow_and_a_file(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "flow-4.jsonl"
    assert (await run("export", "flow-4", "-o", str(file), "--api", house.api))[0] == 0
    ways: tuple[tuple[str, ...], ...] = (
        (),
        ("flow-4", "--api", house.api, "--key", house.key),
        ("--file", str(file), "--key", house.key),
    )
    for arguments in ways:
        code, text = await run("verify", *arguments)
        assert (code, "as it was signed" in text) == (0, True), text
        assert "trusted" in text
    finished = await asyncio.to_thread(small, file, "--key", house.key)
    assert finished.returncode == 0, finished.stderr

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    # The flow is completed, so its receipt is with it.
    assert any("receipt" in each for each in lines)
    position = next(each["event"]["position"] for each in lines[9:] if "event" in each)
    # In the export, by an editor.
    edited = tmp_path / "edited.jsonl"
    old = f'"position":{position},'
    whole = file.read_text().splitlines(keepends=True)
    edited.write_text(
        "".join(
            each.replace("data_flow_id", "Data") if old in each else each
            for each in whole
        )
    )
    code, told = await run("verify", "--file", str(edited), "--key", house.key)
    assert (code, f"altered at position {position}" in told) == (1, True), told
    finished = await asyncio.to_thread(small, edited)
    assert finished.returncode == 1
    assert f"from position {position} on: altered" in finished.stdout
    # In the database: in the log, and in whatever is exported from now on.
    await change(house, position)
    for arguments in ways[:2]:
        code, told = await run("verify", *arguments)
        assert (code, f"altered at position {position}" in told) == (1, True), told
    code, told = await run("verify", "--file", str(file))
    assert code == 0, told


async def test_the_gateway_tells_what_it_finds_and_with_which_keys(
    house: House,
) -> None:
    code, text = await run("notary", "keys", "--api", house.api)
    assert code == 0
    assert json.loads(text)["current"] == house.key
    async with serving(
        settings(
            database_url=house.sealed.story.url,
            notary_key_file=house.sealed.key_file,
        )
    ) as http:
        for path in ("/audit/dataflows/flow-4/verification", "/audit/verification"):
            verdict = (await http.get(path)).json()
            assert (verdict["finding"], verdict["key"]) == (None, house.key)
            assert verdict["trusted"]
        metrics = (await http.get("/metrics")).text
        assert "waybill_notary_lag_positions 0.0" in metrics
        assert "waybill_witness_lag_seals 3.0" in metrics
        await change(house, 3)
        verdict = (await http.get("/audit/verification")).json()
        assert verdict["finding"]["position"] == 3
        missing = await http.get("/audit/dataflows/nobody/export")
        assert (missing.status_code, missing.json()["code"]) == (404, "flow.unknown")
    keyless = settings(database_url=house.sealed.story.url, notary_key_file=None)
    async with serving(keyless) as http:
        answer = await http.get("/audit/dataflows/flow-4/export")
        assert (answer.status_code, answer.json()["code"]) == (503, "notary.no-key")


async def test_a_key_is_rotated_by_command(house: House) -> None:
    code, text = await run("notary", "rotate")
    assert code == 0, text
    second = Signer.from_file(house.sealed.key_file).key_id
    assert second in text.replace("\n", "")
    code, text = await run("verify", "flow-4", "--api", house.api, "--key", second)
    assert code == 0, text
