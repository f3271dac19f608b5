"""A data door as a real process, and flows that may use it."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from domain import names
from domain.data_flow.events import DataFlowPrepared, DataFlowStarted
from domain.location import Direction, Location
from domain.mechanisms.s3 import S3Address
from domain.message import Event
from eventlog import Append
from handlers.door.tokens import DoorTokens
from handlers.secret_store import SecretStore, read_key
from tests import controls
from tests.scenarios.plane import Plane
from tests.services import S3Endpoint
from waybill.embedded.ports import free_port

CLIENT, OURS = "did:web:them", "did:web:us"
HTTP = "https://w3id.org/dspace-sig/profile/http"


@dataclass(frozen=True)
class Guest:
    """The other side of one flow: where it goes, and what it shows."""

    flow: str
    endpoint: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def url(self, key: str | None = None) -> str:
        """The endpoint, or an object below it."""
        if key is None:
            return self.endpoint
        return f"{self.endpoint}/{quote(key, safe='/-_.~')}"


@dataclass
class House:
    """The plane whose door it is."""

    plane: Plane
    url: str

    @classmethod
    @asynccontextmanager
    async def open(
        cls, home: Path, database_url: str, nats_url: str, **settings: str
    ) -> AsyncIterator[Self]:
        """With no process yet."""
        port = free_port()
        settings = {"door_port": str(port), **settings}
        async with Plane.open(home, database_url, nats_url, **settings) as plane:
            yield cls(plane, f"http://127.0.0.1:{port}")

    @property
    def tokens(self) -> DoorTokens:
        """As the plane makes them."""
        key = read_key(Path(self.plane.environment["WAYBILL_SECRET_KEY_FILE"]))
        return DoorTokens(key, self.url, 300)

    async def opened(self) -> None:
        """Wait until it answers."""
        async with httpx.AsyncClient() as client:

            async def answers() -> bool:
                try:
                    answer = await client.get(f"{self.url}/healthz")
                except httpx.TransportError:
                    return False
                return answer.status_code == 200

            await self.plane.until("the door to open", answers)

    async def offers(
        self, endpoint: S3Endpoint, bucket: str, path: str, **terms: Any
    ) -> Guest:
        """A provider's pull that has started: somebody may read."""
        flow = f"flow-{uuid.uuid4().hex[:8]}"
        event = controls.started(
            data_flow_id=flow,
            direction=Direction.PULL,
            source=await self._location(flow, endpoint, bucket, path),
            destination=None,
            terms=_terms(f"{HTTP}-pull", **terms),
        )
        await self.append(event)
        return self.guest(flow)

    async def expects(self, endpoint: S3Endpoint, bucket: str, path: str) -> Guest:
        """A consumer's push that is prepared: somebody may send."""
        flow = f"flow-{uuid.uuid4().hex[:8]}"
        event = controls.prepared(
            data_flow_id=flow,
            direction=Direction.PUSH,
            source=None,
            destination=await self._location(flow, endpoint, bucket, path),
            terms=_terms(f"{HTTP}-push"),
        )
        await self.append(event)
        return self.guest(flow)

    def guest(self, flow: str) -> Guest:
        """Whoever holds the flow's token."""
        endpoint = f"{self.url}/flows/{quote(flow, safe='')}"
        return Guest(flow, endpoint, self.tokens.access(flow))

    async def append(self, event: DataFlowStarted | DataFlowPrepared) -> None:
        """The flow's first event."""
        stream = names.data_flow_stream(event.data_flow_id)
        await self.plane.log.append(controls.cause(), Append(stream, 0, (event,)))

    async def events(self, flow: str) -> list[Event]:
        """All that the door has recorded of a flow, and everything else."""
        rows = await self.plane.rows(
            "SELECT originator_id FROM waybill_events"  # noqa: S608 (ours)
            f' WHERE position(\'"data_flow_id":"{flow}"\'::bytea in state) > 0'
        )
        streams = list({row[0] for row in rows})
        return [each.event for each in await self.plane.log.load_many(streams)]

    async def _location(
        self, flow: str, endpoint: S3Endpoint, bucket: str, path: str
    ) -> Location:
        reference = names.secret_reference(flow, "test", bucket)
        key = read_key(Path(self.plane.environment["WAYBILL_SECRET_KEY_FILE"]))
        secrets = {
            "access_key_id": SecretStr(endpoint.access_key),
            "secret_access_key": SecretStr(endpoint.secret_key),
        }
        await SecretStore(self.plane.log.pool, key).put(flow, reference, secrets)
        single = bool(path) and not path.endswith("/")
        address = S3Address.make(
            bucket=bucket,
            key=path if single else None,
            prefix=None if single else path,
            endpoint_url=endpoint.endpoint,
            region=endpoint.region,
            force_path_style=True,
        )
        return address.location().model_copy(update={"secret": reference})


def _terms(profile: str, **changes: Any) -> Any:
    usual = {"participant_id": OURS, "counter_party_id": CLIENT, "profile": profile}
    return controls.terms(**{**usual, "callback_address": None, **changes})
