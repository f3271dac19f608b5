"""An endpoint that is away is left alone, asked now and then, and tried carefully."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from domain.data_flow import DataFlow
from domain.errors import FencedError, Side, StorageError
from handlers.worker.circuit import Closed, Opened, Phase
from handlers.worker.pace import Paces
from handlers.worker.retry import doubled
from handlers.worker.tries import AT_SOURCE, Told, Tries
from tests.controls import source

AWAY, THROTTLED = "storage.unavailable", "storage.throttled"


class Endpoint:
    """The destination, with a flag that says whether it works, and all it was asked."""

    def __init__(self) -> None:
        self.fails_with: str | None = None
        self.asked = 0
        self.probed = 0
        self.together = 0
        self.most_together = 0

    async def effect(self) -> str:
        self.asked += 1
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(0.001)
        self.together -= 1
        self._answer()
        return "done"

    async def probe(self) -> None:
        self.probed += 1
        self._answer()
        raise StorageError("none", code="storage.not-found", side=Side.DESTINATION)

    def _answer(self) -> None:
        if self.fails_with:
            raise StorageError("no", code=self.fails_with, side=Side.DESTINATION)


class Segment:
    """Tries on one endpoint as the destination, and what they told."""

    def __init__(self, endpoint: Endpoint, outage_seconds: float = 60.0) -> None:
        self.told: list[Told] = []
        place = source(fields={"bucket": "b", "endpoint_url": "http://there:1"})
        other = source(fields={"bucket": "b", "endpoint_url": "http://here:1"})
        paces = Paces(8).of(DataFlow(source=other, destination=place))
        self.circuit = paces[Side.DESTINATION].circuit

        async def note(told: Told) -> None:
            self.told.append(told)

        self.tries = Tries(
            5,
            paces,
            note,
            {Side.DESTINATION: endpoint.probe},
            outage_seconds=outage_seconds,
        )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays are a thousandth of what they are."""
    monkeypatch.setattr("random.uniform", lambda _, longest: longest / 1000)
    monkeypatch.setattr("handlers.worker.tries._GLANCE_SECONDS", 0.001)
    monkeypatch.setattr("handlers.worker.pace._CALM_SECONDS", 0.0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("code", [AWAY, THROTTLED])
async def test_who_waits_for_an_endpoint_burns_no_attempt(code: str) -> None:
    endpoint = Endpoint()
    endpoint.fails_with = code
    segment = Segment(endpoint)
    running = [
        asyncio.create_task(segment.tries.run(endpoint.effect)) for _ in range(20)
    ]
    await until(lambda: segment.circuit.phase is Phase.OPEN and endpoint.probed > 3)
    asked = endpoint.asked
    await until(lambda: endpoint.probed > 8)
    # Nothing but questions, one at a time.
    assert endpoint.asked == asked
    endpoint.fails_with, endpoint.most_together = None, 0
    assert await asyncio.gather(*running) == ["done"] * 20
    opened, closed = (e for e in segment.told if isinstance(e, Opened | Closed))
    assert isinstance(opened, Opened)
    assert (opened.endpoint, opened.reason) == ("there:1", code)
    assert isinstance(closed, Closed)
    assert closed.probes == endpoint.probed


async def test_what_only_answers_questions_is_not_stormed() -> None:
    endpoint = Endpoint()
    endpoint.fails_with = AWAY
    segment = Segment(endpoint)
    first = asyncio.create_task(segment.tries.run(endpoint.effect))
    await until(lambda: segment.circuit.phase is Phase.OPEN)

    async def alive() -> None:
        endpoint.probed += 1

    tries = Tries(5, segment.tries.paces, segment.tries.changed, _probe(alive))
    endpoint.most_together = 0
    others = [asyncio.create_task(tries.run(endpoint.effect)) for _ in range(10)]
    await asyncio.wait(others)
    # Half open, one is tried at a time, and a failure is followed by a pause.
    assert endpoint.most_together == 1
    assert all(isinstance(each.exception(), StorageError) for each in others)
    first.cancel()
    await asyncio.wait({first})


async def test_after_an_outage_of_some_length_who_waits_fails() -> None:
    endpoint = Endpoint()
    endpoint.fails_with = AWAY
    segment = Segment(endpoint, outage_seconds=0.05)
    with pytest.raises(StorageError):
        await segment.tries.run(endpoint.effect)
    with pytest.raises(StorageError, match="has been away") as error:
        await segment.tries.run(endpoint.effect)
    assert error.value.code == AWAY
    endpoint.fails_with = None
    assert await until_done(segment, endpoint) == "done"


async def test_only_what_needs_the_endpoint_waits_for_it() -> None:
    endpoint = Endpoint()
    endpoint.fails_with = AWAY
    segment = Segment(endpoint)
    waiting = asyncio.create_task(segment.tries.run(endpoint.effect))
    await until(lambda: segment.circuit.phase is Phase.OPEN)
    async with asyncio.timeout(5):
        assert await segment.tries.run(_fine, AT_SOURCE) == "fine"
    waiting.cancel()
    await asyncio.wait({waiting})
    endpoint.fails_with = None
    assert await until_done(segment, endpoint) == "done"


async def test_what_one_could_not_record_the_next_one_does() -> None:
    endpoint = Endpoint()
    endpoint.fails_with = AWAY
    segment = Segment(endpoint)

    async def refuse(_: Told) -> None:
        raise FencedError("another worker has it")

    fenced = Tries(5, segment.tries.paces, refuse)
    with pytest.raises(FencedError):
        await fenced.run(endpoint.effect)
    waiting = asyncio.create_task(segment.tries.run(endpoint.effect))
    await until(lambda: any(isinstance(each, Opened) for each in segment.told))
    waiting.cancel()
    await asyncio.wait({waiting})


async def until_done(segment: Segment, endpoint: Endpoint) -> str:
    """It is asked again until it is there, whoever gave up meanwhile."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await segment.tries.run(endpoint.effect)
            except StorageError:
                await asyncio.sleep(0.001)


async def _fine() -> str:
    return "fine"


def _probe(
    probe: Callable[[], Awaitable[None]],
) -> dict[Side, Callable[[], Awaitable[None]]]:
    return {Side.DESTINATION: probe}


def test_delays_have_an_end_however_often_they_are_doubled() -> None:
    assert [doubled(0.5, times, 10.0) for times in (0, 1, 5, 10_000)] == [
        *(0.5, 1.0, 10.0, 10.0)
    ]
