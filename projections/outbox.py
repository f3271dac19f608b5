"""What do we owe the control planes: which callbacks, and how did sending them go?"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import cast

from psycopg import AsyncConnection

from domain import data_flow
from domain.callback.events import CallbackAttemptFailed, CallbackDelivered
from domain.data_flow import DataFlow, DataFlowEvent
from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowReady,
    DataFlowTerminated,
)
from domain.message import Recorded
from projections import rows
from projections.flow_states import flow_of
from projections.log_reads import load_streams
from projections.owed_callback import OwedCallback, is_owed, owe
from projections.read_model import ReadModel

_RELEVANT = (
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowReady,
    DataFlowTerminated,
    CallbackDelivered,
    CallbackAttemptFailed,
)

Owed = dict[str, list[OwedCallback]]


async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    """Owe what the page's events cause, and note what became of what was owed."""
    relevant = [each for each in page if isinstance(each.event, _RELEVANT)]
    if not relevant:
        return
    owed: Owed = {flow_of(each): [] for each in relevant}
    for row in await rows.load(connection, "outbox", OwedCallback, owed):
        owed[row.data_flow_id].append(row)
    flows = await _flows_at(connection, [e for e in relevant if is_owed(e.event)])
    for each in relevant:
        fold(owed[flow_of(each)], each, flows)
    touched = [row for of_flow in owed.values() for row in of_flow]
    await rows.store(connection, "outbox", ("data_flow_id", "sequence"), touched)


READ_MODEL = ReadModel.of("outbox", ("outbox",), apply, *_RELEVANT)


def fold(
    owed: list[OwedCallback], recorded: Recorded, flows: Mapping[int, DataFlow]
) -> None:
    """Add one event to its flow's callbacks; `flows`: as it left them, by position."""
    match recorded.event:
        case DataFlowCompleted() | DataFlowErrored() | DataFlowReady() if is_owed(
            recorded.event
        ):
            flow = flows[recorded.position]
            # A flow of no control plane (a copy from the command line) has nobody to
            # tell.
            terms = flow.terms
            if terms and (terms.callback_address or terms.control_plane_id):
                owed.append(owe(flow, recorded, flow_of(recorded), len(owed) + 1))
        case DataFlowTerminated():
            for row in owed:
                row.drop()
        case CallbackDelivered(about=about) | CallbackAttemptFailed(about=about):
            for row in owed:
                if row.about == about:
                    row.tried(recorded.event)
        case _:
            pass


async def _flows_at(
    connection: AsyncConnection, causes: Sequence[Recorded]
) -> dict[int, DataFlow]:
    """By position: the data flow as each of these events left it."""
    streams = await load_streams(connection, [each.stream for each in causes])
    return {
        each.position: reduce(
            data_flow.evolve,
            (
                cast("DataFlowEvent", earlier.event)
                for earlier in streams[each.stream]
                if earlier.version <= each.version
            ),
            data_flow.INITIAL,
        )
        for each in causes
    }
