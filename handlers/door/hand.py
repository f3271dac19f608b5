"""What the door has in hand: bounded, and cut at once when its flow stops."""

import asyncio
import logging
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

from domain.errors import DataPlaneError
from handlers.door.flows import stopped
from handlers.messages import SegmentName
from handlers.web.problems import RETRY_AFTER_SECONDS, RefusedError
from handlers.worker.hand import Hand, Held

_log = logging.getLogger(__name__)

_T = TypeVar("_T")
# What a worker calls a segment: the door has all of a flow's streams in one.
_SEGMENT = "door"


class InHand:
    """Requests that touch a flow's bytes."""

    def __init__(self, most_streams: int) -> None:
        """Beyond so many bodies at once, others are asked to come again."""
        self._hand = Hand()
        self._free = most_streams
        self._finishing: set[asyncio.Task[Any]] = set()

    async def carry_out(self, data_flow_id: str, work: Coroutine[Any, Any, _T]) -> _T:
        """The work's result; when this ends, whoever ended it, no byte moves any more.

        Raises DataPlaneError when the flow was stopped meanwhile.
        """
        name = SegmentName(data_flow_id=data_flow_id, segment_id=_SEGMENT)
        async with self._hand.hold(name) as held:
            working = asyncio.create_task(work)
            try:
                either: set[asyncio.Future[Any]] = {working, held.stop}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _ended(working, held)
            if working.cancelled():
                raise _why(held)
            return working.result()

    @contextmanager
    def stream(self) -> Generator[None]:
        """One of the bodies that may move at once."""
        if self._free == 0:
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "http.too-many-streams",
                f"the door is busy: come again after {RETRY_AFTER_SECONDS} s",
            )
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    def finish(self, work: Coroutine[Any, Any, _T]) -> "asyncio.Task[_T]":
        """Work that moves no bytes and must not end half-way. Await it shielded."""
        task = asyncio.create_task(work)
        self._finishing.add(task)
        task.add_done_callback(self._finished)
        return task

    def names(self) -> tuple[SegmentName, ...]:
        """For the heartbeat."""
        return tuple(set(self._hand.names()))

    def flows(self) -> set[str]:
        """The flows that have something in hand."""
        return self._hand.flows()

    async def stop_flow(self, data_flow_id: str, state: str) -> None:
        """Cut its streams; returns when none moves any more."""
        await self._hand.stop_flow(data_flow_id, state)

    async def stop_all(self) -> None:
        """The door closes: cut everything, and finish what was begun."""
        await self._hand.stop_all()
        if self._finishing:
            await asyncio.wait(self._finishing)

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._finishing.discard(task)
        if not task.cancelled() and (error := task.exception()):
            fields = {"error": type(error).__name__}
            if isinstance(error, DataPlaneError):
                fields["code"] = error.code
            _log.info("could not be finished", extra={"fields": fields})


async def _ended(working: "asyncio.Task[Any]", held: Held) -> None:
    if not working.done():
        # The code of why, for whoever writes down what was cut.
        working.cancel(_why(held).code if held.stop.done() else "")
        await asyncio.wait({working})
    if not working.cancelled():
        # Looked at, also where nobody is left to hear of it.
        working.exception()


def _why(held: Held) -> DataPlaneError:
    state = held.stop.result() if held.stop.done() else "worker-stopping"
    if state == "worker-stopping":
        return DataPlaneError("the door is closing", code="plane.unavailable")
    return stopped(state.upper())
