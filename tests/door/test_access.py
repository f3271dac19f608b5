"""Who may: tokens, their renewal, and what our DID document says."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.door.house import OURS, Guest, House
from tests.scenarios import database
from tests.scenarios.flows import told
from tests.services import BucketPair
from waybill.embedded.ports import free_port

ES256 = "ES256", ec.generate_private_key(ec.SECP256R1())
EDDSA = "EdDSA", ed25519.Ed25519PrivateKey.generate()
RS256 = "RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048)


async def offered(house: House, pair: BucketPair, **terms: Any) -> Guest:
    async with pair.source.client() as s3:
        await s3.put_object(Bucket=pair.source_bucket, Key="a", Body=b"story")
    return await house.offers(pair.source, pair.source_bucket, "a", **terms)


# Tokens


async def test_without_its_token_a_flow_is_closed(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await offered(house, bucket_pair)
    other = await offered(house, bucket_pair)
    tokens = house.tokens
    cases = {
        "": (401, "access.token-missing"),
        "Basic eDp5": (401, "access.token-missing"),
        "Bearer nonsense": (401, "access.token-invalid"),
        f"Bearer {tokens.refresh(guest.flow)}": (401, "access.token-invalid"),
        f"Bearer {tokens.access(guest.flow, -1)}": (401, "access.token-invalid"),
        f"Bearer {other.token}": (403, "access.flow-of-another"),
        f"Bearer {guest.token[:-2]}": (401, "access.token-invalid"),
    }
    for said, (status, code) in cases.items():
        headers = {"Authorization": said} if said else {}
        answer = await client.get(guest.url(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), said
        assert ("www-authenticate" in answer.headers) is (status == 401)
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_token_is_of_no_use_for_what_its_flow_is_not(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair
) -> None:
    guest = await offered(house, bucket_pair)
    answer = await client.put(guest.url(), content=b"x", headers=guest.headers)
    assert answer.status_code == 405
    unknown = house.guest("unknown")
    answer = await client.get(unknown.url(), headers=unknown.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "flow.unknown")


def test_an_address_is_filled_with_what_its_direction_needs(house: House) -> None:
    def address(direction: str, endpoint: str, **more: str) -> dict[str, Any]:
        properties = {"authType": "bearer", **more}
        return {
            "@type": "DataAddress",
            "endpointType": f"https://w3id.org/dspace-sig/profile/http-{direction}",
            "endpoint": endpoint,
            "endpointProperties": [
                {"@type": "EndpointProperty", "name": name, "value": value}
                for name, value in properties.items()
            ],
        }

    def said(filled: dict[str, Any]) -> dict[str, str]:
        return {each["name"]: each["value"] for each in filled["endpointProperties"]}

    tokens, guest = house.tokens, house.guest("a/b c")
    pull = said(tokens.fill(address("pull", guest.endpoint), guest.flow))
    assert tokens.flow_of_access(pull["authorization"]) == guest.flow
    assert tokens.flow_of_refresh(pull["refreshToken"]) == guest.flow
    assert pull["refreshEndpoint"] == f"{guest.endpoint}/token"
    assert pull["expiresIn"] == "300"
    push = said(tokens.fill(address("push", guest.endpoint), guest.flow))
    assert tokens.flow_of_access(push["authorization"]) == guest.flow
    assert set(push) == {"authType", "authorization"}
    for foreign in (
        address("pull", "https://elsewhere.example/flows/x"),
        address("pull", guest.endpoint, authorization="theirs"),
        {"@type": "DataAddress", "endpointType": "AmazonS3", "endpoint": "s3://x/"},
    ):
        assert tokens.fill(foreign, guest.flow) == foreign


# Renewal


@dataclass
class Partner:
    """Another participant, whose DID document can be had."""

    did: str
    methods: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    asked: int = 0

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["Partner"]:
        port = free_port()
        partner = cls(f"did:web:127.0.0.1%3A{port}")
        app = web.Application()
        app.router.add_get("/.well-known/did.json", partner._document)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield partner
        finally:
            await runner.cleanup()

    def has(self, name: str, key: tuple[str, Any]) -> None:
        """Publish a key."""
        algorithm = jwt.get_algorithm_by_name(key[0])
        jwk: Any = algorithm.to_jwk(key[1].public_key(), as_dict=True)
        self.methods.append(
            {
                "id": f"{self.did}#{name}",
                "type": "JsonWebKey2020",
                "controller": self.did,
                "publicKeyJwk": jwk,
            }
        )

    def says(
        self, kid: str, key: tuple[str, Any], /, drop: str = "", **claims: Any
    ) -> str:
        """An assertion."""
        usual = {
            "iss": self.did,
            "sub": self.did,
            "aud": OURS,
            "jti": uuid4().hex,
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
        }
        payload = {**usual, **claims}
        payload.pop(drop, None)
        return jwt.encode(payload, key[1], key[0], headers={"kid": kid})

    async def _document(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response({"id": self.did, "verificationMethod": self.methods})


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    async with Partner.open() as partner:
        partner.has("key-1", ES256)
        partner.has("key-2", EDDSA)
        partner.has("key-3", RS256)
        yield partner


async def renewed(
    house: House, client: httpx.AsyncClient, guest: Guest, assertion: str, **form: str
) -> httpx.Response:
    usual = {
        "grant_type": "refresh_token",
        "refresh_token": house.tokens.refresh(guest.flow),
    }
    return await client.post(
        f"{guest.endpoint}/token",
        data={name: value for name, value in {**usual, **form}.items() if value},
        headers={"Authorization": f"Bearer {assertion}"} if assertion else {},
    )


async def test_a_partner_renews_its_token(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, partner: Partner
) -> None:
    guest = await offered(house, bucket_pair, counter_party_id=partner.did)
    refresh = ""
    for kid, key in (
        (f"{partner.did}#key-1", ES256),
        ("#key-2", EDDSA),
        ("key-1", ES256),
    ):
        assertion = partner.says(kid, key, token=guest.token)
        form = {"refresh_token": refresh} if refresh else {}
        answer = await renewed(house, client, guest, assertion, **form)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["token_type"] == "bearer"
        assert body["expires_in"] == 300
        assert body["access_token"] != guest.token
        assert answer.headers["cache-control"] == "no-store"
        headers = {"Authorization": f"Bearer {body['access_token']}"}
        read = await client.get(guest.url(), headers=headers)
        assert read.content == b"story"
        refresh = body["refresh_token"]
    # The old one is good until it expires; and the document was fetched only once.
    read = await client.get(guest.url(), headers=guest.headers)
    assert read.status_code == 200
    assert partner.asked == 1


async def test_the_form_may_stand_in_the_query(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, partner: Partner
) -> None:
    guest = await offered(house, bucket_pair, counter_party_id=partner.did)
    answer = await client.post(
        f"{guest.endpoint}/token",
        params={
            "grant_type": "refresh_token",
            "refresh_token": house.tokens.refresh(guest.flow),
        },
        headers={"Authorization": f"Bearer {partner.says('key-1', ES256)}"},
    )
    assert answer.status_code == 200, answer.text


CLAIMS: dict[str, Callable[[Partner], str]] = {
    "another audience": lambda p: p.says("key-1", ES256, aud="did:web:invalid"),
    "expired": lambda p: p.says("key-1", ES256, exp=int(time.time()) - 120),
    "no expiry": lambda p: p.says("key-1", ES256, drop="exp"),
    "no id": lambda p: p.says("key-1", ES256, drop="jti"),
    "another subject": lambda p: p.says("key-1", ES256, sub="did:web:other"),
    "another issuer": lambda p: p.says("key-1", ES256, iss="did:web:other"),
    "another key": lambda p: p.says("key-1", (ES256[0], _other_key())),
    "unknown key": lambda p: p.says("key-9", ES256),
    "an algorithm that the key is not for": lambda p: p.says("key-3", RS256),
    "not even a token": lambda _: "nonsense",
    "nothing": lambda _: "",
    "a strange access token": lambda p: p.says("key-1", ES256, token="x.y.z"),
}


def _other_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("name", CLAIMS)
async def test_who_is_not_the_partner_gets_no_token(
    house: House,
    client: httpx.AsyncClient,
    bucket_pair: BucketPair,
    partner: Partner,
    name: str,
) -> None:
    guest = await offered(house, bucket_pair, counter_party_id=partner.did)
    answer = await renewed(house, client, guest, CLAIMS[name](partner))
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"] == "invalid_client"
    assert "access_token" not in answer.text


async def test_the_partner_of_another_flow_gets_no_token(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, partner: Partner
) -> None:
    guest = await offered(house, bucket_pair)
    answer = await renewed(house, client, guest, partner.says("key-1", ES256))
    assert answer.status_code == 401
    assert partner.asked == 0


async def test_an_assertion_is_good_once(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, partner: Partner
) -> None:
    guest = await offered(house, bucket_pair, counter_party_id=partner.did)
    assertion = partner.says("key-1", ES256)
    answers = [await renewed(house, client, guest, assertion) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 401]


async def test_a_wrong_grant_is_refused(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, partner: Partner
) -> None:
    guest = await offered(house, bucket_pair, counter_party_id=partner.did)
    other = await offered(house, bucket_pair, counter_party_id=partner.did)
    assertion = partner.says("key-1", ES256)
    cases = [
        ({"refresh_token": "unknown"}, "invalid_grant"),
        ({"refresh_token": guest.token}, "invalid_grant"),
        ({"refresh_token": house.tokens.refresh(other.flow)}, "invalid_grant"),
        ({"refresh_token": ""}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ]
    for form, error in cases:
        answer = await renewed(house, client, guest, assertion, **form)
        assert (answer.status_code, answer.json()["error"]) == (400, error), form
    await house.plane.request("terminate", told(guest.flow, "terminate"))

    async def over() -> bool:
        answer = await renewed(house, client, guest, assertion)
        return answer.status_code == 400

    await house.plane.until("an ended flow to give no token", over)


# Who we are


async def test_a_door_with_a_did_tells_its_document(
    house: House, client: httpx.AsyncClient, tmp_path: Any
) -> None:
    assert (await client.get(f"{house.url}/.well-known/did.json")).status_code == 404
    pem = tmp_path / "did.pem"
    pem.write_bytes(
        ES256[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    port = free_port()
    environment = dict(house.plane.environment)
    did = f"did:web:127.0.0.1%3A{port}"
    house.plane.environment |= {
        "WAYBILL_DOOR_PORT": str(port),
        "WAYBILL_DID": did,
        "WAYBILL_DID_KEY_FILE": str(pem),
    }
    house.plane.start("door-2")
    house.plane.environment = environment

    async def document() -> dict[str, Any] | None:
        try:
            answer = await client.get(f"http://127.0.0.1:{port}/.well-known/did.json")
        except httpx.TransportError:
            return None
        return dict(answer.json())

    told_ = await house.plane.until("the second door to open", document)
    (method,) = told_["verificationMethod"]
    assert told_["id"] == method["controller"] == did
    assert told_["authentication"] == told_["assertionMethod"] == [method["id"]]
    assert method["type"] == "JsonWebKey2020"
    assert set(method["publicKeyJwk"]) == {"kty", "crv", "x", "y"}
    signed = jwt.encode({"a": 1}, ES256[1], "ES256")
    key = jwt.PyJWK.from_dict(method["publicKeyJwk"], "ES256")
    assert jwt.decode(signed, key, ["ES256"]) == {"a": 1}
    await house.plane.stop("door-2")


async def test_no_token_is_written_anywhere(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, partner: Partner
) -> None:
    guest = await offered(house, bucket_pair, counter_party_id=partner.did)
    refresh = house.tokens.refresh(guest.flow)
    assertion = partner.says("key-1", ES256)
    await client.get(guest.url(), params={"token": refresh}, headers=guest.headers)
    answer = await client.post(
        f"{guest.endpoint}/token",
        params={"grant_type": "refresh_token", "refresh_token": refresh},
        headers={"Authorization": f"Bearer {assertion}"},
    )
    given = answer.json()
    planted = (
        guest.token,
        refresh,
        assertion,
        given["access_token"],
        given["refresh_token"],
    )
    heard = json.dumps(await database.dump(house.plane))
    heard += house.plane.output("door") + house.plane.output("commands")
    assert guest.flow in heard
    for secret in planted:
        assert secret not in heard
        assert secret.rpartition(".")[2] not in heard


async def test_a_partner_without_a_did_cannot_renew_and_nothing_is_fetched(
    house: House, client: httpx.AsyncClient, bucket_pair: BucketPair, partner: Partner
) -> None:
    guest = await offered(house, bucket_pair, counter_party_id="BPNL000000000001")
    assertion = partner.says(f"{partner.did}#key-1", ES256, token=guest.token)
    answer = await renewed(house, client, guest, assertion)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert partner.asked == 0
