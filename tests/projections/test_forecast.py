"""How fast a copy goes and when it may be done, told honestly."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from projections.forecast import Forecast, Sample, coarse, forecast, pace, sampled

BEGUN = datetime(2026, 11, 20, 12, tzinfo=UTC)
STEPS = st.lists(
    st.tuples(st.floats(0.1, 60), st.integers(0, 1 << 30)), min_size=1, max_size=60
)


def samples_of(steps: list[tuple[float, int]]) -> tuple[list[Sample], datetime]:
    """What is kept of a copy that went like this, and when it was last heard of."""
    found, at, copied = sampled((), BEGUN, (0, 0)), BEGUN, 0
    for seconds, size in steps:
        at, copied = at + timedelta(seconds=seconds), copied + size
        found = sampled(found, at, (copied, 0))
    return found, at


@given(STEPS)
def test_samples_are_few_in_order_and_end_with_the_last(
    steps: list[tuple[float, int]],
) -> None:
    found, at = samples_of(steps)
    assert len(found) <= 30
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(found))
    assert abs(found[-1][0] - at.timestamp()) < 0.001
    assert sum(b[0] - a[0] < 1 for a, b in pairwise(found)) <= len(steps)


@given(STEPS, st.floats(0, 1000))
def test_the_median_lies_between_slow_and_fast_and_none_is_negative(
    steps: list[tuple[float, int]], silence: float
) -> None:
    found, at = samples_of(steps)
    measured = pace(found, 1, at + timedelta(seconds=silence))
    if measured is not None:
        assert 0 <= measured.slow <= measured.median <= measured.fast


@given(st.floats(1.0, 1e12), st.floats(2.0, 20), st.integers(8, 40))
def test_a_steady_copy_is_foretold_exactly(
    rate: float, apart: float, count: int
) -> None:
    steps = [(apart, 0)] * count
    found, at = samples_of(steps)
    steady = [(t, rate * (t - found[0][0]), 0) for t, *_ in found]
    measured = pace(steady, 1, at)
    assert measured is not None
    assert abs(measured.median / rate - 1) < 1e-3
    told = forecast([(rate * 100, measured)])
    assert told is not None
    assert told.high is not None
    assert 99 <= told.low <= told.high <= 101


@given(STEPS, st.integers(1, 1 << 40))
def test_a_range_is_a_range_and_grows_with_what_is_left(
    steps: list[tuple[float, int]], left: int
) -> None:
    found, at = samples_of(steps)
    measured = pace(found, 1, at)
    less, more = forecast([(left, measured)]), forecast([(2 * left, measured)])
    assert (less is None) is (more is None)
    if less is None or more is None:
        return
    assert less.low <= more.low
    assert (less.high is None) is (more.high is None)
    if less.high is not None and more.high is not None:
        assert less.low <= less.high <= more.high


def test_what_is_slowest_decides() -> None:
    found, at = samples_of([(2.0, 100)] * 20)
    quick = pace(found, 1, at)
    slow = pace([(t, size / 10, 0) for t, size, _ in found], 1, at)
    assert forecast([(500, quick), (500, slow)]) == Forecast(100.0, 100.0)
    # What does not move at all says nothing of the end.
    still = pace([(t, 0, 0) for t, *_ in found], 1, at)
    assert forecast([(500, quick), (7, still)]) == Forecast(10.0, 10.0)
    assert forecast([(500, still)]) is None


def test_with_too_little_nothing_is_foretold() -> None:
    assert pace((), 1, BEGUN) is None
    found, at = samples_of([(0.1, 100)] * 20)
    assert pace(found, 1, at) is None
    found, at = samples_of([(2.0, 100)])
    assert pace(found, 1, at) is None


def test_silence_slows_it_and_a_long_one_ends_it() -> None:
    found, at = samples_of([(2.0, 100)] * 20)
    usual = pace(found, 1, at + timedelta(seconds=1))
    slower = pace(found, 1, at + timedelta(seconds=25))
    assert usual is not None
    assert slower is not None
    assert (round(usual.slow), slower.slow) == (50, 0.0)
    assert forecast([(100, slower)]) == Forecast(2.0, None)
    assert pace(found, 1, at + timedelta(seconds=31)) is None


def test_parts_that_end_together_do_not_look_like_a_standstill() -> None:
    bursts: list[tuple[float, int]] = []
    for _ in range(8):
        bursts += [(20.0, 100), (0.1, 100), (0.1, 100)]
    found, at = samples_of(bursts)
    measured = pace(found, 1, at)
    assert measured is not None
    assert measured.slow > 0
    assert 10 < measured.median < 20


def test_numbers_have_two_digits() -> None:
    numbers = (0.0, 1234.5, 0.1234, 99.9, 7.0)
    assert [coarse(each) for each in numbers] == [0.0, 1200.0, 0.12, 100.0, 7.0]
