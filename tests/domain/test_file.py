"""What the file server may add to a file's stream."""

from domain import file
from tests.controls import (
    delete_file,
    file_deleted,
    file_placed,
    file_stored,
    file_uploaded_again,
    store_file,
)
from tests.domain.spec import Spec

given = Spec(file.decide, file.evolve, file.INITIAL).given


def test_bytes_that_nobody_has_become_a_file() -> None:
    given().when(store_file()).then(file_stored())


def test_the_same_bytes_again_store_nothing() -> None:
    given(file_stored()).when(store_file(upload_id="upload-2")).then(
        file_uploaded_again()
    )


def test_an_upload_that_is_completed_again_changes_nothing() -> None:
    given(file_stored(), file_placed()).when(store_file()).then_nothing()


def test_a_file_is_deleted_once() -> None:
    given(file_stored(), file_uploaded_again()).when(delete_file()).then(file_deleted())
    given(file_stored(), file_deleted()).when(delete_file()).then_nothing()
    given().when(delete_file()).then_nothing()


def test_what_was_deleted_may_be_stored_again() -> None:
    given(file_stored(), file_deleted()).when(store_file()).then(file_stored())
