"""Fetches the agreement of a flow from its control plane."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError
from handlers.access.assembly import Callees

_TIMEOUT_SECONDS = 10
_MAX_BYTES = 256 * 1024


@dataclass(frozen=True)
class Agreements:
    """`GET {control plane}/transfers/{id}/agreement` (DPS, AgreementResponse)."""

    callees: Callees

    async def fetch(self, flow: DataFlow) -> dict[str, Any]:
        """The document as it was sent.

        Raises DataPlaneError `agreement.unavailable` where the control plane refuses
        it, and httpx.HTTPError where it may answer later.
        """
        assert flow.terms is not None  # noqa: S101 (every flow has them)
        plane = await self.callees.planes.get(flow.terms.control_plane_id)
        if plane is None:
            raise _unavailable("the flow's control plane is not registered")
        flow_id = quote(flow.data_flow_id, safe="")
        url = f"{plane.endpoint.rstrip('/')}/transfers/{flow_id}/agreement"
        async with httpx.AsyncClient(
            timeout=_TIMEOUT_SECONDS, follow_redirects=False
        ) as client:
            headers = await self.callees.tokens.headers(plane)
            async with client.stream("GET", url, headers=headers) as answer:
                body = await _bounded(answer)
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            self.callees.tokens.drop(plane)
        if answer.status_code == HTTPStatus.UNAUTHORIZED or answer.is_server_error:
            answer.raise_for_status()
        if not answer.is_success:
            raise _unavailable(f"the control plane answered {answer.status_code}")
        return _agreement(body, flow.agreement_id)


async def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise _unavailable("the control plane's answer is too long")
    return bytes(body)


def _agreement(body: bytes, agreement_id: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        raise _unavailable("the control plane's answer is not JSON") from None
    if not isinstance(document, dict):
        raise _unavailable("the control plane's answer is not an agreement")
    if document.get("@id") not in (None, agreement_id):
        raise _unavailable("the control plane sent another agreement")
    return dict(document)


def _unavailable(detail: str) -> DataPlaneError:
    return DataPlaneError(detail, code="agreement.unavailable")
