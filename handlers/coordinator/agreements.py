"""Fetches the agreement of a flow from its control plane."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError

_TIMEOUT_SECONDS = 10
_MAX_BYTES = 256 * 1024


class Peers(Protocol):
    """Where a flow's control plane is, and with what header to call it."""

    async def reach(
        self, control_plane_id: str, callback_address: str | None
    ) -> tuple[str, dict[str, str]] | None:
        """(base URL, headers); None where it is not known."""
        ...


@dataclass(frozen=True)
class Agreements:
    """`GET {control plane}/transfers/{id}/agreement` (DPS, AgreementResponse)."""

    peers: Peers

    async def fetch(self, flow: DataFlow) -> dict[str, Any]:
        """The document as it was sent.

        Raises DataPlaneError `agreement.unavailable` where the control plane refuses
        it, and httpx.HTTPError where it may answer later.
        """
        assert flow.terms is not None  # noqa: S101 (every flow has them)
        found = await self.peers.reach(
            flow.terms.control_plane_id, flow.terms.callback_address
        )
        if found is None:
            raise _unavailable("no control plane is known for this flow")
        base, headers = found
        url = f"{base.rstrip('/')}/transfers/{quote(flow.data_flow_id, safe='')}"
        async with httpx.AsyncClient(
            timeout=_TIMEOUT_SECONDS, follow_redirects=False
        ) as client:
            answer = await client.get(f"{url}/agreement", headers=headers)
        if answer.status_code == HTTPStatus.UNAUTHORIZED or answer.is_server_error:
            answer.raise_for_status()
        if not answer.is_success or len(answer.content) > _MAX_BYTES:
            raise _unavailable(f"the control plane answered {answer.status_code}")
        return _agreement(answer, flow.terms.agreement_id)


def _agreement(answer: httpx.Response, agreement_id: str) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        raise _unavailable("the control plane's answer is not JSON") from None
    if not isinstance(document, dict):
        raise _unavailable("the control plane's answer is not an agreement")
    if document.get("@id") not in (None, agreement_id):
        raise _unavailable("the control plane sent another agreement")
    return dict(document)


def _unavailable(detail: str) -> DataPlaneError:
    return DataPlaneError(detail, code="agreement.unavailable")
