"""Which objects of a source are meant."""

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.transfer.filters import Selection, Skip, matches

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)

keys = st.text("ab/.*[\n", max_size=12)
patterns = st.lists(
    st.sampled_from(["**", "*", "a", "b", "a*", "?", "[!a]", "*b*", "", "a.b"]),
    min_size=1,
    max_size=5,
).map("/".join)


@cache
def means(pattern: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """The definition, tried in every way: `**` is any number of folders."""
    if not pattern:
        return not name
    if pattern[0] == "**":
        return means(pattern[1:], name) or bool(name and means(pattern, name[1:]))
    return (
        bool(name) and fnmatchcase(name[0], pattern[0]) and means(pattern[1:], name[1:])
    )


@given(pattern=patterns.map(lambda said: f"/{said}/x"), key=keys)
def test_a_pattern_with_slashes_is_compared_with_the_whole_key(
    pattern: str, key: str
) -> None:
    segments = tuple(pattern.removeprefix("/").split("/"))
    for name in (key, f"{key}/x"):
        assert matches(pattern, name) is means(segments, tuple(name.split("/")))


@given(pattern=st.sampled_from(["*", "a", "?*", "[!a]*", "*.b"]), key=keys)
def test_a_pattern_without_a_slash_is_compared_with_the_last_name(
    pattern: str, key: str
) -> None:
    assert matches(pattern, key) is fnmatchcase(key.rpartition("/")[2], pattern)


@pytest.mark.parametrize(
    ("pattern", "key", "is_meant"),
    [
        ("*.csv", "a/b.csv", True),
        ("*.csv", "a/b.CSV", False),
        ("/*.csv", "a/b.csv", False),
        ("/*.csv", "b.csv", True),
        ("a/*.csv", "a/b/c.csv", False),
        ("a/**/c.csv", "a/c.csv", True),
        ("a/**/c.csv", "a/b/b/c.csv", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a/", True),
        ("a/**", "a", False),
        ("a/", "x/a/b", True),
        ("/a/", "x/a/b", False),
        ("a/", "a", False),
        ("[*]", "*", True),
        ("[*]", "a", False),
        ("a//b", "a//b", True),
        ("**", "a/b", True),
        ("*", "", True),
        ("ü?", "in/ü ", True),
    ],
)
def test_what_a_pattern_means(pattern: str, key: str, is_meant: bool) -> None:  # noqa: FBT001
    assert matches(pattern, key) is is_meant


def test_no_pattern_takes_for_ever() -> None:
    assert not matches("**/" * 100 + "b", "a/" * 500 + "a")
    assert not matches("a*" * 100 + "b", "a" * 1024)


def test_an_exclude_wins_over_every_include() -> None:
    chosen = Selection(include=("*.csv", "a/"), exclude=("a/b.csv",))
    assert chosen.skips("a/b.csv", 1, None) is Skip.EXCLUDED
    assert chosen.skips("a/c", 1, None) is None
    assert chosen.skips("c", 1, None) is Skip.NOT_INCLUDED


@given(size=st.integers(0, 100), least=st.integers(0, 50), more=st.integers(0, 50))
def test_sizes_are_meant_with_both_ends(size: int, least: int, more: int) -> None:
    most = least + more
    found = Selection(min_size_bytes=least, max_size_bytes=most).skips("a", size, None)
    expected = None if least <= size <= most else Skip.TOO_SMALL
    assert found is (Skip.TOO_LARGE if size > most else expected)


def test_times_are_meant_from_the_first_to_before_the_second() -> None:
    chosen = Selection(modified_since=NOON, modified_before=NOON + SECOND)
    assert chosen.needs_times
    assert chosen.skips("a", 1, NOON - SECOND) is Skip.TOO_OLD
    assert chosen.skips("a", 1, NOON) is None
    assert chosen.skips("a", 1, NOON + SECOND) is Skip.TOO_NEW


@given(key=keys, size=st.integers(0))
def test_nothing_said_means_everything(key: str, size: int) -> None:
    assert Selection().skips(key, size, None) is None
    assert Selection().model_dump(mode="json") == {}


@pytest.mark.parametrize(
    "said",
    [
        {"include": ("",)},
        {"exclude": ("a",) * 101},
        {"include": ("a" * 1025,)},
        {"min_size_bytes": -1},
        {"min_size_bytes": 2, "max_size_bytes": 1},
        {"modified_since": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"modified_since": NOON, "modified_before": NOON},
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Selection.model_validate(said)
