"""Each worker takes its share, and nobody more than that, whoever comes and goes."""

import asyncio
from datetime import UTC, datetime
from typing import cast

import pytest

from domain.data_flow import DataFlow
from domain.errors import Side
from domain.limits import Limits, Rates, Window
from domain.limits.scopes import PLANE, endpoint_scope, flow_scope
from eventlog import EventLog
from handlers.limits.book import Book
from handlers.limits.census import Census
from handlers.limits.limiter import Limiter
from handlers.messages import Heartbeat
from tests.controls import source

FLOW = DataFlow(
    data_flow_id="flow-1",
    source=source(fields={"bucket": "b", "endpoint_url": "http://from:1"}),
    destination=source(fields={"bucket": "b", "endpoint_url": "http://to:1"}),
)
SCOPES = (PLANE, flow_scope("flow-1"), endpoint_scope("from:1"), endpoint_scope("to:1"))


class Clock:
    """One that stands until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def limiter(known: dict[str, Limits], clock: Clock, settling: float = 0.0) -> Limiter:
    # Nothing is read here: what is known was read already.
    book = Book(cast("EventLog", None), known, version=1)
    return Limiter(book, Census("b", 2.5, clock), settling)


def beat(worker: str, *scopes: str) -> Heartbeat:
    return Heartbeat(worker=worker, slots=1, scopes=scopes)


def rate(limiter: Limiter, scope: str = PLANE) -> float | None:
    limiter.share()
    return limiter._throttles[scope].bytes.rate


BYTES = {PLANE: Limits(base=Rates(bytes_per_second=1200))}


def test_a_limit_is_divided_by_those_that_work_for_it() -> None:
    clock = Clock()
    limiting = limiter(BYTES, clock)
    with limiting.working(FLOW):
        assert rate(limiting) == 1200
        limiting.heard(beat("a", PLANE))
        limiting.heard(beat("c", PLANE, flow_scope("flow-2")))
        limiting.heard(beat("idle"))
        assert rate(limiting) == 400
        limiting.heard(beat("c"))
        assert rate(limiting) == 600
        # Whoever is silent is gone, as long as we hear ourselves.
        for _ in range(3):
            clock.now += 1
            limiting.heard(beat("b"))
        assert rate(limiting) == 1200


def test_without_a_bus_nobody_takes_more_than_before() -> None:
    clock = Clock()
    limiting = limiter(BYTES, clock)
    with limiting.working(FLOW):
        limiting.heard(beat("a", PLANE))
        clock.now += 60
        assert rate(limiting) == 600
        # It is back: the other may be heard a little later than ourselves.
        limiting.heard(beat("b"))
        assert rate(limiting) == 600
        for _ in range(2):
            clock.now += 1.3
            limiting.heard(beat("b"))
        assert rate(limiting) == 1200


def test_who_has_just_come_waits_until_it_knows_the_others() -> None:
    limiting = limiter(BYTES, Clock(), settling=60)
    with limiting.working(FLOW) as allowance:
        assert allowance.moved(1) == 0.25
    unlimited = limiter({}, Clock(), settling=60)
    with unlimited.working(FLOW) as allowance:
        assert allowance.moved(1 << 40) == 0.0


def test_others_hear_at_once_of_who_takes_up_what_is_limited() -> None:
    limiting = limiter({flow_scope("flow-1"): BYTES[PLANE]}, Clock())
    assert limiting.scopes() == ()
    with limiting.working(FLOW):
        assert limiting.news.is_set()
        assert limiting.scopes() == tuple(sorted(SCOPES))
    # Once more: the next segment may be there before the next beat.
    assert limiting.scopes() == tuple(sorted(SCOPES))
    assert limiting.scopes() == ()


def test_the_timetable_is_followed() -> None:
    night = Window(start="22:00", end="06:00", rates=Rates(bytes_per_second=9000))
    base = Rates(bytes_per_second=10)
    limiting = limiter({PLANE: Limits(base=base, timetable=(night,))}, Clock())
    with limiting.working(FLOW):
        limiting.now = lambda: datetime(2026, 11, 20, 21, 59, tzinfo=UTC)
        assert rate(limiting) == 10
        limiting.now = lambda: datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
        assert rate(limiting) == 9000


@pytest.mark.parametrize("scope", SCOPES)
def test_the_smallest_limit_wins(scope: str) -> None:
    large = dict.fromkeys(SCOPES, Limits(base=Rates(bytes_per_second=1 << 30)))
    small = Limits(base=Rates(bytes_per_second=1000))
    limiting = limiter({**large, scope: small}, Clock())
    with limiting.working(FLOW) as allowance:
        assert allowance.moved(100) == pytest.approx(0.1, abs=0.01)


async def test_requests_are_counted_on_the_side_that_they_go_to() -> None:
    one = Limits(base=Rates(requests_per_second=0.001))
    limiting = limiter({endpoint_scope("to:1"): one}, Clock())
    with limiting.working(FLOW) as allowance:
        async with asyncio.timeout(5):
            for _ in range(100):
                await allowance.ask({Side.SOURCE: 1})
        await allowance.ask({Side.SOURCE: 1, Side.DESTINATION: 1})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await allowance.ask({Side.DESTINATION: 1})


async def test_parts_at_once_are_shared_out_whole() -> None:
    three = {PLANE: Limits(base=Rates(parts_at_once=3))}
    limiting = limiter(three, Clock())
    limiting.heard(beat("a", PLANE))
    inside, most = 0, 0

    async def part() -> None:
        nonlocal inside, most
        for gate in allowance.gates:
            await gate.enter()
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        for gate in allowance.gates:
            gate.leave()

    with limiting.working(FLOW) as allowance:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(part())
        # "a" comes before "b" and has two of the three.
        assert most == 1
        limiting.heard(beat("a"))
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(part())
    assert most == 3
