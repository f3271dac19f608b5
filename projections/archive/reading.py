"""What is archived of a flow, as it stood in the log."""

import zlib
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from psycopg import AsyncConnection

from domain.errors import ArchiveError, FlowShreddedError
from domain.notary.export_lines import UnreadableError, read_event, read_line
from projections.archive.keys import FlowKeys
from projections.archive.store import Store
from projections.history_lines import Stored
from projections.settings import Settings

_FLOW: Final = "SELECT place, digest FROM archive.flow WHERE data_flow_id = %s"

# The last one that was read: whoever reads a history comes again for its next page.
_read: dict[str, list[Stored]] = {}


def archivable(data_flow_id: str) -> bool:
    """Whether PostgreSQL can hold such an id; another's must not be taken for it."""
    return "\x00" not in data_flow_id


async def archived_events(
    connection: AsyncConnection, data_flow_id: str
) -> list[Stored] | None:
    """All its events up to when it was archived, in order; None where it is not.

    Raises FlowShreddedError, and ArchiveError where the archive cannot be read, or is
    not as it was written.
    """
    if not archivable(data_flow_id):
        return None
    cursor = await connection.execute(_FLOW, (data_flow_id,), prepare=True)
    row = await cursor.fetchone()
    if row is None:
        return None
    place, digest = row
    settings = Settings()
    key = await FlowKeys(settings.archive_key_file).find(connection, data_flow_id)
    if key is None:
        raise FlowShreddedError("the flow's archive was shredded")
    if digest not in _read:
        sealed = await Store.of(settings).get(place)
        if sha256(sealed).hexdigest() != digest:
            raise ArchiveError(f"{place} is not what was archived")
        events = events_in(zlib.decompress(key.open(sealed)).splitlines())
        _read.clear()
        _read[digest] = events
    return _read[digest]


def events_in(lines: Iterable[bytes]) -> list[Stored]:
    """The events of an export. Raises ArchiveError."""
    try:
        told = [read_line(line) for line in lines]
        return [Stored(*read_event(body)) for kind, body in told if kind == "event"]
    except UnreadableError as error:
        raise ArchiveError(str(error)) from None
