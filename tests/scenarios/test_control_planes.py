"""Several control planes at one plane: each hears of its own flows, and of no other."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from domain import names
from domain.data_flow import State
from tests.authority import SECRET, Authority, SigningKey
from tests.domain import schema
from tests.handlers.guarded import OPERATOR, Guarded
from tests.scenarios import database, storage
from tests.scenarios.flows import Copy
from tests.scenarios.ground import Ground
from tests.scenarios.listener import EdcFilter, Heard, Listener
from tests.scenarios.plane import Plane
from tests.services import BucketPair

DELIVERED = "callback.delivered.v1"
REFUSED = "callback.attempt-failed.v1"
OURS = ("commands", "dispatcher", "worker", "projections")
WORKLOAD = "planted-workload-token-51aa"
ONE, OTHER = "control-1", "control-2"


@asynccontextmanager
async def guarding(ground: Ground, **changes: str) -> AsyncIterator[Guarded]:
    ground.home.mkdir()
    (ground.home / "operator.key").write_text(OPERATOR)
    (ground.home / "workload.jwt").write_text(WORKLOAD)
    settings = {
        "authorization": "required",
        "operator_key_file": str(ground.home / "operator.key"),
        "workload_token_file": str(ground.home / "workload.jwt"),
        **changes,
    }
    async with (
        Authority.open() as authority,
        Plane.open(
            ground.home, ground.database_url, ground.nats_url, **settings
        ) as plane,
    ):
        plane.start(*OURS)
        yield Guarded(plane, authority, SigningKey.elliptic("stranger"))


@pytest.fixture
async def guarded(ground: Ground) -> AsyncIterator[Guarded]:
    """Give a plane that copies, and lets nobody in without a token."""
    async with guarding(ground) as guarded:
        yield guarded


@pytest.fixture
async def control() -> AsyncIterator[Listener]:
    """Give one control plane."""
    async with Listener.open() as control:
        yield control


@pytest.fixture
async def other() -> AsyncIterator[Listener]:
    """Give another."""
    async with Listener.open() as other:
        yield other


async def register(
    guarded: Guarded, control_plane_id: str, at: Listener, entry: dict[str, Any]
) -> None:
    body = {
        "controlplaneId": control_plane_id,
        "endpoint": f"{at.url}/signaling",
        "authorization": entry,
    }
    assert schema.errors("ControlPlaneRegistrationMessage", body) == []
    reply = await guarded.operate(names.REGISTER_CONTROL_PLANE, body)
    assert reply.problem is None, reply


async def copied(
    guarded: Guarded, pair: BucketPair, control_plane_id: str, flow: str
) -> None:
    await storage.seed(pair, {"in/a": 10})
    # The scope is an exchanged token's; client credentials need none.
    token = guarded.authority.token(control_plane_id, scope="signaling:dataflow")
    start = Copy(pair, "in/", f"{flow}/").start(flow)
    assert await guarded.send("request", "start", start, token) is None
    await guarded.plane.reaches(flow, State.COMPLETED)


async def test_each_hears_of_its_own_flows_with_a_token_for_it(
    guarded: Guarded, bucket_pair: BucketPair, control: Listener, other: Listener
) -> None:
    authority = guarded.authority
    credentials = authority.credentials(audience=ONE)
    await register(guarded, ONE, control, credentials)
    await register(guarded, OTHER, other, authority.exchange(resource="urn:us"))
    for owner, flow in ((ONE, "a"), (OTHER, "b"), (ONE, "c")):
        await copied(guarded, bucket_pair, owner, flow)
    for flow in ("a", "b", "c"):
        await guarded.plane.records(flow, DELIVERED)
    path = "/signaling/transfers/{}/dataflow/completed"
    assert sorted(e.path for e in control.heard) == [path.format("a"), path.format("c")]
    assert [each.path for each in other.heard] == [path.format("b")]
    for heard, audience, subject in (
        (control.heard[0], ONE, "waybill"),
        (other.heard[0], OTHER, "urn:us"),
    ):
        assert (heard.claims["aud"], heard.claims["sub"]) == (audience, subject)
        assert schema.errors("DataFlowStatusMessage", heard.body) == []
    assert authority.asked[-1]["subject_token"] == WORKLOAD
    await nothing_is_kept(guarded, SECRET, WORKLOAD, OPERATOR, *authority.issued)


async def nothing_is_kept(guarded: Guarded, *secrets: str) -> None:
    tables = await database.dump(guarded.plane)
    texts = {table: repr(rows) for table, rows in tables.items()}
    texts |= {name: guarded.plane.output(name) for name in OURS}
    assert [(w, s) for w, text in texts.items() for s in secrets if s in text] == []


async def test_a_new_registration_moves_what_is_still_owed(
    guarded: Guarded, bucket_pair: BucketPair, control: Listener, other: Listener
) -> None:
    control.judge = lambda _: 503
    await register(guarded, ONE, control, guarded.authority.credentials())
    await copied(guarded, bucket_pair, ONE, "a")
    await guarded.plane.records("a", REFUSED, 2)
    assert other.heard == []
    await register(guarded, ONE, other, guarded.authority.credentials())
    await guarded.plane.records("a", DELIVERED)
    assert other.statuses == [200]


async def test_edcs_filter_is_satisfied_in_the_end(
    guarded: Guarded, bucket_pair: BucketPair, control: Listener
) -> None:
    edc = EdcFilter(guarded.authority, ONE)
    control.judge = edc
    entry = guarded.authority.credentials(audience=ONE)
    await register(guarded, ONE, control, entry)
    await copied(guarded, bucket_pair, ONE, "a")
    await guarded.plane.records("a", DELIVERED)
    # A token that was heard once is refused, and another is got on the spot; from then
    # on each call has a token of its own.
    assert control.statuses == [404, 401, 409, 200]
    assert (await guarded.plane.topics("a")).count(REFUSED) == 2
    assert len({each.body["messageId"] for each in control.heard}) == 1


async def test_a_token_is_renewed_when_it_expires_and_when_it_is_refused(
    guarded: Guarded, bucket_pair: BucketPair, control: Listener
) -> None:
    guarded.authority.expires_in = 0.2
    revoked: set[str] = set()

    def judge(heard: Heard) -> int:
        if len(control.heard) < 3:
            return 503
        revoked.update(() if revoked else (heard.authorization,))
        return 401 if heard.authorization in revoked else 200

    control.judge = judge
    await register(guarded, ONE, control, guarded.authority.credentials())
    await copied(guarded, bucket_pair, ONE, "a")
    await guarded.plane.records("a", DELIVERED)
    assert control.statuses == [503, 503, 503, 401, 200]
    tokens = [each.authorization for each in control.heard]
    assert len(set(tokens)) > 2
    assert tokens[-1] != tokens[-2]


async def test_in_development_the_conformance_kit_is_let_in(
    ground: Ground, bucket_pair: BucketPair, control: Listener
) -> None:
    settings = {"authorization": "development", "control_plane_url": control.url}
    async with guarding(ground, **settings) as guarded:
        plane = guarded.plane
        plane.start("gateway")
        await storage.seed(bucket_pair, {"in/a": 10})
        flow = str(uuid.uuid4())
        answer = await plane.http(
            "POST",
            "/dataflows/start",
            Copy(bucket_pair, "in/", "out/").start(flow),
            Authorization="dummy-authorization",
        )
        assert answer.status_code == 200, answer.text
        await plane.records(flow, DELIVERED)
        (heard,) = control.heard
        assert heard.path == f"/transfers/{flow}/dataflow/completed"
        assert heard.authorization == ""
        assert "AUTHORIZATION IS OFF" in plane.output("commands")
