"""What the gate asks for keys, remembers of tokens, and notes of refusals."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.access.claims import Identity
from domain.access.events import AccessRefused
from domain.control_plane.messages import ControlPlaneRegistrationMessage
from domain.errors import AccessError
from eventlog import EventLog
from handlers.access import web
from handlers.access.asked import Asked, Door
from handlers.access.control_planes import ControlPlanes
from handlers.access.gate import OpenGate, TokenGate
from handlers.access.key_sets import KeySets
from handlers.access.metadata import Metadata
from handlers.access.refusals import Refusals
from handlers.access.replays import Replays
from handlers.secret_store import SecretStore
from tests.authority import AUDIENCE, Authority, SigningKey

PLANE = "control-1"


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    """Give a server of keys."""
    async with Authority.open() as authority:
        yield authority


@pytest.fixture
async def gate(log: EventLog) -> AsyncIterator[TokenGate]:
    """Give a gate that fetches keys once, and then not again for a while."""
    planes = ControlPlanes(log, SecretStore(log.pool, bytes(32)))
    async with web.make_client() as client:
        yield TokenGate(
            planes=planes,
            keys=KeySets(client, refetch_seconds=30),
            metadata=Metadata(client),
            replays=Replays(log.pool),
            audience=AUDIENCE,
            operator_key_file=None,
        )


async def register(gate: TokenGate, entry: dict[str, Any]) -> None:
    said = {"controlplaneId": PLANE, "endpoint": "https://control.example"}
    message = {**said, "authorization": entry}
    await gate.planes.register(ControlPlaneRegistrationMessage.read(message), "test")


def asked(token: str, **changes: Any) -> Asked:
    usual: dict[str, Any] = {
        "door": Door.REQUEST,
        "verb": "status",
        "authorization": f"Bearer {token}",
        "remote": "nats",
        "data_flow_id": "flow-1",
        "deliveries": 1,
        "at": datetime.now(UTC),
    }
    return Asked(**{**usual, **changes})


async def code(gate: TokenGate, asking: Asked) -> str | None:
    try:
        await gate.admit(asking)
    except AccessError as error:
        return error.code
    return None


async def test_strange_keys_do_not_make_us_ask_each_time(
    gate: TokenGate, authority: Authority
) -> None:
    await register(gate, authority.credentials())
    stranger = SigningKey.elliptic("nobody's")
    for _ in range(5):
        token = stranger.sign(authority.claims(PLANE))
        assert await code(gate, asked(token)) == "access.token-invalid"
    assert await code(gate, asked(authority.token(PLANE))) is None
    assert authority.key_requests == 1


async def test_while_keys_cannot_be_fetched_nobody_is_to_blame(
    gate: TokenGate, authority: Authority
) -> None:
    token = authority.token(PLANE)
    nowhere = "http://127.0.0.1:9/keys"
    await register(gate, authority.credentials(jwksUri=nowhere))
    with pytest.raises(AccessError) as raised:
        await gate.admit(asked(token))
    assert raised.value.code == "access.keys-unavailable"
    assert raised.value.retryable
    metadata = {"type": "oauth2_token_exchange", "metadataEndpoint": nowhere}
    await register(gate, metadata)
    assert await code(gate, asked(token)) == "access.keys-unavailable"


async def test_metadata_tell_where_the_keys_are(
    gate: TokenGate, authority: Authority
) -> None:
    where = f"{authority.url}/metadata"
    entry = {"type": "oauth2_token_exchange", "metadataEndpoint": where}
    await register(gate, entry)
    good = authority.token(PLANE, scope="signaling:dataflow")
    assert await code(gate, asked(good)) is None
    evil = authority.token(PLANE, scope="signaling:dataflow", iss="https://evil")
    assert await code(gate, asked(evil)) == "access.token-invalid"


async def test_keys_may_stand_in_the_registration(
    gate: TokenGate, authority: Authority
) -> None:
    other = SigningKey.rsa("other")
    jwks = {"keys": [authority.keys[0].jwk, {**other.jwk, "use": "enc"}]}
    await register(gate, authority.credentials(jwksUri=None, jwks=jwks))
    assert await code(gate, asked(authority.token(PLANE))) is None
    encrypting = other.sign(authority.claims(PLANE))
    assert await code(gate, asked(encrypting)) == "access.token-invalid"
    assert authority.key_requests == 0


async def test_without_authorization_nothing_can_be_proven(
    gate: TokenGate, authority: Authority
) -> None:
    said = {"controlplaneId": PLANE, "endpoint": "https://control.example"}
    await gate.planes.register(ControlPlaneRegistrationMessage.read(said), "test")
    token = authority.token(PLANE)
    assert await code(gate, asked(token)) == "access.token-invalid"


async def test_a_signal_is_judged_at_the_time_at_which_it_was_sent(
    gate: TokenGate, authority: Authority
) -> None:
    await register(gate, authority.credentials())
    sent = datetime.now(UTC) - timedelta(hours=3)
    begun = sent.timestamp()
    token = authority.token(PLANE, iat=begun, exp=begun + 60)
    assert await code(gate, asked(token)) == "access.token-invalid"
    assert await code(gate, asked(token, at=sent)) is None


async def test_a_signal_that_comes_again_is_no_replay(
    gate: TokenGate, authority: Authority
) -> None:
    await register(gate, authority.credentials())
    token = authority.token(PLANE)
    for deliveries, expected in (
        (1, None),
        (2, None),
        (1, "access.token-replayed"),
    ):
        found = await code(gate, asked(token, deliveries=deliveries))
        assert found == expected


async def test_of_many_at_once_one_uses_the_token(
    gate: TokenGate, authority: Authority
) -> None:
    await register(gate, authority.credentials())
    token = authority.token(PLANE)
    codes = await asyncio.gather(*(code(gate, asked(token)) for _ in range(5)))
    assert sorted(map(str, codes)) == ["None"] + ["access.token-replayed"] * 4


async def test_used_tokens_are_forgotten_some_time_after_they_expire(
    log: EventLog,
) -> None:
    replays = Replays(log.pool)
    now = datetime.now(UTC)
    assert await replays.use(PLANE, "a", now)
    assert not await replays.use(PLANE, "a", now)
    assert await replays.use("control-2", "a", now)
    assert await replays.sweep() == 0
    async with log.pool.connection() as connection:
        await connection.execute(
            "UPDATE access.used_token SET expires_at = now() - interval '1 s'"
        )
    assert await replays.sweep() == 2


async def test_in_development_any_header_will_do() -> None:
    gate = OpenGate("development")
    for header in ("", "dummy-authorization", "Bearer x"):
        caller = await gate.admit(
            asked("", authorization=header, remote="http:192.0.2.7")
        )
        assert caller.control_plane_id == "development"
        assert caller.actor == "http:192.0.2.7"


async def recorded(log: EventLog) -> list[AccessRefused]:
    async with log.pool.connection() as connection:
        rows = await connection.execute(
            "SELECT state FROM waybill_events WHERE topic = 'access.refused.v1'"
            " ORDER BY notification_id"
        )
        found = [json.loads(row[0])["event"] async for row in rows]
    return [AccessRefused.model_validate(each) for each in found]


async def test_so_many_refusals_a_minute_are_noted_and_the_rest_is_counted(
    log: EventLog,
) -> None:
    refusals = Refusals(log, per_minute=3)
    error = AccessError("why")
    for _ in range(10):
        await refusals.note(asked("x"), error, Identity("sub", "iss"))
    assert [each.suppressed for each in await recorded(log)] == [0, 0, 0]
    refusals._began -= 61  # a minute has passed
    await refusals.note(asked("x"), error, Identity())
    found = await recorded(log)
    assert [each.suppressed for each in found] == [0, 0, 0, 7]
    assert (found[0].claimed, found[0].issuer) == ("sub", "iss")
    assert "Bearer" not in found[0].model_dump_json()


async def test_two_processes_note_at_the_same_time(log: EventLog) -> None:
    both = [Refusals(log, per_minute=60) for _ in range(2)]
    await asyncio.gather(
        *(each.note(asked("x"), AccessError("why"), Identity()) for each in both * 5)
    )
    assert len(await recorded(log)) == 10
