"""The part plan, for every size that an object may have."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import PlanError
from domain.transfer.parts import (
    DEFAULT_PART_BYTES,
    GIB,
    MAXIMUM_OBJECT_BYTES,
    MIB,
    part_count,
    part_size,
    parts,
)

LARGEST = 50 * 10**12

# Most sizes between 0 and 50 TB are some TB: bits spread them over all magnitudes.
sizes = st.integers(0, 45).flatmap(lambda bits: st.integers(0, min(1 << bits, LARGEST)))
wanted = st.none() | st.integers(0, 43).flatmap(lambda bits: st.integers(1, 1 << bits))


@settings(deadline=None)
@given(size=sizes, wanted=wanted)
@example(size=0, wanted=None)
@example(size=1, wanted=None)
@example(size=5 * MIB, wanted=5 * MIB)
@example(size=5 * MIB + 1, wanted=5 * MIB)
@example(size=10_000 * 5 * MIB, wanted=1)
@example(size=10_000 * 5 * MIB + 1, wanted=1)
@example(size=LARGEST, wanted=None)
@example(size=LARGEST, wanted=10 * GIB)
def test_parts_cover_every_object_exactly_once_within_the_limits(
    size: int, wanted: int | None
) -> None:
    each_bytes = part_size(size, wanted)
    plan = list(parts(size, each_bytes))
    assert 1 <= len(plan) == part_count(size, each_bytes) <= 10_000
    assert [part.number for part in plan] == list(range(1, len(plan) + 1))
    end = 0
    for part in plan:
        assert part.offset_bytes == end
        end += part.length_bytes
    assert end == size
    assert {part.length_bytes for part in plan[:-1]} <= {each_bytes}
    assert 5 * MIB <= each_bytes <= 5 * GIB
    assert plan[-1].length_bytes <= each_bytes
    assert plan[-1].length_bytes > 0 or size == 0


@given(size=sizes, wanted=st.integers(5, 5 * 1024))
def test_a_wanted_size_is_taken_wherever_the_limits_allow_it(
    size: int, wanted: int
) -> None:
    allowed = size <= 10_000 * wanted * MIB
    assert (part_size(size, wanted * MIB) == wanted * MIB) is allowed


@given(size=sizes, wanted=wanted)
def test_parts_are_whole_mebibytes(size: int, wanted: int | None) -> None:
    assert part_size(size, wanted) % MIB == 0


def test_a_part_is_of_the_usual_size_where_nothing_is_wanted() -> None:
    assert part_size(10_000 * DEFAULT_PART_BYTES) == DEFAULT_PART_BYTES
    assert part_size(10_000 * DEFAULT_PART_BYTES + 1) == DEFAULT_PART_BYTES + MIB


@given(excess=st.integers(1, LARGEST), wanted=wanted)
def test_an_object_beyond_the_largest_cannot_be_planned(
    excess: int, wanted: int | None
) -> None:
    assert MAXIMUM_OBJECT_BYTES == LARGEST
    with pytest.raises(PlanError, match="more than an object may have"):
        part_size(LARGEST + excess, wanted)
