"""A segment as its journal left it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar, assert_never

from domain.segment.events import (
    ConcurrencyTuned,
    DeletionOutcome,
    DeletionWork,
    EndpointCircuitClosed,
    EndpointCircuitOpened,
    ObjectCopied,
    ObjectOutcome,
    ObjectsCopied,
    ObjectsDeleted,
    PackWork,
    PartCopied,
    PartsWork,
    SegmentDone,
    SegmentEvent,
    SegmentFailed,
    SegmentLeased,
    SegmentPaced,
    SegmentParked,
    SegmentPlanned,
)
from domain.transfer.deletions import Doomed
from domain.transfer.events import PlannedObject
from domain.transfer.parts import Part, parts

_K = TypeVar("_K")
_V = TypeVar("_V")


class Phase(StrEnum):
    """Where a segment stands."""

    UNKNOWN = "unknown"
    PLANNED = "planned"
    LEASED = "leased"
    PARKED = "parked"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Segment:
    """The work, who has it, and what is recorded of it."""

    phase: Phase = Phase.UNKNOWN
    planned: SegmentPlanned | None = None
    worker: str = ""
    leases: int = 0
    # Epoch and delivery of the last lease: an earlier one is stale.
    leased: tuple[int, int] = (0, 0)
    parts: Mapping[int, PartCopied] = field(default_factory=dict[int, PartCopied])
    objects: Mapping[str, ObjectOutcome] = field(
        default_factory=dict[str, ObjectOutcome]
    )
    deleted: Mapping[str, DeletionOutcome] = field(
        default_factory=dict[str, DeletionOutcome]
    )

    @property
    def over(self) -> bool:
        """Whether nothing is left to do, for good or ill."""
        return self.phase in (Phase.DONE, Phase.FAILED)

    def missing_parts(self) -> tuple[Part, ...]:
        """The parts that the journal does not hold yet, in order."""
        if self.planned is None or not isinstance(self.planned.work, PartsWork):
            return ()
        work = self.planned.work
        size = work.object.part_size_bytes or work.object.size_bytes
        return tuple(
            part
            for part in parts(
                work.object.size_bytes, max(size, 1), work.first, work.last
            )
            if part.number not in self.parts
        )

    def missing_objects(self) -> tuple[PlannedObject, ...]:
        """The pack's objects that have no outcome yet, in order."""
        if self.planned is None or not isinstance(self.planned.work, PackWork):
            return ()
        return tuple(
            each
            for each in self.planned.work.objects
            if each.object_id not in self.objects
        )

    def missing_deletions(self) -> tuple[Doomed, ...]:
        """The objects to delete that have no outcome yet, in order."""
        if self.planned is None or not isinstance(self.planned.work, DeletionWork):
            return ()
        return tuple(
            each
            for each in self.planned.work.objects
            if each.object_id not in self.deleted
        )


INITIAL = Segment()


def evolve(segment: Segment, event: SegmentEvent) -> Segment:
    """The segment after the event.

    The state is persistent in all but its mappings, which are copied on write.
    """
    match event:
        case SegmentPlanned():
            return Segment(phase=Phase.PLANNED, planned=event)
        case SegmentLeased(worker=worker):
            return replace(
                segment,
                phase=Phase.LEASED,
                worker=worker,
                leases=segment.leases + 1,
                leased=(event.epoch, event.delivery),
            )
        case PartCopied():
            return replace(
                segment, parts=_with(segment.parts, event.part_number, event)
            )
        case ObjectsCopied(objects=objects):
            known = segment.objects
            for each in objects:
                known = _with(known, each.object_id, each)
            return replace(segment, objects=known)
        case ObjectCopied(object=outcome):
            known = _with(segment.objects, outcome.object_id, outcome)
            return replace(segment, objects=known)
        case ObjectsDeleted(objects=deleted):
            fates = {**segment.deleted, **{each.object_id: each for each in deleted}}
            return replace(segment, deleted=fates)
        case SegmentDone():
            return replace(segment, phase=Phase.DONE)
        case SegmentParked():
            return replace(segment, phase=Phase.PARKED, worker="")
        case (
            SegmentPaced()
            | ConcurrencyTuned()
            | EndpointCircuitOpened()
            | EndpointCircuitClosed()
        ):
            return segment
        case SegmentFailed():
            return replace(segment, phase=Phase.FAILED)
        case _:
            assert_never(event)


def _with(mapping: Mapping[_K, _V], key: _K, value: _V) -> Mapping[_K, _V]:
    return {**mapping, key: value}
