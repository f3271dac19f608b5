"""The catalogue of errors."""

import inspect

import pytest

from domain import errors
from domain.errors import CATALOGUE, DataPlaneError, ErrorClass, Side, StorageError

CLASSES = [
    each
    for each in vars(errors).values()
    if inspect.isclass(each) and issubclass(each, DataPlaneError)
]


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_has_a_line_in_the_catalogue(error: type[DataPlaneError]) -> None:
    assert error("detail").entry.code == error.code


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_code_can_be_said_to_retry_exactly_if_its_class_is(code: str) -> None:
    retryable = CATALOGUE[code].error_class is ErrorClass.RETRYABLE
    assert DataPlaneError("detail", code=code).retryable is retryable


def test_an_error_says_what_went_wrong_and_where() -> None:
    error = StorageError("denied", code="storage.denied", side=Side.SOURCE)
    assert (str(error), error.code, error.side) == (
        "denied",
        "storage.denied",
        "source",
    )


def test_an_error_is_the_planes_where_nothing_else_is_said() -> None:
    assert DataPlaneError("detail").side is Side.PLANE
