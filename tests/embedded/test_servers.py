"""The embedded servers start, keep their data, refuse strangers and leave no orphan."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nats
import psutil
import psycopg
import pytest
from botocore.exceptions import ClientError

from tests.services import BucketPair, S3Endpoint
from waybill.embedded import EmbeddedNats, EmbeddedPostgres, EmbeddedS3
from waybill.embedded.errors import HomeInUseError, PortInUseError, ServerStartError
from waybill.embedded.process import Child

WAIT_SECONDS = 30.0


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a home that every user can enter."""
    path = Path(tempfile.mkdtemp(prefix="waybill-home-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_the_database_survives_a_kill_with_what_was_committed(home: Path) -> None:
    server = EmbeddedPostgres(home).start()
    url = server.url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
    with EmbeddedPostgres(home) as again, psycopg.connect(url) as connection:
        assert again.url == url
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_the_database_runs_although_its_home_is_closed_to_other_users() -> None:
    closed = Path(tempfile.mkdtemp(prefix="waybill-closed-"))
    assert closed.stat().st_mode & 0o077 == 0
    try:
        with (
            EmbeddedPostgres(closed, durable=False) as server,
            psycopg.connect(server.url) as connection,
        ):
            row = connection.execute("SHOW data_directory").fetchone()
            assert row is not None
            assert closed.stat().st_mode & 0o077 == 0
        elsewhere = Path(row[0]).parent
        if not elsewhere.is_relative_to(closed):
            shutil.rmtree(elsewhere)
    finally:
        shutil.rmtree(closed)


async def test_a_stream_survives_a_kill_of_the_broker(home: Path) -> None:
    server = EmbeddedNats(home).start()
    connection = await nats.connect(server.url)
    stream = connection.jetstream()
    await stream.add_stream(name="KEPT", subjects=["kept.>"])
    await stream.publish("kept.one", b"first")
    await connection.close()
    server.kill()
    with EmbeddedNats(home) as again:
        assert again.url == server.url
        connection = await nats.connect(again.url)
        message = await connection.jetstream().get_msg("KEPT", seq=1)
        assert message.data == b"first"
        await connection.close()


async def test_an_object_survives_a_kill_of_the_object_store(home: Path) -> None:
    server = EmbeddedS3(home, "source").start()
    async with S3Endpoint.of(server).client() as s3:
        await s3.create_bucket(Bucket="kept")
        await s3.put_object(Bucket="kept", Key="one", Body=b"first")
    secret = server.secret_key
    server.kill()
    assert server.pids == []
    with EmbeddedS3(home, "source") as again:
        assert again.secret_key == secret
        async with S3Endpoint.of(again).client() as s3:
            found = await s3.get_object(Bucket="kept", Key="one")
            assert await found["Body"].read() == b"first"


async def test_the_object_store_refuses_a_wrong_secret(bucket_pair: BucketPair) -> None:
    right = bucket_pair.source
    wrong = S3Endpoint(right.endpoint, right.access_key, "wrong", right.region)
    async with wrong.client() as s3:
        with pytest.raises(ClientError) as refusal:
            await s3.list_objects_v2(Bucket=bucket_pair.source_bucket)
    reply = refusal.value.response
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 403


async def test_the_object_stores_do_not_know_each_other(
    bucket_pair: BucketPair,
) -> None:
    async with bucket_pair.destination.client() as s3:
        with pytest.raises(ClientError, match="404"):
            await s3.head_bucket(Bucket=bucket_pair.source_bucket)


def test_a_home_serves_one_server_at_a_time(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waybill.embedded.pid_file.LOCK_SECONDS", 0.1)
    with EmbeddedNats(home) as server:
        with pytest.raises(HomeInUseError, match="already runs"):
            EmbeddedNats(home).start()
        assert (home / "nats.port").read_text().strip() in server.url


def test_a_port_of_somebody_else_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waybill.embedded.ports._WAIT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=str(taken)):
            EmbeddedNats(home, port=taken).start()


def test_a_server_killed_by_another_hand_starts_again(home: Path) -> None:
    with EmbeddedNats(home) as server:
        first = server.pid
        assert first is not None
        psutil.Process(first).kill()
        _all_gone([psutil.Process(first)] if psutil.pid_exists(first) else [])
        assert server.start().pid not in {first, None}


def test_a_server_that_ends_early_is_reported_with_its_log(home: Path) -> None:
    child = Child("talker", home)
    with child.claimed():
        child.start(["sh", "-c", "echo the disk is full; exit 3"])
    with pytest.raises(ServerStartError, match=r"(?s)exited with 3.*the disk is full"):
        child.wait_until(lambda: False)


def test_no_server_outlives_a_killed_parent(home: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from waybill.embedded import Servers\n"
        "servers = Servers(Path(sys.argv[1]), s3=['source'], durable=False).start()\n"
        "print('ready', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", program, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert {"postgres"} < {child.name() for child in children}
        os.kill(parent.pid, signal.SIGKILL)
    assert _all_gone(children) == []


def _all_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    deadline = time.monotonic() + WAIT_SECONDS
    left = processes
    while left and time.monotonic() < deadline:
        left = [process for process in left if _lives(process)]
        time.sleep(0.05)
    return left


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
