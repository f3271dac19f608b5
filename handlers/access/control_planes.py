"""Who is registered: the one way to register, and the one place to look."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Final, LiteralString, cast

from pydantic import SecretStr
from uuid_utils.compat import uuid7

from domain import control_plane, names
from domain.control_plane import ControlPlane, ControlPlaneCommand, ControlPlaneEvent
from domain.control_plane.commands import DeregisterControlPlane, RegisterControlPlane
from domain.control_plane.messages import ControlPlaneRegistrationMessage
from domain.errors import StorageError, VersionConflictError
from domain.message import Cause
from eventlog import Append, EventLog
from handlers.secret_store import SecretStore

_log = logging.getLogger(__name__)

_ATTEMPTS = 4
_NOTE: Final = (
    "INSERT INTO access.control_plane_name (name, control_plane_id) VALUES (%s, %s)"
    " ON CONFLICT DO NOTHING"
)

_IDS: Final = (
    "SELECT DISTINCT control_plane_id FROM access.control_plane_name ORDER BY 1"
)
_IDS_BY_NAME: Final = (
    "SELECT control_plane_id FROM access.control_plane_name WHERE name = %s"
    " ORDER BY control_plane_id"
)


@dataclass(frozen=True)
class ControlPlanes:
    """Read from the log at each question: never stale, whichever process wrote."""

    log: EventLog
    secrets: SecretStore

    async def get(self, control_plane_id: str) -> ControlPlane | None:
        """The one with the id; None where it is not registered."""
        plane, _ = await self._load(control_plane_id)
        return plane if plane.registered else None

    async def named(self, subject: str) -> ControlPlane | None:
        """The one that a token's `sub` means: by id, else by its own principal."""
        found = [
            each
            for each in await self._found(_IDS_BY_NAME, subject)
            if subject in each.names
        ]
        by_id = [each for each in found if each.control_plane_id == subject]
        chosen = by_id or found
        return chosen[0] if len(chosen) == 1 else None

    async def all(self) -> list[ControlPlane]:
        """All that are registered, by id."""
        return await self._found(_IDS)

    async def register(
        self, message: ControlPlaneRegistrationMessage, actor: str
    ) -> bool:
        """Make it so; returns False where it was so already. Safe to repeat."""
        control_plane_id, entry = message.controlplane_id, message.authorization
        secret = entry.client_secret if entry else None
        for _ in range(_ATTEMPTS):
            plane, version = await self._load(control_plane_id)
            reference = await self._sealed(control_plane_id, plane, secret)
            command = RegisterControlPlane(
                control_plane_id=control_plane_id,
                endpoint=message.endpoint,
                authorization=entry.public() if entry else None,
                secret=reference,
            )
            try:
                changed = await self._apply(command, plane, version, actor)
            except VersionConflictError:
                await self._forget(control_plane_id, reference, plane.secret)
                continue
            # What the replaced registration referred to, nobody can reach any more.
            await self._forget(control_plane_id, plane.secret, reference)
            return changed
        raise VersionConflictError("the control plane is being registered elsewhere")

    async def deregister(self, control_plane_id: str, actor: str) -> None:
        """Make it unknown. Raises UnknownControlPlaneError where it is already."""
        for _ in range(_ATTEMPTS):
            plane, version = await self._load(control_plane_id)
            command = DeregisterControlPlane(control_plane_id=control_plane_id)
            try:
                await self._apply(command, plane, version, actor)
            except VersionConflictError:
                continue
            await self._forget(control_plane_id, plane.secret, None)
            return
        raise VersionConflictError("the control plane is being registered elsewhere")

    async def client_secret(self, plane: ControlPlane) -> SecretStr | None:
        """The secret that we get tokens with."""
        return (await self.secrets.get(plane.secret)).get("client_secret")

    async def _apply(
        self,
        command: ControlPlaneCommand,
        plane: ControlPlane,
        version: int,
        actor: str,
    ) -> bool:
        events = control_plane.decide(command, plane)
        if not events:
            return False
        await self._note_names(reduce(control_plane.evolve, events, plane))
        stream = names.control_plane_stream(command.control_plane_id)
        cause = Cause(
            causation_id=f"{type(command).__name__}:{command.control_plane_id}",
            correlation_id=command.control_plane_id,
            actor=actor,
            occurred_at=datetime.now(UTC),
        )
        await self.log.append(cause, Append(stream, version, events))
        fields = {"control_plane_id": command.control_plane_id, "actor": actor}
        _log.info(events[0].TOPIC, extra={"fields": fields})
        return True

    async def _note_names(self, plane: ControlPlane) -> None:
        # Before the event: one that is noted and not registered only costs a look.
        async with self.log.pool.connection() as connection:
            for name in plane.names:
                await connection.execute(_NOTE, (name, plane.control_plane_id))

    async def _sealed(
        self, control_plane_id: str, plane: ControlPlane, secret: SecretStr | None
    ) -> str | None:
        """Where the secret is kept: where it was, if it is the same."""
        if secret is None:
            return None
        if plane.secret is not None and await self._kept(plane) == secret:
            return plane.secret
        reference = names.control_plane_secret(control_plane_id, uuid7().hex)
        owner = names.control_plane_secrets(control_plane_id)
        await self.secrets.put(owner, reference, {"client_secret": secret})
        return reference

    async def _kept(self, plane: ControlPlane) -> SecretStr | None:
        try:
            return await self.client_secret(plane)
        except StorageError:
            return None

    async def _forget(
        self, control_plane_id: str, reference: str | None, but: str | None
    ) -> None:
        if reference is not None and reference != but:
            owner = names.control_plane_secrets(control_plane_id)
            await self.secrets.drop(owner, reference)

    async def _load(self, control_plane_id: str) -> tuple[ControlPlane, int]:
        stream = names.control_plane_stream(control_plane_id)
        recorded = await self.log.load(stream)
        events = [cast("ControlPlaneEvent", each.event) for each in recorded]
        plane = reduce(control_plane.evolve, events, control_plane.INITIAL)
        return plane, recorded[-1].version if recorded else 0

    async def _found(self, query: LiteralString, *values: str) -> list[ControlPlane]:
        async with self.log.pool.connection() as connection:
            rows = await connection.execute(query, values)
            ids = [row[0] async for row in rows]
        found = [await self.get(each) for each in ids]
        return [each for each in found if each is not None]
