"""The kit as a control plane: its messages, and how long it waits for a state."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from tests.tck.callbacks import WAIT_SECONDS, Callbacks, Expected

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class ControlPlane:
    """Prepares and starts flows, each of another transfer process."""

    http: httpx.AsyncClient
    callbacks: Callbacks
    participant_id: str
    counter_party_id: str

    async def prepare(self, profile: str, state: str = "PREPARED") -> "Flow":
        """A prepare that must be answered with the state."""
        return await self._create("prepare", profile, state)

    async def start(
        self,
        profile: str,
        state: str = "STARTED",
        address: dict[str, Any] | None = None,
    ) -> "Flow":
        """A start that must be answered with the state."""
        return await self._create("start", profile, state, address)

    async def start_push(self, profile: str, state: str = "STARTED") -> "Flow":
        """A start with the kit's own address, where nobody takes any data."""
        address = {
            "endpointType": "https://w3id.org/idsa/v4.1/HTTP",
            "endpoint": self.callbacks.address,
        }
        return await self.start(profile, state, address)

    def expect(self, kind: str) -> Expected:
        """Be ready for a callback; until then it is answered with 404."""
        return self.callbacks.expect(kind)

    async def _create(
        self,
        verb: str,
        profile: str,
        state: str,
        address: dict[str, Any] | None = None,
    ) -> "Flow":
        body: dict[str, Any] = {
            "messageId": str(uuid.uuid4()),
            "participantId": self.participant_id,
            "counterPartyId": self.counter_party_id,
            "dataspaceContext": "tck-dataspace",
            "processId": str(uuid.uuid4()),
            "agreementId": str(uuid.uuid4()),
            "datasetId": str(uuid.uuid4()),
            "profile": profile,
            "claims": {},
        }
        if address is not None:
            body["dataAddress"] = address
        answer = await self.http.post(f"/dataflows/{verb}", json=body)
        assert answer.is_success, answer.text
        told = answer.json()
        assert told["state"] == state
        return Flow(self, told["dataFlowId"], told.get("dataAddress"))


@dataclass(frozen=True)
class Flow:
    """A data flow that was prepared or started, and what its answer held."""

    control_plane: ControlPlane
    data_flow_id: str
    data_address: dict[str, Any] | None

    @property
    def properties(self) -> dict[str, str]:
        """The properties of the address by name."""
        assert self.data_address is not None
        found = self.data_address["endpointProperties"]
        return {each["name"]: each["value"] for each in found}

    async def started(self, address: dict[str, Any] | None = None) -> None:
        """The other side has started: accepted."""
        answer = await self.told_started(address)
        assert answer.is_success, answer.text

    async def told_started(
        self, address: dict[str, Any] | None = None
    ) -> httpx.Response:
        """The other side has started; whatever the answer is."""
        extra = {} if address is None else {"dataAddress": address}
        return await self._post("started", extra)

    async def suspend(self) -> None:
        """Accepted."""
        await self._accepted("suspend")

    async def resume(self) -> None:
        """Accepted, and STARTED again at once."""
        assert (await self._accepted("resume")).json()["state"] == "STARTED"

    async def terminate(self) -> None:
        """Accepted."""
        await self._accepted("terminate", {"reason": "any"})

    async def completed(self) -> None:
        """Accepted, with a body that says nothing."""
        path = f"/dataflows/{self.data_flow_id}/completed"
        answer = await self.control_plane.http.post(path, json={})
        assert answer.is_success, answer.text

    async def reaches(self, state: str) -> None:
        """Its status is asked for until it is this, at most for 15 s."""
        deadline = time.monotonic() + WAIT_SECONDS
        seen = ""
        while seen != state:
            assert time.monotonic() < deadline, f"still {seen}, not {state}"
            await asyncio.sleep(_POLL_SECONDS)
            path = f"/dataflows/{self.data_flow_id}/status"
            answer = await self.control_plane.http.get(path)
            assert answer.is_success, answer.text
            seen = answer.json()["state"]

    async def calls_back(self, expected: Expected, state: str) -> None:
        """The plane tells what was expected, of this flow."""
        transfer, body = await self.control_plane.callbacks.hear(expected)
        assert transfer == self.data_flow_id
        assert body["dataFlowId"] == self.data_flow_id
        assert body["state"] == state

    async def _accepted(
        self, verb: str, extra: dict[str, Any] | None = None
    ) -> httpx.Response:
        answer = await self._post(verb, extra or {})
        assert answer.is_success, answer.text
        return answer

    async def _post(self, verb: str, extra: dict[str, Any]) -> httpx.Response:
        body = {"messageId": str(uuid.uuid4()), **extra}
        path = f"/dataflows/{self.data_flow_id}/{verb}"
        return await self.control_plane.http.post(path, json=body)
