"""How a page of a listing is cut into segments."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import PlanError
from domain.location import CopyOptions
from domain.transfer.events import Route
from domain.transfer.parts import MIB
from domain.transfer.plan import (
    Listed,
    PagePlan,
    Policy,
    completion_segment,
    pack_work,
    parts_of,
    parts_work,
    plan_page,
    requests_of,
)
from tests.controls import planned_object

STREAM = Policy(CopyOptions(), same_endpoint=False)
COPY = Policy(CopyOptions(), same_endpoint=True)
LARGE = 32 * MIB + 1

sizes = st.integers(0, 45).flatmap(
    lambda bits: st.integers(0, min(1 << bits, 50 * 10**12))
)


def page(*sizes: int, policy: Policy = STREAM) -> PagePlan:
    listed = [
        Listed(f"in/{index}", f"out/{index}", size, f"etag-{index}")
        for index, size in enumerate(sizes)
    ]
    return plan_page(7, listed, policy)


@settings(deadline=None)
@given(sizes=st.lists(sizes, max_size=30), policy=st.sampled_from([STREAM, COPY]))
def test_every_listed_object_is_planned_once(sizes: list[int], policy: Policy) -> None:
    plan = page(*sizes, policy=policy)
    planned = [*plan.large, *(each for pack in plan.packs for each in pack)]
    keys = sorted((each.source_key, each.size_bytes) for each in planned)
    assert keys == sorted((f"in/{index}", size) for index, size in enumerate(sizes))
    assert len({each.object_id for each in planned}) == len(sizes)
    assert all(each.part_size_bytes for each in plan.large)
    assert not any(each.part_size_bytes for pack in plan.packs for each in pack)


@settings(deadline=None)
@given(size=st.integers(LARGE, 50 * 10**12))
def test_the_segments_of_a_large_object_cover_its_parts_exactly_once(
    size: int,
) -> None:
    (planned,) = page(size).large
    work = dict(parts_work(planned, "upload-1"))
    numbers = [n for each in work.values() for n in range(each.first, each.last + 1)]
    assert numbers == list(range(1, parts_of(planned) + 1))
    assert all(each.last - each.first < 64 for each in work.values())


@given(sizes=st.lists(st.integers(0, 32 * MIB), min_size=1, max_size=250))
def test_a_pack_is_full_before_the_next_begins(sizes: list[int]) -> None:
    packs = page(*sizes).packs
    assert [each.size_bytes for pack in packs for each in pack] == sizes
    for pack in packs:
        assert 1 <= len(pack) <= 100
        assert sum(each.size_bytes for each in pack) <= 128 * MIB
    for pack, following in pairwise(packs):
        total = sum(each.size_bytes for each in (*pack, following[0]))
        assert len(pack) == 100 or total > 128 * MIB


@pytest.mark.parametrize(
    ("sizes", "packed"),
    [([1] * 101, [100, 1]), ([30 * MIB] * 5, [4, 1]), ([32 * MIB] * 5, [4, 1])],
)
def test_a_pack_has_a_hundred_objects_or_128_mebibytes(
    sizes: list[int], packed: list[int]
) -> None:
    assert [len(pack) for pack in page(*sizes).packs] == packed


@pytest.mark.parametrize(
    ("count", "segments"), [(1, 1), (4, 1), (5, 2), (64, 16), (320, 16), (10_000, 157)]
)
def test_a_large_object_spreads_over_segments_of_4_to_64_parts(
    count: int, segments: int
) -> None:
    planned = planned_object(size_bytes=count * 16 * MIB, part_size_bytes=16 * MIB)
    assert len(list(parts_work(planned, "upload-1"))) == segments


def test_a_planned_object_is_pinned_to_what_was_listed() -> None:
    listed = Listed("in/a", "out/a", 3, "e", version_id="v")
    ((planned,),) = plan_page(7, [listed], STREAM).packs
    assert planned == planned_object(
        object_id="7-0",
        source_key="in/a",
        destination_key="out/a",
        size_bytes=3,
        etag="e",
        version_id="v",
        part_size_bytes=None,
    )


def test_the_segments_of_a_page_have_names_of_their_own() -> None:
    plan = page(LARGE, 1, 2)
    (large,) = plan.large
    names = [name for name, _ in parts_work(large, "upload-1")]
    names += [name for name, _ in pack_work(7, plan.packs)]
    names.append(completion_segment(large.object_id))
    assert names == ["7-0-p0", "7-k0", "7-0-c"]


@pytest.mark.parametrize(
    ("options", "size", "part_bytes"),
    [
        (CopyOptions(), 32 * MIB, None),
        (CopyOptions(), 32 * MIB + 1, 16 * MIB),
        (CopyOptions(part_size_bytes=8 * MIB), LARGE, 8 * MIB),
        (CopyOptions(multipart_threshold_bytes=MIB), MIB + 1, 16 * MIB),
        (CopyOptions(multipart_threshold_bytes=10**12), 5 * 10**9, None),
        (CopyOptions(multipart_threshold_bytes=10**12), 5 * 10**9 + 1, 16 * MIB),
        (CopyOptions(force_multipart=True), 1, 16 * MIB),
        (CopyOptions(force_multipart=True), 0, None),
    ],
)
def test_an_object_goes_in_parts_beyond_the_threshold_or_when_told_so(
    options: CopyOptions, size: int, part_bytes: int | None
) -> None:
    assert Policy(options, same_endpoint=False).part_bytes(size) == part_bytes


@pytest.mark.parametrize(("policy", "requests"), [(STREAM, 15), (COPY, 8)])
def test_the_requests_of_a_plan_are_counted(policy: Policy, requests: int) -> None:
    # Two small ones, and a large one: of three parts, or of one that is copied.
    plan = page(1, 2, LARGE, policy=policy)
    assert requests_of(plan, policy) == requests


def test_one_endpoint_copies_by_itself_and_two_stream() -> None:
    assert (COPY.whole_route, COPY.part_route) == (Route.COPY_OBJECT, Route.COPY_PARTS)
    assert (STREAM.whole_route, STREAM.part_route) == (Route.STREAM, Route.STREAM)
    assert COPY.reason.startswith("one endpoint")
    assert STREAM.reason.startswith("two endpoints")


@pytest.mark.parametrize(
    ("at_once", "whole"), [(None, [0, 1]), (True, [0, 1, 2]), (False, [0])]
)
def test_what_an_endpoint_copies_at_once_goes_in_one_piece(
    at_once: bool | None,  # noqa: FBT001
    whole: list[int],
) -> None:
    # A small one; two of which one is enough to find out; one that is too large.
    policy = replace(COPY, copies_at_once=at_once)
    plan = page(1, LARGE, LARGE, 5 * 10**9 + 1, policy=policy)
    packed = [each.source_key for pack in plan.packs for each in pack]
    assert packed == [f"in/{number}" for number in whole]
    assert len(plan.large) == 4 - len(whole)


@pytest.mark.parametrize(
    "options",
    [
        CopyOptions(part_size_bytes=8 * MIB),
        CopyOptions(multipart_threshold_bytes=MIB),
        CopyOptions(force_multipart=True),
    ],
)
def test_who_says_how_an_object_is_cut_is_obeyed(options: CopyOptions) -> None:
    policy = Policy(options, same_endpoint=True, copies_at_once=True)
    assert len(page(LARGE, policy=policy).large) == 1


def test_an_object_in_one_piece_has_one_checkpoint() -> None:
    assert parts_of(planned_object(part_size_bytes=None)) == 0


def test_a_page_with_an_object_beyond_the_limits_cannot_be_planned() -> None:
    with pytest.raises(PlanError):
        page(1, 50 * 10**12 + 1)


@pytest.mark.parametrize(
    ("policy", "ranges"),
    [
        (Policy(CopyOptions(), same_endpoint=False, takes_parts=False), True),
        (STREAM, False),
    ],
)
def test_what_cannot_go_in_parts_goes_in_one_piece_whatever_its_size(
    policy: Policy,
    ranges: bool,  # noqa: FBT001
) -> None:
    size = 50 * 10**12
    listed = [Listed("in/0", "out/0", size, "etag", ranges=ranges)]
    plan = plan_page(0, listed, policy)
    assert plan.large == ()
    ((planned,),) = plan.packs
    assert planned.part_size_bytes is None


def test_what_was_decided_stays_so_when_keys_come_and_go() -> None:
    was = [Listed(f"in/{name}", f"out/{name}", LARGE, "old") for name in "bd"]
    decided = plan_page(3, was, STREAM).large
    now = [Listed(f"in/{name}", f"out/{name}", LARGE, "new") for name in "abc"]
    plan = plan_page(3, now, STREAM, decided)
    assert plan.large[:2] == decided
    planned = {each.source_key: each.etag for each in plan.large}
    assert planned == {"in/b": "old", "in/d": "old", "in/a": "new", "in/c": "new"}
    assert len({each.object_id for each in plan.large}) == 4
