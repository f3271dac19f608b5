"""What a mirror may delete, and what it never does."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.demands import require_possible
from domain.errors import DataPlaneError
from domain.location import CopyOptions, Location
from domain.transfer.deletions import Deletion, digest, is_extra, too_many
from domain.transfer.filters import Selection
from domain.transfer.manifest import Format, Manifest
from tests.controls import destination, doomed, source

ASKED, ALL = Deletion(), Deletion(excluded=True)
NOTHING_LEFT_OUT = Selection()
MIRROR = CopyOptions(deletion=ASKED)


@dataclass(frozen=True)
class Object:
    """As a listing tells it."""

    size_bytes: int = 3
    modified_at: datetime | None = datetime(2026, 11, 21, tzinfo=UTC)


objects = st.none() | st.builds(Object, st.integers(0, 9))
selections = st.sampled_from(
    [
        NOTHING_LEFT_OUT,
        Selection(exclude=("*.log",)),
        Selection(include=("a/",)),
        Selection(min_size_bytes=5),
    ]
)
names = st.sampled_from(["a/b", "a/b.log", "b.log", "c"])


@given(name=names, there=st.builds(Object, st.integers(0, 9)), selection=selections)
def test_what_the_source_has_and_means_is_never_deleted(
    name: str, there: Object, selection: Selection
) -> None:
    here = Object(7)
    assert not is_extra(name, there, here, selection, ASKED)
    meant = selection.skips(name, 7, None) is None
    assert is_extra(name, there, here, selection, ALL) is not meant


@given(name=names, there=st.builds(Object, st.integers(0, 9)), selection=selections)
def test_what_is_only_there_is_deleted_unless_it_is_left_out(
    name: str, there: Object, selection: Selection
) -> None:
    meant = selection.skips(name, there.size_bytes, None) is None
    assert is_extra(name, there, None, selection, ASKED) is meant
    assert is_extra(name, there, None, selection, ALL)


@given(here=objects, selection=selections)
def test_the_marker_of_the_own_folder_stays(
    here: Object | None, selection: Selection
) -> None:
    assert not is_extra("", Object(0), here, selection, ALL)


@pytest.mark.parametrize(
    ("deletion", "deletes", "listed", "approved", "allowed"),
    [
        (Deletion(), 0, 0, False, True),
        (Deletion(), 1, 10, False, True),
        (Deletion(), 2, 19, False, False),
        (Deletion(), 19, 19, True, True),
        (Deletion(most=2), 2, 2, False, True),
        (Deletion(most=2), 3, 1000, False, False),
        (Deletion(most=2), 3, 1000, True, False),
        (Deletion(most_percent=50), 5, 10, False, True),
        (Deletion(most_percent=50), 6, 10, True, False),
        (Deletion(most=9, most_percent=50), 6, 10, False, False),
        (Deletion(most=0), 1, 1000, True, False),
    ],
)
def test_no_more_is_deleted_than_was_allowed(
    deletion: Deletion,
    deletes: int,
    listed: int,
    approved: bool,  # noqa: FBT001
    allowed: bool,  # noqa: FBT001
) -> None:
    why = too_many(deletion, deletes, listed, approved=approved)
    assert (why is None) is allowed


def test_the_digest_is_of_the_whole_list_and_of_nothing_else() -> None:
    one, two = doomed(), doomed(key="in/b", etag="e")
    whole = digest(digest("", [one]), [two])
    assert whole == digest(digest("", [one]), [two])
    others = [two, doomed(), doomed(etag="f"), doomed(key="in/b 9b1d")]
    found = {digest(digest("", [first]), [two]) for first in others[1:]}
    found |= {digest(digest("", [two]), [one]), digest("", [one, two])}
    assert whole in found
    assert len(found) == 5


def at(bucket: str, prefix: str, endpoint: str | None = None) -> Location:
    fields = {"bucket": bucket, "prefix": prefix, "endpoint_url": endpoint}
    return Location(mechanism="s3", fields=dict(fields))


@pytest.mark.parametrize(
    ("sides", "code"),
    [
        ((source(), destination()), None),
        ((None, destination()), None),
        ((at("a", "x/"), at("a", "y/")), None),
        ((at("a", "x/"), at("a", "x/", "http://b")), None),
        ((at("a", "x/"), at("a", "x/")), "address.invalid"),
        ((at("a", "x/y/"), at("a", "x/")), "address.invalid"),
        ((at("a", ""), at("a", "x/")), "address.invalid"),
        ((source(fields={"bucket": "a", "key": "k"}), None), "address.invalid"),
        ((None, destination(fields={"bucket": "a", "key": "k"})), "address.invalid"),
        (
            (source(), Location(mechanism="http", fields={"prefix": ""})),
            "plan.deletes-unsupported",
        ),
    ],
)
def test_a_mirror_needs_two_prefixes_apart(
    sides: tuple[Location | None, Location | None], code: str | None
) -> None:
    if code is None:
        require_possible(MIRROR, *sides)
        return
    with pytest.raises(DataPlaneError) as error:
        require_possible(MIRROR, *sides)
    assert error.value.code == code
    require_possible(CopyOptions(), *sides)


def test_a_manifest_needs_a_prefix_and_perhaps_a_bucket() -> None:
    one = Manifest(key="m.csv", format=Format.CSV)
    other = one.model_copy(update={"bucket": "lists"})
    door = Location(mechanism="http", fields={"prefix": ""})
    require_possible(CopyOptions(manifest=one), door, None)
    for manifest, place in ((other, door), (one, source(fields={"key": "k"}))):
        with pytest.raises(DataPlaneError, match="manifest"):
            require_possible(CopyOptions(manifest=manifest), place, None)
