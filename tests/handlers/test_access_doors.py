"""Who has no good token is refused, by every door, and it is noted."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from domain import names
from domain.data_flow import State
from tests.authority import AUDIENCE, SECRET, Authority, SigningKey
from tests.handlers.guarded import (
    DOORS,
    ONE,
    OPERATOR,
    OTHER,
    Guarded,
    guarding,
    preparation,
    told,
    unsigned,
    with_public_key,
)
from tests.scenarios import database
from waybill.embedded.ports import free_port

PRINCIPAL = "urn:participant:exchanger"


@pytest.fixture(scope="module")
async def guarded(
    server_home: Path, database_url: str, nats_url: str
) -> AsyncIterator[Guarded]:
    """Give a plane of a module that lets nobody in without a token."""
    home = server_home / f"guarded-{uuid.uuid4().hex[:8]}"
    async with guarding(home, database_url, nats_url) as guarded:
        yield guarded


@pytest.fixture
def flow() -> str:
    """Give the id of a data flow that there is not."""
    return f"flow-{uuid.uuid4().hex[:8]}"


Bad = Callable[[Guarded], str | None]
INVALID = "access.token-invalid"
BAD: dict[str, tuple[str, Bad]] = {
    "missing": ("access.token-missing", lambda _: None),
    "no token at all": (INVALID, lambda _: "dummy"),
    "wrong signature": (INVALID, lambda g: g.stranger.sign(g.authority.claims(ONE))),
    "unknown key": (
        INVALID,
        lambda g: SigningKey.elliptic("x").sign(g.authority.claims(ONE)),
    ),
    "wrong issuer": (INVALID, lambda g: g.authority.token(ONE, iss="https://evil")),
    "wrong audience": (INVALID, lambda g: g.authority.token(ONE, aud="another")),
    "expired": (INVALID, lambda g: g.authority.token(ONE, exp=time.time() - 60)),
    "without expiry": (INVALID, lambda g: g.authority.token(ONE, exp=None)),
    "none": (INVALID, lambda g: unsigned(g.authority.claims(ONE))),
    "HS256": (
        INVALID,
        lambda g: with_public_key(g.authority, g.authority.claims(ONE)),
    ),
    "unknown": ("access.control-plane-unknown", lambda g: g.authority.token("evil")),
    "too long": (INVALID, lambda g: g.authority.token(ONE, x="x" * 20_000)),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_is_refused_and_noted(
    guarded: Guarded, name: str, door: str, flow: str
) -> None:
    code, make = BAD[name]
    assert await guarded.send(door, "prepare", preparation(flow), make(guarded)) == code
    (noted,) = await guarded.refusals(flow)
    assert (noted["door"], noted["verb"], noted["code"]) == (door, "prepare", code)
    assert noted["remote"] == ("http:127.0.0.1" if door == "http" else "nats")
    assert noted["claimed"] in (ONE, "evil", None)
    assert (await guarded.plane.flow(flow)).state is State.INITIALIZED


@pytest.mark.parametrize("door", DOORS)
async def test_a_good_token_is_good_once(
    guarded: Guarded, door: str, flow: str
) -> None:
    token = guarded.authority.token(ONE)
    assert await guarded.send(door, "prepare", preparation(flow), token) is None
    created = (await guarded.plane.events(flow))[0]
    assert created.metadata.actor == f"control-plane:{ONE}"
    again = await guarded.send(door, "prepare", preparation(flow), token)
    assert again == "access.token-replayed"
    assert [each["code"] for each in await guarded.refusals(flow)] == [again]


async def test_a_token_without_an_id_may_be_used_again(
    guarded: Guarded, flow: str
) -> None:
    token = guarded.authority.token(ONE, jti=None)
    for _ in range(2):
        assert await guarded.send("http", "prepare", preparation(flow), token) is None


@pytest.mark.parametrize("named", ["named", ""])
@pytest.mark.parametrize("index", [0, 1])
async def test_every_key_of_the_set_is_good_named_or_not(
    guarded: Guarded, flow: str, index: int, named: str
) -> None:
    token = guarded.authority.keys[index].sign(
        guarded.authority.claims(ONE), named=bool(named)
    )
    assert await guarded.send("request", "prepare", preparation(flow), token) is None


async def test_a_new_key_is_good_at_once_and_a_removed_one_is_not_asked_for(
    guarded: Guarded, flow: str
) -> None:
    rotated = SigningKey.elliptic(f"key-{flow}")
    guarded.authority.keys.append(rotated)
    token = rotated.sign(guarded.authority.claims(ONE))

    async def accepted() -> bool:
        # Sets are fetched again, but not for each token of an unknown key.
        code = await guarded.send("http", "prepare", preparation(flow), token)
        return code is None

    try:
        await guarded.plane.until("the new key to be known", accepted)
    finally:
        guarded.authority.keys.remove(rotated)


@pytest.mark.parametrize("door", DOORS)
async def test_another_control_planes_flow_is_not_ours(
    guarded: Guarded, door: str, flow: str
) -> None:
    mine = guarded.authority.token(ONE)
    assert await guarded.send(door, "prepare", preparation(flow), mine) is None
    verbs = ["started", "suspend", "resume", "terminate", "completed", "status"]
    for verb in verbs:
        token = guarded.authority.token(OTHER)
        code = await guarded.send(door, verb, told(flow), token)
        assert code == "access.flow-of-another", verb
    noted = await guarded.refusals(flow)
    assert [each["verb"] for each in noted] == verbs
    assert {(each["claimed"], each["door"]) for each in noted} == {(OTHER, door)}
    assert (await guarded.plane.flow(flow)).state is State.PREPARED
    own = guarded.authority.token(ONE)
    assert await guarded.send(door, "terminate", told(flow), own) is None


@pytest.mark.parametrize(
    ("subject", "scope", "code"),
    [
        (PRINCIPAL, "openid signaling:dataflow", None),
        ("exchanger", "signaling:dataflow", None),
        (PRINCIPAL, "openid", "access.scope-missing"),
        (
            "urn:participant:another",
            "signaling:dataflow",
            "access.control-plane-unknown",
        ),
    ],
)
async def test_the_token_of_an_exchange(
    guarded: Guarded, flow: str, subject: str, scope: str, code: str | None
) -> None:
    entry = guarded.authority.exchange(principal=PRINCIPAL)
    await guarded.register("exchanger", entry)
    for door in ("http", "request"):
        token = guarded.authority.token(subject, scope=scope)
        assert await guarded.send(door, "prepare", preparation(flow), token) == code


async def test_edc_names_the_client_beside_the_subject(
    guarded: Guarded, flow: str
) -> None:
    token = guarded.authority.token("somebody", client_id=ONE)
    assert await guarded.send("http", "prepare", preparation(flow), token) is None


async def test_without_keys_only_the_claims_are_checked(
    guarded: Guarded, flow: str
) -> None:
    await guarded.register("keyless", guarded.authority.credentials(jwksUri=None))
    claims = guarded.authority.claims("keyless")
    token = guarded.stranger.sign(claims)
    assert await guarded.send("http", "prepare", preparation(flow), token) is None
    late = guarded.stranger.sign({**claims, "aud": "another", "jti": "2"})
    assert await guarded.send("http", "status", told(flow), late) == INVALID
    claims["jti"] = "3"
    assert await guarded.send("http", "status", told(flow), unsigned(claims)) == INVALID


async def test_a_deregistered_control_plane_is_unknown_at_once(
    guarded: Guarded, flow: str
) -> None:
    await guarded.register("leaving", guarded.authority.credentials())
    token = guarded.authority.token("leaving")
    assert await guarded.send("request", "prepare", preparation(flow), token) is None
    key = {"Authorization": f"Bearer {OPERATOR}"}
    gone = await guarded.plane.http("DELETE", "/controlplanes/leaving", **key)
    assert (gone.status_code, gone.content) == (204, b"")
    again = await guarded.plane.http("DELETE", "/controlplanes/leaving", **key)
    assert (again.status_code, again.json()["code"]) == (404, "control-plane.unknown")
    token = guarded.authority.token("leaving")
    code = await guarded.send("request", "status", told(flow), token)
    assert code == "access.control-plane-unknown"


@pytest.mark.parametrize("key", ["", "Bearer planted-wrong", "Basic eDp5"])
async def test_only_an_operator_registers_by_whatever_door(
    guarded: Guarded, key: str
) -> None:
    body = {"controlplaneId": "intruder", "endpoint": "https://evil.example"}
    headers = {"Authorization": key}
    for method, path in (
        ("PUT", "/controlplanes"),
        ("DELETE", f"/controlplanes/{ONE}"),
        ("GET", "/controlplanes"),
    ):
        answer = await guarded.plane.http(method, path, body, **headers)
        assert answer.status_code == 401, answer.text
    for verb in (
        names.REGISTER_CONTROL_PLANE,
        names.DEREGISTER_CONTROL_PLANE,
        names.LIST_CONTROL_PLANES,
    ):
        reply = await guarded.operate(verb, {**body, "controlplaneId": ONE}, key)
        assert reply.problem is not None
        assert reply.problem.code.startswith("access.token-")
    token = guarded.authority.token("intruder")
    code = await guarded.send("http", "prepare", preparation("x"), token)
    assert code == "access.control-plane-unknown"


async def test_an_operator_sees_who_is_registered_and_no_secret(
    guarded: Guarded,
) -> None:
    answer = await guarded.plane.http(
        "GET", "/controlplanes", Authorization=f"Bearer {OPERATOR}"
    )
    assert {
        "controlplaneId": ONE,
        "endpoint": "http://127.0.0.1:9/callbacks",
        "authorizationType": "oauth2_client_credentials",
    } in answer.json()["controlPlanes"]
    assert SECRET not in answer.text


async def test_a_signal_waits_for_keys_that_cannot_be_fetched_yet(
    guarded: Guarded, flow: str
) -> None:
    key, port = SigningKey.elliptic("late"), free_port()
    uri = f"http://127.0.0.1:{port}/keys"
    entry = guarded.authority.credentials(jwksUri=uri)
    await guarded.register("late", entry)
    token = key.sign(guarded.authority.claims("late"))
    sending = asyncio.create_task(
        guarded.send("signal", "prepare", preparation(flow), token)
    )

    async def tried() -> bool:
        return uri in guarded.plane.output("commands")

    await guarded.plane.until("the keys to be asked for", tried)
    async with Authority.open(key, port=port):
        assert await sending is None
    assert await guarded.refusals(flow) == []


async def test_no_secret_and_no_token_is_kept(guarded: Guarded, flow: str) -> None:
    token = guarded.authority.token(ONE, jti=f"planted-{flow}", aud=[AUDIENCE, "x-aud"])
    for _ in range(2):
        await guarded.send("http", "prepare", preparation(flow), token)
    texts = {
        name: repr(rows) for name, rows in (await database.dump(guarded.plane)).items()
    }
    texts |= {name: guarded.plane.output(name) for name in ("commands", "gateway")}
    secrets = (SECRET, OPERATOR, token, token.split(".")[1], f"planted-{flow}", "x-aud")
    assert [(w, s) for w, text in texts.items() for s in secrets if s in text] == []


@pytest.mark.parametrize("door", DOORS)
async def test_an_operator_may_stop_every_flow(
    guarded: Guarded, door: str, flow: str
) -> None:
    mine = guarded.authority.token(ONE)
    assert await guarded.send(door, "prepare", preparation(flow), mine) is None
    # The operator's key is no token of a control plane, and good as often as one likes.
    for verb in ("status", "terminate", "terminate"):
        assert await guarded.send(door, verb, told(flow), OPERATOR) is None
    assert (await guarded.plane.flow(flow)).state is State.TERMINATED
    wrong = await guarded.send(door, "status", told(flow), f"{OPERATOR}x")
    assert wrong == INVALID
