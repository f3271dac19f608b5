"""Which objects of a page are copied, against what a real destination holds."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from domain.errors import PlanError, StorageError
from domain.location import CopyOptions
from domain.transfer.filters import Selection
from domain.transfer.sync import Level
from handlers.coordinator.ahead import Listable, reading_ahead
from handlers.coordinator.choosing import (
    AskedOneByOne,
    Choice,
    ListedBeside,
    counterparts,
)
from handlers.coordinator.origins import Candidate
from handlers.objects import ListedPage, ObjectInfo
from handlers.ports import Copier
from tests.handlers.s3_sides import KEYS, copier
from tests.services import BucketPair

THERE = sorted({*KEYS, "a", "a/b", "a0", "z"}, key=str.encode)


@asynccontextmanager
async def filled(pair: BucketPair, keys: Sequence[str]) -> AsyncGenerator[Copier]:
    async with pair.destination.client() as s3:
        for key in keys:
            await s3.put_object(
                Bucket=pair.destination_bucket, Key=key, Body=key.encode()
            )
    async with copier(pair) as made:
        yield made


class Pages:
    """The destination's listing in pages of two, counted; or refused from one on."""

    def __init__(self, made: Copier, denied_from: int = 1 << 30) -> None:
        self._made = made
        self.denied_from = denied_from
        self.read = 0

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The next two."""
        _ = limit
        if self.read >= self.denied_from:
            raise StorageError("no listing for you", code="storage.denied")
        self.read += 1
        store = self._made.destination
        assert isinstance(store, Listable)
        return await store.list_page(cursor, 2)


class Nothing:
    """Heads that must not be asked for."""

    async def find(self, keys: Sequence[str]) -> Mapping[str, ObjectInfo]:
        """Never called."""
        raise AssertionError(keys)


async def test_the_listing_finds_what_heads_find(bucket_pair: BucketPair) -> None:
    asked = sorted({*THERE[::2], "a/a", "b", "zz", "\U0001f600"}, key=str.encode)
    async with filled(bucket_pair, THERE) as made:
        heads = await AskedOneByOne(made.destination).find(asked)
        pages = Pages(made)
        beside = ListedBeside(pages, Nothing(), None)
        found = {**await beside.find(asked[:3]), **await beside.find(asked[3:])}
    assert set(found) == set(THERE[::2])
    assert found == {
        key: ObjectInfo(key, each.size_bytes, each.etag) for key, each in heads.items()
    }
    assert pages.read <= len(THERE) // 2 + 1


async def test_it_goes_on_behind_a_key(bucket_pair: BucketPair) -> None:
    async with filled(bucket_pair, ["a", "b", "c", "d"]) as made:
        pages = Pages(made)
        found = await ListedBeside(pages, Nothing(), "b").find(["c", "e"])
    assert set(found) == {"c"}
    assert pages.read == 1


@pytest.mark.parametrize("denied_from", [0, 1])
async def test_where_nothing_may_be_listed_each_object_is_asked_for(
    bucket_pair: BucketPair, denied_from: int
) -> None:
    async with filled(bucket_pair, ["a", "b", "c"]) as made:
        heads = AskedOneByOne(made.destination)
        beside = ListedBeside(Pages(made, denied_from), heads, None)
        assert set(await beside.find(["a", "b", "c", "d"])) == {"a", "b", "c"}
        assert set(await beside.find(["e"])) == set()


async def test_a_source_that_hides_its_times_cannot_be_filtered_by_them(
    bucket_pair: BucketPair,
) -> None:
    since = Selection(modified_since=datetime(2026, 1, 1, tzinfo=UTC))
    options = CopyOptions(selection=since, sync=Level.SIZE)
    async with copier(bucket_pair) as made:
        there = counterparts(made.destination, options, None, many=True)
        choice = Choice(options, there, "", (made.source, made.destination))
        with pytest.raises(PlanError, match="modified"):
            await choice.of([Candidate(ObjectInfo("a", 1, "e"), "a")])
        assert (await choice.of([])).objects == ()


async def test_a_flow_without_an_end_asks_for_each(bucket_pair: BucketPair) -> None:
    options = CopyOptions(sync=Level.SIZE, finite=False)
    async with copier(bucket_pair) as made:
        there = counterparts(made.destination, options, None, many=True)
    assert isinstance(there, AskedOneByOne)


async def test_reading_ahead_finds_the_same_and_no_page_twice(
    bucket_pair: BucketPair,
) -> None:
    async with filled(bucket_pair, ["a", "b", "c", "d", "e"]) as made:
        pages = Pages(made)
        async with reading_ahead(pages) as ahead:
            found: list[str] = []
            cursor: str | None = None
            while (page := await ahead.list_page(cursor, 2)).cursor is not None:
                found += [each.key for each in page.objects]
                cursor = page.cursor
            found += [each.key for each in page.objects]
    assert found == ["a", "b", "c", "d", "e"]
    assert pages.read == 3


async def test_reading_ahead_begins_anew_where_that_failed_and_where_it_is_told(
    bucket_pair: BucketPair,
) -> None:
    async with filled(bucket_pair, ["a", "b", "c", "d", "e"]) as made:
        pages = Pages(made, denied_from=1)
        async with reading_ahead(pages) as ahead:
            first = await ahead.list_page(None, 2)
            with pytest.raises(StorageError):
                await ahead.list_page(first.cursor, 2)
            pages.denied_from = 100
            second = await ahead.list_page(first.cursor, 2)
            assert [each.key for each in second.objects] == ["c", "d"]
            elsewhere = await ahead.list_page("d", 2)
            assert [each.key for each in elsewhere.objects] == ["e"]
            # Left while the next page is on its way: nothing of it is heard of again.
            await ahead.list_page(None, 2)
