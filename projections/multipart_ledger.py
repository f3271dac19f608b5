"""Which multipart uploads have we begun, where, and what became of each?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.message import Event, Recorded
from domain.reception.events import (
    ObjectReceived,
    PartReceived,
    UploadAborted,
    UploadLeft,
    UploadOpened,
    UploadPlanned,
)
from domain.segment.events import ObjectCopied, PartCopied
from domain.transfer.events import (
    MultipartUploadAborted,
    MultipartUploadCreated,
    MultipartUploadLeft,
)
from projections import rows
from projections.flow_states import flow_of
from projections.ledger_row import LedgerRow, UploadState
from projections.object_report import owner_of
from projections.read_model import ReadModel
from projections.upload_places import UploadPlace, places_of

_TABLE: Final = "multipart_ledger"
_KEY = ("data_flow_id", "object_id", "upload_id")
_LOAD: Final[LiteralString] = """
    SELECT data_flow_id, object_id, upload_id, storage_upload_id, by, endpoint, bucket,
        destination_key, created_at, created_position, position, state, code, parts,
        size_bytes, ended_at
    FROM multipart_ledger
    JOIN unnest(%s::text[], %s::text[]) AS wanted (flow, object)
        ON data_flow_id = flow AND object_id = object
"""

_Begun = MultipartUploadCreated | UploadPlanned
_OF_UPLOADS = (
    *(UploadPlanned, UploadOpened, PartReceived, ObjectReceived),
    *(UploadAborted, UploadLeft),
)
_OF_OBJECTS = (MultipartUploadCreated, MultipartUploadAborted, MultipartUploadLeft)
_EVENTS: tuple[type[Event], ...] = (
    *(*_OF_OBJECTS, PartCopied, ObjectCopied),
    *_OF_UPLOADS,
)
# Looked up faster than tried one by one.
_KINDS = frozenset(_EVENTS)

# Of an object of a flow, its uploads in the order of the log.
_Name = tuple[str, str]
_Known = dict[_Name, list[LedgerRow]]


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Fold the page onto the uploads that it is about."""
    relevant = [(_name(each), each) for each in page if type(each.event) in _KINDS]
    if not relevant:
        return
    known = await _load(connection, {name for name, _ in relevant})
    begun = [each for _, each in relevant if isinstance(each.event, _Begun)]
    places = await places_of(connection, begun)
    touched: dict[tuple[str, str, str], LedgerRow] = {}
    for name, each in relevant:
        row = _fold(known.setdefault(name, []), name, each, places)
        if row is not None:
            row.position = each.position
            touched[*name, row.upload_id] = row
    await rows.store(connection, _TABLE, _KEY, touched.values())


READ_MODEL = ReadModel.of(_TABLE, (_TABLE,), apply, *_EVENTS)


def _name(recorded: Recorded) -> _Name:
    event: Any = recorded.event
    match event:
        case PartCopied():
            owner = owner_of(event.segment_id)
        case ObjectCopied():
            owner = event.object.object_id
        case _ if isinstance(event, _OF_OBJECTS):
            owner = event.object_id
        case _:
            owner = event.upload_id
    return flow_of(recorded), rows.key(owner)


def _fold(
    uploads: list[LedgerRow],
    name: _Name,
    recorded: Recorded,
    places: Mapping[int, UploadPlace],
) -> LedgerRow | None:
    """The row that the event changes; None where it is of no upload that we know."""
    event = recorded.event
    if isinstance(event, _Begun):
        uploads.append(_begun(name, recorded, event, places[recorded.position]))
        return uploads[-1]
    if isinstance(event, MultipartUploadAborted | MultipartUploadLeft):
        its = [row for row in uploads if row.upload_id == rows.key(event.upload_id)]
    else:
        # Of an object that was begun anew, the later upload gets the parts.
        its = uploads[-1:]
    if not its:
        return None
    _change(its[0], recorded)
    return its[0]


def _change(row: LedgerRow, recorded: Recorded) -> None:
    match recorded.event:
        case PartCopied(length_bytes=size) | PartReceived(size_bytes=size):
            row.part(size)
        case UploadOpened(storage_upload_id=name):
            row.storage_upload_id = rows.storable(name)
        case ObjectCopied(object=outcome) if outcome.error is None:
            row.end(UploadState.COMPLETED, recorded)
        case ObjectReceived():
            row.end(UploadState.COMPLETED, recorded)
        case _:
            _give_up(row, recorded)


def _give_up(row: LedgerRow, recorded: Recorded) -> None:
    match recorded.event:
        case MultipartUploadAborted():
            row.end(UploadState.ABORTED, recorded)
        case UploadAborted(reason=reason):
            row.end(UploadState.ABORTED, recorded, rows.storable(reason))
        case MultipartUploadLeft(code=code) | UploadLeft(code=code):
            row.end(UploadState.LEFT, recorded, code)
        case _:
            # An object that failed: its upload is open until it is aborted.
            pass


def _begun(
    name: _Name, recorded: Recorded, event: _Begun, place: UploadPlace
) -> LedgerRow:
    ours = isinstance(event, MultipartUploadCreated)
    at = event.key if isinstance(event, UploadPlanned) else event.destination_key
    return LedgerRow(
        *name,
        upload_id=rows.key(event.upload_id),
        storage_upload_id=rows.storable(event.upload_id) if ours else "",
        by="transfer" if ours else "reception",
        endpoint=rows.storable(place.endpoint),
        bucket=rows.storable(place.bucket),
        destination_key=rows.storable(at),
        created_at=recorded.metadata.occurred_at,
        created_position=recorded.position,
        position=recorded.position,
    )


async def _load(connection: AsyncConnection, names: Collection[_Name]) -> _Known:
    wanted = sorted(names)
    flows, objects = [name[0] for name in wanted], [name[1] for name in wanted]
    known: _Known = {}
    async with connection.cursor(row_factory=class_row(LedgerRow)) as cursor:
        await cursor.execute(_LOAD, (flows, objects), prepare=True)
        found = await cursor.fetchall()
    for row in sorted(found, key=lambda each: each.created_position):
        known.setdefault((row.data_flow_id, row.object_id), []).append(row)
    return known
