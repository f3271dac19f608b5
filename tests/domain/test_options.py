"""What the metadata says of the choice of objects, in all its spellings."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.errors import InvalidAddressError
from domain.location import CopyOptions, PlanMode
from domain.mechanisms.s3 import S3
from domain.scheduling.timing import DeadlineAction, Timing
from domain.transfer.deletions import Deletion
from domain.transfer.filters import Selection
from domain.transfer.manifest import Format, Manifest
from domain.transfer.sync import Level


def options(**metadata: Any) -> CopyOptions:
    return S3().options("AmazonS3-PUSH", metadata)


@pytest.mark.parametrize(
    ("said", "patterns"),
    [
        (["*.csv", "a/"], ("*.csv", "a/")),
        ("*.csv", ("*.csv",)),
        ('["*.csv", "a/"]', ("*.csv", "a/")),
        ("[ab].csv", ("[ab].csv",)),
        ([], ()),
        ("", ()),
    ],
)
def test_patterns_are_a_list_or_the_text_of_one(
    said: object, patterns: tuple[str, ...]
) -> None:
    found = options(include=said, exclude=said).selection
    assert (found.include, found.exclude) == (patterns, patterns)


def test_sizes_and_times_may_be_texts() -> None:
    found = options(
        minSizeBytes="5",
        maxSizeBytes=7,
        modifiedSince="2026-11-21T09:00:00Z",
        modifiedBefore="2026-11-21T12:00:00+02:00",
    ).selection
    two = timezone(timedelta(hours=2))
    assert found == Selection(
        min_size_bytes=5,
        max_size_bytes=7,
        modified_since=datetime(2026, 11, 21, 9, tzinfo=UTC),
        modified_before=datetime(2026, 11, 21, 12, tzinfo=two),
    )


def test_words_are_read_without_regard_to_case() -> None:
    found = options(sync="MTime", plan="Approve")
    assert (found.sync, found.plan) == (Level.MTIME, PlanMode.APPROVE)


def test_a_manifest_is_a_key_or_an_address() -> None:
    own = options(manifest="lists/a.CSV").manifest
    assert own == Manifest(key="lists/a.CSV", format=Format.CSV)
    other = options(manifest="s3://lists/a b", manifestFormat="Inventory").manifest
    assert other == Manifest(key="a b", bucket="lists", format=Format.INVENTORY)


def test_deletions_are_asked_for_by_name() -> None:
    assert options(deleteExtra=False).deletion is None
    assert options(deleteExtra="yes").deletion == Deletion()
    said = {"deleteExcluded": True, "maxDeletes": "5", "maxDeletePercent": 2.5}
    asked = Deletion(excluded=True, most=5, most_percent=2.5)
    assert options(deleteExtra=True, **said).deletion == asked


def test_what_is_not_said_is_not_written() -> None:
    written = options().model_dump_json()
    assert not any(
        name in written for name in ("selection", "sync", "plan", "del", "mani")
    )


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"include": 3}, "include"),
        ({"exclude": ["a", 3]}, "exclude"),
        ({"include": [""]}, "include"),
        ({"exclude": ["a"] * 101}, "exclude"),
        ({"minSizeBytes": 1.5}, "minSizeBytes"),
        ({"minSizeBytes": -1}, "minSizeBytes"),
        ({"minSizeBytes": 2, "maxSizeBytes": 1}, "minSizeBytes"),
        ({"modifiedSince": "2026-11-21"}, "modifiedSince"),
        ({"modifiedBefore": "soon"}, "modifiedBefore"),
        ({"sync": "deep"}, "sync"),
        ({"plan": "later"}, "plan"),
        ({"plan": "only", "finite": False}, "plan"),
        ({"manifest": "a.gz"}, "manifestFormat"),
        ({"manifest": "a.csv", "manifestFormat": "xml"}, "manifestFormat"),
        ({"manifest": "s3://lists"}, "manifest"),
        ({"manifest": "s3:///a.csv"}, "manifest"),
        ({"manifest": "a" * 1025 + ".csv"}, "manifest"),
        ({"manifestFormat": "csv"}, "manifestFormat"),
        ({"manifest": "a.csv", "failedOf": "flow-0"}, "failedOf"),
        ({"manifest": "a.csv", "finite": False}, "finite"),
        ({"deleteExtra": True, "failedOf": "flow-0"}, "deleteExtra"),
        ({"deleteExtra": "true", "manifest": "a.csv"}, "deleteExtra"),
        ({"deleteExtra": True, "finite": False}, "deleteExtra"),
        ({"maxDeletes": 5}, "deleteExtra"),
        ({"deleteExtra": True, "maxDeletes": 1.5}, "maxDeletes"),
        ({"deleteExtra": True, "maxDeletes": -1}, "maxDeletes"),
        ({"deleteExtra": True, "maxDeletePercent": 101}, "maxDeletePercent"),
        ({"multipartConcurrency": 999}, "multipartConcurrency"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(
    said: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidAddressError, match=named):
        options(**said)


def test_a_share_and_a_time_may_be_texts() -> None:
    found = options(
        tenant="lab",
        priority="5",
        notBefore="2026-11-21T20:00:00+01:00",
        window='["22:00-06:00 Europe/Berlin"]',
        deadline="2026-11-22T08:00:00Z",
        deadlineAction="FAIL",
    )
    assert (found.tenant, found.priority) == ("lab", 5)
    assert found.timing == Timing(
        not_before=datetime(2026, 11, 21, 19, tzinfo=UTC),
        windows=("22:00-06:00 Europe/Berlin",),
        deadline=datetime(2026, 11, 22, 8, tzinfo=UTC),
        deadline_action=DeadlineAction.FAIL,
    )


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"tenant": "x" * 300}, "tenant"),
        ({"tenant": "a\0b"}, "tenant"),
        ({"priority": 0}, "priority"),
        ({"priority": 2.5}, "priority"),
        ({"notBefore": "2026-11-21T20:00:00"}, "notBefore"),
        ({"window": 7}, "window"),
        ({"window": ["at night"]}, "window"),
        ({"window": "22:00-06:00 Mars/Olympus"}, "window"),
        ({"deadline": "soon"}, "deadline"),
        ({"deadlineAction": "panic"}, "deadlineAction"),
        ({"deadline": "2026-11-22T08:00:00Z", "finite": False}, "deadline"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(
    said: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidAddressError, match=named):
        options(**said)
