"""What a worker records of an endpoint, and logs."""

import logging

from domain.segment.commands import (
    RecordCircuitClosed,
    RecordCircuitOpened,
    RecordConcurrency,
    RecordPace,
)
from handlers.worker.circuit import Closed, Opened
from handlers.worker.pace import Change
from handlers.worker.slots import Tuned
from handlers.worker.tries import Told

_log = logging.getLogger(__name__)


def told_of(
    told: Told, worker: str
) -> RecordPace | RecordConcurrency | RecordCircuitOpened | RecordCircuitClosed:
    """The command that records it in the journal of whoever met it."""
    match told:
        case Change(endpoint=endpoint, before=before, after=after, reason=reason):
            return RecordPace(
                worker=worker,
                endpoint=endpoint,
                requests_before=before,
                requests_after=after,
                reason=reason,
            )
        case Tuned():
            return RecordConcurrency(
                worker=worker,
                source=told.source,
                destination=told.destination,
                requests_before=told.before,
                requests_after=told.after,
                reason=told.reason,
                requests_per_second=round(told.measure.requests_per_second, 1),
                bytes_per_second=round(told.measure.bytes_per_second),
            )
        case Opened(endpoint=endpoint, failures=failures, reason=reason):
            _log.warning("endpoint is away", extra={"fields": {"endpoint": endpoint}})
            return RecordCircuitOpened(
                worker=worker, endpoint=endpoint, failures=failures, reason=reason
            )
        case Closed(endpoint=endpoint, probes=probes, seconds=seconds):
            _log.info("endpoint is back", extra={"fields": {"endpoint": endpoint}})
            return RecordCircuitClosed(
                worker=worker, endpoint=endpoint, probes=probes, seconds=seconds
            )
