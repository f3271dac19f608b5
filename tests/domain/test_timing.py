"""When a flow may copy: moments, daily windows, deadlines, and clocks that change."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.scheduling.timing import Act, DeadlineAction, Reason, Timing, due
from domain.scheduling.windows import Window, opening

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = "22:00-06:00 Europe/Berlin"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
clocks = st.times().map(lambda at: f"{at:%H:%M}")
windows = (
    st.tuples(clocks, clocks, zones)
    .filter(lambda said: said[0] != said[1])
    .map(lambda said: f"{said[0]}-{said[1]} {said[2]}")
)
moments = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 (the zone follows)
    datetime(2027, 12, 31),  # noqa: DTZ001 (likewise)
    timezones=st.just(UTC),
)


def berlin(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def timing(**said: Any) -> Timing:
    return Timing(**said)


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        (berlin(20, 23), berlin(20, 22), berlin(21, 6)),
        (berlin(21, 5, 59), berlin(20, 22), berlin(21, 6)),
        (berlin(21, 6), berlin(21, 22), berlin(22, 6)),
        (berlin(21, 21, 59), berlin(21, 22), berlin(22, 6)),
    ],
)
def test_a_window_may_last_over_midnight(
    now: datetime, begins: datetime, ends: datetime
) -> None:
    assert opening([NIGHT], now) == (begins, ends)


def test_a_window_is_by_the_clocks_of_its_zone() -> None:
    # The clocks go back in that night: it is an hour longer; in March, shorter.
    begins, ends = opening([NIGHT], berlin(24, 23, month=10))
    assert ends - begins == 9 * HOUR
    begins, ends = opening([NIGHT], berlin(28, 23, month=3))
    assert ends - begins == 7 * HOUR


def test_a_window_in_the_hour_that_is_left_out_is_an_hour_later_or_not_at_all() -> None:
    now = berlin(29, 1, month=3)
    begins, _ = opening(["02:10-02:50 Europe/Berlin"], now)
    assert begins == berlin(29, 3, 10, month=3)
    begins, _ = opening(["02:30-03:00 Europe/Berlin"], now)
    assert begins == berlin(30, 2, 30, month=3)


def test_a_window_may_be_of_seconds() -> None:
    begins, ends = opening(["12:00:07-12:00:09 UTC"], NOON)
    assert (begins.second, ends.second) == (7, 9)


def test_windows_that_touch_are_one() -> None:
    said = ["00:00-08:00 UTC", "20:00-24:00 UTC"]
    begins, ends = opening(said, NOON)
    assert (begins, ends) == (NOON + 8 * HOUR, NOON + 20 * HOUR)


def test_a_whole_day_is_always_open() -> None:
    begins, ends = opening(["00:00-24:00 UTC"], NOON)
    assert begins <= NOON < NOON + 24 * HOUR < ends


@given(st.lists(windows, min_size=1, max_size=3), moments)
def test_a_moment_is_in_a_window_or_before_the_next(
    said: list[str], now: datetime
) -> None:
    begins, ends = opening(said, now)
    assert begins < ends
    assert now < ends
    assert begins - now <= 49 * HOUR
    inside = [
        first <= now < last
        for text in said
        for first, last in Window.parse(text).around(now)
    ]
    assert (begins <= now) is any(inside)


@pytest.mark.parametrize(
    "text",
    [
        "22:00-06:00",
        "22:00-06:00 Mars/Olympus",
        "22:00-22:00 UTC",
        "24:00-06:00 UTC",
        "22:00-24:30 UTC",
        "22:00-24:00:01 UTC",
        "9:00-17:00 UTC",
        "22:00-06:00 ../etc/passwd",
        "٢٢:00-06:00 UTC",
    ],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        timing(windows=(text,))


def test_without_a_timing_it_copies_at_once() -> None:
    assert due(Timing(), NOON).act is Act.COPY
    assert due(Timing(), NOON).again_at is None


def test_before_its_time_it_is_deferred_into_the_window() -> None:
    said = timing(not_before=berlin(22, 7), windows=(NIGHT,))
    found = due(said, berlin(21, 12))
    assert (found.act, found.reason) == (Act.DEFER, Reason.NOT_BEFORE)
    assert found.opens_at == found.again_at == berlin(22, 22)
    found = due(said, berlin(22, 8))
    assert (found.reason, found.opens_at) == (Reason.WINDOW, berlin(22, 22))


def test_in_its_window_it_copies_until_the_end() -> None:
    found = due(timing(windows=(NIGHT,)), berlin(21, 23))
    assert (found.act, found.again_at) == (Act.COPY, berlin(22, 6))


@pytest.mark.parametrize("action", DeadlineAction)
def test_a_deadline_is_due_once(action: DeadlineAction) -> None:
    said = timing(deadline=NOON, deadline_action=action)
    assert due(said, NOON - HOUR).again_at == NOON
    late = due(said, NOON)
    assert late.act is (Act.FAIL if action is DeadlineAction.FAIL else Act.MISS)
    assert due(said, NOON + HOUR, missed=True).act is Act.COPY


def test_a_deadline_does_not_wait_for_a_window() -> None:
    said = timing(windows=(NIGHT,), deadline=berlin(21, 15))
    assert due(said, berlin(21, 12)).again_at == berlin(21, 15)
    assert due(said, berlin(21, 15)).act is Act.MISS
    assert due(said, berlin(21, 15), missed=True).act is Act.DEFER


def test_a_deadline_is_after_the_begin() -> None:
    with pytest.raises(ValidationError, match="after notBefore"):
        timing(not_before=NOON, deadline=NOON)


@given(
    st.lists(windows, max_size=2),
    st.none() | moments,
    st.none() | moments,
    moments,
    st.booleans(),
)
def test_what_is_due_next_is_ahead(
    said: list[str],
    begin: datetime | None,
    deadline: datetime | None,
    now: datetime,
    missed: bool,  # noqa: FBT001 (drawn)
) -> None:
    if begin and deadline and deadline <= begin:
        deadline = None
    all_said = timing(not_before=begin, windows=tuple(said), deadline=deadline)
    found = due(all_said, now, missed=missed)
    assert found.again_at is None or found.again_at > now
    if found.act is Act.DEFER:
        assert found.opens_at is not None
        assert due(timing(not_before=begin, windows=tuple(said)), found.opens_at).act
        opened = due(all_said, found.opens_at, missed=True)
        assert opened.act is Act.COPY
