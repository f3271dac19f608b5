"""Whose certificate does not verify is told nothing, and that is said."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from domain.errors import Side, StorageError
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import RelayKind
from handlers.ports import ObjectInfo, Pin, Range, SourceEnd
from tests.handlers.fast_sides import BODY, ETAG, certificate, relaying, shelf
from tests.handlers.http_sides import http_source

SPAN = Range(0, 4096)
OBJECT = ObjectInfo("k", len(BODY), ETAG)

WAYS: dict[str, Callable[[Pair], Awaitable[object]]] = {
    "listing": lambda made: made.source.list_page(None, 10),
    "read": lambda made: made.digest("k", Pin(ETAG), SPAN),
    "relay": lambda made: made.relay_part("k", Pin(ETAG), SPAN, "k", "u", 1),
}


async def refusal(asked: Awaitable[object]) -> StorageError:
    with pytest.raises(StorageError) as error:
        await asked
    assert error.value.__cause__ is None
    return error.value


@pytest.mark.parametrize("relay", list(RelayKind))
@pytest.mark.parametrize("way", WAYS)
async def test_an_s3_source(tmp_path: Path, relay: RelayKind, way: str) -> None:
    async with (
        shelf(certificate(tmp_path)) as source,
        shelf() as destination,
        relaying(source.url, destination.url, relay=relay) as made,
    ):
        error = await refusal(WAYS[way](made))
    assert (error.code, error.side) == ("storage.untrusted", Side.SOURCE)
    assert "self-signed certificate" in error.detail
    assert not error.retryable
    assert source.heads == destination.heads == []


@pytest.mark.parametrize("relay", list(RelayKind))
async def test_an_s3_destination(tmp_path: Path, relay: RelayKind) -> None:
    async with (
        shelf() as source,
        shelf(certificate(tmp_path)) as destination,
        relaying(source.url, destination.url, relay=relay) as made,
    ):
        for asked in (
            made.relay_object(OBJECT, "k"),
            made.destination.create_upload("k", OBJECT),
            made.destination.list_uploads("k"),
        ):
            error = await refusal(asked)
            assert (error.code, error.side) == ("storage.untrusted", Side.DESTINATION)
    assert destination.heads == []


async def test_an_http_source(tmp_path: Path) -> None:
    async with shelf(certificate(tmp_path)) as source:
        opening: AbstractAsyncContextManager[SourceEnd] = http_source(
            f"{source.url}/object"
        )
        async with opening as end:
            error = await refusal(end.store.head("object"))
    assert (error.code, error.side) == ("storage.untrusted", Side.SOURCE)
    assert source.heads == []
