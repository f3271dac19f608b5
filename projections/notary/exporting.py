"""A flow's events, the seals that vouch for them and the keys: one file, JSON lines."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.errors import NotaryKeyError, UnknownFlowError
from domain.notary import export_lines
from domain.notary.encoding import Stored, count, entry, split
from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.seals import Seal
from domain.notary.statements import (
    NOTHING,
    ExportStatement,
    SealStatement,
    digest_of,
    positions_text,
)
from projections import history
from projections.archive.reading import read_ahead
from projections.flow_states import FINAL_STATES
from projections.notary import rows
from projections.notary.archived import Runs, archived_runs
from projections.notary.covering import covered, sealed_up_to
from projections.notary.keys import Signer, verify_with
from projections.rows import key as row_key

_EVENTS, _SEALS = 500, 20
_ENDED = {f"data-flow.{state.lower()}.v1" for state in FINAL_STATES}


@dataclass
class _Seen:
    """What has gone into the file."""

    first_seal: int = 0
    after: int = 0
    seals: int = 0
    last_seal: str = NOTHING


async def export(
    pool: AsyncConnectionPool,
    signer: Signer,
    data_flow_id: str,
    receipt: Mapping[str, Any] | None = None,
    witnessed: int = 0,
) -> AsyncGenerator[bytes]:
    """The lines of an export; little of it is in memory at once.

    The seals are those from the flow's first event to its last, or to the end of the
    log while the flow is not over: an event that is gone from there is told. Raises
    UnknownFlowError, NotaryKeyError where the signer's key is not the one in use, and
    SealsChangedError where an event has no seal that must have had one, at or before
    the position `witnessed` for example; all before the first line.
    """
    positions, span = await _vouched_for(pool, data_flow_id, witnessed)
    keys = await _keys(pool, signer)
    of_flow = frozenset(positions)
    yield export_lines.opening(data_flow_id)
    archived = await _archived(pool)
    for key in keys:
        yield export_lines.key_line(key)
    seen, missing = _Seen(), list[int]()
    async for seal in _seals(pool, span):
        held = _held(seal, of_flow)
        gone = await _missing(pool, seal)
        missing += [each for each in gone if each not in archived]
        _note(seen, seal)
        yield export_lines.seal_line(seal, with_entries=held)
    # Once more where it matters: flows are archived while we read.
    archived = await _archived(pool) if missing else archived
    missing = [each for each in missing if each not in archived]
    hashed, found = sha256(), list[int]()
    async for event in _events(pool, data_flow_id, positions[-1]):
        hashed.update(entry(event))
        found.append(event.position)
        yield export_lines.event_line(event)
    if receipt is not None:
        yield export_lines.receipt_line(receipt)
    statement = ExportStatement(
        key=signer.key_id,
        at=datetime.now(UTC),
        data_flow_id=data_flow_id,
        positions=positions_text(found),
        events=hashed.hexdigest(),
        first_seal=seen.first_seal,
        after=seen.after,
        seals=seen.seals,
        last_seal=seen.last_seal,
        missing=positions_text(missing),
        receipt=export_lines.receipt_digest(receipt),
    ).to_bytes()
    yield export_lines.closing(statement, signer.sign(statement).value)


async def _keys(pool: AsyncConnectionPool, signer: Signer) -> list[SignedKey]:
    async with pool.connection() as connection:
        keys = await rows.keys(connection)
        known = await rows.last_key(connection)
    if known is None or known.new_key != signer.key_id:
        raise NotaryKeyError("the notary does not know this key yet")
    return keys


async def _vouched_for(
    pool: AsyncConnectionPool, data_flow_id: str, witnessed: int
) -> tuple[list[int], range]:
    """The positions of the events, and the numbers of the seals that they are in."""
    # First of all: what is sealed meanwhile has its seal by the time that we look.
    async with pool.connection() as connection:
        known = max(witnessed, await sealed_up_to(connection))
    positions, over = await _positions(pool, data_flow_id)
    async with pool.connection() as connection:
        span = await _span(connection, positions, over=over)
        await covered(connection, span, positions, known)
    return positions, span


async def _archived(pool: AsyncConnectionPool) -> Runs:
    async with pool.connection() as connection:
        keys = KeyChain.of(await rows.keys(connection), verify_with)
        return await archived_runs(connection, keys)


async def _positions(
    pool: AsyncConnectionPool, data_flow_id: str
) -> tuple[list[int], bool]:
    found: list[int] = []
    over = False
    async for event in _events(pool, data_flow_id, None):
        found.append(event.position)
        over = over or event.topic in _ENDED
    if not found:
        raise UnknownFlowError("there is no data flow with this id")
    return found, over


async def _events(
    pool: AsyncConnectionPool, data_flow_id: str, to: int | None
) -> AsyncGenerator[Stored]:
    after = 0
    while True:
        await read_ahead(pool, row_key(data_flow_id))
        async with pool.connection() as connection:
            page = await history.stored_events(
                connection, data_flow_id, after=after, limit=_EVENTS, to=to
            )
        for each in page or ():
            yield Stored(*each)
        if not page or len(page) < _EVENTS:
            return
        after = page[-1].position


async def _span(
    connection: AsyncConnection, positions: Sequence[int], *, over: bool
) -> range:
    """The numbers of the seals. None is of what is sealed from now on.

    The last page grows while we read, and others would follow what it has become.
    """
    end = await rows.last_number(connection)
    begin = await rows.covering(connection, positions[0])
    if over:
        end = await rows.covering(connection, positions[-1]) or end
    return range(end + 1 if begin is None else begin, end + 1)


async def _seals(pool: AsyncConnectionPool, span: range) -> AsyncGenerator[Seal]:
    for number in span[::_SEALS]:
        most = min(_SEALS, span.stop - number)
        async with pool.connection() as connection:
            seals = await rows.seals(connection, number, most)
        for each in seals:
            yield each


def _held(seal: Seal, positions: frozenset[int]) -> bool:
    return not {each for each, _ in split(seal.entries)}.isdisjoint(positions)


async def _missing(pool: AsyncConnectionPool, seal: Seal) -> list[int]:
    sealed = [each for each, _ in split(seal.entries)]
    async with pool.connection() as connection:
        there = await rows.there(connection, sealed)
    return [] if len(there) == count(seal.entries) else sorted(set(sealed) - there)


def _note(seen: _Seen, seal: Seal) -> None:
    said = SealStatement.read(seal.statement)
    if said is not None and not seen.seals:
        seen.first_seal, seen.after = said.number, said.after
    seen.seals += 1
    seen.last_seal = digest_of(seal.statement)
