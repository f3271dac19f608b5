"""What slowed it down: times when it stood, and what made it slower. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from domain.callback.events import CallbackAttemptFailed
from domain.data_flow.events import DataFlowErrored, DataFlowSuspended
from domain.segment.events import (
    ConcurrencyTuned,
    EndpointCircuitOpened,
    SegmentPaced,
)
from domain.transfer.events import (
    TransferDeadlineMissed,
    TransferDeferred,
    TransferWaiting,
)
from projections.explain.notes import Notes, Span, Tally
from projections.explain.sentences import finding, lasting, of_tally
from projections.explain.views import Finding
from projections.wording import counted, duration, moment, size

# Less is the way of networks.
_SILENCE_SECONDS = 30.0
_NAMED = 20


def slowed(notes: Notes, now: datetime) -> list[Finding]:
    """In the order of the log."""
    found = [
        *_stops(notes, now),
        *_paces(notes),
        *_tunings(notes),
        *_again(notes),
        *_takeovers(notes),
        *_silence(notes),
    ]
    missed = notes.first.get(TransferDeadlineMissed)
    if missed is not None:
        deadline = cast("TransferDeadlineMissed", missed.event).deadline
        text = f"It was not done at its deadline, {moment(deadline)}."
        found.append(finding("deadline", text, missed))
    refused = notes.last.get(CallbackAttemptFailed)
    if refused is not None:
        event = cast("CallbackAttemptFailed", refused.event)
        text = f"A callback (`{event.kind}`) was not taken: {event.detail}."
        found.append(finding("callback", text, refused))
    return sorted(found, key=lambda each: each.position)


def _stops(notes: Notes, now: datetime) -> Iterator[Finding]:
    for span in notes.spans:
        kind, text, code = _stop(span)
        lasted = duration(span.seconds(now))
        end = f", for {lasted}." if span.end else f": for {lasted} so far."
        yield lasting(finding(kind, text + end, span.begin, code=code), span, now)


def _stop(span: Span) -> tuple[str, str, str | None]:
    who = span.begin.metadata.actor
    match span.begin.event:
        case DataFlowSuspended(reason=reason):
            why = f" ({reason})" if reason else ""
            return "suspended", f"It was suspended by {who}{why}", None
        case TransferDeferred(reason=reason):
            return "deferred", f"It was not the time to copy ({reason})", None
        case TransferWaiting(code=code, side=side):
            return "waited", f"It waited for what the {side} was missing", code
        case DataFlowErrored(code=code):
            return "errored", f"It stood still after an error ({code})", code
        case EndpointCircuitOpened(endpoint=endpoint, reason=reason):
            return "circuit", f"{who} left {endpoint} alone, which was away", reason
        case _:
            return "stopped", "It stood still", None


def _paces(notes: Notes) -> Iterator[Finding]:
    for endpoint, tally in notes.paces.items():
        first = cast("SegmentPaced", tally.first.event)
        last = cast("SegmentPaced", tally.last.event)
        text = (
            f"{endpoint} was asked more slowly ({first.reason}): from"
            f" {first.requests_before} requests at once down to {tally.least},"
            f" now {last.requests_after}."
        )
        yield of_tally("pace", text, tally, code=_code(first.reason))


def _tunings(notes: Notes) -> Iterator[Finding]:
    for (source, destination), tally in notes.tunings.items():
        first = cast("ConcurrencyTuned", tally.first.event)
        last = cast("ConcurrencyTuned", tally.last.event)
        text = (
            f"From {source} to {destination} the number at once went from"
            f" {first.requests_before} to {last.requests_after} ({last.reason}), at"
            f" {size(last.bytes_per_second)} a second."
        )
        yield of_tally("concurrency", text, tally)


def _again(notes: Notes) -> Iterator[Finding]:
    for why, tally in notes.retries.items():
        count = counted(tally.count, "segment")
        text = f"{count} {'was' if tally.count == 1 else 'were'} taken up again"
        text += ", having been put down." if why == "parked" else " after a failed try."
        yield of_tally("retries", text, tally)


def _takeovers(notes: Notes) -> Iterator[Finding]:
    for each in notes.takeovers[:_NAMED]:
        text = (
            f"Segment {each.segment} was taken over from {each.before}, which had said"
            f" nothing for {duration(each.silent_seconds)}."
        )
        made = finding("takeover", text, each.lease)
        yield made.model_copy(update={"seconds": round(each.silent_seconds, 3)})
    more = len(notes.takeovers) - _NAMED
    if more > 0:
        text = f"{more} more segments were taken over from other workers."
        yield finding("takeover", text, notes.takeovers[_NAMED].lease)


def _silence(notes: Notes) -> Iterator[Finding]:
    span = notes.silence
    if span is None or span.end is None or span.seconds(None) < _SILENCE_SECONDS:
        return
    text = f"Nothing was heard for {duration(span.seconds(None))} while it was copied."
    yield lasting(
        finding("silence", text, span.begin), span, span.end.metadata.occurred_at
    )


def _code(reason: str) -> str | None:
    return reason if "." in reason else None


def failures(tallies: dict[str, Tally]) -> Iterator[Finding]:
    """What could not be copied, by code, with the remedy."""
    for code, tally in tallies.items():
        times = "once" if tally.count == 1 else f"{tally.count} times"
        text = f"{code} came {times}, and what it came to is not copied."
        yield of_tally("failures", text, tally, code=code)
