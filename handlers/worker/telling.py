"""What a worker records of an endpoint, and logs."""

import logging

from domain.segment.commands import (
    RecordCircuitClosed,
    RecordCircuitOpened,
    RecordPace,
)
from handlers.worker.circuit import Closed, Opened
from handlers.worker.pace import Change
from handlers.worker.tries import Told

_log = logging.getLogger(__name__)


def told_of(
    told: Told, worker: str
) -> RecordPace | RecordCircuitOpened | RecordCircuitClosed:
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
