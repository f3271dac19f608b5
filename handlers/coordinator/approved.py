"""Takes the keys of an approved plan: all of them, or nothing of it is begun.

A plan that waits owns nothing, however long it is forgotten. What was approved is what
is done, exactly: a key that another flow writes by then is not left out of it.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, Side
from domain.message import Recorded
from domain.names import segment_stream, transfer_stream
from domain.segment.events import (
    CompletionWork,
    DeletionWork,
    PackWork,
    PartsWork,
    SegmentPlanned,
)
from domain.transfer import Transfer
from domain.transfer.events import DeletionsPlanned, PagePlanned
from eventlog import EventLog
from handlers.coordinator.owning import CLAIMED, Owning

_JOURNALS_AT_ONCE = 20
_KEYS_AT_ONCE = 1000

_T = TypeVar("_T")


async def own_plan(
    log: EventLog, flow: DataFlow, state: Transfer, owning: Owning
) -> None:
    """Once, though it may be called again. Raises `destination.claimed`.

    What is planned is read from its journals: a page of them is in memory.
    """
    if await owning.opened():
        return
    large = [each.destination_key for each in state.held.values()]
    for keys in _batches(large, _KEYS_AT_ONCE):
        await _take(owning, keys)
    planned = await log.load(transfer_stream(flow.data_flow_id))
    for names in _batches([*_segments(planned)], _JOURNALS_AT_ONCE):
        streams = [segment_stream(flow.data_flow_id, each) for each in names]
        keys = [*dict.fromkeys(_keys(await log.load_many(streams)))]
        for some in _batches(keys, _KEYS_AT_ONCE):
            await _take(owning, some)
    await owning.open()


async def _take(owning: Owning, keys: Sequence[str]) -> None:
    whose = await owning.take(keys)
    for key, why in whose.items():
        raise DataPlaneError(f"{key}: {why}", code=CLAIMED, side=Side.DESTINATION)


def _segments(planned: Sequence[Recorded]) -> Iterator[str]:
    for each in planned:
        if isinstance(each.event, PagePlanned | DeletionsPlanned):
            yield from each.event.segments


def _keys(journals: Sequence[Recorded]) -> Iterator[str]:
    """What they write or delete."""
    for each in journals:
        match each.event:
            case SegmentPlanned(work=PackWork(objects=objects)):
                yield from (one.destination_key for one in objects)
            case SegmentPlanned(work=DeletionWork(objects=doomed)):
                yield from (one.key for one in doomed)
            case SegmentPlanned(
                work=PartsWork(object=one) | CompletionWork(object=one)
            ):
                yield one.destination_key
            case _:
                pass


def _batches(all_: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(all_), most):
        yield all_[start : start + most]
