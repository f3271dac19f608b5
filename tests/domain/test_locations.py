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


def test_a_secret_is_never_kept_for_another_mechanism() -> None:
    other = SECRETLESS.model_copy(update={"mechanism": "http"})
    assert relocated(OLD, other) == other
