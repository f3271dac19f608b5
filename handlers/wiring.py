"""The composition root: the only place that names concrete classes."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from faststream.nats import NatsBroker
from nats.aio.client import Client

from domain import names
from domain.mechanisms import Mechanism, MechanismRegistry
from domain.mechanisms.strangers import Strangers
from eventlog import EventLog, Follower
from eventlog.waking import Pace
from handlers import bus
from handlers.access import assembly
from handlers.access.assembly import Callees
from handlers.commands.datasets import Datasets
from handlers.commands.handle import CommandHandler
from handlers.commands.intake import Reader
from handlers.commands.serve import commands
from handlers.coordinator import work
from handlers.coordinator.agreements import Agreements
from handlers.coordinator.announcing import Announcing
from handlers.coordinator.callbacks import Callbacks
from handlers.coordinator.completer import Completer
from handlers.coordinator.dispatcher import Dispatcher
from handlers.coordinator.keeper import Keeper
from handlers.coordinator.planner import Planner
from handlers.coordinator.preparer import Preparer
from handlers.coordinator.queued import Queued
from handlers.coordinator.rows import Rows
from handlers.copiers import Copiers
from handlers.credential_file import CredentialFile
from handlers.door import serve
from handlers.door.places import door_url
from handlers.door.tokens import DoorTokens
from handlers.files import serve as file_server
from handlers.limits.book import Book
from handlers.limits.census import Census
from handlers.limits.limiter import Limiter
from handlers.mechanisms.streams import Patience
from handlers.policy import PolicyCheck
from handlers.ports import Executor
from handlers.secret_store import SecretStore, read_key
from handlers.settings import Settings
from handlers.worker.carry_out import Worker
from handlers.worker.subscribers import Subscribers

_log = logging.getLogger(__name__)

# What comes one by one is tended together: a page costs more than its events.
_TENDING = Pace(every_seconds=0.02, loaded_seconds=0.05)


@dataclass(frozen=True)
class Plane:
    """What every role needs: the log, the bus, the secrets, the storage."""

    settings: Settings
    log: EventLog
    broker: NatsBroker
    client: Client
    secrets: SecretStore
    copiers: Copiers
    tokens: DoorTokens

    def commands(self) -> CommandHandler:
        """The one write path into data flows."""
        settings = self.settings
        reader = Reader(
            registry(settings),
            Datasets.read(settings.datasets_file),
            Strangers(settings.allowed_hosts),
            checks=settings.fetch_agreement or bool(policies()),
        )
        return CommandHandler(self.log, self.secrets, reader)


def registry(settings: Settings) -> MechanismRegistry:
    """The installed mechanisms, each made with its options."""
    made: list[Mechanism] = []
    for each in entry_points(group="waybill.mechanisms"):
        make = each.load()
        options = dict(settings.mechanism_options.get(each.name, {}))
        if "door_url" in signature(make).parameters:
            # It offers this plane's data at the door.
            options.setdefault("door_url", door_url(settings))
        made.append(make(**options))
    return MechanismRegistry(made)


def policies() -> list[PolicyCheck]:
    """The installed checks, all of which must agree before a flow begins."""
    return [each.load()() for each in entry_points(group="waybill.policies")]


def executors() -> dict[str, Executor]:
    """The installed movers of bytes, by mechanism."""
    return {e.name: e.load()() for e in entry_points(group="waybill.executors")}


@asynccontextmanager
async def plane(settings: Settings) -> AsyncGenerator[Plane]:
    """Connected to everything; the streams are there."""
    broker = bus.make_broker(settings)
    async with EventLog.open(settings.database_url, readers=8) as log:
        client = await broker.connect()
        await bus.provision(client, settings)
        key = read_key(settings.secret_key_file)
        secrets = SecretStore(log.pool, key)
        tokens = DoorTokens(key, door_url(settings), settings.access_token_seconds)
        credentials = CredentialFile(settings.credentials_file)
        credentials.check()
        copiers = Copiers(
            executors(),
            secrets,
            credentials,
            patience=Patience(settings.storage_read_seconds),
            lends_own=settings.lends_own_credentials,
        )
        try:
            yield Plane(settings, log, broker, client, secrets, copiers, tokens)
        finally:
            await broker.stop()
            await copiers.close()


@asynccontextmanager
async def dispatcher(plane: Plane) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Tails the log and does what follows from it."""
    async with assembly.callees(plane.settings, plane.log, plane.secrets) as callees:
        yield await _dispatching(plane, callees)


async def _dispatching(
    plane: Plane, callees: Callees
) -> Callable[[], Awaitable[object]]:
    rows = Rows(plane.log.pool)
    queued = Queued(plane.log.pool)
    dispatching = Dispatcher(plane.broker, plane.client, queued, plane.settings)
    completer = Completer(
        plane.log, rows, plane.commands(), plane.copiers, plane.secrets
    )
    agreements = Agreements(callees) if plane.settings.fetch_agreement else None
    preparer = Preparer(plane.log, plane.commands(), policies(), agreements)
    planner = Planner(plane.log, plane.copiers, plane.settings.watch_seconds)
    keeper = Keeper(rows, preparer, planner, dispatching, completer)
    follower = Follower(
        plane.log.pool,
        "dispatcher",
        "work",
        work.apply,
        keeper.applied,
        topics=work.TOPICS,
        pace=_TENDING,
    )
    plane.broker.subscriber(names.WORKER_SUBJECTS)(dispatching.heard)
    await plane.broker.start()

    async def when_active(duty: Callable[[], Awaitable[None]]) -> None:
        # A standby only waits for its turn: it sends nothing, and tends no flow.
        await keeper.active.wait()
        await duty()

    async def run() -> None:
        watch = partial(keeper.watch, plane.settings.ack_wait_seconds)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(follower.run())
                group.create_task(when_active(watch))
                for duty in _calls(plane, callees):
                    group.create_task(when_active(duty))
        finally:
            await keeper.stop()

    return run


def _calls(plane: Plane, callees: Callees) -> tuple[Callable[[], Awaitable[None]], ...]:
    """What control planes are told: callbacks, and that we are there."""
    settings, log = plane.settings, plane.log

    async def fill(data_flow_id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        address = body.get("dataAddress")
        if address is None:
            return body
        return {**body, "dataAddress": plane.tokens.fill(address, data_flow_id)}

    spoken = registry(settings).profiles
    return (
        Callbacks(log, settings, callees, fill).run,
        Announcing(log, settings, callees, spoken).run,
    )


@asynccontextmanager
async def worker(plane: Plane) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Copies. What is in hand is put down before it goes."""
    name = f"{socket.gethostname()}-{os.getpid()}"
    beat_seconds = plane.settings.heartbeat_seconds
    limiter = Limiter(
        Book(plane.log), Census(name, 2.5 * beat_seconds), 1.5 * beat_seconds
    )
    working = Worker(name, plane.log, plane.copiers, plane.settings, limiter)
    subscribers = Subscribers(working, plane.broker, plane.settings)
    subscribers.attach()
    await plane.broker.start()
    try:
        yield subscribers.beat
    finally:
        await working.hand.stop_all()


ROLES = {
    "commands": commands,
    "dispatcher": dispatcher,
    "door": serve.door,
    "files": file_server.files,
    "worker": worker,
}
