"""Reads the whole story of a data flow through the event log."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, TypeVar
from uuid import UUID

from pydantic_core import to_json

from domain import names
from domain.message import Event, Recorded
from domain.segment.events import PartCopied
from domain.transfer.events import DeletionsPlanned, ObjectPlanned, PagePlanned
from domain.transfer.plan import completion_segment
from eventlog import EventLog

_COUNT: Final = (
    "SELECT count(*) FROM waybill_events"
    " WHERE topic = %s AND position(%s::bytea IN state) > 0"
)

_E = TypeVar("_E", bound=Event)


async def of_flow(log: EventLog, data_flow_id: str) -> list[Recorded]:
    """Every event of every stream of the flow, in the order of the log."""
    own = [
        names.data_flow_stream(data_flow_id),
        names.transfer_stream(data_flow_id),
        names.callback_stream(data_flow_id),
    ]
    known = await log.load_many(own)
    segments = [name for page in of_kind(known, PagePlanned) for name in page.segments]
    segments += [
        name for page in of_kind(known, DeletionsPlanned) for name in page.segments
    ]
    segments += [
        completion_segment(planned.object.object_id)
        for planned in of_kind(known, ObjectPlanned)
    ]
    journals: list[UUID] = [
        names.segment_stream(data_flow_id, each) for each in segments
    ]
    return await log.load_many([*own, *journals])


async def count(log: EventLog, data_flow_id: str, topic: str) -> int:
    """How many events of the topic name the flow; read nowhere, so cheap to ask."""
    named = b'"data_flow_id":' + to_json(data_flow_id)
    async with log.pool.connection() as connection:
        rows = await connection.execute(_COUNT, (topic, named))
        row = await rows.fetchone()
    return int(row[0]) if row else 0


def of_kind(events: Sequence[Recorded], kind: type[_E]) -> list[_E]:
    """The events of one class."""
    return [each.event for each in events if isinstance(each.event, kind)]


def parts(events: Sequence[Recorded]) -> Counter[tuple[str, int]]:
    """How often each part is recorded, by (segment, part number)."""
    return Counter((e.segment_id, e.part_number) for e in of_kind(events, PartCopied))


def lines(events: Sequence[Recorded]) -> list[str]:
    """One line per event, for whoever reads why a test failed."""
    return [
        f"{each.position:>5} {each.event.TOPIC:<36} {each.metadata.actor:<22} "
        + each.event.model_dump_json()[:160]
        for each in events
    ]
