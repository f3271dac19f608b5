"""
A small control plane: it tells its own data plane, and hears its callbacks.

It speaks as EDC does. What it hears it refuses or delays at random, with a seed, before
it takes it: a data plane must say it again until it is taken.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx
from aiohttp import web

from tests.domain.schema import errors
from waybill.embedded.ports import LOOPBACK, free_port

_PATIENCE_SECONDS = 90
_REFUSALS = (401, 404, 409, 500, 503)
_MOST_REFUSALS = 3
_LONGEST_DELAY_SECONDS = 0.4

Body = dict[str, Any]


@dataclass
class ControlPlane:
    """`api_base` is its data plane's; `url` is where that calls it back."""

    name: str
    seed: int
    url: str = ""
    api_base: str = ""
    heard: dict[tuple[str, str], Body] = field(
        default_factory=dict[tuple[str, str], Body]
    )
    refused: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    agreements_asked: int = 0

    def __post_init__(self) -> None:
        """Every run refuses the same."""
        self._random = random.Random(self.seed)  # noqa: S311 (no secret)
        self._news = asyncio.Condition()

    @classmethod
    @asynccontextmanager
    async def open(cls, name: str, seed: int) -> AsyncIterator[Self]:
        """Listens on a port of its own."""
        made = cls(name, seed)
        app = web.Application()
        callback = "/transfers/{flow}/dataflow/{kind}"
        app.router.add_post(callback, made._called_back)
        app.router.add_get("/transfers/{flow}/agreement", made._asked_for_agreement)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        made.url = f"http://{LOOPBACK}:{port}"
        try:
            yield made
        finally:
            await runner.cleanup()

    async def creates(
        self, verb: str, flow: str, profile: str, metadata: Body, **more: Any
    ) -> Body:
        """Prepare or start; returns the status message once it is ready."""
        consumer, provider = "did:web:consumer.example", "did:web:provider.example"
        ours, theirs = (
            (consumer, provider) if verb == "prepare" else (provider, consumer)
        )
        body = {
            "messageId": str(uuid4()),
            "participantId": ours,
            "counterPartyId": theirs,
            "dataspaceContext": "dataspace-protocol-http:2025-1",
            "processId": flow,
            "agreementId": f"agreement-{flow.removesuffix('-c').removesuffix('-p')}",
            "datasetId": "dataset-1",
            "profile": profile,
            "claims": {},
            "labels": None,
            "metadata": metadata,
            "callbackAddress": None,
            **more,
        }
        answer = await self._post(f"/dataflows/{verb}", body)
        said: Body = answer.json()
        assert errors("DataFlowStatusMessage", said) == []
        if answer.status_code == 202:
            assert answer.headers["Location"].endswith(f"/dataflows/{flow}/status")
            return await self.hears(flow, f"{verb}ed".replace("preparee", "prepare"))
        return said

    async def says(self, verb: str, flow: str, **more: Any) -> Body:
        """Any other signal; returns what it is answered, empty for nothing."""
        body = {"messageId": str(uuid4()), **more} if verb != "completed" else {}
        answer = await self._post(f"/dataflows/{quote(flow, safe='')}/{verb}", body)
        said: Body = answer.json() if answer.content else {}
        assert not said or errors("DataFlowStatusMessage", said) == []
        return said

    async def state(self, flow: str) -> str:
        """The flow's state, as its data plane tells it."""
        async with httpx.AsyncClient(base_url=self.api_base, timeout=30) as client:
            answer = await client.get(f"/dataflows/{quote(flow, safe='')}/status")
        said: Body = answer.raise_for_status().json()
        assert errors("DataFlowStatusResponseMessage", said) == []
        return str(said["state"])

    async def hears(self, flow: str, kind: str) -> Body:
        """Wait for a callback; the first of an error raises."""
        heard = self.heard

        def news() -> bool:
            return (flow, kind) in heard or (flow, "errored") in heard

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(news), _PATIENCE_SECONDS)
        assert (flow, kind) in heard, heard[flow, "errored"]
        return heard[flow, kind]

    async def _post(self, path: str, body: Body) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.api_base, timeout=30) as client:
            answer = await client.post(path, json=body)
        assert answer.is_success, f"{self.name}: {path}: {answer.text}"
        return answer

    async def _called_back(self, request: web.Request) -> web.Response:
        about = (request.match_info["flow"], request.match_info["kind"])
        await asyncio.sleep(self._random.uniform(0, _LONGEST_DELAY_SECONDS))
        refuse = self._random.random() < 0.5
        if refuse and self.refused[about] < _MOST_REFUSALS:
            self.refused[about] += 1
            return web.Response(status=self._random.choice(_REFUSALS))
        body: Body = await request.json()
        assert errors("DataFlowStatusMessage", body) == []
        async with self._news:
            assert about not in self.heard, f"{about} was taken already"
            self.heard[about] = body
            self._news.notify_all()
        return web.Response()

    async def _asked_for_agreement(self, request: web.Request) -> web.Response:
        self.agreements_asked += 1
        flow = request.match_info["flow"].removesuffix("-c").removesuffix("-p")
        return web.json_response(
            {
                "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"],
                "@id": f"agreement-{flow}",
                "@type": "Agreement",
                "assigner": "did:web:provider.example",
                "assignee": "did:web:consumer.example",
                "target": "dataset-1",
            }
        )
