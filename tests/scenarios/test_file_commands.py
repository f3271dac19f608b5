"""`waybill files push` and `pull` in a pipe: what is printed, and what is missing."""

import asyncio
import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.scenarios import storage
from tests.scenarios.plane import Plane
from tests.scenarios.test_file_flows import KEY, client_of, filing
from tests.services import BucketPair
from waybill.cli import app

__all__ = ["filing"]
BODY = b"a,b\n1,2\n"


async def run(*words: str) -> Result:
    """In a thread, as nobody's terminal."""
    return await asyncio.to_thread(CliRunner().invoke, app, ["files", *words])


def _say_who(
    plane: Plane, pair: BucketPair, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """The environment of the terminal; gives the URLs of both buckets."""
    for side, where in (("SOURCE", pair.source), ("DESTINATION", pair.destination)):
        monkeypatch.setenv(f"WAYBILL_{side}_ENDPOINT_URL", where.endpoint)
        monkeypatch.setenv(f"WAYBILL_{side}_ACCESS_KEY_ID", where.access_key)
        monkeypatch.setenv(f"WAYBILL_{side}_SECRET_ACCESS_KEY", where.secret_key)
    monkeypatch.setenv("WAYBILL_API_BASE", plane.api_base)
    monkeypatch.setenv("WAYBILL_API_KEY", KEY)
    return f"s3://{pair.source_bucket}", f"s3://{pair.destination_bucket}"


async def test_results_alone_go_to_the_standard_output_and_failures_say_what_is_missing(
    filing: Plane,
    bucket_pair: BucketPair,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plane = filing
    plane.start("gateway", "projections")
    source, destination = _say_who(plane, bucket_pair, monkeypatch)
    sent = await storage.seed(bucket_pair, {"in/a": 1000, "in/b": 3})
    path = tmp_path / "a.csv"
    path.write_bytes(BODY)
    async with client_of(plane) as client:
        file = (await client.upload("a.csv", path)).file_id
    assert file == hashlib.sha256(BODY).hexdigest()
    assert (await plane.http("GET", "/readyz")).status_code == 200

    pulled = await run("pull", f"{source}/in/")
    assert pulled.exit_code == 0, pulled.output
    ids = [line[:64] for line in pulled.stdout.splitlines()]
    assert sorted(ids) == sorted(sent.values())

    pushed = await run("push", file, f"{destination}/out/")
    assert (pushed.exit_code, pushed.stdout) == (0, ""), pushed.output
    assert await storage.arrived(bucket_pair) == {"out/a.csv": file}

    for words, lost in (
        (("push", "0" * 64, f"{destination}/out/"), "there is no file:" + "0" * 64),
        (("pull", f"{source}/in/none"), f"there is no {source}/in/none"),
    ):
        failed = await run(*words)
        assert (failed.exit_code, failed.stdout) == (1, ""), failed.output
        for said in ("storage.not-found", lost, "waybill flows terminate"):
            assert said in failed.stderr
