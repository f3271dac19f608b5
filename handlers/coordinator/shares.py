"""Chooses what is queued next, of all flows: fairly, and no more than is free."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from domain.scheduling.mixing import mixed
from domain.scheduling.shares import Claim, Ledger, allot, by_flow
from domain.scheduling.timing import Act, Timing, due
from handlers.coordinator.queued import ClaimRow, Queued, SegmentRow


class Shares:
    """Remembers who was served how much; after a restart all begin alike."""

    def __init__(self, queued: Queued, weights: Mapping[str, float]) -> None:
        """`weights` are the tenants'; who is not named has 1."""
        self._queued = queued
        self._weights = weights
        self._ledger = Ledger()

    async def choose(
        self, held: Sequence[SegmentRow], places: int, free: int
    ) -> list[SegmentRow]:
        """What fills the free places, in order. `held` are queued, or with a worker."""
        counts = Counter(each.data_flow_id for each in held)
        now = datetime.now(UTC)
        rows = await self._queued.claims(counts, free)
        claims = [
            _claim(row, now, counts[row.data_flow_id], places)
            for row in rows
            if _may_copy(row, now)
        ]
        allotment = allot(claims, places, free, self._weights, self._ledger)
        self._ledger = allotment.ledger
        if not allotment.order:
            return []
        return await self._segments(allotment.order, held)

    async def _segments(
        self, order: Sequence[str], held: Iterable[SegmentRow]
    ) -> list[SegmentRow]:
        counts = by_flow(order)
        ready = _of_flows(await self._queued.ready(counts))
        in_hand = _of_flows(held)
        next_of: dict[str, Iterator[SegmentRow]] = {
            flow: iter(mixed(ready[flow], in_hand[flow], count))
            for flow, count in counts.items()
        }
        # Some may have been taken back since they were counted.
        found = (next(next_of[flow], None) for flow in order)
        return [each for each in found if each is not None]


def _of_flows(rows: Iterable[SegmentRow]) -> defaultdict[str, list[SegmentRow]]:
    found: defaultdict[str, list[SegmentRow]] = defaultdict(list)
    for each in rows:
        found[each.data_flow_id].append(each)
    return found


def _may_copy(row: ClaimRow, now: datetime) -> bool:
    # The row of a flow whose window has just ended does not say so yet.
    if row.timing is None:
        return True
    timing = Timing.model_validate(row.timing)
    return due(timing, now, missed=row.deadline_missed).act in {Act.COPY, Act.MISS}


def _claim(row: ClaimRow, now: datetime, held: int, places: int) -> Claim:
    deadline = None
    if row.timing is not None and not row.deadline_missed:
        deadline = Timing.model_validate(row.timing).deadline
    # Nobody holds more than all places: what a worker has put back for a while is
    # held, but takes no place.
    most = max(0, places - held)
    return Claim(
        data_flow_id=row.data_flow_id,
        tenant=row.tenant,
        priority=row.priority,
        ready=min(row.ready, most),
        completions=min(row.completions, most),
        held=held,
        deadline=deadline if deadline is not None and deadline > now else None,
    )
