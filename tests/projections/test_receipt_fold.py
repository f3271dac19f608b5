"""A receipt is made of events: every object once, whatever came of it."""

from typing import Any

import pytest

from domain.errors import DataPlaneError, UnknownFlowError
from domain.location import Location
from domain.message import Event
from domain.receipts import Leaves, ObjectOutcome, ReceiptLine, ReceiptStatement
from projections.receipts import ReceiptFold
from projections.receipts.lines import below
from tests import controls
from tests.controls import MIB
from tests.projections.long_life import stored
from tests.projections.test_explain import recorded

KEY = "0" * 64
LIFE = stored()


def folded(*events: Event) -> tuple[ReceiptFold, list[ReceiptLine]]:
    fold = ReceiptFold()
    lines = [
        line
        for index, event in enumerate(events)
        for line in fold.add(recorded(event, index + 1))
    ]
    return fold, lines


def receipt(*events: Event) -> tuple[ReceiptStatement, list[ReceiptLine]]:
    fold, lines = folded(*events)
    return fold.statement(KEY), lines


def test_every_object_of_a_long_life_has_one_line() -> None:
    fold = ReceiptFold()
    lines = [line for each in LIFE for line in fold.add(each.recorded())]
    said = fold.statement(KEY)
    leaves = Leaves()
    for line in lines:
        leaves.add(line.to_bytes())
    assert len({line.key for line in lines}) == len(lines) == said.lines == 18 * 8
    assert said.digest == leaves.digest()
    failed = [line for line in lines if line.outcome is ObjectOutcome.FAILED]
    assert said.failed == len(failed) == said.lines - said.objects
    assert all(line.error and line.verdict is None for line in failed)
    arrived = [line for line in lines if line.outcome is ObjectOutcome.COPIED]
    assert said.size_bytes == sum(line.size_bytes or 0 for line in arrived)
    assert said.verdicts == {"verified": len(arrived)}
    assert (said.first, said.last) == (LIFE[0].position, LIFE[-1].position)
    assert (said.events, said.deleted) == (len(LIFE), 1)
    assert said.agreement_id == "agreement-1"


def test_what_comes_after_the_end_is_no_part_of_it() -> None:
    events = (controls.started(), controls.finished())
    said, _ = receipt(*events)
    later, _ = receipt(*events, controls.callback_delivered(), controls.finished())
    assert later == said


def test_the_objects_of_a_pack_that_was_given_up_have_failed() -> None:
    told = controls.objects_copied(objects=(controls.outcome(size_bytes=7),))
    said, lines = receipt(
        controls.started(),
        controls.segment_planned(work=controls.pack_work()),
        told,
        controls.failed(),
        controls.completed(),
    )
    outcomes = [(line.key, line.outcome, line.error) for line in lines]
    assert outcomes == [
        ("a.parquet", ObjectOutcome.COPIED, None),
        ("a.parquet", ObjectOutcome.FAILED, "storage.denied"),
    ]
    assert (said.objects, said.failed, said.completed_by) == (1, 1, "control-plane")


def test_a_large_object_that_two_segments_gave_up_has_one_line() -> None:
    parts = [
        controls.segment_planned(segment_id=name, work=controls.parts_work())
        for name in ("p0", "p1")
    ]
    lost = [controls.failed(segment_id=name) for name in ("p0", "p1")]
    _, lines = receipt(controls.started(), *parts, *lost, controls.completed())
    assert [(line.key, line.size_bytes) for line in lines] == [("a.parquet", 40 * MIB)]


def test_what_went_through_the_door_is_in_it() -> None:
    said, (line,) = receipt(
        controls.prepared(), controls.object_received(), controls.completed()
    )
    assert (line.key, line.outcome) == ("a.parquet", ObjectOutcome.RECEIVED)
    assert said.moved
    assert said.size_bytes == line.size_bytes
    said, (line,) = receipt(
        controls.started(),
        controls.object_served(),
        controls.object_served(),
        controls.completed(),
    )
    assert (line.key, line.size_bytes) == ("a.parquet", None)
    assert (said.objects, said.size_bytes, said.verdicts) == (1, 0, {})


@pytest.mark.parametrize(
    "events",
    [(), (controls.suspended(),), (controls.errored(),), (controls.terminated(),)],
)
def test_only_what_was_completed_has_a_receipt(events: tuple[Event, ...]) -> None:
    fold, _ = folded(controls.started(), *events)
    with pytest.raises(DataPlaneError) as raised:
        fold.statement(KEY)
    assert raised.value.code == "flow.not-completed"
    with pytest.raises(UnknownFlowError):
        ReceiptFold().statement(KEY)


@pytest.mark.parametrize(
    ("fields", "key", "name"),
    [
        ({"prefix": "in/"}, "in/a/b", "a/b"),
        ({"prefix": ""}, "in/a", "in/a"),
        ({"key": "deep/in/a"}, "deep/in/a", "a"),
        ({}, "in/a", "in/a"),
    ],
)
def test_objects_are_named_below_their_sides_prefix(
    fields: dict[str, Any], key: str, name: str
) -> None:
    assert below(key, Location(mechanism="s3", fields=fields)) == name
