"""Which objects are lost when a segment is given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

from psycopg import AsyncConnection

from domain import segment
from domain.message import Recorded
from domain.segment.events import (
    ObjectOutcome,
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


async def lost_objects(
    connection: AsyncConnection, given_up: Sequence[Recorded]
) -> dict[int, list[LostObject]]:
    """For each SegmentFailed, by its position: the objects that it leaves behind.

    The event itself does not name them; its segment's plan and journal do.
    """
    journals = await load_streams(connection, [each.stream for each in given_up])
    lost: dict[int, list[LostObject]] = {}
    for each in given_up:
        failed = cast("SegmentFailed", each.event)
        # Only what was there at the time, so that a rebuild finds the same.
        journal = [e for e in journals[each.stream] if e.version < each.version]
        lost[each.position] = [
            LostObject(
                flow_of(each), object_id, failed.code, failed.detail, each.position
            )
            for object_id in _left_behind(journal)
        ]
    return lost


def _left_behind(journal: Sequence[Recorded]) -> list[str]:
    events = [cast("SegmentEvent", each.event) for each in journal]
    if not events or not isinstance(events[0], SegmentPlanned):
        return []
    work = events[0].work
    if not isinstance(work, PackWork):
        return [work.object.object_id]
    state = reduce(segment.evolve, events, segment.INITIAL)
    return [each.object_id for each in state.missing_objects()]
