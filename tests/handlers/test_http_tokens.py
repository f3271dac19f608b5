"""Bearer tokens: shown, renewed in the name of our DID, and kept for other workers."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from domain.errors import StorageError
from domain.mechanisms.http import HttpAddress
from handlers.mechanisms.http import HttpExecutor, HttpSettings, Identity
from handlers.mechanisms.http.identity import DidSettings
from handlers.mechanisms.pair import Pair
from handlers.ports import Access, ObjectInfo, Pin
from tests.handlers.http_sides import Shelf, http_source, serving
from tests.handlers.s3_sides import MIB

US, THEM = "did:web:us.example", "did:web:them.example"
KEY = ec.generate_private_key(ec.SECP256R1())
EXECUTOR = HttpExecutor(identity=Identity(US, KEY))


@dataclass
class Kept:
    """A secret of the store, as all workers see it."""

    stored: Mapping[str, SecretStr]
    secrets: Mapping[str, SecretStr] = field(default_factory=dict[str, SecretStr])
    counter_party_id: str = THEM
    own: bool = True

    def __post_init__(self) -> None:
        self.secrets = self.stored

    async def again(self) -> Mapping[str, SecretStr]:
        return self.stored

    async def keep(self, secrets: Mapping[str, SecretStr]) -> None:
        self.stored = secrets

    def worker(self) -> "Access":
        """Opened later, with what is stored then."""
        store = self

        class Later(Kept):
            async def again(self) -> Mapping[str, SecretStr]:
                return store.stored

            async def keep(self, secrets: Mapping[str, SecretStr]) -> None:
                await store.keep(secrets)

        return Later(self.stored)


@dataclass
class Provider:
    """A server whose tokens are renewed once each, and rotated."""

    shelf: Shelf
    url: str = ""
    expires_in: int = 300
    status: int = 200
    proofs: list[str] = field(default_factory=list[str])
    _count: int = 0

    async def refresh(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.proofs.append(request.headers["Authorization"].removeprefix("Bearer "))
        if self.status != 200:
            return web.Response(status=self.status, text="planted")
        wanted = ("refresh_token", f"refresh-{self._count}")
        if (form["grant_type"], form["refresh_token"]) != wanted:
            return web.json_response({"error": "invalid_grant"}, status=400)
        self._count += 1
        self.shelf.token = f"token-{self._count}"
        return web.json_response(
            {
                "access_token": self.shelf.token,
                "token_type": "Bearer",
                "expires_in": self.expires_in,
                "refresh_token": f"refresh-{self._count}",
            }
        )

    def given(self, expires_in: int = 300) -> Kept:
        """What the provider's address held."""
        said = {
            "authorization": "token-0",
            "refresh_token": "refresh-0",
            "expires_in": str(expires_in),
            "refresh_endpoint": f"{self.url}/refresh",
        }
        return Kept({name: SecretStr(value) for name, value in said.items()})


@asynccontextmanager
async def provider() -> AsyncGenerator[Provider]:
    made = Provider(Shelf(objects={"/f": b"abc"}, token="token-0"))
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/refresh", made.refresh)
    app.router.add_route("*", "/{path:.*}", made.shelf.serve)
    async with serving(app) as made.url:
        yield made


async def read(provider: Provider, access: Access, executor: HttpExecutor) -> int:
    async with http_source(f"{provider.url}/f", access, executor=executor) as end:
        return (await end.store.head("")).size_bytes


async def test_a_refused_token_is_renewed_once_and_kept() -> None:
    async with provider() as there:
        kept = there.given()
        there.shelf.token = "another"  # the one that was given has expired
        async with http_source(f"{there.url}/f", kept, executor=EXECUTOR) as end:
            found = await asyncio.gather(*(end.store.head("") for _ in range(8)))
            assert {each.size_bytes for each in found} == {3}
            async with end.read("f", Pin("v1"), None) as incoming:
                assert b"".join([each async for each in incoming.chunks]) == b"abc"
        assert len(there.proofs) == 1
        stored = {n: s.get_secret_value() for n, s in kept.stored.items()}
        assert stored["authorization"] == "token-1"
        assert stored["refresh_token"] == "refresh-1"
        assert float(stored["expires_at"]) > time.time() + 200
        # Who opens the side later begins with what was kept.
        assert await read(there, kept.worker(), EXECUTOR) == 3
        assert len(there.proofs) == 1


async def test_the_request_proves_who_asks_for_which_token() -> None:
    async with provider() as there:
        kept = there.given()
        there.shelf.token = "another"
        await read(there, kept, EXECUTOR)
        (proof,) = there.proofs
    claims = jwt.decode(proof, KEY.public_key(), ["ES256"], audience=THEM)
    assert (claims["iss"], claims["sub"], claims["token"]) == (US, US, "token-0")
    assert claims["exp"] > claims["iat"]
    assert claims["jti"]
    key_id = Identity(US, KEY).key_id
    assert jwt.get_unverified_header(proof)["kid"] == f"{US}#{key_id}"


async def test_a_token_is_renewed_before_it_expires() -> None:
    async with provider() as there:
        there.expires_in = 3600
        hasty = HttpExecutor(HttpSettings(renewal_margin_seconds=5), Identity(US, KEY))
        kept = there.given(expires_in=0)
        assert await read(there, kept, hasty) == 3
        assert len(there.proofs) == 1
        assert [each.headers["Authorization"] for each in there.shelf.requests] == [
            "Bearer token-1"
        ]


async def test_a_token_that_is_still_good_is_used_when_renewal_fails() -> None:
    async with provider() as there:
        there.status = 500
        assert await read(there, there.given(expires_in=0), EXECUTOR) == 3


async def test_what_another_worker_renewed_is_found() -> None:
    async with provider() as there:
        kept = there.given()
        late = kept.worker()
        there.shelf.token = "another"
        await read(there, kept, EXECUTOR)
        # Its refresh token is used up, and its access token expired.
        assert await read(there, late, EXECUTOR) == 3
        assert len(there.proofs) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "storage.credentials-expired"),
        (302, "storage.credentials-expired"),
        (503, "storage.unavailable"),
    ],
)
async def test_a_renewal_that_is_refused_says_so(status: int, code: str) -> None:
    async with provider() as there:
        there.status = status
        there.shelf.token = "another"
        with pytest.raises(StorageError) as error:
            await read(there, there.given(), EXECUTOR)
    assert error.value.code == code
    for secret in ("token-0", "refresh-0", "planted"):
        assert secret not in error.value.detail
    assert error.value.__cause__ is None


async def test_without_a_did_nothing_is_renewed() -> None:
    async with provider() as there:
        there.shelf.token = "another"
        with pytest.raises(StorageError) as error:
            await read(there, there.given(), HttpExecutor())
        assert error.value.code == "storage.credentials-expired"
        assert there.proofs == []


async def test_a_body_that_met_an_expired_token_is_sent_again_by_the_worker() -> None:
    body = b"x" * 3 * MIB
    async with provider() as there, provider() as source:
        source.shelf.objects["/f"] = body
        kept = there.given()
        there.shelf.token = "another"
        place = HttpAddress.make(endpoint=f"{there.url}/in", key="in").location()
        async with (
            http_source(f"{source.url}/f", source.given()) as reads,
            EXECUTOR.open_destination(place, kept) as writes,
        ):
            made, like = Pair(reads, writes), ObjectInfo("f", len(body), "v1")
            with pytest.raises(StorageError) as error:
                await made.relay_object(like, "in")
            assert error.value.retryable
            await made.relay_object(like, "in")
        assert there.shelf.objects["/in"] == body
        assert len(there.proofs) == 1


def test_the_identity_is_read_from_a_pem_file(tmp_path: Path) -> None:
    file = tmp_path / "did.pem"
    for key, usable in ((KEY, True), (ec.generate_private_key(ec.SECP384R1()), False)):
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        settings = DidSettings(did=US, did_key_file=file)
        if not usable:
            with pytest.raises(ValueError, match="P-256"):
                Identity.read(settings)
            continue
        found = Identity.read(settings)
        assert found is not None
        assert found.key_id == Identity(US, KEY).key_id
        assert "PRIVATE" not in repr(found)
    assert Identity.read(DidSettings()) is None
