"""The segments and large objects of a flow, as the journals left them. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain import segment
from domain.message import Recorded
from domain.segment import Phase, Segment, SegmentEvent
from domain.segment.events import (
    CompletionWork,
    DeletionWork,
    ObjectCopied,
    ObjectsCopied,
    PackWork,
    PartCopied,
    PartsWork,
    SegmentFailed,
    SegmentLeased,
    SegmentPlanned,
    Work,
)
from domain.transfer.events import ObjectPlanned, PagePlanned, PlannedObject
from domain.transfer.plan import parts_of

# Counted when it was planned, and then dropped: plans of packs are most of a history.
_NO_PACK, _NO_DELETIONS = PackWork(objects=()), DeletionWork(objects=())


@dataclass(slots=True)
class Live:
    """A segment that is not over. `objects`: of a pack, or to be deleted."""

    state: Segment
    objects: int = 0
    leased_at: datetime | None = None
    lease_position: int = 0
    position: int = 0
    at: datetime | None = None


@dataclass(slots=True)
class Large:
    """An object that goes in parts: `done` has a byte for each, 1 for a recorded one.

    `outcome` is `copied`, or the code of an error.
    """

    planned: PlannedObject
    done: bytearray
    bytes_done: int = 0
    outcome: str | None = None
    verdict: str | None = None


@dataclass(slots=True)
class Segments:
    """`over` counts segments by how they ended; completions and deletions are in it."""

    live: dict[str, Live] = field(default_factory=dict[str, Live])
    over: Counter[Phase] = field(default_factory=Counter[Phase])
    large: dict[str, Large] = field(default_factory=dict[str, Large])
    _lost: set[str] = field(default_factory=set[str])

    def plan(self, event: ObjectPlanned | PagePlanned) -> None:
        """Large objects are known from here on, also those that wait for approval."""
        planned = event.held if isinstance(event, PagePlanned) else (event.object,)
        for each in planned:
            parts = parts_of(each)
            self.large.setdefault(each.object_id, Large(each, bytearray(parts + 1)))

    def add(self, recorded: Recorded, event: SegmentEvent) -> int:
        """Fold one event of a journal; returns how many objects it has lost."""
        name = event.segment_id
        live = self.live.setdefault(name, Live(segment.INITIAL))
        if isinstance(event, SegmentPlanned):
            live.objects, event = _slim(event)
        lost = self._losses(live, event)
        live.state = segment.evolve(live.state, event)
        live.position, live.at = recorded.position, recorded.metadata.occurred_at
        if isinstance(event, SegmentLeased):
            live.leased_at, live.lease_position = live.at, recorded.position
        self._count(live, event)
        if live.state.over:
            self.over[live.state.phase] += 1
            del self.live[name]
        return lost

    def _losses(self, live: Live, event: SegmentEvent) -> int:
        """An object counts once, whichever of its segments gave it up."""
        match event:
            case ObjectsCopied(objects=objects):
                return self._give_up(one.object_id for one in objects if one.error)
            case ObjectCopied(object=one):
                return self._give_up([one.object_id] if one.error else [])
            case SegmentFailed() if live.state.planned is not None:
                return self._left_behind(live, live.state.planned.work)
            case _:
                return 0

    def _left_behind(self, live: Live, work: Work) -> int:
        match work:
            case PackWork():
                return live.objects - len(live.state.objects)
            case PartsWork(object=one) | CompletionWork(object=one):
                return self._give_up([one.object_id])
            case DeletionWork():
                return 0

    def _give_up(self, object_ids: Iterable[str]) -> int:
        before = len(self._lost)
        self._lost.update(object_ids)
        return len(self._lost) - before

    def _count(self, live: Live, event: SegmentEvent) -> None:
        planned = live.state.planned
        work = planned.work if planned else None
        if not isinstance(work, PartsWork | CompletionWork):
            return
        large = self.large.get(work.object.object_id)
        if large is None:
            return
        match event:
            case PartCopied(part_number=number) if number < len(large.done):
                large.bytes_done += 0 if large.done[number] else event.length_bytes
                large.done[number] = 1
            case ObjectCopied(object=one):
                large.outcome = one.error or "copied"
                large.verdict = None if one.error else one.verdict
            case SegmentFailed(code=code):
                large.outcome = large.outcome or code
            case _:
                pass


def ranges(done: bytearray) -> list[tuple[int, int]]:
    """The recorded parts as runs of numbers, first and last."""
    found: list[tuple[int, int]] = []
    at = done.find(1)
    while at >= 0:
        end = done.find(0, at)
        end = len(done) if end < 0 else end
        found.append((at, end - 1))
        at = done.find(1, end)
    return found


def _slim(event: SegmentPlanned) -> tuple[int, SegmentPlanned]:
    match event.work:
        case PackWork(objects=objects):
            return len(objects), event.model_copy(update={"work": _NO_PACK})
        case DeletionWork(objects=doomed):
            return len(doomed), event.model_copy(update={"work": _NO_DELETIONS})
        case _:
            return 0, event
