"""What a worker may add to a segment's journal."""

import pytest

from domain.errors import FencedError, IllegalTransitionError
from domain.segment import Phase, SegmentEvent
from domain.segment.commands import SegmentCommand
from tests.controls import (
    completion_work,
    deletion_outcome,
    deletion_work,
    done,
    fail,
    failed,
    finish_segment,
    lease,
    leased,
    object_copied,
    objects_copied,
    objects_deleted,
    outcome,
    pack_work,
    park,
    parked,
    part_copied,
    parts_work,
    planned_object,
    put_down,
    record_deletions,
    record_object,
    record_objects,
    record_part,
    segment_planned,
)
from tests.domain.spec import given_segment as given

PACK = segment_planned(work=pack_work())
COMPLETION = segment_planned(work=completion_work())
DELETION = segment_planned(work=deletion_work())
BOTH = (outcome(), outcome(object_id="object-2"))
COPIED = tuple(part_copied(part_number=number) for number in (1, 2, 3))
OURS = (segment_planned(), leased())
THEIRS = (*OURS, leased(worker="worker-2", delivery=2))

COMPLETE: tuple[tuple[SegmentEvent, ...], ...] = (
    (*OURS, *COPIED),
    (PACK, leased(), objects_copied(objects=BOTH)),
    (COMPLETION, leased(), object_copied()),
    (DELETION, leased(), objects_deleted()),
)

OF_THE_HOLDER: tuple[SegmentCommand, ...] = (
    *(record_part(), record_objects(), record_object(), record_deletions()),
    *(finish_segment(), park(), fail()),
)


# The lease


def test_a_planned_segment_is_leased() -> None:
    given(segment_planned()).when(lease()).then(leased())


def test_a_segment_is_leased_whoever_had_it() -> None:
    given(*OURS).when(lease(worker="worker-2", delivery=2)).then(THEIRS[-1])
    assert given(*THEIRS).state.worker == "worker-2"


def test_a_worker_that_was_started_again_leases_its_segment_again() -> None:
    given(*OURS).when(lease(delivery=2)).then(leased(delivery=2))


def test_an_earlier_delivery_does_not_take_the_lease_of_a_later_one() -> None:
    given(*THEIRS).when(lease(delivery=1)).then_raises(FencedError, "later delivery")
    again = (*OURS, leased(worker="worker-2", epoch=2))
    given(*again).when(lease(delivery=9)).then_raises(FencedError, "later delivery")


def test_a_new_epoch_takes_the_lease_whatever_the_deliveries_before() -> None:
    given(*THEIRS).when(lease(epoch=2)).then(leased(epoch=2))


def test_leases_are_counted() -> None:
    assert given(*THEIRS).state.leases == 2


def test_a_lease_keeps_what_is_recorded() -> None:
    segment = given(*OURS, part_copied(), THEIRS[-1]).state
    assert segment.parts == {1: part_copied()}


@pytest.mark.parametrize("last", [done(), failed()])
def test_nothing_is_leased_of_a_segment_that_is_over(last: SegmentEvent) -> None:
    assert given(*OURS, *COPIED, last).state.over
    given(*OURS, *COPIED, last).when(lease()).then_nothing()


@pytest.mark.parametrize("command", [lease(), *OF_THE_HOLDER])
def test_a_segment_that_was_never_planned_is_refused(command: SegmentCommand) -> None:
    given().when(command).then_raises(IllegalTransitionError, "no such segment")


# Fencing


@pytest.mark.parametrize("command", OF_THE_HOLDER)
def test_a_worker_that_lost_its_lease_is_fenced(command: SegmentCommand) -> None:
    given(*THEIRS).when(command).then_raises(FencedError, "belongs to another worker")


@pytest.mark.parametrize("command", OF_THE_HOLDER)
def test_a_worker_without_a_lease_is_fenced(command: SegmentCommand) -> None:
    given(segment_planned()).when(command).then_raises(FencedError, "another worker")


@pytest.mark.parametrize(
    ("command", "last"),
    [
        (command, last)
        for command in OF_THE_HOLDER
        for last in (done(), failed(), parked())
        if (command, last) != (finish_segment(), done())
    ],
)
def test_nothing_is_recorded_after_a_segment_was_put_down(
    command: SegmentCommand, last: SegmentEvent
) -> None:
    given(*OURS, last).when(command).then_raises(FencedError, "another worker")


def test_a_fenced_worker_is_told_so_whatever_it_records() -> None:
    for command in (record_part(part_number=4), record_objects()):
        given(*THEIRS).when(command).then_raises(FencedError, "another worker")


# Parts


def test_a_part_is_recorded() -> None:
    given(*OURS).when(record_part()).then(part_copied())


def test_a_part_that_was_found_at_the_destination_is_recorded_so() -> None:
    given(*OURS).when(record_part(adopted=True)).then(part_copied(adopted=True))


def test_a_part_is_recorded_once() -> None:
    given(*OURS, part_copied()).when(record_part(etag="other")).then_nothing()


@pytest.mark.parametrize("number", [-1, 0, 1, 4])
def test_a_part_outside_of_the_segment_is_refused(number: int) -> None:
    planned = segment_planned(work=parts_work(first=2, last=3))
    given(planned, leased()).when(record_part(part_number=number)).then_raises(
        IllegalTransitionError, "part is not of this segment"
    )


@pytest.mark.parametrize("number", [2, 3])
def test_the_first_and_the_last_part_are_of_the_segment(number: int) -> None:
    planned = segment_planned(work=parts_work(first=2, last=3))
    given(planned, leased()).when(record_part(part_number=number)).then(
        part_copied(part_number=number)
    )


@pytest.mark.parametrize("planned", [PACK, COMPLETION])
def test_a_part_of_work_that_has_none_is_refused(planned: SegmentEvent) -> None:
    given(planned, leased()).when(record_part()).then_raises(
        IllegalTransitionError, "part is not of this segment"
    )


def test_the_missing_parts_are_those_of_the_segment_that_are_not_recorded() -> None:
    segment = given(*OURS, part_copied(part_number=2)).state
    assert [part.number for part in segment.missing_parts()] == [1, 3]


def test_a_segment_misses_no_part_of_another_segment() -> None:
    planned = segment_planned(work=parts_work(first=2, last=2))
    (part,) = given(planned).state.missing_parts()
    assert (part.number, part.offset_bytes, part.length_bytes) == (2, 1 << 24, 1 << 24)


def test_an_object_that_goes_in_one_piece_misses_one_part() -> None:
    whole = planned_object(part_size_bytes=None, size_bytes=0)
    planned = segment_planned(work=parts_work(object=whole, last=1))
    (part,) = given(planned).state.missing_parts()
    assert (part.offset_bytes, part.length_bytes) == (0, 0)


@pytest.mark.parametrize("events", [(), (PACK,), (COMPLETION,)])
def test_only_work_in_parts_misses_parts(events: tuple[SegmentEvent, ...]) -> None:
    assert given(*events).state.missing_parts() == ()


# Objects


def test_objects_are_recorded() -> None:
    given(PACK, leased()).when(record_objects()).then(objects_copied())


def test_an_object_of_a_pack_is_recorded_once() -> None:
    other = outcome(object_id="object-2", error="storage.not-found")
    both = record_objects(objects=(outcome(), other))
    known = (PACK, leased(), objects_copied())
    given(*known).when(both).then(objects_copied(objects=(other,)))
    given(*known).when(record_objects()).then_nothing()


@pytest.mark.parametrize("known", [(), (objects_copied(),)])
def test_an_object_that_is_not_in_the_pack_is_refused_with_all_beside_it(
    known: tuple[SegmentEvent, ...],
) -> None:
    stray = outcome(object_id="object-3")
    for objects in ((stray,), (*BOTH, stray), (stray, *BOTH)):
        given(PACK, leased(), *known).when(record_objects(objects=objects)).then_raises(
            IllegalTransitionError, "object is not of this segment"
        )


@pytest.mark.parametrize("planned", [segment_planned(), COMPLETION])
def test_objects_of_work_that_is_no_pack_are_refused(planned: SegmentEvent) -> None:
    given(planned, leased()).when(record_objects()).then_raises(
        IllegalTransitionError, "object is not of this segment"
    )


def test_the_missing_objects_are_those_without_an_outcome() -> None:
    segment = given(PACK, leased(), objects_copied()).state
    assert [each.object_id for each in segment.missing_objects()] == ["object-2"]


def test_an_object_of_parts_is_recorded_once() -> None:
    given(COMPLETION, leased()).when(record_object()).then(object_copied())
    given(COMPLETION, leased(), object_copied()).when(record_object()).then_nothing()


# What is missing of a pack is given up object by object; a completion is as a whole.
@pytest.mark.parametrize("events", [(), OURS, (COMPLETION, leased())])
def test_only_a_pack_misses_objects(events: tuple[SegmentEvent, ...]) -> None:
    assert given(*events).state.missing_objects() == ()


# Deletions


def test_a_deletion_is_recorded_once() -> None:
    given(DELETION, leased()).when(record_deletions()).then(objects_deleted())
    given(DELETION, leased(), objects_deleted()).when(record_deletions()).then_nothing()


def test_only_what_was_to_be_deleted_is() -> None:
    other = record_deletions(objects=(deletion_outcome(object_id="x0-1"),))
    for events in ((DELETION, leased()), OURS, (PACK, leased())):
        given(*events).when(other).then_raises(
            IllegalTransitionError, "not of this segment"
        )


# The end


@pytest.mark.parametrize("events", COMPLETE)
def test_a_complete_segment_is_done(events: tuple[SegmentEvent, ...]) -> None:
    given(*events).when(finish_segment()).then(done())
    assert given(*events, done()).state.phase is Phase.DONE


@pytest.mark.parametrize("events", COMPLETE)
def test_a_segment_is_done_once(events: tuple[SegmentEvent, ...]) -> None:
    given(*events, done()).when(finish_segment()).then_nothing()


@pytest.mark.parametrize("events", COMPLETE)
def test_a_segment_that_another_worker_has_done_is_not_ours_to_finish(
    events: tuple[SegmentEvent, ...],
) -> None:
    given(*events, done()).when(finish_segment(worker="worker-2")).then_raises(
        FencedError, "another worker"
    )


@pytest.mark.parametrize(
    "events",
    [
        (*OURS, *COPIED[:2]),
        (PACK, leased(), objects_copied()),
        (COMPLETION, leased()),
        (DELETION, leased()),
    ],
)
def test_a_segment_is_not_done_before_it_is_complete(
    events: tuple[SegmentEvent, ...],
) -> None:
    given(*events).when(finish_segment()).then_raises(
        IllegalTransitionError, "not complete"
    )


def test_a_segment_is_parked_with_what_it_has() -> None:
    given(*OURS, part_copied()).when(park()).then(parked())
    segment = given(*OURS, part_copied(), parked()).state
    assert (segment.phase, segment.worker) == (Phase.PARKED, "")
    assert [part.number for part in segment.missing_parts()] == [2, 3]


def test_a_segment_is_put_down_with_what_its_flow_waits_for() -> None:
    event = put_down()
    said = event.model_dump(exclude={"data_flow_id", "segment_id"})
    given(*OURS).when(park(**said)).then(event)


def test_a_parked_segment_is_leased_again_and_done() -> None:
    again = leased(epoch=2)
    given(*OURS, part_copied(), parked()).when(lease(epoch=2)).then(again)
    given(*OURS, COPIED[0], parked(), again, *COPIED[1:]).when(finish_segment()).then(
        done()
    )


def test_a_segment_is_given_up() -> None:
    given(*OURS).when(fail()).then(failed())
    assert given(*OURS, failed()).state.phase is Phase.FAILED
