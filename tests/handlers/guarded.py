"""A plane that wants tokens, good ones and bad ones, and the ways in."""

import hashlib
import hmac
import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jwt
from nats.errors import NoRespondersError

from domain import names
from domain.signaling import Reply
from gateway.problems import STATUS_BY_CODE
from tests import services
from tests.authority import Authority, SigningKey
from tests.scenarios.plane import Plane

OPERATOR = "planted-operator-key-2b77"
ONE, OTHER = "control-1", "control-2"
_CREATING = ("prepare", "start")
DOORS = ("http", "request", "signal")


@dataclass
class Guarded:
    """A plane that wants tokens, and the server that gives them."""

    plane: Plane
    authority: Authority
    stranger: SigningKey

    async def register(self, control_plane_id: str, entry: dict[str, Any]) -> None:
        """As an operator does."""
        body = {
            "controlplaneId": control_plane_id,
            "endpoint": "http://127.0.0.1:9/callbacks",
            "authorization": entry,
        }
        answer = await self.plane.http(
            "PUT", "/controlplanes", body, Authorization=f"Bearer {OPERATOR}"
        )
        assert answer.status_code == 200, answer.text

    async def operate(
        self, verb: str, body: Mapping[str, Any], key: str = f"Bearer {OPERATOR}"
    ) -> Reply:
        """As an operator does on the bus; asked again until somebody listens."""
        subject, data = names.command_subject(verb), json.dumps(body).encode()
        headers = {"Authorization": key}

        async def ask() -> Reply | None:
            try:
                message = await self.plane.client.request(
                    subject, data, timeout=20, headers=headers
                )
            except NoRespondersError:
                return None
            return Reply.model_validate_json(message.data)

        return await self.plane.until(f"an answer to {verb}", ask)

    async def send(
        self, door: str, verb: str, body: Mapping[str, Any], token: str | None
    ) -> str | None:
        """The code of the refusal; None where it was accepted."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if door == "http":
            return await self._post(verb, body, headers)
        client, data = self.plane.client, json.dumps(body).encode()
        if door == "signal":
            inbox = client.new_inbox()
            answers = await client.subscribe(inbox)
            await client.jetstream().publish(
                names.signal_subject(verb), data, headers={**headers, "reply_to": inbox}
            )
            message = await answers.next_msg(timeout=20)
            await answers.unsubscribe()
        else:
            subject = names.command_subject(verb)
            message = await client.request(subject, data, timeout=20, headers=headers)
        reply = Reply.model_validate_json(message.data)
        return reply.problem.code if reply.problem else None

    async def _post(
        self, verb: str, body: Mapping[str, Any], headers: dict[str, str]
    ) -> str | None:
        flow = body["dataFlowId"]
        path = f"/dataflows/{verb if verb in _CREATING else f'{flow}/{verb}'}"
        method = "GET" if verb == "status" else "POST"
        answer = await self.plane.http(method, path, dict(body), **headers)
        if answer.is_success:
            return None
        code: str = answer.json()["code"]
        assert answer.status_code == STATUS_BY_CODE[code]
        unauthorized = answer.status_code == HTTPStatus.UNAUTHORIZED
        challenge = answer.headers.get("WWW-Authenticate", "")
        assert challenge.startswith("Bearer") or not unauthorized
        return code

    async def refusals(self, data_flow_id: str) -> list[dict[str, Any]]:
        """What was noted of those who asked for the flow."""
        rows = await self.plane.rows(
            "SELECT state FROM waybill_events WHERE topic = 'access.refused.v1'"
            " ORDER BY notification_id"
        )
        events = [json.loads(row[0])["event"] for row in rows]
        return [each for each in events if each["data_flow_id"] == data_flow_id]


@asynccontextmanager
async def guarding(
    home: Path, database_url: str, nats_url: str
) -> AsyncIterator[Guarded]:
    """A plane that lets nobody in without a token; two control planes are known."""
    home.mkdir()
    (home / "operator.key").write_text(OPERATOR + "\n")
    await services.delete_streams(nats_url)
    settings = {
        "authorization": "required",
        "operator_key_file": str(home / "operator.key"),
        "keys_refetch_seconds": "0.1",
        "recorded_refusals_per_minute": "1000",
    }
    keys = (SigningKey.elliptic("key-ec"), SigningKey.rsa("key-rsa"))
    with services.fresh_database(database_url) as url:
        async with (
            Authority.open(*keys) as authority,
            Plane.open(home, url, nats_url, **settings) as plane,
        ):
            plane.start("commands", "gateway", "projections")
            found = Guarded(plane, authority, SigningKey.elliptic("key-ec"))
            await found.register(ONE, authority.credentials())
            await found.register(OTHER, authority.credentials())
            yield found


def preparation(flow: str) -> dict[str, Any]:
    """A message that creates a flow, and of which nothing follows."""
    return {
        "messageId": f"prepare-{flow}",
        "dataFlowId": flow,
        "profile": "AmazonS3-PUSH",
        "metadata": {"destinationBucket": "partner"},
    }


def told(flow: str) -> dict[str, Any]:
    """A message to a flow, another each time."""
    return {"messageId": str(uuid.uuid4()), "dataFlowId": flow}


def unsigned(claims: dict[str, Any]) -> str:
    """With the algorithm `none`."""
    return jwt.encode(claims, "", "none")


def with_public_key(authority: Authority, claims: dict[str, Any]) -> str:
    """Signed as a server would accept that takes any algorithm for any key."""

    def part(data: bytes) -> str:
        return urlsafe_b64encode(data).rstrip(b"=").decode()

    key = authority.keys[1]
    header = {"alg": "HS256", "typ": "JWT", "kid": key.key_id}
    signed = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    mac = hmac.new(key.public_pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{part(mac)}"
