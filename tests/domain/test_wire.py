"""Every event that was ever written stays readable.

`wire/<topic>.json` is the event as the log holds it, frozen: to change a file is to
change history. An event that has several shapes has more files, `<topic>+<shape>`.
"""

import re
from pathlib import Path
from typing import Any

import pydantic_core
import pytest

from domain import names, topics
from domain.location import CopyOptions, Direction
from domain.message import Event
from domain.segment.events import Fate
from domain.transfer.events import Route
from eventlog.mapper import to_recorded, to_stored
from tests import controls

SAMPLES = {path.stem: path for path in (Path(__file__).parent / "wire").glob("*.json")}
EXPECTED: dict[str, Event] = {
    **{event.TOPIC: event for event in (example() for example in controls.EVENTS)},
    "data-flow.completed.v1+plane": controls.finished(),
    "data-flow.prepared.v1+push": controls.prepared(
        direction=Direction.PUSH, reply_address=controls.address()
    ),
    "data-flow.started.v1+owned": controls.started(
        terms=controls.terms(callback_address=None, control_plane_id="cp-1")
    ),
    "data-flow.ready.v1+agreement": controls.made_ready(
        agreement={"@id": "agreement-1"}
    ),
    "segment.parked.v1+waiting": controls.put_down(),
    "data-flow.started.v1+scheduled": controls.started(options=controls.scheduled()),
    "data-flow.started.v1+selected": controls.started(options=controls.selecting()),
    "transfer.page-planned.v1+held": controls.page_planned(
        skipped={"excluded": 2, "up-to-date": 1},
        requests=11,
        held=(controls.planned_object(),),
    ),
    "transfer.planned.v1+skipped": controls.transfer_planned(
        skipped={"too-old": 3}, requests=11
    ),
    "data-flow.started.v1+mirroring": controls.started(options=controls.mirroring()),
    "data-flow.started.v1+manifest": controls.started(
        options=CopyOptions(manifest=controls.manifest())
    ),
    "data-flow.started.v1+failed-of": controls.started(
        options=CopyOptions(failed_of="flow-0")
    ),
    "data-flow.approved.v1+deletes": controls.approved(
        deletes=1, deletes_digest="4f53"
    ),
    "transfer.planned.v1+deletes": controls.transfer_planned(
        deletes=1, deletes_size_bytes=7, deletes_digest="4f53"
    ),
    "transfer.deletions-planned.v1+claimed": controls.deletions_planned(claimed=1),
    "segment.planned.v1+deletion": controls.segment_planned(
        route=Route.DELETE, work=controls.deletion_work()
    ),
    "segment.objects-deleted.v1+failed": controls.objects_deleted(
        objects=(
            controls.deletion_outcome(
                fate=Fate.FAILED, error="storage.denied", detail="refused"
            ),
        )
    ),
    "segment.part-copied.v1+rerouted": controls.part_copied(route=Route.STREAM),
    "segment.objects-copied.v1+rerouted": controls.objects_copied(
        objects=(controls.outcome(size_bytes=7, route=Route.STREAM),)
    ),
    "segment.planned.v1+pack": controls.segment_planned(work=controls.pack_work()),
    "segment.planned.v1+completion": controls.segment_planned(
        work=controls.completion_work()
    ),
}

STORED = (
    b'{"event":{"data_flow_id":"flow-1","message_id":"m-suspend",'
    b'"reason":"maintenance"},'
    b'"metadata":{"causation_id":"m-start","correlation_id":"flow-1",'
    b'"actor":"control-plane","occurred_at":"2026-11-21T09:30:00Z",'
    b'"event_id":"01937a5e-0000-7000-8000-000000000001",'
    b'"recorded_at":"2026-11-21T09:31:00Z"}}'
)


def frozen(name: str) -> bytes:
    return SAMPLES[name].read_bytes().removesuffix(b"\n")


def test_every_topic_has_a_sample_and_every_sample_a_topic() -> None:
    sampled = {name.partition("+")[0] for name in SAMPLES}
    assert sampled == topics.EVENTS.keys() | topics.UPCASTERS.keys()


def test_no_two_events_share_a_topic() -> None:
    assert len(topics.EVENTS) == len(controls.EVENTS)


@pytest.mark.parametrize("topic", sorted({*topics.EVENTS, *topics.UPCASTERS}))
def test_a_topic_is_written_by_us_and_has_a_version(topic: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*", topic)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_sample_is_read_as_it_was_meant(name: str) -> None:
    fields = pydantic_core.from_json(frozen(name))
    assert topics.read(name.partition("+")[0], fields) == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_event_is_written_as_its_sample(name: str) -> None:
    assert pydantic_core.to_json(EXPECTED[name]) == frozen(name)


def test_an_unknown_topic_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        topics.read("data-flow.started.v0", {})


def test_an_old_event_is_read_as_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    def name_the_reason(fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "reason": fields["reason"] or "unknown"}

    def add_the_reason(fields: dict[str, Any]) -> dict[str, Any]:
        return {**fields, "reason": None}

    upcasters = {
        "data-flow.suspended.v-1": ("data-flow.suspended.v0", add_the_reason),
        "data-flow.suspended.v0": ("data-flow.suspended.v1", name_the_reason),
    }
    monkeypatch.setattr(topics, "UPCASTERS", upcasters)
    old = {"data_flow_id": "flow-1", "message_id": "m-suspend"}
    read = topics.read("data-flow.suspended.v-1", old)
    assert read == controls.suspended(reason="unknown")


def test_the_log_stores_an_event_with_what_travels_beside_it() -> None:
    stream = names.data_flow_stream(controls.FLOW)
    stored = to_stored(stream, 3, controls.suspended(), controls.metadata())
    assert (stored.originator_id, stored.originator_version) == (stream, 3)
    assert (stored.topic, stored.state) == ("data-flow.suspended.v1", STORED)


def test_the_log_gives_back_what_it_stored() -> None:
    stream = names.data_flow_stream(controls.FLOW)
    recorded = to_recorded(17, stream, 3, "data-flow.suspended.v1", STORED)
    assert (recorded.stream, recorded.version, recorded.position) == (stream, 3, 17)
    assert recorded.event == controls.suspended()
    assert recorded.metadata == controls.metadata()
