"""Which limits hold when, what a bucket lets through, whose share is how large."""

import heapq
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import limits
from domain.errors import InvalidMessageError
from domain.limits import (
    NONE,
    UNLIMITED,
    Bucket,
    ClearLimits,
    Day,
    Limits,
    Rates,
    SetLimits,
    Window,
    limits_at,
)
from domain.limits.messages import SetLimitsMessage
from domain.limits.shares import share_of
from domain.limits.summary import LimitsSummary
from tests import controls

SLOW, FAST = Rates(bytes_per_second=1000), Rates(bytes_per_second=9000)


def window(**changes: Any) -> Window:
    usual = {"start": "08:00", "end": "18:00", "rates": SLOW}
    return Window(**{**usual, **changes})


def at(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


NIGHT = {"start": "22:00", "end": "06:00"}
OFFICE = {"days": (Day.MON, Day.FRI)}
BERLIN = {"time_zone": "Europe/Berlin"}


# 2026-11-20 is a Friday.
@pytest.mark.parametrize(
    ("said", "moment", "holds"),
    [
        ({}, "2026-11-20T08:00", True),
        ({}, "2026-11-20T17:59:59.999", True),
        ({}, "2026-11-20T18:00", False),
        ({}, "2026-11-20T07:59:59", False),
        (OFFICE, "2026-11-20T12:00", True),
        (OFFICE, "2026-11-21T12:00", False),
        (NIGHT, "2026-11-20T23:00", True),
        (NIGHT, "2026-11-20T05:59", True),
        (NIGHT, "2026-11-20T06:00", False),
        # A night belongs to the day that it begins on.
        ({**NIGHT, **OFFICE}, "2026-11-21T03:00", True),
        ({**NIGHT, **OFFICE}, "2026-11-20T03:00", False),
        ({"start": "00:00", "end": "00:00"}, "2026-11-20T00:00", True),
        ({"start": "09:00", "end": "09:00", "days": (Day.FRI,)}, "2026-11-21T08", True),
        # One hour ahead of UTC in winter, two in summer.
        (BERLIN, "2026-11-20T07:00", True),
        (BERLIN, "2026-11-20T17:30", False),
        (BERLIN, "2026-07-20T06:00", True),
        ({**BERLIN, **NIGHT, "days": (Day.FRI,)}, "2026-11-20T21:00", True),
    ],
)
def test_a_window_holds(said: dict[str, Any], moment: str, holds: bool) -> None:  # noqa: FBT001
    set_ = Limits(base=FAST, timetable=(window(**said),))
    assert limits_at(set_, at(moment)) == (SLOW if holds else FAST)


def test_the_first_window_wins_and_replaces_all_rates() -> None:
    requests = Rates(requests_per_second=5)
    both = (window(rates=requests), window())
    found = limits_at(Limits(base=FAST, timetable=both), at("2026-11-20T12:00"))
    assert found == requests
    assert limits_at(UNLIMITED, at("2026-11-20T12:00")) == NONE


# Events


def test_limits_are_set_replaced_and_cleared_scope_by_scope() -> None:
    known = limits.INITIAL
    for scope, set_ in (("plane", FAST), ("data-flow:1", SLOW), ("plane", SLOW)):
        command = SetLimits(scope=scope, limits=Limits(base=set_))
        (event,) = limits.decide(command, known)
        known = limits.evolve(known, event)
        assert limits.decide(command, known) == ()
    assert known == dict.fromkeys(("plane", "data-flow:1"), Limits(base=SLOW))
    (event,) = limits.decide(ClearLimits(scope="plane"), known)
    known = limits.evolve(known, event)
    assert known == {"data-flow:1": Limits(base=SLOW)}
    assert limits.decide(ClearLimits(scope="plane"), known) == ()


# Messages


def test_what_is_told_can_be_set_again() -> None:
    summary = LimitsSummary.of("plane", controls.limits(), at("2026-11-20T12:00"))
    told = summary.model_dump(mode="json", exclude_none=True)
    assert told.pop("now") == {"bytesPerSecond": 1 << 20, "partsAtOnce": 4}
    assert SetLimitsMessage.read(told).limits == controls.limits()


@pytest.mark.parametrize(
    "said",
    [
        {"scope": "everything"},
        {"scope": "endpoint:"},
        {"scope": "data-flow:a\nb"},
        {"bandwidth": 5},
        {"bytesPerSecond": 0},
        {"bytesPerSecond": "100M"},
        {"requestsPerSecond": float("inf")},
        {"timetable": [{"from": "8:00", "to": "18:00"}]},
        {"timetable": [{"from": "08:00", "to": "24:00"}]},
        {"timetable": [{"from": "08:00", "to": "18:00", "days": ["someday"]}]},
        {"timetable": [{"from": "08:00", "to": "18:00", "timeZone": "Mars/North"}]},
        {"timetable": [{"from": "08:00", "to": "18:00", "timeZone": "../passwd"}]},
    ],
)
def test_what_is_no_limit_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageError):
        SetLimitsMessage.read({"scope": "plane", **said})


# The bucket


EACH_SECONDS = 0.01


def passed(bucket: Bucket, chunks: list[int], takers: int, until: float) -> int:
    """The bytes that takers get through, each waiting for its own pauses."""
    # When each will take what: a chunk, or nothing, to ask whether it may go on.
    due = [(0.0, taker, chunks[taker % len(chunks)]) for taker in range(takers)]
    moved = 0
    while due[0][0] < until:
        now, taker, count = heapq.heappop(due)
        moved += count
        pause = bucket.take(count, now)
        chunk = chunks[(moved + taker) % len(chunks)]
        following = (now + pause, 0) if pause else (now + EACH_SECONDS, chunk)
        heapq.heappush(due, (following[0], taker, following[1]))
    return moved


@given(
    rate=st.integers(10_000, 10_000_000),
    chunks=st.lists(st.integers(1, 65_536), min_size=1, max_size=5),
    takers=st.integers(1, 4),
)
def test_a_bucket_lets_its_rate_through(
    rate: int, chunks: list[int], takers: int
) -> None:
    seconds, largest = 2.0, max(chunks)
    moved = passed(Bucket(0.25, rate), chunks, takers, seconds)
    # What is saved, and one chunk of each that is owed at the end.
    assert moved <= rate * (seconds + 0.25) + takers * largest
    asked = min(chunks) * takers * seconds / EACH_SECONDS
    assert moved >= min(rate * seconds, asked) * 0.9 - takers * largest


def test_a_bucket_saves_little_and_forgets_nothing_that_is_owed() -> None:
    bucket = Bucket(0.25, 1000.0)
    assert bucket.take(250, 100.0) == 0.0
    assert bucket.take(1000, 100.0) == pytest.approx(1.0)
    bucket.change(2000.0, 100.0)
    assert bucket.take(0, 100.0) == pytest.approx(0.5)
    bucket.change(0.0, 100.0)
    assert bucket.take(0, 200.0) == float("inf")
    bucket.change(None, 200.0)
    assert bucket.take(1 << 40, 200.0) == 0.0


# Shares


@given(
    rate=st.integers(1, 1 << 40),
    parts=st.integers(1, 100),
    workers=st.integers(1, 50),
)
def test_shares_are_the_whole(rate: int, parts: int, workers: int) -> None:
    rates = Rates(bytes_per_second=rate, requests_per_second=rate, parts_at_once=parts)
    shares = [share_of(rates, rank, workers) for rank in range(workers)]
    assert sum(each.bytes_per_second or 0 for each in shares) == pytest.approx(rate)
    assert sum(each.requests_per_second or 0 for each in shares) == pytest.approx(rate)
    counts = [each.parts_at_once or 0 for each in shares]
    assert sum(counts) == parts
    assert max(counts) - min(counts) <= 1
