"""One flow that lived long: a thousand events of all kinds, the same every time.

Three workers copy large objects and packs while the source is still being listed; they
crash, take over from one another, slow down and lose objects; the flow is suspended,
waits, is put off, errs and goes on, and is done in the end.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid5

from domain import names
from domain.callback.events import CallbackKind
from domain.location import CopyOptions, PlanMode
from domain.message import Event, Metadata
from domain.segment.events import DeletionWork
from eventlog import Append, EventLog
from eventlog.mapper import to_stored
from projections.history_lines import Stored
from tests import controls
from tests.projections.long_work import FLOW, HERE, Life, Told, of_segment

__all__ = ["FLOW", "NOON", "happened", "stored", "stream_of", "told"]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_SPACE = UUID("00000000-0000-7000-8000-000000000000")


def _interruption(life: Life, number: int) -> Iterator[Told]:
    """What a flow goes through between two pages of its listing."""
    plane, dispatcher = "control-plane", "dispatcher"
    waits = controls.transfer_waiting(**HERE), dispatcher
    errs = controls.errored(**HERE, code="storage.credentials-expired"), dispatcher
    resumed = controls.resumed(**HERE, message_id=f"m-r{number}"), plane
    told = controls.callback_attempt_failed(
        **HERE, about=_about(0), kind=CallbackKind.STARTED, attempt=number + 1
    )
    yield from (
        (controls.suspended(**HERE, message_id=f"m-s{number}"), plane),
        (controls.signal_ignored(**HERE, message_id=f"m-i{number}"), plane),
        resumed,
        *((waits, errs, resumed) if number % 2 else ()),
        (controls.transfer_deferred(**HERE), dispatcher),
        (controls.transfer_taken_up(**HERE), dispatcher),
        (
            controls.prioritized(
                **HERE, priority=1 + number % 5, message_id=f"m-p{number}"
            ),
            "operator",
        ),
        (told, "callbacks"),
    )
    for _ in range(40):
        yield from life.step()


def _deletions(life: Life) -> Iterator[Told]:
    doomed = tuple(controls.doomed(object_id=f"x0-{n}") for n in range(4))
    life.left["x0-0"] = [each.object_id for each in doomed]
    yield (
        controls.deletions_planned(**HERE, deletes=4, segments=("x0-0",)),
        "dispatcher",
    )
    life.segments += 1
    work = DeletionWork(objects=doomed)
    yield of_segment("x0-0", controls.segment_planned, work=work), "dispatcher"


def _about(index: int) -> UUID:
    return uuid5(_SPACE, str(index))


def told(*, plan: PlanMode = PlanMode.RUN, seed: int = 7) -> Iterator[Told]:
    """The events with who caused them; `about` of a callback is the second event."""
    life = Life(seed)
    options = CopyOptions(plan=plan)
    yield controls.starting(**HERE, options=options), "control-plane"
    yield controls.made_ready(**HERE), "dispatcher"
    yield controls.planning_started(**HERE), "dispatcher"
    for number in range(18):
        yield from life.page(number)
        yield from _interruption(life, number)
    yield from _deletions(life)
    totals = {"objects": life.objects, "size_bytes": life.bytes, "parts": life.parts}
    yield (
        controls.transfer_planned(**HERE, **totals, segments=life.segments),
        "dispatcher",
    )
    if plan is PlanMode.APPROVE:
        yield controls.approved(**HERE), "operator"
    while life.left:
        yield from life.step()
    yield (
        controls.transfer_completed(**HERE, objects=90, failed_objects=9),
        "dispatcher",
    )
    yield controls.finished(**HERE), "dispatcher"


def stream_of(event: Event) -> UUID:
    """The stream that the plane has such an event in."""
    segment_id = getattr(event, "segment_id", None)
    if segment_id is not None:
        return names.segment_stream(FLOW, segment_id)
    return names.stream_id(event.TOPIC.partition(".")[0], FLOW)


def stored(**chosen: Any) -> list[Stored]:
    """As the log holds them: positions have holes, one event a second."""
    versions: dict[UUID, int] = defaultdict(int)
    made: list[Stored] = []
    for index, (event, actor) in enumerate(told(**chosen)):
        stream = stream_of(event)
        versions[stream] += 1
        at = NOON + timedelta(seconds=index)
        metadata = Metadata(
            event_id=_about(index - 1),
            causation_id=f"cause-{index}",
            correlation_id=FLOW,
            actor=actor,
            occurred_at=at - timedelta(milliseconds=20),
            recorded_at=at,
        )
        kept = to_stored(stream, versions[stream], event, metadata)
        position = 10 + index + index // 7
        made.append(
            Stored(position, stream, versions[stream], event.TOPIC, bytes(kept.state))
        )
    return made


async def happened(log: EventLog) -> None:
    """The same life in a log: what one actor did on end, in one transaction."""
    versions: dict[UUID, int] = defaultdict(int)
    for actor, group in groupby(told(), key=itemgetter(1)):
        appends: list[Append] = []
        for event, _ in group:
            stream = stream_of(event)
            appends.append(Append(stream, versions[stream], (event,)))
            versions[stream] += 1
        cause = controls.cause(correlation_id=FLOW, actor=actor)
        await log.append(cause, *appends)
