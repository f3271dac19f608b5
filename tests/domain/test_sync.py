"""When what is there makes a copy needless."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.transfer.sync import Level, same_bytes, up_to_date

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Object:
    """As a listing tells it."""

    size_bytes: int = 3
    etag: str = "e"
    modified_at: datetime | None = NOON
    checksums: Mapping[str, str] | None = None


objects = st.builds(
    Object,
    st.integers(0, 2),
    st.sampled_from(["", "a", "b"]),
    st.none() | st.sampled_from([NOON, NOON + timedelta(hours=1)]),
)


@given(level=st.sampled_from(Level), source=objects)
def test_what_is_not_there_is_copied(level: Level, source: Object) -> None:
    assert not up_to_date(level, source, None)


@given(source=objects, there=objects)
def test_levels_ask_for_more_and_more(source: Object, there: Object) -> None:
    kept = {level for level in Level if up_to_date(level, source, there)}
    assert Level.ALWAYS not in kept
    assert Level.EXISTS in kept
    if kept & {Level.MTIME, Level.ETAG, Level.CHECKSUM}:
        assert Level.SIZE in kept
    assert (Level.SIZE in kept) is (source.size_bytes == there.size_bytes)


@pytest.mark.parametrize(
    ("level", "change", "is_kept"),
    [
        (Level.MTIME, {"modified_at": NOON + timedelta(days=1)}, True),
        (Level.MTIME, {"modified_at": NOON - timedelta(seconds=1)}, False),
        (Level.MTIME, {"modified_at": None}, False),
        (Level.MTIME, {"size_bytes": 4}, False),
        (Level.ETAG, {"modified_at": None}, True),
        (Level.ETAG, {"etag": "e-2"}, False),
        (Level.SIZE, {"etag": "e-2"}, True),
    ],
)
def test_what_is_compared(
    level: Level,
    change: dict[str, object],
    is_kept: bool,  # noqa: FBT001
) -> None:
    there = replace(Object(), **change)  # type: ignore[arg-type]
    assert up_to_date(level, Object(), there) is is_kept


def test_an_unknown_etag_equals_none() -> None:
    assert not up_to_date(Level.ETAG, Object(etag=""), Object(etag=""))


MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize(
    ("source", "there", "same"),
    [
        ({}, {}, None),
        ({"A": "1"}, None, None),
        ({"A": "1"}, {"A": "1"}, True),
        ({"A": "1", "B": "2"}, {"A": "1"}, True),
        ({"A": "1", "B": "2"}, {"A": "1", "B": "3"}, False),
        ({"A": "1"}, {"B": "1"}, False),
        ({"A": "1"}, {}, False),
    ],
)
def test_checksums_of_one_algorithm_are_compared(
    source: Mapping[str, str],
    there: Mapping[str, str] | None,
    same: bool | None,  # noqa: FBT001
) -> None:
    one = Object(checksums=source or None)
    other = Object(checksums=there)
    assert same_bytes(one, other) is same
    assert up_to_date(Level.CHECKSUM, one, other) is (same is True)


def test_an_md5_of_both_is_a_checksum_and_another_size_is_none_at_all() -> None:
    one = Object(etag=MD5)
    assert same_bytes(one, one) is True
    assert same_bytes(one, replace(one, size_bytes=4)) is False
    # In parts: that says nothing.
    assert same_bytes(Object(etag=f"{MD5}-2"), Object(etag=f"{MD5}-2")) is None
