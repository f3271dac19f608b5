"""Secrets are sealed at rest, bound to their reference, and gone with their flow."""

import asyncio
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from pydantic import SecretStr

from domain.errors import StorageError
from eventlog import EventLog
from handlers.secret_store import SecretStore, read_key

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
FIELDS = {"access_key_id": SecretStr("AK-ü"), "secret_access_key": SecretStr("SK" * 99)}


@pytest.fixture
def store(log: EventLog) -> SecretStore:
    """Give an empty store."""
    return SecretStore(log.pool, KEY)


async def rows(log: EventLog, query: bytes) -> list[tuple[object, ...]]:
    async with log.pool.connection() as connection:
        found = await connection.execute(query)
        return await found.fetchall() if found.description else []


async def is_gone(store: SecretStore, reference: str) -> bool:
    with pytest.raises(StorageError) as raised:
        await store.get(reference)
    return raised.value.code == "storage.credentials-expired"


async def test_what_is_put_is_got(store: SecretStore) -> None:
    await store.put("flow", "flow/source/1", FIELDS)
    assert await store.get("flow/source/1") == FIELDS


async def test_no_reference_is_no_secret(store: SecretStore) -> None:
    assert await store.get(None) == {}


async def test_nothing_is_readable_at_rest(store: SecretStore, log: EventLog) -> None:
    await store.put("flow", "flow/source/1", FIELDS)
    kept = repr(
        await rows(log, b"SELECT encode(sealed_key, 'escape') FROM secret.data_key")
        + await rows(log, b"SELECT encode(sealed_fields, 'escape') FROM secret.sealed")
    )
    for name, value in FIELDS.items():
        assert name not in kept
        assert value.get_secret_value() not in kept


async def test_a_put_may_be_repeated_and_replaced(store: SecretStore) -> None:
    await store.put("flow", "flow/source/1", FIELDS)
    await store.put("flow", "flow/source/1", FIELDS)
    newer = {"access_key_id": SecretStr("newer")}
    await store.put("flow", "flow/source/1", newer)
    assert await store.get("flow/source/1") == newer


async def test_puts_at_once_share_one_key(store: SecretStore, log: EventLog) -> None:
    references = [f"flow/source/{number}" for number in range(8)]
    await asyncio.gather(*(store.put("flow", each, FIELDS) for each in references))
    for each in references:
        assert await store.get(each) == FIELDS
    assert await rows(log, b"SELECT count(*) FROM secret.data_key") == [(1,)]


async def test_a_flows_end_takes_its_secrets_and_no_others(
    store: SecretStore, log: EventLog
) -> None:
    await store.put("ended", "ended/source/1", FIELDS)
    await store.put("ended", "ended/destination/1", FIELDS)
    await store.put("running", "running/source/1", FIELDS)
    await store.destroy("ended")
    await store.destroy("ended")
    assert await is_gone(store, "ended/source/1")
    assert await is_gone(store, "ended/destination/1")
    assert await store.get("running/source/1") == FIELDS
    left = await rows(log, b"SELECT data_flow_id FROM secret.data_key")
    assert left == [("running",)]


async def test_a_secret_is_bound_to_its_reference(
    store: SecretStore, log: EventLog
) -> None:
    await store.put("flow", "flow/source/1", FIELDS)
    await store.put("flow", "flow/destination/1", {"access_key_id": SecretStr("x")})
    swap = b"""
        UPDATE secret.sealed SET sealed_fields =
            (SELECT sealed_fields FROM secret.sealed WHERE reference = 'flow/source/1')
    """
    await rows(log, swap)
    assert await store.get("flow/source/1") == FIELDS
    with pytest.raises(InvalidTag):
        await store.get("flow/destination/1")


async def test_another_planes_key_opens_nothing(
    store: SecretStore, log: EventLog
) -> None:
    await store.put("flow", "flow/source/1", FIELDS)
    with pytest.raises(InvalidTag):
        await SecretStore(log.pool, OTHER_KEY).get("flow/source/1")


def test_the_planes_key_is_32_bytes_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "plane.key"
    file.write_bytes(b64encode(KEY) + b"\n")
    assert read_key(file) == KEY
    file.write_bytes(b64encode(KEY[:16]))
    with pytest.raises(
        ValueError, match=r"plane\.key does not hold 32 bytes"
    ) as raised:
        read_key(file)
    assert b64encode(KEY[:16]).decode() not in str(raised.value)
