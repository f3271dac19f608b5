"""The command line, where it needs no servers."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from domain.mechanisms.s3 import S3
from domain.transfer.properties import NONE, Acl, Encryption, Properties
from waybill.cli import app, selecting
from waybill.cli.app import console
from waybill.client import Client
from waybill.s3_side import S3Side, SideError

run = CliRunner()


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 200)


def test_passwords_in_settings_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "WAYBILL_DATABASE_URL", "postgresql://waybill:hunter2@db.example/waybill"
    )
    shown = run.invoke(app, ["show-config"])
    assert shown.exit_code == 0
    assert "hunter2" not in shown.output
    assert "waybill:***@db.example" in shown.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WAYBILL_NATS_URL", "nats://a:hunter2@one:4222,nats://b:hunter2@two:4222"),
        ("WAYBILL_NATS_URL", "nats://hunter2@one:4222"),
        ("WAYBILL_DATABASE_URL", "postgresql://db.example/w?user=u&password=hunter2"),
        ("WAYBILL_DATABASE_URL", "host=db user=u password=hunter2 dbname=w"),
    ],
)
def test_so_are_they_in_every_other_form(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    shown = run.invoke(app, ["show-config"])
    assert shown.exit_code == 0
    assert "hunter2" not in shown.output
    assert "***" in shown.output


def test_without_a_gateway_the_exit_code_says_so() -> None:
    shown = run.invoke(app, ["flows", "ls", "--api", "http://127.0.0.1:9"])
    assert shown.exit_code == 3
    assert "waybill up" in shown.output


@pytest.mark.parametrize("command", ["files ls", "files info a", "load", "flows ls"])
@pytest.mark.parametrize(
    "address", ["http://[::bad", "127.0.0.1:8080", "http://a..b", "http://a:99999"]
)
def test_what_is_no_address_is_a_usage_error(command: str, address: str) -> None:
    shown = run.invoke(app, [*command.split(), "--api", address])
    assert shown.exit_code == 2, shown.exception
    assert f"'{address}' is no address" in shown.stderr


@pytest.mark.parametrize("key", ["plänted", "plan\nted", " planted"])
def test_a_key_that_no_header_can_hold_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("WAYBILL_API_KEY", key)
    away = ("--api", "http://127.0.0.1:9")
    submit = ("tasks", "submit", "--user", "a", "--service", "render")
    for words in (("files", "info", "a"), ("load",), submit):
        shown = run.invoke(app, [*words, *away])
        assert shown.exit_code == 2, shown.exception
        assert "the key has a character that cannot be sent" in shown.stderr
        assert key not in shown.output
    monkeypatch.delenv("WAYBILL_API_KEY")
    shown = run.invoke(app, [*submit, "--idempotency-key", key, *away])
    assert (shown.exit_code, "idempotency key" in shown.stderr) == (2, True)


def test_a_full_disk_behind_the_standard_output_is_told() -> None:
    command = [sys.executable, "-c", "from waybill.cli import app; app()", "--help"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().strip().endswith("No space left on device")


def test_a_source_that_is_no_s3_url_is_a_usage_error() -> None:
    shown = run.invoke(app, ["copy", "lake/daily", "s3://partner/in/"])
    assert shown.exit_code == 2
    assert "s3://bucket/key" in shown.output


def test_without_credentials_the_message_names_the_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(SideError, match="WAYBILL_SOURCE_ACCESS_KEY_ID"):
        S3Side.parse("source", "s3://lake/a", None, None)


def test_a_side_shows_no_secret_and_speaks_the_protocols_metadata(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYBILL_SOURCE_ACCESS_KEY_ID", "AK")
    monkeypatch.setenv("WAYBILL_SOURCE_SECRET_ACCESS_KEY", "hunter2")
    side = S3Side.parse("source", "s3://lake/daily/", "http://127.0.0.1:1", None)
    assert "hunter2" not in repr(side)
    assert side.metadata("source") == {
        "sourceBucket": "lake",
        "sourceKey": "daily/",
        "sourceEndpointUrl": "http://127.0.0.1:1",
        "sourceRegion": "us-east-1",
        "sourceAccessKeyId": "AK",
        "sourceSecretAccessKey": "hunter2",
        "sourceForcePathStyle": True,
    }


@pytest.mark.parametrize(
    ("text", "size"),
    [("500", 500), ("64K", 65_536), ("64KiB", 65_536), ("2 kb", 2000), ("1g", 1 << 30)],
)
def test_a_size_may_have_a_unit(text: str, size: int) -> None:
    assert selecting.size(text) == size


def test_a_time_is_an_age_or_a_time() -> None:
    assert selecting.moment("2026-11-21") == "2026-11-21T00:00:00+00:00"
    assert selecting.moment("2026-11-21T01:00+01:00") == "2026-11-21T01:00:00+01:00"
    said = datetime.fromisoformat(selecting.moment("36h"))
    aged = datetime.now(UTC) - said
    assert timedelta(hours=36) <= aged < timedelta(hours=36, minutes=1)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--min-size", "big"),
        ("--newer-than", "often"),
        ("--sync", "deep"),
        ("--storage-class", "no class"),
        ("--acl", "everybody"),
        ("--encryption", "rot13"),
        ("--encryption-key-id", "a b"),
        ("--encryption-key-id", "arn:aws:kms:key/1"),  # with nothing to encrypt
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(option: str, value: str) -> None:
    shown = run.invoke(app, ["copy", "s3://a/", "s3://b/", option, value])
    assert shown.exit_code == 2
    assert option in shown.output


def test_what_objects_keep_is_said_in_the_metadatas_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Client, "start", lambda _, message: sent.append(message))
    for side in ("SOURCE", "DESTINATION"):
        monkeypatch.setenv(f"WAYBILL_{side}_ACCESS_KEY_ID", "AK")
        monkeypatch.setenv(f"WAYBILL_{side}_SECRET_ACCESS_KEY", "hunter2")
    said = (
        *("copy", "s3://a/", "s3://b/", "--detach", "--copy-tags"),
        *("--storage-class", "keep", "--acl", "private", "--copy-website-redirect"),
        *("--encryption", "AWS:KMS", "--encryption-key-id", "key-1"),
    )
    for command in (said, said[:4]):
        shown = run.invoke(app, command)
        assert shown.exit_code == 0, shown.output
    asked, not_asked = (
        S3().options(each["profile"], each["metadata"]).properties for each in sent
    )
    assert asked == Properties(
        tags=True,
        website_redirect=True,
        storage_class="keep",
        acl=Acl.PRIVATE,
        encryption=Encryption.KMS,
        encryption_key="key-1",
    )
    assert not_asked == NONE


def test_a_client_is_closed_with_its_block() -> None:
    with Client("http://127.0.0.1:9/") as client:
        assert client.api_base == "http://127.0.0.1:9"
