"""What the metadata says of the choice of objects, in all its spellings."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.errors import InvalidAddressError
from domain.location import CopyOptions, PlanMode
from domain.mechanisms.s3 import S3
from domain.transfer.filters import Selection
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


def test_what_is_not_said_is_not_written() -> None:
    written = options().model_dump_json()
    assert not any(name in written for name in ("selection", "sync", "plan"))


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
        ({"multipartConcurrency": 999}, "multipartConcurrency"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(
    said: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidAddressError, match=named):
        options(**said)
