"""Whatever name a server keeps, the copy has; and what it does not keep, it is told.

A server is asked first which names it keeps: it has to take the object, list it under
exactly this name and give it back. A copy to a name that it does not keep must still be
right, or fail with a code.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import pytest

from handlers.mechanisms.pair import Pair
from tests.matrix import names
from tests.matrix.carrying import Said, carried_all
from tests.matrix.comparing import Case, Table, shown, some
from tests.matrix.ground import Ground
from tests.matrix.sides import Bucket, Held
from tests.matrix.ways import ROUTES, Shape, Way

_KEYS = int(os.environ.get("WAYBILL_MATRIX_KEYS", "2000"))
_AT_ONCE = 20
_LISTS = max(1, -(-_KEYS // (len(ROUTES) * _AT_ONCE)))
_BODY_BYTES = 300


@dataclass(frozen=True)
class Names:
    """A list of names, copied: what the server itself `keeps`, and what it shows."""

    case: Case
    keeps: frozenset[str]
    listed: frozenset[str]
    mistold: frozenset[str]

    def silent(self) -> Iterator[str]:
        """Objects that are called copied, and are not there, or not by this name.

        What the server lists by another name whoever puts it is its own affair.
        """
        yield from (f"{shown(key)} is told by one listing only" for key in self.mistold)
        yield from self.case.silent()
        for key, said in self.case.said.items():
            if said.code is None and key in self.keeps - self.listed:
                yield f"{shown(key)} is called {said}, and is not listed"

    def refused(self, known: Callable[[str], str | None]) -> dict[str, Said]:
        """What could have been copied, and was not, but for a known reason."""
        failed = self.case.failed().items()
        kept = {k: said for k, said in failed if k in self.keeps}
        return {k: said for k, said in kept.items() if said.code != known(k)}


@pytest.mark.parametrize("way", ROUTES, ids=str)
async def test_every_name_arrives_or_is_told(
    ground: Ground, table: Table, way: Way
) -> None:
    lists = names.drawn(_LISTS, _AT_ONCE, ROUTES.index(way))
    known = [names.KNOWN, names.ALONE]
    allowed = partial(ground.server.facts.expects, way.role, way.shape)
    silent: list[str] = []
    refused: list[str] = []
    for keys in (*known, *lists):
        copied = await _copied(ground, way, keys)
        unkept = len(copied.case.said) - len(copied.keeps & copied.case.said.keys())
        table.add(ground.server.name, f"names {way}", copied.case, unkept=unkept)
        silent += copied.silent()
        refused += [
            f"{shown(k)}: {v.code}: {v.detail}"
            for k, v in copied.refused(allowed).items()
        ]
    assert silent == [], some(silent)
    assert refused == [], some(refused)


async def _copied(ground: Ground, way: Way, keys: Sequence[str]) -> Names:
    source_at, destination_at = ground.sides(way.role)
    never, page = ground.server.facts.never_sent, ground.server.facts.page
    bodies = {k: names.body_of(k, _BODY_BYTES) for k in keys if not never(k)}
    async with AsyncExitStack() as stack:
        source, destination, control = [
            await stack.enter_async_context(Bucket.open(each))
            for each in (source_at, destination_at, destination_at)
        ]
        await source.put_all(bodies)
        held = await _held(source)
        async with way.open(source, destination) as made:
            mistold = Counter(await _told(made, page)) - Counter(await source.keys())
            mistold += Counter(await source.keys()) - Counter(await _told(made, page))
            said = await carried_all(made, held, way.options)
        case = Case(held, said, await destination.get_all(held))
        in_parts = way.shape is Shape.PARTS
        again = {key: bodies[key] for key in held if key in bodies}
        await control.put_all(again, in_parts=in_parts)
        kept = await _held(control)
        keeps = frozenset(key for key, there in kept.items() if held.get(key) == there)
        listed = frozenset(await destination.keys())
        return Names(case, keeps, listed, frozenset(mistold))


async def _held(bucket: Bucket) -> dict[str, Held]:
    """What a server lists and then gives."""
    found = await bucket.get_all(await bucket.keys())
    return {key: held for key, held in found.items() if held is not None}


async def _told(made: Pair, limit: int) -> list[str]:
    """What our own listing tells, a few at a time."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await made.source.list_page(cursor, limit)
        found += [each.key for each in page.objects]
        cursor = page.cursor
        if cursor is None:
            return found
