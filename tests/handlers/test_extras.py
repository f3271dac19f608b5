"""Two listings side by side, as a mirror compares them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PlanError
from handlers.coordinator.extras import Walk
from handlers.objects import ListedPage, ObjectInfo

names = st.lists(st.text("ab/\U0001f600", min_size=1, max_size=4), unique=True).map(
    sorted
)


class Script:
    """A listing in pages of two; what no server of ours would give, it gives too."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The next two, whatever their order."""
        _ = limit
        start = 0 if cursor is None else sum(each <= cursor for each in self._keys)
        page = self._keys[start : start + 2]
        more = start + 2 < len(self._keys)
        objects = tuple(ObjectInfo(each, 1, "e") for each in page)
        return ListedPage(objects, page[-1] if more else None)


async def extra(
    there: Sequence[str], here: Sequence[str], after: str | None
) -> set[str]:
    one = Walk(Script([f"out/{each}" for each in there]), "out/", after)
    other = Walk(Script([f"in/{each}" for each in here]), "in/", after)
    found: set[str] = set()
    while not one.ended:
        for name, _ in await one.page():
            if await other.at(name) is None:
                found.add(name)
    return found


@given(there=names, here=names, after=st.none() | st.text("ab/", max_size=3))
async def test_the_walk_finds_what_one_side_has_alone(
    there: list[str], here: list[str], after: str | None
) -> None:
    expected = {each for each in there if each not in here}
    if after is not None:
        expected = {each for each in expected if each > after}
    assert await extra(there, here, after) == expected


@pytest.mark.parametrize("keys", [["b", "a"], ["a", "a"], ["a", "b", "d", "c"]])
async def test_a_listing_that_is_not_in_order_is_not_believed(keys: list[str]) -> None:
    for there, here in ((keys, []), (["z"], keys)):
        with pytest.raises(PlanError, match="order"):
            await extra(there, here, None)
