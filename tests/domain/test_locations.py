"""What a flow knows of a side of the copy when it is told something new of it."""

from domain.location import relocated
from tests.controls import source

OLD = source()
SECRETLESS = source(fields={"bucket": "other"}, secret=None)


def test_nothing_new_leaves_the_old() -> None:
    assert relocated(OLD, None) == OLD
    assert relocated(None, OLD) == OLD
    assert relocated(None, None) is None


def test_a_new_location_with_a_secret_replaces_the_old() -> None:
    new = source(fields={"bucket": "other"}, secret="flow-1/source/2")
    assert relocated(OLD, new) == new


def test_a_new_location_without_a_secret_keeps_the_old_one() -> None:
    assert relocated(OLD, SECRETLESS) == source(fields={"bucket": "other"})


def test_a_new_secret_without_an_address_keeps_the_old_one() -> None:
    new = source(fields={}, secret="flow-1/source/2")
    assert relocated(OLD, new) == source(secret="flow-1/source/2")


def test_a_new_location_that_says_nothing_keeps_all_of_the_old() -> None:
    assert relocated(OLD, source(fields={}, secret=None)) == OLD


def test_a_new_address_replaces_the_old_as_a_whole() -> None:
    relocation = relocated(OLD, SECRETLESS)
    assert relocation is not None
    assert relocation.fields == {"bucket": "other"}


def test_an_address_completes_the_secret_that_came_before_it() -> None:
    early = source(fields={}, secret="flow-1/source/0")
    assert relocated(early, SECRETLESS) == source(
        fields={"bucket": "other"}, secret="flow-1/source/0"
    )


def test_a_secret_is_never_kept_for_another_mechanism() -> None:
    other = SECRETLESS.model_copy(update={"mechanism": "http"})
    assert relocated(OLD, other) == other


def test_an_address_is_never_kept_for_another_mechanism() -> None:
    other = source(mechanism="http", fields={}, secret="flow-1/source/2")
    assert relocated(OLD, other) == other
