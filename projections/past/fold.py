"""One flow's events, one after the other, onto all that is known of it. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast, get_args

from domain import data_flow
from domain.data_flow import DataFlow, DataFlowEvent
from domain.delivery.events import ObjectServed
from domain.message import Event, Recorded
from domain.reception import ReceptionEvent
from domain.segment import SegmentEvent
from domain.transfer import INITIAL as UNPLANNED
from domain.transfer import Transfer, TransferEvent
from domain.transfer import evolve as evolve_transfer
from domain.transfer.events import ObjectPlanned, PagePlanned
from projections import flow_status, outbox
from projections.flow_states import DATA_FLOW_EVENTS
from projections.flow_status import FlowStatus
from projections.owed_callback import OwedCallback
from projections.past.door import Door
from projections.past.work import Segments
from projections.progress_folds import FOLDS, fold
from projections.progress_row import TransferProgress
from projections.rows import key

_FLOW = frozenset(DATA_FLOW_EVENTS)
_TRANSFER: frozenset[type[Event]] = frozenset(get_args(TransferEvent))
_SEGMENT: frozenset[type[Event]] = frozenset(get_args(SegmentEvent))
_RECEPTION: frozenset[type[Event]] = frozenset(get_args(ReceptionEvent))


@dataclass(slots=True)
class Past:
    """A flow as its events left it: the domain's states, and rows of read models.

    `topics` counts the events. `at` is when the last of them was recorded.
    """

    data_flow_id: str
    flow: DataFlow = data_flow.INITIAL
    transfer: Transfer = UNPLANNED
    status: FlowStatus | None = None
    progress: TransferProgress | None = None
    segments: Segments = field(default_factory=Segments)
    door: Door = field(default_factory=Door)
    callbacks: list[OwedCallback] = field(default_factory=list[OwedCallback])
    topics: Counter[str] = field(default_factory=Counter[str])
    first_position: int = 0
    position: int = 0
    at: datetime | None = None

    def add(self, recorded: Recorded) -> None:
        """Fold the next event, in the order of the log."""
        event = recorded.event
        kind = type(event)
        self.first_position = self.first_position or recorded.position
        self.position, self.at = recorded.position, recorded.metadata.recorded_at
        self.topics[kind.TOPIC] += 1
        if kind in FOLDS:
            self._progress(recorded)
        if kind in _FLOW:
            self.flow = data_flow.evolve(self.flow, cast("DataFlowEvent", event))
            self.status = flow_status.fold(self.status, recorded)
        elif kind in _TRANSFER:
            self._transfer(cast("TransferEvent", event))
        elif kind in _SEGMENT:
            self._segment(recorded, cast("SegmentEvent", event))
        elif kind in _RECEPTION:
            self.door.receive(cast("ReceptionEvent", event))
        elif isinstance(event, ObjectServed):
            self.door.serve(event)
        outbox.fold(self.callbacks, recorded, {recorded.position: self.flow})

    def _transfer(self, event: TransferEvent) -> None:
        self.transfer = evolve_transfer(self.transfer, event)
        if isinstance(event, ObjectPlanned | PagePlanned):
            self.segments.plan(event)

    def _progress(self, recorded: Recorded) -> None:
        if self.progress is None:
            self.progress = TransferProgress(
                key(self.data_flow_id), recorded.metadata.recorded_at, recorded.position
            )
        fold(self.progress, recorded)

    def _segment(self, recorded: Recorded, event: SegmentEvent) -> None:
        lost = self.segments.add(recorded, event)
        if self.progress is not None and not self.progress.transfer_complete:
            self.progress.objects_failed += lost
