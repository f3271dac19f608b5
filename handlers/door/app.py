"""The door's requests: who may, which flow, which object, and then who answers."""

import logging
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from domain.access.operators import bearer
from domain.data_flow import DataFlow
from domain.errors import AccessError, DataPlaneError
from handlers.door.downloads import Downloads
from handlers.door.flows import Flows, Use, admitted
from handlers.door.hand import InHand
from handlers.door.identity import document
from handlers.door.ingress import Ingress
from handlers.door.places import RENEWAL_KEY, Place, Target
from handlers.door.renewal import Renewal, is_renewal
from handlers.door.tokens import DoorTokens
from handlers.mechanisms.http import Identity
from handlers.web.edge import edge
from handlers.web.problems import RefusedError, not_allowed

_access_log = logging.getLogger("handlers.door.access")

_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Door:
    """Answers every request; what is decided is decided elsewhere."""

    flows: Flows
    tokens: DoorTokens
    hand: InHand
    downloads: Downloads
    ingress: Ingress
    renewal: Renewal
    identity: Identity | None
    door_url: str

    def application(self) -> web.Application:
        """One route: keys are told from the path as it was sent."""
        app = web.Application(middlewares=[edge(_access_log)])
        app.router.add_route("*", "/{path:.*}", self.answer, expect_handler=_later)
        return app

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request. Raises DataPlaneError and RefusedError."""
        path = request.raw_path.partition("?")[0]
        if path.endswith("/healthz") and request.method in _READING:
            return web.json_response({"status": "ok"})
        if path.endswith("/.well-known/did.json") and request.method in _READING:
            return self._did()
        target = Target.of(request.raw_path, self.door_url)
        if target is None:
            raise RefusedError(
                HTTPStatus.NOT_FOUND, "http.not-found", "there is nothing here"
            )
        if request.method == "POST" and target.key == RENEWAL_KEY:
            flow = await self.flows.get(target.data_flow_id)
            if is_renewal(flow):
                return await self.renewal.answer(request, target.data_flow_id)
        self._require_token(request, target)
        # In hand before the state is read: a stop that comes in between finds us.
        return await self.hand.carry_out(
            target.data_flow_id, self._admitted(request, target)
        )

    async def _admitted(
        self, request: web.Request, target: Target
    ) -> web.StreamResponse:
        flow = await self.flows.get(target.data_flow_id)
        if admitted(flow) is Use.SENDS:
            return await self.ingress.answer(request, flow, target.key)
        if request.method not in _READING:
            raise not_allowed("GET, HEAD")
        return await self._read(request, flow, target.key)

    async def _read(
        self, request: web.Request, flow: DataFlow, key: str | None
    ) -> web.StreamResponse:
        place = Place.of(flow.source)
        if place.is_collection and key is None:
            return await self.downloads.listing(request, flow)
        if not place.is_collection and key is not None:
            raise DataPlaneError(
                "the flow is one object: read its endpoint", code="storage.not-found"
            )
        return await self.downloads.object(request, flow, place.full(key or ""))

    def _require_token(self, request: web.Request, target: Target) -> None:
        token = bearer(request.headers.get("Authorization", ""))
        if self.tokens.flow_of_access(token) != target.data_flow_id:
            raise AccessError(
                "the token is of another flow", code="access.flow-of-another"
            )

    def _did(self) -> web.Response:
        if self.identity is None:
            raise RefusedError(
                HTTPStatus.NOT_FOUND, "http.not-found", "this door has no DID"
            )
        return web.json_response(
            document(self.identity), content_type="application/did+json"
        )


async def _later(_: web.Request) -> None:
    """No `100 Continue` yet: only who may send is asked to."""
