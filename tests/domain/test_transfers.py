"""What the planner remembers of a transfer."""

from functools import reduce

import pytest

from domain.transfer import INITIAL, Transfer, TransferEvent, evolve
from tests.controls import (
    MIB,
    deletions_planned,
    deletions_released,
    deletions_withheld,
    object_planned,
    page_planned,
    planned_object,
    planning_started,
    transfer_completed,
    transfer_failed,
    transfer_planned,
    transfer_waiting,
    upload_aborted,
    upload_created,
    upload_left,
)


def after(*events: TransferEvent) -> Transfer:
    return reduce(evolve, events, INITIAL)


def test_planning_starts_at_the_beginning_of_the_listing() -> None:
    transfer = after(planning_started())
    assert transfer.started
    assert (transfer.pages, transfer.cursor) == (0, None)


def test_pages_add_up_and_the_last_one_says_where_to_go_on() -> None:
    second = page_planned(page=1, cursor="2026/b.parquet", segments=("a", "b"))
    transfer = after(planning_started(), page_planned(), second)
    assert (transfer.pages, transfer.cursor) == (2, "2026/b.parquet")
    assert (transfer.objects, transfer.size_bytes) == (2, 80 * MIB)
    assert (transfer.parts, transfer.segments) == (6, 3)


def test_what_is_left_out_adds_up_by_reason() -> None:
    second = page_planned(page=1, skipped={"excluded": 2, "too-old": 1}, requests=3)
    first = page_planned(skipped={"excluded": 1}, requests=4)
    transfer = after(planning_started(), first, second)
    assert transfer.skipped == {"excluded": 3, "too-old": 1}
    assert transfer.requests == 7


def test_a_held_object_is_held_until_its_upload_is_recorded() -> None:
    page = page_planned(held=(planned_object(),))
    transfer = after(page, transfer_planned(), object_planned())
    assert transfer.held == {"object-1": planned_object()}
    assert transfer.pending == {"object-1": object_planned()}
    transfer = evolve(transfer, upload_created())
    assert not transfer.held
    assert not transfer.pending
    assert transfer.uploads == {"object-1": "upload-1"}


def test_an_object_is_pending_until_its_page_is_planned() -> None:
    assert after(object_planned()).pending == {"object-1": object_planned()}
    assert after(object_planned(), page_planned()).pending == {}


def test_the_key_of_a_planned_object_stays_known() -> None:
    transfer = after(object_planned(), page_planned())
    assert transfer.keys == {"object-1": planned_object().destination_key}


def test_the_ledger_holds_an_upload_until_it_is_aborted() -> None:
    transfer = after(object_planned(), upload_created())
    assert transfer.uploads == {"object-1": "upload-1"}
    assert evolve(transfer, upload_aborted()).uploads == {}


def test_the_ledger_keeps_the_uploads_of_other_objects() -> None:
    other = upload_created(object_id="object-2")  # not every storage has unique ids
    transfer = after(upload_created(), other, upload_aborted())
    assert transfer.uploads == {"object-2": "upload-1"}


def test_the_ledger_keeps_an_upload_when_an_older_one_of_its_object_is_aborted() -> (
    None
):
    again = upload_created(upload_id="upload-2")
    transfer = after(upload_created(), again, upload_aborted())
    assert transfer.uploads == {"object-1": "upload-2"}


def test_the_totals_end_the_planning_but_not_the_transfer() -> None:
    transfer = after(planning_started(), page_planned(), transfer_planned())
    assert transfer.planned
    assert not transfer.ended


@pytest.mark.parametrize("last", [transfer_failed(), transfer_completed()])
def test_a_transfer_ends_completed_or_failed(last: TransferEvent) -> None:
    assert after(planning_started(), last).ended


def test_a_transfer_knows_after_which_resume_it_came_to_wait() -> None:
    assert after(planning_started()).waited_at is None
    waiting = after(planning_started(), transfer_waiting(resumes=1))
    assert (waiting.waited_at, waiting.ended) == (1, False)


def test_an_upload_that_is_left_at_the_storage_is_no_longer_ours_to_abort() -> None:
    assert after(object_planned(), upload_created(), upload_left()).uploads == {}


def test_what_is_extra_adds_up_until_both_listings_end() -> None:
    first = deletions_planned(cursor="m", digest="1", segments=("x0-0", "x0-1"))
    found = after(page_planned(), first)
    assert (found.deletions.cursor, found.deletions.complete) == ("m", False)
    found = evolve(found, deletions_planned(page=1, deletes=2, digest="2"))
    assert (found.deletions.pages, found.deletions.complete) == (2, True)
    assert (found.deletions.listed, found.deletions.deletes) == (40, 3)
    assert (found.deletions.digest, found.segments) == ("2", 4)
    assert not found.planned


@pytest.mark.parametrize("last", [deletions_released(), deletions_withheld()])
def test_deletions_are_settled_once(last: TransferEvent) -> None:
    assert not after(deletions_planned()).deletions.settled
    assert after(deletions_planned(), last).deletions.settled
