"""Makes us known to control planes: DataPlaneRegistrationMessage, until it is taken."""

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from domain.control_plane.events import DataPlaneRegistered
from domain.errors import DataPlaneError, UnknownControlPlaneError, VersionConflictError
from domain.message import Cause
from domain.names import data_plane_stream
from eventlog import Append, EventLog
from handlers.access.assembly import Callees
from handlers.settings import Settings

_log = logging.getLogger(__name__)

_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 60.0
_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Announcing:
    """Sends our registration to each of `register_at`, for as long as it takes.

    `profiles` are those of the installed mechanisms, where the settings name none. The
    token, if any, is got as the registration of the control plane `register_as` says.
    """

    log: EventLog
    settings: Settings
    callees: Callees
    profiles: Sequence[str]

    async def run(self) -> None:
        """Until all have taken it."""
        if not self.settings.register_at:
            return
        async with (
            httpx.AsyncClient(
                timeout=_TIMEOUT_SECONDS, follow_redirects=False
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            for base in self.settings.register_at:
                url = f"{base.rstrip('/')}/dataplanes"
                group.create_task(self._announce(client, url))

    def message(self) -> dict[str, Any]:
        """DataPlaneRegistrationMessage. May hold a secret: it is sent, never kept.

        `transferTypes` is what EDC calls `profiles`.
        """
        settings = self.settings
        endpoint = settings.public_url.rstrip("/")
        if settings.register_with_path:
            endpoint += "/dataflows"
        profiles = [*(settings.register_profiles or sorted(self.profiles))]
        message: dict[str, Any] = {
            "dataplaneId": settings.dataplane_id,
            "endpoint": endpoint,
            "profiles": profiles,
            "transferTypes": profiles,
            "labels": [*settings.register_labels],
        }
        if not settings.register_with_path:
            # The schema wants the field; EDC reads the empty object as a list.
            message["authorization"] = {}
        file = settings.register_authorization_file
        if file is not None:
            authorization = json.loads(file.read_text("utf-8"))
            if not isinstance(authorization, dict):
                raise ValueError(file.name)
            message["authorization"] = authorization
        return message

    async def _announce(self, client: httpx.AsyncClient, url: str) -> None:
        delay = _FIRST_DELAY_SECONDS
        while (wrong := await self._put(client, url)) is not None:
            fields = {"url": url, "error": wrong}
            _log.warning("registration was not taken", extra={"fields": fields})
            await asyncio.sleep(random.uniform(delay / 2, delay))  # noqa: S311
            delay = min(2 * delay, _LONGEST_DELAY_SECONDS)
        _log.info("registered", extra={"fields": {"url": url}})

    async def _put(self, client: httpx.AsyncClient, url: str) -> str | None:
        """What went wrong; None when it was taken."""
        try:
            message = await asyncio.to_thread(self.message)
        except (OSError, ValueError):
            return "the authorization file cannot be read"
        try:
            headers = await self._headers()
            response = await client.put(url, json=message, headers=headers)
            if response.status_code == httpx.codes.UNAUTHORIZED:
                await self._forget()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        except DataPlaneError as error:
            return error.code
        if not response.is_success:
            return f"HTTP {response.status_code}"
        await self._record(url, message)
        return None

    async def _headers(self) -> dict[str, str]:
        name = self.settings.register_as
        if name is None:
            return {}
        plane = await self.callees.planes.get(name)
        if plane is None:
            raise UnknownControlPlaneError("it is not registered here")
        return await self.callees.tokens.headers(plane)

    async def _forget(self) -> None:
        if self.settings.register_as is not None:
            plane = await self.callees.planes.get(self.settings.register_as)
            if plane is not None:
                self.callees.tokens.drop(plane)

    async def _record(self, url: str, message: dict[str, Any]) -> None:
        event = DataPlaneRegistered(
            url=url,
            dataplane_id=message["dataplaneId"],
            endpoint=message["endpoint"],
            profiles=tuple(message["profiles"]),
        )
        stream = data_plane_stream(url)
        journal = await self.log.load(stream)
        if journal and journal[-1].event == event:
            return
        cause = Cause(
            causation_id=f"register:{url}",
            correlation_id=url,
            actor="dispatcher",
            occurred_at=datetime.now(UTC),
        )
        version = journal[-1].version if journal else 0
        try:
            await self.log.append(cause, Append(stream, version, (event,)))
        except VersionConflictError:
            _log.info("recorded elsewhere", extra={"fields": {"url": url}})
