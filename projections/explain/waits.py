"""Why is it not done? What it waits for now, the answer first. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from domain.data_flow import State
from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
    DataFlowStartConfirmed,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.errors import WAITED_OUT
from domain.location import PlanMode
from domain.message import Event, Recorded
from domain.segment.events import (
    EndpointCircuitOpened,
    ObjectCopied,
    ObjectsCopied,
    PartCopied,
)
from domain.transfer.events import (
    PagePlanned,
    TransferCompleted,
    TransferDeferred,
    TransferPlanned,
    TransferWaiting,
)
from projections.explain.notes import Notes, Span
from projections.explain.sentences import finding, lasting
from projections.explain.views import Finding
from projections.explain.working import working
from projections.owed_callback import CallbackState
from projections.wording import counted, moment, size

_COPIED = (PartCopied, ObjectsCopied, ObjectCopied)


def waits(notes: Notes, now: datetime) -> list[Finding]:
    """At least one finding; limits are told apart (`beside.limits_in_force`)."""
    found = [*_standing(notes, now)]
    return [*found, *_callbacks(notes)]


def _standing(notes: Notes, now: datetime) -> Iterator[Finding]:
    flow, status = notes.past.flow, notes.past.status
    if flow.state is State.COMPLETED:
        yield _completed(notes)
    elif flow.state is State.TERMINATED:
        yield _terminated(notes)
    elif status is not None and status.error_code:
        yield _errored(notes, status.error_code, now)
        if flow.state is State.SUSPENDED:
            yield _suspended(notes, now)
    elif flow.state is not State.STARTED:
        yield _before(notes, flow.state, now)
    elif not flow.moves_data:
        yield _other_side(notes)
    else:
        yield from _started(notes, now)


def _completed(notes: Notes) -> Finding:
    end = notes.last[DataFlowCompleted]
    event = cast("DataFlowCompleted", end.event)
    row = notes.past.progress
    amount = f"{row.objects_copied} objects, {size(row.bytes_copied)}" if row else ""
    by = "the plane found all of it done" if event.by == "plane" else end.metadata.actor
    what = f": {amount} were copied" if row and row.objects_copied else ""
    text = f"It is done{what}; {by}, at {moment(end.metadata.occurred_at)}."
    return finding("done", text, end)


def _terminated(notes: Notes) -> Finding:
    end = notes.last[DataFlowTerminated]
    reason = cast("DataFlowTerminated", end.event).reason
    why = f": {reason}" if reason else ", without a reason"
    text = f"It was ended by {end.metadata.actor}{why}; nothing can follow."
    return finding("terminated", text, end)


def _errored(notes: Notes, code: str, now: datetime) -> Finding:
    told = notes.last.get(DataFlowErrored)
    detail = notes.past.status.error_detail if notes.past.status else ""
    if code in WAITED_OUT:
        text = f"It waits for new credentials, {detail}: a `resume` has to bring them."
        made = finding("credentials", text, told, code=code)
        return _since(made, notes, now)
    text = f"It cannot go on by itself: {detail} ({code})."
    return finding("failed", text, told, code=code)


def _suspended(notes: Notes, now: datetime) -> Finding:
    told = notes.last[DataFlowSuspended]
    reason = cast("DataFlowSuspended", told.event).reason
    why = f" ({reason})" if reason else ""
    text = f"It is suspended by {told.metadata.actor}{why}: a `resume` lets it go on."
    return lasting(finding("resume", text, told), Span(told), now)


def _before(notes: Notes, state: State, now: datetime) -> Finding:
    if state is State.SUSPENDED:
        return _suspended(notes, now)
    begun = notes.last.get(DataFlowReady) or notes.created
    if state is State.PREPARED:
        text = (
            "It is prepared, and waits for the control plane to say that the provider"
            " has started (`started`)."
        )
        kind = "start"
    else:
        text = "It is being made ready: agreement and policy checks come before data."
        kind = "preparation"
    made = finding(kind, text, begun)
    return lasting(made, Span(begun), now) if begun else made


def _other_side(notes: Notes) -> Finding:
    door = notes.past.door
    words = ["the other side moves the data"]
    if door.received or door.uploads:
        words.append(f"{door.received} objects ({size(door.received_bytes)}) arrived")
    if door.requests:
        words.append(f"{door.served} whole reads ({size(door.served_bytes)})")
    text = f"It runs: {', '.join(words)}; it is done when somebody says `completed`."
    return finding("other-side", text, _begun(notes))


def _started(notes: Notes, now: datetime) -> Iterator[Finding]:
    past, planned = notes.past, notes.last.get(TransferPlanned)
    yield from _stopped(notes, now)
    if past.flow.held and planned is not None:
        yield _held(notes, planned)
        return
    away = list(_circuits(notes, now))
    # Others may still copy: then it is not what all of it waits for.
    copied = max((_position(notes, kind) for kind in _COPIED), default=0)
    yield from (each for each in away if each.position > copied)
    if planned is None:
        yield _listing(notes)
    yield from working(notes)
    yield from (each for each in away if each.position <= copied)
    ended = notes.last.get(TransferCompleted)
    if ended is not None:
        yield finding("ending", "Every object has its outcome; the end follows.", ended)
    if not past.flow.options.finite:
        text = "It has no end: it watches its source until somebody says `completed`."
        yield finding("no-end", text, notes.created)


def _stopped(notes: Notes, now: datetime) -> Iterator[Finding]:
    waiting = notes.last.get(TransferWaiting)
    if waiting is not None and "stopped" in notes.open and _is_open(notes, waiting):
        event = cast("TransferWaiting", waiting.event)
        text = f"It waits for what the {event.side} is missing: {event.detail}."
        yield _since(finding("waiting", text, waiting, code=event.code), notes, now)
    deferred = notes.last.get(TransferDeferred)
    if notes.past.transfer.deferred and deferred is not None:
        said = cast("TransferDeferred", deferred.event)
        text = (
            f"It is not the time to copy ({said.reason}):"
            f" it goes on at {moment(said.until)}."
        )
        yield lasting(finding("schedule", text, deferred), Span(deferred), now)


def _listing(notes: Notes) -> Finding:
    past = notes.past.transfer
    text = (
        f"The source is still being listed: {counted(past.pages, 'page')},"
        f" {past.objects} objects so far."
    )
    return finding("listing", text, notes.last.get(PagePlanned) or _begun(notes))


def _position(notes: Notes, kind: type[Event]) -> int:
    known = notes.last.get(kind)
    return known.position if known else 0


def _held(notes: Notes, planned: Recorded) -> Finding:
    event = cast("TransferPlanned", planned.event)
    plan = f"{event.objects} objects, {size(event.size_bytes)}"
    if notes.past.flow.options.plan is PlanMode.ONLY:
        return finding("plan-only", f"It was to be planned only: {plan}.", planned)
    text = f"Its plan waits for an approval: {plan} (`waybill flows approve`)."
    return finding("approval", text, planned)


def _circuits(notes: Notes, now: datetime) -> Iterator[Finding]:
    for span in notes.open.values():
        event = span.begin.event
        if isinstance(event, EndpointCircuitOpened):
            text = (
                f"{event.endpoint} is away: {event.failures} requests in a row failed,"
                f" {span.begin.metadata.actor} asks now and then whether it is back."
            )
            made = finding("circuit", text, span.begin, code=event.reason)
            yield lasting(made, span, now)


def _callbacks(notes: Notes) -> Iterator[Finding]:
    for owed in notes.past.callbacks:
        if owed.state != CallbackState.PENDING:
            continue
        if owed.attempts:
            text = (
                f"The control plane has not taken the callback `{owed.kind}`:"
                f" {counted(owed.attempts, 'attempt')}, the last: {owed.last_error}."
            )
        else:
            text = f"The control plane is yet to be told (`{owed.kind}`)."
        yield Finding(
            kind="callback", text=text, position=owed.position, since=owed.created_at
        )


def _since(made: Finding, notes: Notes, now: datetime) -> Finding:
    span = notes.open.get("stopped")
    return lasting(made, span, now) if span else made


def _is_open(notes: Notes, waiting: Recorded) -> bool:
    return notes.open["stopped"].begin.position <= waiting.position


def _begun(notes: Notes) -> Recorded | None:
    kinds = (DataFlowResumed, DataFlowStartConfirmed, DataFlowReady)
    known = [notes.last[kind] for kind in kinds if kind in notes.last]
    return max(known, key=lambda each: each.position, default=notes.created)
