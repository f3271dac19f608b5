"""What the segments were to do: an outcome names an object, its plan tells the rest."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection

from domain.message import Recorded
from domain.names import segment_stream
from domain.segment.events import (
    CompletionWork,
    PackWork,
    PartsWork,
    SegmentLeased,
    SegmentPlanned,
)
from domain.transfer.events import PlannedObject
from projections.log_reads import load_beginnings

# A pack's objects are told of in several events, mostly soon one after the other.
_REMEMBERED = 128


@dataclass(frozen=True)
class Plan:
    """A segment's objects by id, their route, and when it was first leased."""

    objects: Mapping[str, PlannedObject] = field(
        default_factory=dict[str, PlannedObject]
    )
    route: str | None = None
    # Whether its objects are cut into parts.
    large: bool = False
    # Position and time of the lease.
    leased: tuple[int, datetime] | None = None
    # Of a completion: where the copying of its object began.
    first_segment: UUID | None = None

    def started_before(self, position: int) -> datetime | None:
        """When it was leased, if that was before this."""
        return self.leased[1] if self.leased and self.leased[0] < position else None


NO_PLAN: Final = Plan()


class Plans:
    """Reads the beginnings of journals, and remembers the last. They never change."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._known: OrderedDict[UUID, Plan] = OrderedDict()

    async def of(
        self, connection: AsyncConnection, streams: Collection[UUID]
    ) -> dict[UUID, Plan]:
        """The plans of these journals, as far as they have one."""
        wanted = set(streams)
        found = {each: self._known[each] for each in wanted & self._known.keys()}
        found |= await _read(connection, wanted - found.keys())
        for stream, plan in found.items():
            self._known[stream] = plan
            self._known.move_to_end(stream)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found


async def _read(
    connection: AsyncConnection, streams: Collection[UUID]
) -> dict[UUID, Plan]:
    begun = await load_beginnings(connection, streams)
    plans = {stream: _plan(events) for stream, events in begun.items()}
    firsts = {plan.first_segment for plan in plans.values() if plan.first_segment}
    leases = {
        stream: _lease(events)
        for stream, events in (await load_beginnings(connection, firsts)).items()
    }
    return {
        stream: replace(plan, leased=leases.get(plan.first_segment))
        if plan.first_segment
        else plan
        for stream, plan in plans.items()
    }


def _plan(events: Collection[Recorded]) -> Plan:
    planned = next(
        (e.event for e in events if isinstance(e.event, SegmentPlanned)), None
    )
    if planned is None:
        return NO_PLAN
    work, first = planned.work, None
    if isinstance(work, CompletionWork) and work.segments:
        first = segment_stream(planned.data_flow_id, work.segments[0])
    match work:
        case PackWork(objects=objects):
            pass
        case PartsWork(object=one) | CompletionWork(object=one):
            objects = (one,)
        case _:
            objects = ()
    return Plan(
        objects={each.object_id: each for each in objects},
        route=planned.route,
        large=isinstance(work, PartsWork | CompletionWork),
        leased=_lease(events),
        first_segment=first,
    )


def _lease(events: Collection[Recorded]) -> tuple[int, datetime] | None:
    for each in events:
        if isinstance(each.event, SegmentLeased):
            return each.position, each.metadata.occurred_at
    return None
