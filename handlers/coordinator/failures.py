"""The objects that an earlier flow could not copy, as its journals tell."""

from collections.abc import Iterator, Sequence

from domain.errors import DataPlaneError, InvalidAddressError
from domain.location import Location
from domain.message import Event
from domain.names import archive_stream, segment_stream, transfer_stream
from domain.segment.events import (
    CompletionWork,
    DeletionWork,
    ObjectsCopied,
    PackWork,
    PartsWork,
    SegmentFailed,
    SegmentPlanned,
)
from domain.transfer.events import PagePlanned, PlannedObject
from domain.transfer.manifest import Row
from domain.transfer.plan import completion_segment
from eventlog import EventLog

# A journal of parts has up to 64 checkpoints, which are read and passed over.
_JOURNALS_AT_ONCE = 50


class FailedNames:
    """Page by page as they were planned then; the cursor is the next page's place."""

    def __init__(
        self, log: EventLog, data_flow_id: str, destination: Location | None
    ) -> None:
        """`destination` is where the earlier flow wrote."""
        self._log = log
        self._id = data_flow_id
        prefix = destination.fields.get("prefix") if destination else None
        self._to_prefix = prefix if isinstance(prefix, str) else None
        self._pages: Sequence[tuple[str, ...]] | None = None

    def wrong(self, row: Row, how: str) -> DataPlaneError:
        """The error that names the object."""
        return InvalidAddressError(f"the earlier flow's {row.key!r} {how}")

    async def read(self, cursor: str | None) -> tuple[Sequence[Row], str | None]:
        """The failed objects of the next page that has any."""
        pages = await self._planned()
        for place in range(int(cursor or 0), len(pages)):
            rows = [self._row(each) for each in await self._failed(pages[place])]
            after = place + 1
            if rows:
                return rows, str(after) if after < len(pages) else None
        return (), None

    async def _planned(self) -> Sequence[tuple[str, ...]]:
        """The segments of each page."""
        if self._pages is None:
            if await self._log.load(archive_stream(self._id)):
                raise InvalidAddressError("the earlier flow is archived")
            events = await self._log.load(transfer_stream(self._id))
            self._pages = [
                each.event.segments
                for each in events
                if isinstance(each.event, PagePlanned)
            ]
        return self._pages

    async def _failed(self, segments: Sequence[str]) -> Sequence[PlannedObject]:
        found: dict[str, PlannedObject] = {}
        large: dict[str, PlannedObject] = {}
        for batch in _batches(segments):
            events = await self._journals(batch)
            found |= _failed_in(events)
            large |= _large_in(events)
        for batch in _batches([completion_segment(each) for each in large]):
            found |= _failed_in(await self._journals(batch))
        return tuple(found.values())

    async def _journals(self, segments: Sequence[str]) -> Sequence[Event]:
        streams = [segment_stream(self._id, each) for each in segments]
        return [each.event for each in await self._log.load_many(streams)]

    def _row(self, planned: PlannedObject) -> Row:
        below = None
        if self._to_prefix is not None:
            below = planned.destination_key.removeprefix(self._to_prefix)
        return Row(
            line=0,
            key=planned.source_key,
            version_id=planned.version_id,
            destination=below,
        )


def _batches(segments: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(segments), _JOURNALS_AT_ONCE):
        yield segments[start : start + _JOURNALS_AT_ONCE]


def _large_in(events: Sequence[Event]) -> dict[str, PlannedObject]:
    """The objects that go in parts, by their ids."""
    works = (each.work for each in events if isinstance(each, SegmentPlanned))
    parts = (each.object for each in works if isinstance(each, PartsWork))
    return {each.object_id: each for each in parts}


def _failed_in(events: Sequence[Event]) -> dict[str, PlannedObject]:
    """The objects that these journals give up, by their ids."""
    planned = {
        each.segment_id: each for each in events if isinstance(each, SegmentPlanned)
    }
    failed: dict[str, PlannedObject] = {}
    for event in events:
        match event:
            case SegmentFailed(segment_id=segment):
                failed |= _objects(planned[segment])
            case ObjectsCopied(segment_id=segment, objects=outcomes):
                objects = _objects(planned[segment])
                wrong = [each.object_id for each in outcomes if each.error]
                failed |= {each: objects[each] for each in wrong}
            case _:
                pass
    return failed


def _objects(planned: SegmentPlanned) -> dict[str, PlannedObject]:
    match planned.work:
        case PackWork(objects=objects):
            return {each.object_id: each for each in objects}
        case PartsWork(object=one) | CompletionWork(object=one):
            return {one.object_id: one}
        case DeletionWork():
            return {}
