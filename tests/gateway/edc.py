"""EDC's requests as its releases write them: nulls and all, as its mapper does."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

EDC = "https://w3id.org/edc/v0.0.1/ns/"
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Release:
    """What of the protocol a release of EDC speaks."""

    name: str
    profile: str
    callback_address: bool = True
    claims: bool = True
    message_ids: bool = True
    resumes: bool = True


RELEASES = (
    Release("0.16.1", "transferType", claims=False, message_ids=False, resumes=False),
    Release("0.17.0", "transferType", message_ids=False, resumes=False),
    Release("0.18.0", "transferType"),
    Release("HEAD", "profile", callback_address=False),
)


@dataclass(frozen=True)
class Connector:
    """An EDC with one data plane, registered with an endpoint that says /dataflows."""

    release: Release
    http: httpx.AsyncClient
    callback_address: str

    async def prepare(
        self, process: str, profile: str, metadata: dict[str, Any]
    ) -> httpx.Response:
        """A consumer's first message."""
        return await self._post("prepare", self._creating(process, profile, metadata))

    async def start(
        self,
        process: str,
        profile: str,
        metadata: dict[str, Any] | None,
        address: dict[str, Any] | None,
    ) -> httpx.Response:
        """A provider's first message; an address that is null is left out."""
        body = self._creating(process, profile, metadata)
        if address is not None:
            body["dataAddress"] = address
        return await self._post("start", body)

    async def started(self, process: str) -> httpx.Response:
        """The consumer's second message, of a push."""
        return await self._post(f"{process}/started", self._message())

    async def suspend(self, process: str) -> httpx.Response:
        """The reason is a constant of EDC's."""
        return await self._post(
            f"{process}/suspend", {**self._message(), "reason": "suspend"}
        )

    async def resume(
        self, process: str, address: dict[str, Any] | None = None
    ) -> httpx.Response:
        """The process id in the body is drawn anew, and means nothing."""
        body = {**self._message(), "processId": str(uuid.uuid4())}
        if address is not None:
            body["dataAddress"] = address
        return await self._post(f"{process}/resume", body)

    async def terminate(self, process: str) -> httpx.Response:
        """There is never a reason."""
        return await self._post(
            f"{process}/terminate", {**self._message(), "reason": None}
        )

    async def completed(self, process: str) -> httpx.Response:
        """An empty object."""
        return await self._post(f"{process}/completed", {})

    async def state(self, process: str) -> str:
        """Not EDC's question, but the test's."""
        answer = await self.http.get(f"/dataflows/{process}/status")
        state: str = answer.raise_for_status().json()["state"]
        return state

    def _creating(
        self, process: str, profile: str, metadata: dict[str, Any] | None
    ) -> dict[str, Any]:
        release = self.release
        called_back = self.callback_address if release.callback_address else None
        claims: dict[str, Any] = {"claims": {}} if release.claims else {}
        return {
            **self._message(),
            "participantId": "did:web:us.example",
            "counterPartyId": "did:web:them.example",
            "dataspaceContext": "dataspace-protocol-http:2025-1",
            "processId": process,
            "agreementId": "agreement-1",
            "datasetId": "asset-1",
            "callbackAddress": called_back,
            release.profile: profile,
            **claims,
            "labels": None,
            "metadata": metadata,
        }

    def _message(self) -> dict[str, Any]:
        return {"messageId": str(uuid.uuid4())} if self.release.message_ids else {}

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post(
            f"/dataflows/{path}", content=json.dumps(body).encode(), headers=_JSON
        )


def forwarded(address: dict[str, Any]) -> dict[str, Any]:
    """An address that EDC has kept, as it sends it: with properties of its own.

    The endpoint and the type are told twice.
    """
    kept = {EDC + "type": address["endpointType"]}
    if address.get("endpoint"):
        kept[EDC + "endpoint"] = address["endpoint"]
    for each in address.get("endpointProperties", []):
        kept[each["name"]] = each["value"]
    return {
        "@type": "DataAddress",
        "endpointType": address["endpointType"],
        "endpoint": address.get("endpoint"),
        "endpointProperties": [
            {"@type": "EndpointProperty", "name": name, "value": value}
            for name, value in kept.items()
        ],
    }


def of_an_asset(properties: dict[str, str]) -> dict[str, Any]:
    """An address that somebody entered in EDC: every name in its namespace."""
    said = {EDC + name: value for name, value in properties.items()}
    return {
        "@type": "DataAddress",
        "endpointType": "AmazonS3",
        "endpoint": None,
        "endpointProperties": [
            {"@type": "EndpointProperty", "name": name, "value": value}
            for name, value in {EDC + "type": "AmazonS3", **said}.items()
        ],
    }
