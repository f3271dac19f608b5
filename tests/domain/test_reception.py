"""What the data door may add to an upload's stream."""

import pytest

from domain import reception
from domain.errors import StorageError
from domain.reception import Phase, ReceptionEvent
from domain.reception.commands import UploadCommand
from tests.controls import (
    abort_upload,
    leave_upload,
    object_received,
    open_upload,
    part_received,
    receive_object,
    receive_part,
    reception_aborted,
    reception_left,
    upload_opened,
    upload_planned,
)
from tests.domain.spec import given_upload as given

RECEIVED = (upload_opened(), part_received(), object_received())
ABORTED = (upload_opened(), part_received(), reception_aborted())


# An upload that is open


def test_an_upload_is_opened_once() -> None:
    given().when(open_upload()).then(upload_opened())
    given(upload_opened()).when(open_upload()).then_nothing()


def test_an_upload_is_not_opened_under_another_id() -> None:
    other = open_upload(storage_upload_id="upload-2")
    given(upload_opened()).when(other).then_raises(StorageError, "no such upload")


def test_a_part_is_received() -> None:
    given(upload_opened()).when(receive_part()).then(part_received())


def test_a_part_that_comes_again_after_a_lost_answer_is_recorded_once() -> None:
    given(upload_opened(), part_received()).when(receive_part()).then_nothing()


def test_a_part_that_comes_again_with_other_bytes_replaces_the_first() -> None:
    given(upload_opened(), part_received()).when(receive_part(etag="other")).then(
        part_received(etag="other")
    )


def test_the_object_ends_it() -> None:
    given(upload_opened(), part_received()).when(receive_object()).then(
        object_received()
    )


def test_an_object_in_one_piece_needs_no_upload() -> None:
    given().when(receive_object()).then(object_received())


# An upload that is over


def test_a_repeated_completion_is_recorded_once() -> None:
    given(*RECEIVED).when(receive_object()).then_nothing()


@pytest.mark.parametrize("over", [RECEIVED, ABORTED])
def test_what_is_over_is_not_aborted(over: tuple[ReceptionEvent, ...]) -> None:
    given(*over).when(abort_upload()).then_nothing()


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ((), receive_part()),
        (RECEIVED, receive_part(part_number=2)),
        (ABORTED, receive_part(part_number=2)),
        (ABORTED, receive_object()),
        (ABORTED, open_upload(storage_upload_id="upload-2")),
        # Planned, and cleaned away before the storage had answered.
        ((reception_aborted(),), open_upload()),
    ],
)
def test_nothing_is_added_to_what_is_not_there(
    before: tuple[ReceptionEvent, ...], command: UploadCommand
) -> None:
    given(*before).when(command).then_raises(StorageError, "no such upload")


def test_an_upload_that_the_storage_never_heard_of_can_be_aborted() -> None:
    given().when(abort_upload()).then(reception_aborted())


@pytest.mark.parametrize(
    ("before", "storage_id"), [((upload_opened(),), "upload-1"), ((), "")]
)
def test_what_cannot_be_aborted_is_named_as_left(
    before: tuple[ReceptionEvent, ...], storage_id: str
) -> None:
    left = reception_left(storage_upload_id=storage_id)
    given(*before).when(leave_upload()).then(left)
    given(*before, left).when(leave_upload()).then_nothing()
    given(*before, left).when(abort_upload()).then_nothing()


@pytest.mark.parametrize("over", [RECEIVED, ABORTED])
def test_what_is_over_is_not_left(over: tuple[ReceptionEvent, ...]) -> None:
    given(*over).when(leave_upload()).then_nothing()


# The fold


def test_the_fold_keeps_the_newest_of_each_part() -> None:
    upload = reception.INITIAL
    for event in (upload_opened(), part_received(), part_received(etag="newer")):
        upload = reception.evolve(upload, event)
    assert upload.phase is Phase.OPEN
    assert [part.etag for part in upload.parts.values()] == ["newer"]


def test_the_ledger_tells_the_uploads_of_a_key_in_their_order() -> None:
    first = upload_planned(upload_id="1")
    other = upload_planned(upload_id="2", key="in/b.parquet")
    third = upload_planned(upload_id="3")
    ledger = reception.enter(reception.EMPTY, first, other)
    assert reception.enter(ledger, third).of_key("in/a.parquet") == (first, third)
