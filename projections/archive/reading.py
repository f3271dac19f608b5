"""What is archived of a flow, as it stood in the log."""

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.errors import ArchiveError, FlowShreddedError
from domain.notary.export_lines import UnreadableError, read_event, read_line
from projections.archive.keys import FlowKey, FlowKeys
from projections.archive.store import Store
from projections.history_lines import Stored
from projections.settings import Settings

_FLOW: Final = "SELECT place, digest FROM archive.flow WHERE data_flow_id = %s"

# Those that were read last: whoever reads a history comes again for its next page.
# Not for long: of what is shredded nothing should be left anywhere.
_MOST, _KEPT_SECONDS = 3, 120.0
_read: OrderedDict[str, Sequence[Stored]] = OrderedDict()
_loading: "dict[str, asyncio.Task[Sequence[Stored]]]" = {}


@dataclass(frozen=True)
class _Archive:
    """Where it is, what it must be (SHA-256), and what opens it."""

    place: str
    digest: str
    key: FlowKey


def archivable(data_flow_id: str) -> bool:
    """Whether PostgreSQL can hold such an id; another's must not be taken for it."""
    return "\x00" not in data_flow_id


async def archived_events(
    connection: AsyncConnection, data_flow_id: str
) -> Sequence[Stored] | None:
    """All its events up to when it was archived, in order; None where it is not.

    Raises FlowShreddedError, and ArchiveError where the archive cannot be read, or is
    not as it was written.
    """
    archive = await _find(connection, data_flow_id)
    return None if archive is None else await _events(archive)


async def read_ahead(pool: AsyncConnectionPool, data_flow_id: str) -> None:
    """Read what is archived of a flow while no connection waits for it.

    Whoever asks for it next need not read it. Raises as `archived_events`.
    """
    async with pool.connection() as connection:
        archive = await _find(connection, data_flow_id)
    if archive is not None:
        await _events(archive)


async def is_archived(connection: AsyncConnection, data_flow_id: str) -> bool:
    """Whether its events were moved; none of them is in the log any more then."""
    if not archivable(data_flow_id):
        return False
    cursor = await connection.execute(_FLOW, (data_flow_id,), prepare=True)
    return await cursor.fetchone() is not None


async def _find(connection: AsyncConnection, data_flow_id: str) -> _Archive | None:
    if not archivable(data_flow_id):
        return None
    cursor = await connection.execute(_FLOW, (data_flow_id,), prepare=True)
    row = await cursor.fetchone()
    if row is None:
        return None
    place, digest = row
    keys = FlowKeys(Settings().archive_key_file)
    key = await keys.find(connection, data_flow_id)
    if key is None:
        _read.pop(digest, None)
        raise FlowShreddedError("the flow's archive was shredded")
    return _Archive(place, digest, key)


async def _events(archive: _Archive) -> Sequence[Stored]:
    if archive.digest in _read:
        _read.move_to_end(archive.digest)
        return _read[archive.digest]
    task = _loading.get(archive.digest)
    if task is None:
        task = asyncio.create_task(_load(archive))
        _loading[archive.digest] = task
        task.add_done_callback(lambda _: _loading.pop(archive.digest, None))
    # Others may wait for it too: it goes on though one of them is cancelled.
    return await asyncio.shield(task)


async def _load(archive: _Archive) -> Sequence[Stored]:
    store = await asyncio.to_thread(Store.of, Settings())
    sealed = await store.get(archive.place)
    events = await asyncio.to_thread(_opened, archive, sealed)
    _read[archive.digest] = events
    while len(_read) > _MOST:
        _read.popitem(last=False)
    forget = asyncio.get_running_loop().call_later
    forget(_KEPT_SECONDS, _read.pop, archive.digest, None)
    return events


def _opened(archive: _Archive, sealed: bytes) -> list[Stored]:
    if sha256(sealed).hexdigest() != archive.digest:
        raise ArchiveError(f"{archive.place} is not what was archived")
    return events_in(zlib.decompress(archive.key.open(sealed)).splitlines())


def events_in(lines: Iterable[bytes]) -> list[Stored]:
    """The events of an export. Raises ArchiveError."""
    try:
        told = [read_line(line) for line in lines]
        return [Stored(*read_event(body)) for kind, body in told if kind == "event"]
    except UnreadableError as error:
        raise ArchiveError(str(error)) from None
