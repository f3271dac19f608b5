"""Where an object goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidAddressError
from domain.mechanisms.keys import destination_key


@pytest.mark.parametrize(
    ("source_key", "source_prefix", "to_key", "to_prefix", "expected"),
    [
        ("a/b.txt", None, "c.txt", None, "c.txt"),
        ("a/b.txt", None, None, "", "b.txt"),
        ("a/b.txt", None, None, "in/", "in/b.txt"),
        ("b.txt", None, None, "in/", "in/b.txt"),
        ("a/b/c", "", None, "", "a/b/c"),
        ("a/b/c", "a/", None, "in/", "in/b/c"),
        ("logs/2024-01", "logs/2024-", None, "in/", "in/01"),
        ("a//b", "a/", None, "in/", "in//b"),
        ("a/", "a/", None, "in/", "in/"),
        ("a/", "a/", None, "", None),
    ],
)
def test_the_destination_of_a_key(
    source_key: str,
    source_prefix: str | None,
    to_key: str | None,
    to_prefix: str | None,
    expected: str | None,
) -> None:
    found = destination_key(
        source_key, source_prefix=source_prefix, to_key=to_key, to_prefix=to_prefix
    )
    assert found == expected


def test_a_prefix_does_not_go_to_a_single_object() -> None:
    with pytest.raises(InvalidAddressError, match="single object"):
        destination_key("a/b", source_prefix="a/", to_key="b", to_prefix=None)


def test_a_key_from_elsewhere_is_refused() -> None:
    with pytest.raises(InvalidAddressError, match="not below"):
        destination_key("b/c", source_prefix="a/", to_key=None, to_prefix="")


@given(st.text(), st.text(), st.text(), st.text(min_size=1))
def test_two_keys_below_a_prefix_never_meet(
    prefix: str, to_prefix: str, one: str, tail: str
) -> None:
    first, second = (
        destination_key(
            prefix + each, source_prefix=prefix, to_key=None, to_prefix=to_prefix
        )
        for each in (one, one + tail)
    )
    assert first != second
