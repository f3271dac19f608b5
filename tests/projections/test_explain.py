"""Why a flow is not done is told in one sentence, with the event that supports it."""

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import CATALOGUE
from domain.limits.terms import Limits, Rates
from domain.location import CopyOptions, Direction, PlanMode
from domain.message import Event, Metadata, Recorded
from domain.names import stream_id
from domain.scheduling.timing import Reason
from domain.transfer.events import Route
from projections.explain import Beside, Explanation, Notes, explain
from projections.past.fold import Past
from tests import controls
from tests.controls import FLOW, NOW
from tests.projections.long_life import FLOW as LONG
from tests.projections.long_life import stored

STEP = timedelta(seconds=10)
STARTED = (controls.started(), controls.planning_started())
PLANNED = (*STARTED, controls.page_planned(), controls.segment_planned())
ALL = (*PLANNED, controls.transfer_planned())


def recorded(event: Event, position: int, actor: str = "dispatcher") -> Recorded:
    at = NOW + STEP * position
    metadata = Metadata(
        event_id=controls.EVENT_ID,
        recorded_at=at,
        causation_id="m",
        correlation_id=FLOW,
        actor=actor,
        occurred_at=at,
    )
    return Recorded(
        stream=stream_id("any", event.TOPIC),
        version=position,
        position=position,
        metadata=metadata,
        event=event,
    )


def explained(*events: Event, beside: tuple[Event, ...] = ()) -> Explanation:
    """Each event 10 seconds after the one before; asked 10 seconds after the last."""
    notes = Notes(Past(FLOW))
    for index, event in enumerate(events):
        worker = getattr(event, "worker", None)
        notes.add(recorded(event, index + 1, worker or "dispatcher"))
    others = tuple(recorded(each, 900, "operator") for each in beside)
    found = explain(notes, Beside(others), NOW + STEP * (len(events) + 1))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("events", "kind", "position", "words"),
    [
        ([controls.starting()], "preparation", 1, "made ready"),
        ([controls.prepared()], "start", 1, "`started`"),
        ([*STARTED, controls.suspended()], "resume", 3, "(maintenance)"),
        ([*STARTED], "listing", 1, "0 pages, 0 objects"),
        ([*STARTED, controls.page_planned()], "listing", 3, "1 page, 1 objects"),
        (ALL, "workers", 4, "no worker has any of it"),
        ([*ALL, controls.leased()], "copying", 6, "worker-1 (1)"),
        ([*ALL, controls.circuit_opened()], "circuit", 6, "s3.example:9000 is away"),
        (
            [*STARTED, controls.transfer_deferred(reason=Reason.WINDOW)],
            "schedule",
            3,
            "2026-11-21 09:31:00 UTC",
        ),
        ([*ALL, controls.transfer_waiting()], "waiting", 6, "destination"),
        (
            [
                *ALL,
                controls.transfer_waiting(),
                controls.errored(code="storage.credentials-expired"),
            ],
            "credentials",
            7,
            "a `resume` has to bring them",
        ),
        ([*ALL, controls.errored()], "failed", 6, "storage.denied"),
        ([*ALL, controls.transfer_completed()], "workers", 4, "waits"),
        ([*ALL, controls.terminated()], "terminated", 6, "agreement ended"),
        ([*ALL, controls.finished()], "done", 6, "It is done"),
        (
            [controls.started(direction=Direction.PULL), controls.object_served()],
            "other-side",
            1,
            "2 whole reads",
        ),
    ],
)
def test_the_answer_says_what_it_waits_for(
    events: list[Event], kind: str, position: int, words: str
) -> None:
    found = explained(*events)
    assert (found.answer.kind, found.answer.position) == (kind, position)
    assert words in found.answer.text
    assert found.waits[0] == found.answer


@pytest.mark.parametrize(
    ("mode", "kind"), [(PlanMode.APPROVE, "approval"), (PlanMode.ONLY, "plan-only")]
)
def test_a_plan_that_waits_is_no_work(mode: PlanMode, kind: str) -> None:
    held = controls.started(options=CopyOptions(plan=mode))
    found = explained(held, controls.planning_started(), controls.transfer_planned())
    assert [each.kind for each in found.waits] == [kind]
    assert any(each.kind == "options" for each in found.decisions)


def test_others_that_copy_are_the_answer_before_an_endpoint_that_is_away() -> None:
    away = controls.circuit_opened(segment_id="parts-2")
    found = explained(*ALL, controls.leased(), away, controls.part_copied())
    assert [each.kind for each in found.waits] == ["copying", "circuit"]
    assert found.waits[1].remedy == "operator: look at the endpoint"


def test_limits_that_hold_are_told_and_others_are_not() -> None:
    def limited(scope: str) -> Event:
        limits = Limits(base=Rates(bytes_per_second=1 << 20))
        return controls.limits_changed(scope=scope, limits=limits)

    scopes = ("plane", f"data-flow:{FLOW}", "endpoint:s3:", "data-flow:other")
    found = explained(*ALL, beside=tuple(limited(each) for each in scopes))
    limits = [each.text for each in found.waits if each.kind == "limit"]
    assert [text.split()[0] for text in limits] == list(scopes[:3])
    assert "1 MiB a second" in limits[0]
    cleared = controls.limits_changed(scope="plane", limits=Limits())
    found = explained(*ALL, beside=(limited("plane"), cleared))
    assert not [each for each in found.waits if each.kind == "limit"]


def slowed(*events: Event) -> list[tuple[str, float | None]]:
    return [(each.kind, each.seconds) for each in explained(*events).slowed]


def test_times_when_it_stood_are_told_with_their_length() -> None:
    assert slowed(*ALL, controls.suspended(), controls.resumed()) == [
        ("suspended", 10.0)
    ]
    assert slowed(*ALL, controls.suspended()) == [("suspended", 10.0)]
    waits = (controls.transfer_waiting(), controls.errored(), controls.resumed())
    assert slowed(*ALL, *waits) == [("waited", 20.0)]
    put_off = (controls.transfer_deferred(), controls.transfer_taken_up())
    assert slowed(*ALL, *put_off) == [("deferred", 10.0)]
    away = (controls.circuit_opened(), controls.circuit_closed())
    assert slowed(*ALL, *away) == [("circuit", 10.0)]


def test_a_lease_that_was_taken_over_is_told() -> None:
    other = controls.leased(worker="worker-2", epoch=2)
    found = explained(*ALL, controls.leased(), controls.part_copied(), other)
    (taken,) = [each for each in found.slowed if each.kind == "takeover"]
    assert (taken.position, taken.seconds) == (8, 10.0)
    assert "from worker-1" in taken.text
    again = explained(*ALL, controls.leased(), controls.parked(), other)
    assert [each.kind for each in again.slowed] == ["retries"]


def test_pace_and_concurrency_are_told_once_each() -> None:
    events = [controls.paced(), controls.concurrency_tuned()] * 3
    found = explained(*ALL, controls.leased(), *events)
    counts = {each.kind: each.count for each in found.slowed}
    assert counts == {"pace": 3, "concurrency": 3}


def test_a_long_silence_is_told() -> None:
    notes = Notes(Past(FLOW))
    for index, event in enumerate([*ALL, controls.leased()]):
        notes.add(recorded(event, index + 1))
    notes.add(recorded(controls.part_copied(), 30))
    found = explain(notes, Beside(), NOW + STEP * 31)
    assert found is not None
    (silent,) = [each for each in found.slowed if each.kind == "silence"]
    assert (silent.position, silent.seconds) == (6, 240.0)


def decided(*events: Event, beside: tuple[Event, ...] = ()) -> dict[str, Any]:
    found = explained(*events, beside=beside).decisions
    return {each.kind: each for each in found}


def test_decisions_have_their_inputs() -> None:
    failed = controls.outcome(error="storage.denied")
    found = decided(
        controls.started(options=controls.selecting()),
        *PLANNED[1:],
        controls.object_planned(),
        controls.transfer_planned(skipped={"too-old": 3}),
        controls.approved(),
        controls.prioritized(),
        controls.part_copied(adopted=True),
        controls.part_copied(part_number=2, route=Route.STREAM),
        controls.objects_copied(objects=(failed,)),
        controls.deletions_planned(),
        controls.deletions_withheld(),
        controls.upload_left(),
        beside=(controls.endpoint_learned(),),
    )
    assert "agreement-1" in found["asked"].text
    assert "include *.csv daily/" in found["options"].text
    assert "two endpoints" in found["route"].text
    assert "parts of 16 MiB, by stream" in found["part-plan"].text
    assert "priority 5" in found["priority"].text
    assert "16 MiB" in found["adopted"].text
    assert "by stream, and not as planned" in found["rerouted"].text
    assert found["failures"].remedy == "operator: grant the permission"
    assert found["deletions-withheld"].code == "plan.too-many-deletes"
    assert found["upload-left"].code == "storage.credentials-expired"
    assert "does not do crc64nvme-of-parts" in found["endpoint-learnt"].text


def test_every_finding_of_a_long_life_names_an_event_of_it() -> None:
    life = stored()
    positions = {each.position for each in life}
    notes = Notes(Past(LONG))
    found: Explanation | None = None
    for index, each in enumerate(life):
        notes.add(each.recorded())
        if index % 50 and index != len(life) - 1:
            continue
        found = explain(notes, Beside(), each.recorded().metadata.occurred_at)
        assert found is not None
        for one in (*found.waits, *found.slowed, *found.decisions):
            assert one.position in positions, one
            assert one.position <= each.position
            assert one.text.endswith((".", ")."))
            assert one.code is None or one.code in CATALOGUE
    assert found is not None
    assert found.answer.kind == "done"


@pytest.mark.parametrize("topic", sorted(each().TOPIC for each in controls.EVENTS))
def test_any_event_may_come_at_any_time(topic: str) -> None:
    """What was never seen together is explained as far as it goes."""
    event = {each().TOPIC: each() for each in controls.EVENTS}[topic]
    if getattr(event, "data_flow_id", None) is None:
        return
    first = (controls.starting(), controls.segment_planned(), controls.leased())
    assert explained(*first, event).answer.text
