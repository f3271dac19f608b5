"""What is recorded of a task's inputs, and what a sync makes of them."""

from typing import Any

import pytest

from domain.errors import DataPlaneError
from domain.task.events import Inputs
from domain.task.inputs import MASK, checked, masked, texts
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
    "given",
    [
        {"deep": {"er": 1}},
        {"none": None},
        {"": "nameless"},
        {"long": "x" * 5000},
        {f"n{n}": "x" for n in range(101)},
        {"nul": "a\x00b"},
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
