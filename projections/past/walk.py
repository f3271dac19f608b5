"""A flow's events, folded with a stop at each of several moments. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.errors import InvalidMessageError, UnknownFlowError
from domain.message import Recorded
from projections.history_lines import Stored
from projections.past.fold import Past
from projections.past.shown import state_of
from projections.past.views import FlowState
from projections.past.when import When, is_after


@dataclass(frozen=True)
class Stop:
    """The state at a moment, and how many events of each topic there had been."""

    state: FlowState
    topics: Counter[str]


class Walk:
    """Takes pages of events and stops at moments; None is the end of the history."""

    def __init__(self, data_flow_id: str, moments: Sequence[When | None]) -> None:
        """The moments, none of them before the one in front of it."""
        self._past = Past(data_flow_id)
        self._left = list(moments)
        self._last: Recorded | None = None
        self._stops: list[Stop] = []

    def add(self, page: Iterable[Stored]) -> bool:
        """The next events; whether any more are needed.

        Raises UnknownFlowError where there was no flow yet at a moment, and
        InvalidMessageError for moments that are not in order.
        """
        for stored in page:
            recorded = stored.recorded()
            while self._left and _is_after(recorded, self._left[0]):
                self._stop()
            if not self._left:
                return False
            self._past.add(recorded)
            self._last = recorded
        return bool(self._left)

    def stops(self) -> list[Stop]:
        """One per moment; those after the last event are at it."""
        while self._left:
            self._stop()
        return self._stops

    def _stop(self) -> None:
        moment = self._left.pop(0)
        if self._last is not None and _is_after(self._last, moment):
            raise InvalidMessageError("from: must not be after to")
        state = state_of(self._past)
        if state is None:
            raise UnknownFlowError("there was no such data flow at that moment")
        self._stops.append(Stop(state, self._past.topics.copy()))


def _is_after(recorded: Recorded, moment: When | None) -> bool:
    return moment is not None and is_after(recorded, moment)
