"""What belongs to an object travels with it, by every route alike.

A control tells what the destination's server keeps of these headers: the same object,
put there directly.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.mechanisms.headers import META
from tests.matrix.carrying import carried_all
from tests.matrix.comparing import Case, Table, some
from tests.matrix.ground import Ground
from tests.matrix.sides import Bucket, Held
from tests.matrix.ways import PART, ROUTES, Way

_PLAIN = {
    "ContentType": "text/csv; charset=utf-8",
    "CacheControl": "max-age=60, private",
    "ContentDisposition": 'attachment; filename="a b;c.csv"',
    "ContentLanguage": "de-AT",
    "Expires": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
}
SENT: dict[str, dict[str, Any]] = {
    "none": {},
    "content": _PLAIN,
    "encoded": {"ContentEncoding": "gzip", "ContentType": "application/json"},
    "user": {
        "Metadata": {
            "who": "us",
            "Mixed-Case": "Value, with: 'signs' = %20+&",
            "number": "007",
            "encoded": "=?utf-8?b?w7xtbGF1dA==?=",
        }
    },
    "both": {**_PLAIN, "Metadata": {"a": "1", "b-c": "2"}},
}
_BODIES = {key: key.encode() * 100 for key in SENT}


_BODIES["large"] = bytes(PART + 1)
_ARGUMENTS = {
    "content-type": "ContentType",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-disposition": "ContentDisposition",
    "cache-control": "CacheControl",
    "expires": "Expires",
}


@pytest.mark.parametrize("way", ROUTES, ids=str)
async def test_headers_travel_with_the_object(
    ground: Ground, table: Table, way: Way
) -> None:
    source_at, destination_at = ground.sides(way.role)
    async with AsyncExitStack() as stack:
        source, destination, control = [
            await stack.enter_async_context(Bucket.open(each))
            for each in (source_at, destination_at, destination_at)
        ]
        for key, body in _BODIES.items():
            assert await source.put(key, body, **SENT.get(key, SENT["both"]))
        given = await _held(source)
        for key, held in given.items():
            assert await control.put(key, _BODIES[key], **_said(held.headers))
        async with way.open(source, destination) as made:
            said = await carried_all(made, _BODIES, way.options)
        found, kept = await _held(destination), await _held(control)
        case = Case(given, said, {key: found.get(key) for key in given})
        table.add(ground.server.name, f"headers {way}", case)
        ground.require(way, case)
    different = [
        f"{key}: {found[key].headers} instead of {kept[key].headers}"
        for key in found
        if _without(ground.server.facts.adds, found[key]) != kept[key].headers
    ]
    assert different == [], some(different)


def _without(added: frozenset[str], held: Held) -> dict[str, str]:
    return {name: said for name, said in held.headers.items() if name not in added}


async def _held(bucket: Bucket) -> dict[str, Held]:
    found = await bucket.get_all(await bucket.keys())
    return {key: held for key, held in found.items() if held is not None}


def _said(headers: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of a put that says these headers."""
    metadata = {
        name.removeprefix(META): value
        for name, value in headers.items()
        if name.startswith(META)
    }
    content = {_ARGUMENTS[k]: v for k, v in headers.items() if k in _ARGUMENTS}
    return {**content, "Metadata": metadata}
