"""Puts the parts of access together, for the commands handler and the dispatcher."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from eventlog import EventLog
from handlers.access import configuration, web
from handlers.access.administration import Administration
from handlers.access.control_planes import ControlPlanes
from handlers.access.gate import Gate, OpenGate, TokenGate, read_key
from handlers.access.key_sets import KeySets
from handlers.access.metadata import Metadata
from handlers.access.refusals import Refusals
from handlers.access.replays import Replays
from handlers.access.tokens import Tokens
from handlers.secret_store import SecretStore
from handlers.settings import Settings


@dataclass(frozen=True)
class Access:
    """What the doors ask. `replays.run` is to be run beside them."""

    gate: Gate
    administration: Administration
    refusals: Refusals
    replays: Replays


@dataclass(frozen=True)
class Callees:
    """Whom the dispatcher calls, and with what token."""

    planes: ControlPlanes
    tokens: Tokens


@asynccontextmanager
async def access(
    settings: Settings, log: EventLog, secrets: SecretStore
) -> AsyncGenerator[Access]:
    """For the doors; the configured control planes are registered."""
    planes = ControlPlanes(log, secrets)
    if settings.operator_key_file and not read_key(settings.operator_key_file):
        msg = f"WAYBILL_OPERATOR_KEY_FILE: {settings.operator_key_file} holds no key"
        raise ValueError(msg)
    await configuration.apply(planes, settings)
    replays = Replays(log.pool)
    async with web.make_client() as client:
        gate = _gate(settings, planes, replays, client)
        yield Access(
            gate=gate,
            administration=Administration(gate, planes),
            refusals=Refusals(log, settings.recorded_refusals_per_minute),
            replays=replays,
        )


@asynccontextmanager
async def callees(
    settings: Settings, log: EventLog, secrets: SecretStore
) -> AsyncGenerator[Callees]:
    """For whoever calls control planes."""
    planes = ControlPlanes(log, secrets)
    async with web.make_client() as client:
        tokens = Tokens(planes, client, Metadata(client), settings.workload_token_file)
        yield Callees(planes, tokens)


def _gate(
    settings: Settings,
    planes: ControlPlanes,
    replays: Replays,
    client: httpx.AsyncClient,
) -> Gate:
    if settings.authorization == "development":
        # Nobody to call back is nobody's flow.
        return OpenGate(settings.control_plane_id if settings.control_plane_url else "")
    return TokenGate(
        planes=planes,
        keys=KeySets(client, settings.keys_refetch_seconds),
        metadata=Metadata(client),
        replays=replays,
        audience=settings.dataplane_id,
        operator_key_file=settings.operator_key_file,
    )
