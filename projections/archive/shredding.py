"""Destroys the key of a flow's archive: its events are gone for good, the chain not."""

from dataclasses import dataclass

from domain import names
from domain.archive import FlowArchived, FlowShredded
from domain.errors import IllegalTransitionError
from eventlog import Append, EventLog
from projections.archive.keys import FlowKeys
from projections.archive.moving import cause_of
from projections.archive.store import Store
from projections.settings import Settings


@dataclass(frozen=True)
class Shredding:
    """What it takes."""

    log: EventLog
    settings: Settings

    async def shred(self, data_flow_id: str) -> None:
        """Record it, destroy the key, delete the object; safe to repeat.

        Raises IllegalTransitionError for a flow that is not archived, and ArchiveError
        where the object could not be deleted: it is unreadable all the same.
        """
        stream = names.archive_stream(data_flow_id)
        events = await self.log.load(stream)
        archived = events[0].event if events else None
        if not isinstance(archived, FlowArchived):
            raise IllegalTransitionError("the flow is not archived")
        if not any(isinstance(each.event, FlowShredded) for each in events):
            shredded = FlowShredded(data_flow_id=data_flow_id)
            appended = Append(stream, events[-1].version, (shredded,))
            await self.log.append(cause_of(data_flow_id), appended)
        async with self.log.pool.connection() as connection:
            keys = FlowKeys(self.settings.archive_key_file)
            await keys.destroy(connection, data_flow_id)
        await Store.of(self.settings).delete(archived.place)
