"""The lines of a receipt: what became of each object, event by event. Pure."""

from collections.abc import Iterator
from datetime import datetime

from domain.delivery.events import ObjectServed
from domain.location import Location
from domain.message import Recorded
from domain.receipts import ObjectOutcome, ReceiptLine
from domain.reception.events import ObjectReceived
from domain.segment import events as segment
from domain.segment.events import (
    ObjectCopied,
    ObjectsCopied,
    SegmentDone,
    SegmentFailed,
    SegmentPlanned,
)
from projections.receipts.plans import Named, Plans


class Lines:
    """Remembers plans, and what was read at the door, which is told of at the end."""

    def __init__(self) -> None:
        """No event yet."""
        self._plans = Plans()
        self._served: dict[str, tuple[str, datetime]] = {}

    def add(
        self, recorded: Recorded, destination: Location | None
    ) -> Iterator[ReceiptLine]:
        """The lines that an event makes; `destination` is the flow's."""
        event, at = recorded.event, recorded.metadata.occurred_at
        match event:
            case ObjectsCopied() | ObjectCopied():
                for one, named in self._told(event):
                    yield _copied(one, named, destination, at)
            case SegmentFailed(code=code):
                for named in self._plans.left(event.segment_id):
                    yield _lost(named, code, destination, at)
            case ObjectReceived():
                yield _received(event, destination, at)
            case _:
                self._remember(recorded)

    def _remember(self, recorded: Recorded) -> None:
        match recorded.event:
            case SegmentPlanned() as planned:
                self._plans.plan(planned)
            case SegmentDone(segment_id=name):
                self._plans.forget(name)
            case ObjectServed(key=key, etag=etag):
                self._served[key] = etag, recorded.metadata.occurred_at
            case _:
                pass

    def _told(
        self, event: ObjectsCopied | ObjectCopied
    ) -> Iterator[tuple[segment.ObjectOutcome, Named]]:
        told = (event.object,) if isinstance(event, ObjectCopied) else event.objects
        for one in told:
            named = self._plans.take(event.segment_id, one.object_id)
            if named is not None:
                yield one, named

    def rest(self, source: Location | None) -> Iterator[ReceiptLine]:
        """What was read at our door, once all events are there."""
        for key, (etag, at) in sorted(self._served.items()):
            yield ReceiptLine(
                key=below(key, source),
                outcome=ObjectOutcome.SERVED,
                size_bytes=None,
                crc64nvme="",
                etag=etag,
                verdict=None,
                error=None,
                at=at,
            )


def below(key: str, place: Location | None) -> str:
    """The key below a location's prefix; the last name of a single object's."""
    fields = place.fields if place else {}
    prefix = fields.get("prefix")
    if isinstance(prefix, str):
        return key.removeprefix(prefix)
    return key.rpartition("/")[2] if fields.get("key") else key


def _copied(
    one: segment.ObjectOutcome,
    named: Named,
    destination: Location | None,
    at: datetime,
) -> ReceiptLine:
    if one.error is not None:
        return _lost(named, one.error, destination, at)
    return ReceiptLine(
        key=below(named.key, destination),
        outcome=ObjectOutcome.COPIED,
        size_bytes=one.size_bytes,
        crc64nvme=one.crc64nvme,
        etag=one.etag,
        verdict=one.verdict,
        error=None,
        at=at,
    )


def _lost(
    named: Named, code: str, destination: Location | None, at: datetime
) -> ReceiptLine:
    return ReceiptLine(
        key=below(named.key, destination),
        outcome=ObjectOutcome.FAILED,
        size_bytes=named.size_bytes,
        crc64nvme="",
        etag="",
        verdict=None,
        error=code,
        at=at,
    )


def _received(
    event: ObjectReceived, destination: Location | None, at: datetime
) -> ReceiptLine:
    return ReceiptLine(
        key=below(event.key, destination),
        outcome=ObjectOutcome.RECEIVED,
        size_bytes=event.size_bytes,
        crc64nvme=event.crc64nvme,
        etag=event.etag,
        verdict=event.verdict,
        error=None,
        at=at,
    )
