"""Keys are opaque: whatever name the storage takes, the copy has, with the same bytes.

A few lists of keys in the suite; WAYBILL_TEST_KEY_EXAMPLES makes more of them.
"""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.location import CopyOptions
from handlers.mechanisms.pair import Pair
from tests.handlers.carried import IN_PARTS, WHOLE, Bucket, carried_all
from tests.handlers.s3_sides import KEYS, copier
from tests.services import BucketPair, S3Endpoint

_EXAMPLES = int(os.environ.get("WAYBILL_TEST_KEY_EXAMPLES", "3"))
_KEYS_AT_ONCE = 8
_MOST_BYTES = 1024
# Swift keeps the id of an upload behind the key, in a name of 1,024 bytes.
_MOST_BYTES_IN_PARTS = 950
_BODY_BYTES = 3000
# Each is a whole name too, and all of them are pieces of others.
_ALONE = (
    *("/", "//", ".", "..", "../", "+", "%", "%2F", " ", "?", "#", "&amp;", "\\"),
    *("\r", "\x01", "\x7f", "é", "e\u0301", "😀", "\uffff"),
)
_INSIDE = (
    *("./", "%00", "%20", "%zz", "  ", "=", "~", "*", "'", '"', "<", ">", "\t", "\n"),
    *(
        "\x1f",
        "\x85",
        "\u00a0",
        "\u200b",
        "\u202e",
        "ﬁ",
        "日本",
        "\ufeff",
        "\U0010ffff",
    ),
)
_LONGEST = ("x" * 1023 + "/", "é" * 512, "/" * 1024)
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_PIECES = st.sampled_from((*_ALONE, *_INSIDE)) | st.text(
    _LETTERS, min_size=1, max_size=4
)


def _bytes(key: str) -> int:
    return len(key.encode())


_ANY = (
    st.lists(_PIECES, min_size=1, max_size=16)
    .map("".join)
    .filter(lambda key: _bytes(key) <= _MOST_BYTES)
)
_LONG = _ANY.map(lambda key: key + "y" * (_MOST_BYTES - _bytes(key)))
_LISTS = st.lists(
    st.integers(0, 9).flatmap(lambda one_in_ten: _ANY if one_in_ten else _LONG),
    min_size=_KEYS_AT_ONCE,
    max_size=_KEYS_AT_ONCE,
    unique=True,
)


@dataclass(frozen=True)
class Ways:
    """Every route from the source's bucket, each to an empty bucket of its own."""

    source: Bucket
    routes: tuple[tuple[Bucket, Pair, CopyOptions], ...]

    @classmethod
    @asynccontextmanager
    async def open(cls, pair: BucketPair) -> AsyncIterator["Ways"]:
        """Through us and by the storage itself, in one piece and in parts."""
        routes: list[tuple[Bucket, Pair, CopyOptions]] = []
        async with AsyncExitStack() as stack:
            source = await stack.enter_async_context(Bucket.open(pair.source))
            beside = replace(pair, destination=pair.source)
            for there in (pair, beside):
                for options in (WHOLE, IN_PARTS):
                    fresh = Bucket.open(there.destination)
                    bucket = await stack.enter_async_context(fresh)
                    to = replace(
                        there,
                        source_bucket=source.name,
                        destination_bucket=bucket.name,
                    )
                    made = await stack.enter_async_context(copier(to))
                    routes.append((bucket, made, options))
            yield cls(source, tuple(routes))

    async def take(self, keys: Iterable[str]) -> int:
        """Copy objects with these keys by all routes, compare, remove; how many."""
        stored = await self.source.put({key: _body(key) for key in keys})
        assert await _listed(self.routes[0][1]) == sorted(stored, key=str.encode)
        for bucket, made, options in self.routes:
            here = stored
            if options is IN_PARTS:
                here = {k: v for k, v in stored.items() if _is_for_uploads(k)}
            await carried_all(made, here, options)
            assert await bucket.held() == here
            await bucket.empty()
        await self.source.empty()
        return len(stored)


@pytest.fixture(scope="module")
async def ways(
    s3_source: S3Endpoint, s3_destination: S3Endpoint
) -> AsyncIterator[Ways]:
    """Give all routes; every bucket is empty again after each list of keys."""
    async with Ways.open(BucketPair(s3_source, s3_destination, "", "")) as ways:
        yield ways


@pytest.mark.parametrize(
    "keys", [(*KEYS, *_LONGEST), _ALONE], ids=["known-and-longest", "odd"]
)
async def test_known_names_are_copied_as_they_are(
    ways: Ways, keys: tuple[str, ...]
) -> None:
    assert await ways.take(keys) == len(keys)


@given(keys=_LISTS)
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
async def test_any_names_are_copied_as_they_are(ways: Ways, keys: list[str]) -> None:
    await ways.take(keys)


def _is_for_uploads(key: str) -> bool:
    """Swift answers with the key, in XML, which cannot hold every character."""
    in_xml = all(
        each in "\t\n\r" or (each >= " " and each not in "\ufffe\uffff") for each in key
    )
    return in_xml and _bytes(key) <= _MOST_BYTES_IN_PARTS


def _body(key: str) -> bytes:
    name = key.encode()
    return name * (_BODY_BYTES // len(name) + 1)


async def _listed(made: Pair) -> list[str]:
    """As our own listing tells them, a few at a time."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await made.source.list_page(cursor, 7)
        found += [each.key for each in page.objects]
        cursor = page.cursor
        if cursor is None:
            return found
