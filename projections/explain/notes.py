"""What an explanation needs to remember of a flow's events. Pure."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.data_flow.events import (
    DataFlowCreated,
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
    DataFlowSuspended,
)
from domain.message import Event, Recorded
from domain.segment import Phase
from domain.segment.events import (
    ConcurrencyTuned,
    EndpointCircuitClosed,
    EndpointCircuitOpened,
    ObjectCopied,
    ObjectsCopied,
    PartCopied,
    SegmentFailed,
    SegmentLeased,
    SegmentPaced,
)
from domain.transfer.events import (
    ObjectPlanned,
    TransferDeferred,
    TransferTakenUp,
    TransferWaiting,
)
from projections.past.fold import Past


@dataclass(slots=True)
class Span:
    """Something that began with an event, and may have ended with another."""

    begin: Recorded
    end: Recorded | None = None

    def seconds(self, now: datetime | None) -> float:
        """How long it lasted; one without an end lasts until now."""
        begun = self.begin.metadata.occurred_at
        ended = self.end.metadata.occurred_at if self.end else now
        return max(0.0, ((ended or begun) - begun).total_seconds())


@dataclass(slots=True)
class Tally:
    """Events that say the same: the first, the last, how many; and an amount."""

    first: Recorded
    last: Recorded
    count: int = 0
    amount: int = 0
    least: int | None = None

    @classmethod
    def add(
        cls, kept: "dict[Any, Tally]", name: Hashable, each: Recorded, amount: int = 1
    ) -> "Tally":
        """Count one more under a name."""
        tally = kept.setdefault(name, cls(each, each))
        tally.last = each
        tally.count += 1
        tally.amount += amount
        return tally


@dataclass(slots=True)
class Takeover:
    """A lease that was taken from a worker that still held it, and said no more."""

    segment: str
    before: str
    lease: Recorded
    silent_seconds: float


def _tallies() -> dict[Any, Tally]:
    return {}


@dataclass(slots=True)
class Notes:
    """A flow's past, and beside it what explains how it came about."""

    past: Past
    first: dict[type[Event], Recorded] = field(
        default_factory=dict[type[Event], Recorded]
    )
    last: dict[type[Event], Recorded] = field(
        default_factory=dict[type[Event], Recorded]
    )
    created: Recorded | None = None
    spans: list[Span] = field(default_factory=list[Span])
    open: dict[Hashable, Span] = field(default_factory=dict[Hashable, Span])
    paces: dict[Any, Tally] = field(default_factory=_tallies)
    tunings: dict[Any, Tally] = field(default_factory=_tallies)
    failures: dict[Any, Tally] = field(default_factory=_tallies)
    plans: dict[Any, Tally] = field(default_factory=_tallies)
    rerouted: dict[Any, Tally] = field(default_factory=_tallies)
    adopted: dict[Any, Tally] = field(default_factory=_tallies)
    retries: dict[Any, Tally] = field(default_factory=_tallies)
    takeovers: list[Takeover] = field(default_factory=list[Takeover])
    silence: Span | None = None
    latest: Recorded | None = None
    workers: Counter[str] = field(default_factory=Counter[str])

    def add(self, recorded: Recorded) -> None:
        """The next event, in the order of the log."""
        event = recorded.event
        self._time(recorded)
        self._spans(recorded, event)
        if isinstance(event, SegmentLeased):
            self._lease(recorded, event)
        elif isinstance(event, DataFlowCreated):
            self.created = self.created or recorded
        else:
            self._tally(recorded, event)
        self.first.setdefault(type(event), recorded)
        self.last[type(event)] = recorded
        self.past.add(recorded)

    def _time(self, recorded: Recorded) -> None:
        """The longest time without an event, while it was to be copied."""
        known, self.latest = self.latest, recorded
        copying = self.past.segments.live and "stopped" not in self.open
        if known is None or not copying:
            return
        if self.silence is None or _apart(known, recorded) > self.silence.seconds(None):
            self.silence = Span(known, recorded)

    def _spans(self, recorded: Recorded, event: Event) -> None:
        match event:
            case DataFlowSuspended() | TransferDeferred() | TransferWaiting():
                self._begin("stopped", recorded)
            case DataFlowErrored() if "stopped" not in self.open:
                self._begin("stopped", recorded)
            case DataFlowResumed() | DataFlowReady() | TransferTakenUp():
                self._end("stopped", recorded)
            case EndpointCircuitOpened(endpoint=endpoint):
                self._begin((endpoint, recorded.metadata.actor), recorded)
            case EndpointCircuitClosed(endpoint=endpoint):
                self._end((endpoint, recorded.metadata.actor), recorded)
            case _:
                pass
        if self.past.flow.final:
            self._end("stopped", recorded)

    def _begin(self, name: Hashable, recorded: Recorded) -> None:
        self._end(name, recorded)
        self.open[name] = Span(recorded)
        self.spans.append(self.open[name])

    def _end(self, name: Hashable, recorded: Recorded) -> None:
        span = self.open.pop(name, None)
        if span is not None:
            span.end = recorded

    def _lease(self, recorded: Recorded, event: SegmentLeased) -> None:
        self.workers[event.worker] += 1
        live = self.past.segments.live.get(event.segment_id)
        if live is None or not live.state.leases:
            return
        if live.state.phase is Phase.LEASED and live.state.worker != event.worker:
            now = recorded.metadata.occurred_at
            silent = (now - (live.at or now)).total_seconds()
            before = live.state.worker
            self.takeovers.append(Takeover(event.segment_id, before, recorded, silent))
            return
        why = "parked" if live.state.phase is Phase.PARKED else "tried again"
        Tally.add(self.retries, why, recorded)

    def _tally(self, each: Recorded, event: Event) -> None:
        match event:
            case SegmentPaced(endpoint=endpoint, requests_after=after):
                tally = Tally.add(self.paces, endpoint, each)
                tally.least = after if tally.least is None else min(tally.least, after)
            case ConcurrencyTuned(source=source, destination=destination):
                Tally.add(self.tunings, (source, destination), each)
            case SegmentFailed(code=code):
                Tally.add(self.failures, code, each)
            case ObjectPlanned(object=one, route=route):
                name = (route, one.part_size_bytes)
                Tally.add(self.plans, name, each, one.size_bytes)
            case PartCopied() | ObjectsCopied() | ObjectCopied():
                self._copied(each, event)
            case _:
                pass

    def _copied(
        self, each: Recorded, event: PartCopied | ObjectsCopied | ObjectCopied
    ) -> None:
        if isinstance(event, PartCopied):
            if event.adopted:
                Tally.add(self.adopted, "part", each, event.length_bytes)
            if event.route:
                Tally.add(self.rerouted, ("part", event.route), each)
            return
        told = (event.object,) if isinstance(event, ObjectCopied) else event.objects
        for one in told:
            if one.error:
                Tally.add(self.failures, one.error, each)
            if one.adopted:
                Tally.add(self.adopted, "object", each, one.size_bytes)
            if one.route:
                Tally.add(self.rerouted, ("object", one.route), each)


def _apart(one: Recorded, other: Recorded) -> float:
    return (other.metadata.occurred_at - one.metadata.occurred_at).total_seconds()
