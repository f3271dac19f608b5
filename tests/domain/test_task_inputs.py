"""What is recorded of a task's inputs, and what a sync makes of them."""

import re
import time
from typing import Any

import pytest
from hypothesis import given as giving
from hypothesis import strategies as st

from domain.errors import DataPlaneError
from domain.task.events import Inputs
from domain.task.inputs import MASK, bounded, checked, masked, texts
from domain.task.sync import start_message

TASK = "task-1"


def test_nothing_secret_is_recorded() -> None:
    given: Inputs = {
        "sourceSecretAccessKey": "hunter2",
        "X-Api-Key": "hunter2",
        "dbPassword": ("hunter2", "hunter2"),
        "callback": "https://me:hunter2@host.example/a?X-Amz-Signature=hunter2&b=1",
        "many": ("s3://plain/", "https://host.example/?token=hunter2"),
    }
    kept = masked(given)
    assert "hunter2" not in str(kept)
    assert kept["dbPassword"] == MASK
    assert kept["callback"].endswith("&b=1")  # type: ignore[union-attr]
    assert kept["many"][0] == "s3://plain/"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://a:p@ss@host", "https://***@host"),
        ("https://u:pa/ss@host/x", "https://***@host/x"),
        ("https://u:p?a#ss@host", "https://***@host"),
        ("redis://:/ss@host:6379/0", "redis://***@host:6379/0"),
        ("https://me@corp.example:ss@host", "https://***@host"),
        ("nats://ss@host:4222", "nats://***@host:4222"),
        ("https://ss@host:8443/a@2", "https://***@host:8443/a@2"),
        ("a https://a:ss@host b", "a https://***@host b"),
        ("https://host/?pass=ss&a=1", "https://host/?pass=***&a=1"),
        ("https://host/?db_pwd=ss", "https://host/?db_pwd=***"),
        ("https://host/#access_token=ss", "https://host/#access_token=***"),
    ],
)
def test_a_url_is_recorded_without_its_secrets(given: str, kept: str) -> None:
    assert masked({"url": given}) == {"url": kept}


@pytest.mark.parametrize(
    "given",
    [
        "https://host.example/@user/a@2x.png",
        "http://host:9000/lake/a@2x.png",
        "http://[::1]:9000/a@b",
        "http://[::1]/a@b",
        "https://host?mail=me@corp.example&at=10:30",
        "https://host/?mail=me@corp.example&bypass=1&passes=3",
        "registry://host/image:1@sha256:ab",
        "git+https://host/repository@v1:x",
        "s3://lake/in@2026/a:b@c",
        "https://host/a,me@corp.example",
        "https://host: ask me@corp.example",
        "me@corp.example",
        "10:30@noon",
    ],
)
def test_what_is_harmless_is_recorded_as_it_is(given: str) -> None:
    assert masked({"url": given}) == {"url": given}


@giving(
    user=st.text(st.sampled_from("ab1@.-%"), max_size=8),
    before=st.text(st.sampled_from('a1@/:?#&=[]%+<"'), max_size=8),
    after=st.text(st.sampled_from('a1@/:?#&=[]%+<"'), max_size=8),
)
def test_no_part_of_a_password_is_recorded(user: str, before: str, after: str) -> None:
    password = f"{before}hunter2{after}"
    # `u:12/…` is a host and its port, and after `u://` there is a host.
    if re.match(r"\d{1,5}[/?#]|//", password):
        return
    kept = masked({"url": f"see https://{user}:{password}@host.example/a now"})
    assert kept["url"] == "see https://***@host.example/a now"


@pytest.mark.parametrize(
    "name",
    [
        *("pass", "dbPass", "smtp_pass", "passphrase", "pwd", "DB_PWD"),
        *("credential", "credentials", "gcpCredentials"),
    ],
)
def test_a_name_tells_that_it_is_secret(name: str) -> None:
    assert masked({name: "hunter2"}) == {name: MASK}


@pytest.mark.parametrize(
    "name",
    ["passes", "bypass", "compass", "sourceCredentials", "destination-credentials"],
)
def test_a_name_tells_that_it_is_harmless(name: str) -> None:
    assert masked({name: "lake"}) == {name: "lake"}


@pytest.mark.parametrize("part", ["?key", "?", "://a:", "://@", "@"])
def test_nobody_has_long_to_be_masked(part: str) -> None:
    begun = time.process_time()
    masked({"url": part * (4096 // len(part))})
    assert time.process_time() - begun < 1


def test_inputs_are_bounded_as_they_are_recorded() -> None:
    most: Inputs = {"a": ("x" * 4096,) * 63}
    assert bounded(most) == most
    with pytest.raises(DataPlaneError) as caught:
        bounded({**most, "b": "ä" * 4096})
    assert caught.value.code == "task.input-invalid"


@pytest.mark.parametrize(
    "given",
    [
        {"deep": {"er": 1}},
        {"none": None},
        {"": "nameless"},
        {"long": "x" * 5000},
        {f"n{n}": "x" for n in range(101)},
        {"nul": "a\x00b"},
        {"half": "\ud83d"},
    ],
)
def test_what_is_no_input(given: dict[str, Any]) -> None:
    with pytest.raises(DataPlaneError) as caught:
        checked(texts(given))
    assert caught.value.code == "task.input-invalid"


def test_a_sync_is_the_start_of_a_push() -> None:
    said = start_message(
        TASK,
        "alice",
        {
            "source": "s3://lake/2026/",
            "destination": "s3://partner/in/",
            "source-endpoint": "http://s3.example",
            "source_access_key_id": "AK",
            "part-size-mb": "8",
            "include": ("*.csv", "*.parquet"),
        },
    )
    assert (said["dataFlowId"], said["counterPartyId"]) == (TASK, "alice")
    assert said["metadata"] == {
        "tenant": "alice",
        "sourceBucket": "lake",
        "sourceKey": "2026/",
        "sourceRegion": "us-east-1",
        "sourceForcePathStyle": "true",
        "sourceEndpointUrl": "http://s3.example",
        "sourceAccessKeyId": "AK",
        "destinationBucket": "partner",
        "destinationKey": "in/",
        "destinationRegion": "us-east-1",
        "multipartPartSizeMb": "8",
        "include": ["*.csv", "*.parquet"],
    }


@pytest.mark.parametrize(
    "more",
    [
        {"source": "lake/2026/"},
        {"source": ("s3://a/", "s3://b/")},
        {"tenant": "bob"},
        {"failedOf": "flow-of-bob"},
        {"partSizeMb": "8", "multipartPartSizeMb": "8"},
    ],
)
def test_what_is_no_sync(more: dict[str, Any]) -> None:
    usual = {"source": "s3://lake/", "destination": "s3://partner/"}
    with pytest.raises(DataPlaneError) as caught:
        start_message(TASK, "alice", {**usual, **more})
    assert caught.value.code == "task.input-invalid"
