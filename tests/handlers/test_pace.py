"""How many requests are in flight at an endpoint, and how often one is tried again."""

import asyncio

import pytest

from domain.data_flow import DataFlow
from domain.errors import Side, StorageError
from domain.location import Location
from handlers.limits.endpoints import endpoint_of
from handlers.worker import retry
from handlers.worker.pace import Change, Pace, Paces
from handlers.worker.tries import Told, Tries
from tests.controls import destination, source


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give the longest delays that were drawn from; none is waited for."""
    drawn: list[float] = []

    def none(_: float, longest: float) -> float:
        drawn.append(longest)
        return 0.0

    monkeypatch.setattr("random.uniform", none)
    return drawn


class Failing:
    """An effect that fails with these codes, one after the other, and then is done."""

    def __init__(self, *codes: str, side: Side = Side.DESTINATION) -> None:
        self.codes = list(codes)
        self.side = side
        self.tries = 0

    async def __call__(self) -> str:
        self.tries += 1
        if self.codes:
            raise StorageError("no", code=self.codes.pop(0), side=self.side)
        return "done"


@pytest.mark.parametrize(
    ("code", "tries"),
    [
        ("storage.unavailable", 5),
        ("storage.throttled", 10),
        ("storage.mismatch", 4),
        ("storage.denied", 1),
        ("storage.credentials-expired", 1),
    ],
)
async def test_each_code_has_its_budget(
    delays: list[float], code: str, tries: int
) -> None:
    effect = Failing(*[code] * 20)
    with pytest.raises(StorageError):
        await retry.retried(5, effect)
    assert effect.tries == tries
    assert len(delays) == tries - 1


async def test_one_codes_failures_are_not_anothers(delays: list[float]) -> None:
    effect = Failing(*["storage.unavailable", "storage.mismatch"] * 3)
    assert await retry.retried(5, effect) == "done"
    assert delays == sorted(delays)


async def test_who_is_asked_for_patience_waits_longer(delays: list[float]) -> None:
    await retry.retried(5, Failing(*["storage.throttled"] * 7))
    assert delays[0] == 1.0
    assert delays[-1] == 30.0


async def test_one_try_stays_one(delays: list[float]) -> None:
    effect = Failing("storage.mismatch")
    with pytest.raises(StorageError):
        await retry.retried(1, effect)
    assert (effect.tries, delays) == (1, [])


async def in_flight(pace: Pace, most: int) -> int:
    """How many of so many requests the pace lets through at once."""
    together, peak = 0, 0

    async def request() -> None:
        nonlocal together, peak
        async with pace.slot():
            together += 1
            peak = max(peak, together)
            await asyncio.sleep(0)
            together -= 1

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(most):
            group.create_task(request())
    return peak


async def test_a_refusal_halves_what_is_in_flight_once_per_storm() -> None:
    pace = Pace("s3", 16)
    assert await in_flight(pace, 50) == 16
    assert pace.refused() == Change("s3", 16, 8, "storage.throttled")
    assert pace.refused() is None
    assert await in_flight(pace, 50) == 8


async def test_it_grows_again_slowly_and_tells_when_it_is_back() -> None:
    pace = Pace("s3", 4)
    pace.refused()
    told = [pace.went_well() for _ in range(2 * 4 + 3 * 4)]
    assert told[:-1] == [None] * 19
    assert told[-1] == Change("s3", 3, 4, "recovered")
    assert await in_flight(pace, 20) == 4


async def test_who_gives_up_waiting_keeps_nobody_else_waiting() -> None:
    pace = Pace("s3", 1)
    async with pace.slot():
        first = asyncio.create_task(in_flight(pace, 1))
        second = asyncio.create_task(in_flight(pace, 1))
        await asyncio.sleep(0)
    # Its turn has come, and it is gone.
    first.cancel()
    assert await asyncio.wait_for(second, 5) == 1


def flow(read: Location, written: Location) -> DataFlow:
    return DataFlow(source=read, destination=written)


def at(url: str) -> Location:
    return source(fields={"bucket": "b", "endpoint_url": url})


async def ignore(_: Told) -> None:
    """Nobody records it."""


async def test_flows_share_an_endpoint_in_either_direction_without_a_deadlock() -> None:
    paces = Paces(1)
    one, other = at("http://a:1"), at("http://b:1")
    there = Tries(1, paces.of(flow(one, other)), ignore)
    back = Tries(1, paces.of(flow(other, one)), ignore)
    itself = Tries(1, paces.of(flow(one, one)), ignore)
    together, peak = 0, 0

    async def request() -> None:
        nonlocal together, peak
        together += 1
        peak = max(peak, together)
        await asyncio.sleep(0)
        together -= 1

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(20):
            for tries in (there, back, itself):
                group.create_task(tries.run(request))
    assert peak == 1


async def test_only_the_side_that_refuses_is_slowed_down(delays: list[float]) -> None:
    changes: list[Told] = []

    async def note(change: Told) -> None:
        changes.append(change)

    paces = Paces(8)
    sides = paces.of(flow(at("http://a:1"), at("http://b:1")))
    effect = Failing("storage.throttled", side=Side.SOURCE)
    assert await Tries(5, sides, note).run(effect) == "done"
    assert changes == [Change("a:1", 8, 4, "storage.throttled")]
    assert (sides[Side.SOURCE].limit, sides[Side.DESTINATION].limit) == (4, 8)
    assert len(delays) == 1


def test_an_endpoints_name_holds_no_more_than_host_and_port() -> None:
    secret = at("https://user:secret@s3.example:9000/path?sig=secret")
    assert endpoint_of(secret) == "s3.example:9000"
    assert endpoint_of(destination()) == "s3:"
    assert endpoint_of(None) == ""
