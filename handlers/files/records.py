"""What the streams of files say, read on from where the last reading ended."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from domain import file
from domain.names import file_stream
from eventlog import EventLog

_MOST_KEPT = 4096
_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Record:
    """A file and its stream's version; `stored_at` is when it was stored last."""

    state: file.File = file.INITIAL
    version: int = 0
    stored_at: datetime = _NEVER


class Records:
    """Never stale: each reading asks the log for what is new, in one query."""

    def __init__(self, log: EventLog) -> None:
        """Keeps what it has read of the files that were asked for last."""
        self._log = log
        self._kept: OrderedDict[str, Record] = OrderedDict()

    async def read(self, file_id: str) -> Record:
        """The file as it is now. Raises DATABASE_DOWN."""
        record = self._kept.get(file_id, Record())
        stream, after = file_stream(file_id), record.version
        for each in await self._log.load(stream, after_version=after):
            assert isinstance(each.event, file.FileEvent)  # noqa: S101 (its stream)
            state = file.evolve(record.state, each.event)
            stored_at = record.stored_at
            if state.stored is not record.state.stored:
                stored_at = each.metadata.occurred_at
            record = Record(state, each.version, stored_at)
        # What nobody has stored is not kept: anybody may ask for anything.
        if record.version:
            self._keep(file_id, record)
        return record

    def _keep(self, file_id: str, record: Record) -> None:
        there = self._kept.get(file_id)
        if there is None or there.version <= record.version:
            self._kept[file_id] = record
        self._kept.move_to_end(file_id)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
