"""Which objects are lost when a segment is given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

from psycopg import AsyncConnection

from domain import segment
from domain.message import Recorded
from domain.segment.events import (
    DeletionWork,
    ObjectCopied,
    ObjectOutcome,
    ObjectsCopied,
    PackWork,
    SegmentEvent,
    SegmentFailed,
    SegmentPlanned,
)
from projections.flow_states import flow_of
from projections.log_reads import load_streams


@dataclass(frozen=True, slots=True)
class LostObject:
    """A row of `transfer_failures`."""

    data_flow_id: str
    object_id: str
    code: str
    detail: str
    position: int

    @classmethod
    def of(cls, recorded: Recorded, outcome: ObjectOutcome) -> "LostObject":
        """The row of an object whose outcome is an error."""
        return cls(
            flow_of(recorded),
            outcome.object_id,
            outcome.error or "",
            outcome.detail or "",
            recorded.position,
        )


MAY_FAIL = (ObjectsCopied, ObjectCopied, SegmentFailed)


async def lost_objects(
    connection: AsyncConnection, events: Sequence[Recorded]
) -> list[LostObject]:
    """The objects that these events give up, in order; an object may come again.

    A segment's failure does not name its objects; the segment's plan and journal do.
    """
    given_up = [e.stream for e in events if isinstance(e.event, SegmentFailed)]
    journals = await load_streams(connection, given_up)
    lost: list[LostObject] = []
    for each in events:
        match each.event:
            case ObjectsCopied(objects=objects):
                lost += [LostObject.of(each, one) for one in objects if one.error]
            case ObjectCopied(object=one) if one.error:
                lost.append(LostObject.of(each, one))
            case SegmentFailed() as failed:
                lost += _lost_with(each, failed, journals[each.stream])
            case _:
                pass
    return lost


def _lost_with(
    recorded: Recorded, failed: SegmentFailed, journal: Sequence[Recorded]
) -> list[LostObject]:
    # Only what was there at the time, so that a rebuild finds the same.
    before = [each for each in journal if each.version < recorded.version]
    return [
        LostObject(
            flow_of(recorded), object_id, failed.code, failed.detail, recorded.position
        )
        for object_id in _left_behind(before)
    ]


def _left_behind(journal: Sequence[Recorded]) -> list[str]:
    events = [cast("SegmentEvent", each.event) for each in journal]
    if not events or not isinstance(events[0], SegmentPlanned):
        return []
    work = events[0].work
    if isinstance(work, DeletionWork):
        return []
    if not isinstance(work, PackWork):
        return [work.object.object_id]
    state = reduce(segment.evolve, events, segment.INITIAL)
    return [each.object_id for each in state.missing_objects()]
