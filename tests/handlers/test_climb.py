"""How many at once between two endpoints: as many as help, and no more."""

import random
from collections.abc import Callable
from itertools import pairwise
from statistics import median

import pytest

from handlers.worker.climb import Bounds, Climb, bounds
from handlers.worker.gauge import REQUEST_BYTES, Gauge, Measure
from handlers.worker.slots import Feeding
from handlers.worker.taking import Taking

Goodput = Callable[[int], float]
BOUNDS = Bounds(start=8, least=4, most=64)


def far_away(level: int) -> float:
    """Each takes its time, however many there are."""
    return level * 10.0


def narrow(knee: int) -> Goodput:
    """No more goes through than so many at once bring; others wait."""
    return lambda level: min(level, knee) * 10.0


def climbed(
    climb: Climb, endpoint: Goodput, *, noise: float = 0.0, seed: int = 1
) -> list[int]:
    """The levels of 300 windows."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    levels: list[int] = []
    for _ in range(300):
        levels.append(climb.level)
        climb.measured(endpoint(climb.level) * max(0.0, chance.gauss(1.0, noise)))
    return levels


def tail(levels: list[int]) -> list[int]:
    """Those after it had time to settle."""
    return levels[100:]


def changes(levels: list[int]) -> int:
    """How often another was chosen."""
    return sum(one != other for one, other in pairwise(levels))


def trying() -> Climb:
    """One that has just doubled."""
    climb = Climb(BOUNDS)
    climb.measured(80.0)
    climb.measured(80.0)
    return climb


def test_far_away_it_climbs_to_the_most_at_once_and_stays() -> None:
    levels = climbed(Climb(BOUNDS), far_away)
    assert levels[:5] == [8, 8, 16, 32, 64]
    assert median(tail(levels)) == 64
    assert changes(tail(levels)) <= 10


@pytest.mark.parametrize("knee", [4, 6, 10, 20, 40])
def test_it_has_as_many_as_help_and_no_more(knee: int) -> None:
    levels = climbed(Climb(BOUNDS), narrow(knee))
    endpoint = narrow(knee)
    assert knee * 0.75 <= median(tail(levels)) <= knee * 1.5
    assert sum(map(endpoint, levels)) >= 0.95 * 300 * endpoint(64)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("knee", [6, 20, 1000])
def test_noise_does_not_unsettle_it(knee: int, seed: int) -> None:
    levels = climbed(Climb(BOUNDS), narrow(knee), noise=0.1, seed=seed)
    best = min(knee, 64)
    assert best * 0.6 <= median(tail(levels)) <= best * 1.5
    goodput = sum(map(narrow(knee), tail(levels)))
    assert goodput >= 0.85 * len(tail(levels)) * narrow(knee)(64)
    # A try is two windows, and back: no storm of them.
    assert changes(tail(levels)) <= 40


def test_it_comes_down_where_the_endpoint_becomes_narrower() -> None:
    climb = Climb(BOUNDS)
    assert median(tail(climbed(climb, narrow(40)))) >= 30
    assert median(tail(climbed(climb, narrow(6)))) <= 9


def test_it_goes_up_again_where_the_endpoint_becomes_wider() -> None:
    climb = Climb(BOUNDS)
    assert median(tail(climbed(climb, narrow(6)))) <= 9
    assert median(tail(climbed(climb, narrow(1000)))) == 64


def test_it_never_leaves_its_bounds() -> None:
    levels = climbed(Climb(Bounds(5, 3, 7)), narrow(20), noise=0.5)
    assert (min(levels), max(levels)) == (3, 7)


def test_it_is_turned_off_by_a_most_of_no_more_than_the_start() -> None:
    assert bounds(parts=8, least=4, most=8) == Bounds(8, 8, 8)
    assert bounds(parts=2, least=4, most=64) == Bounds(2, 2, 64)
    assert set(climbed(Climb(bounds(8, 4, 1)), far_away)) == {8}


def test_a_refusal_ends_a_try_for_more() -> None:
    climb = trying()
    assert climb.level == 16
    climb.failed()
    assert climb.level == climb.home == 8


def test_a_try_with_too_little_to_do_is_given_up() -> None:
    climb = trying()
    assert [climb.hungry() for _ in range(20)].count(None) == 19
    assert climb.level == 8


def test_a_window_tells_how_many_were_in_flight_and_how_long_each_took() -> None:
    gauge = Gauge()
    for each in range(8):
        gauge.entered(each * 0.025)
    found: Measure | None = None
    for each in range(1, 80):
        now = 0.175 + each * 0.025
        gauge.left(now, done=True)
        found = gauge.read(now, 8)
        gauge.entered(now)
        if found:
            break
    assert found is not None
    assert found.requests_per_second == pytest.approx(40, rel=0.35)
    assert found.seconds_each == pytest.approx(0.2, rel=0.35)
    assert found.goodput == pytest.approx(found.requests_per_second * REQUEST_BYTES)


class Tokens:
    """What a subscriber of so many at once has, as far as it is needed."""

    def __init__(self, value: int) -> None:
        self.limiter = self
        self.value = value

    def acquire_nowait(self) -> None:
        self.value -= 1

    def release(self) -> None:
        self.value += 1


def test_a_hungry_worker_takes_more_segments_and_fewer_when_it_has_plenty() -> None:
    hand = 2
    feeding = Feeding(least=4, most=32, in_hand=lambda: hand)
    feeding.went_hungry()
    assert feeding.wanted == 4, "there was nothing more to take"
    hand = 4
    feeding.went_hungry()
    assert feeding.wanted == 8
    tokens = Tokens(0)
    taking = Taking(tokens, 4)
    taking.change(feeding.wanted)
    assert (taking.most, tokens.value) == (8, 4)
    for _ in range(9):
        feeding.had_plenty()
    tokens.value = 1
    taking.change(feeding.wanted)
    assert (feeding.wanted, taking.most, tokens.value) == (4, 7, 0)
