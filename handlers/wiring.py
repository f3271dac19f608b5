"""The composition root: the only place that names concrete classes."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points

from faststream.nats import NatsBroker
from nats.aio.client import Client

from domain import names
from domain.mechanisms import Mechanism, MechanismRegistry
from eventlog import EventLog, Follower
from handlers import bus
from handlers.commands.confirmations import Confirmations
from handlers.commands.handle import CommandHandler
from handlers.commands.intake import Reader
from handlers.commands.subscribers import Doors
from handlers.coordinator import work
from handlers.coordinator.callbacks import Callbacks
from handlers.coordinator.completer import Completer
from handlers.coordinator.dispatcher import Dispatcher
from handlers.coordinator.keeper import Keeper
from handlers.coordinator.planner import Planner
from handlers.coordinator.rows import Rows
from handlers.copiers import Copiers
from handlers.ports import Executor
from handlers.secret_store import SecretStore, read_key
from handlers.settings import Settings
from handlers.worker.carry_out import Worker
from handlers.worker.subscribers import Subscribers

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plane:
    """What every role needs: the log, the bus, the secrets, the storage."""

    settings: Settings
    log: EventLog
    broker: NatsBroker
    client: Client
    secrets: SecretStore
    copiers: Copiers

    def commands(self) -> CommandHandler:
        """The one write path into data flows."""
        reader = Reader(registry(), self.settings.control_plane_url)
        return CommandHandler(self.log, self.secrets, reader)


def registry() -> MechanismRegistry:
    """The installed mechanisms."""
    found = entry_points(group="waybill.mechanisms")
    made: list[Mechanism] = [each.load()() for each in found]
    return MechanismRegistry(made)


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
        secrets = SecretStore(log.pool, read_key(settings.secret_key_file))
        copiers = Copiers(executors(), secrets)
        try:
            yield Plane(settings, log, broker, client, secrets, copiers)
        finally:
            await broker.stop()
            await copiers.close()


@asynccontextmanager
async def commands(plane: Plane) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Hears control planes."""
    confirmations = Confirmations(
        plane.client,
        heartbeat_seconds=plane.settings.heartbeat_seconds,
        confirm_seconds=plane.settings.confirm_seconds,
    )
    Doors(plane.commands(), confirmations).attach(plane.broker)
    await plane.broker.start()
    yield asyncio.Event().wait


@asynccontextmanager
async def dispatcher(plane: Plane) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Tails the log and does what follows from it."""
    rows = Rows(plane.log.pool)
    dispatching = Dispatcher(plane.broker, plane.client, rows, plane.settings)
    completer = Completer(
        plane.log, rows, plane.commands(), plane.copiers, plane.secrets
    )
    keeper = Keeper(rows, Planner(plane.log, plane.copiers), dispatching, completer)
    follower = Follower(
        plane.log.pool, "dispatcher", "work", work.apply, keeper.applied
    )
    callbacks = Callbacks(plane.log, plane.settings)
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
                group.create_task(when_active(callbacks.run))
        finally:
            await keeper.stop()

    yield run


@asynccontextmanager
async def worker(plane: Plane) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Copies. What is in hand is put down before it goes."""
    name = f"{socket.gethostname()}-{os.getpid()}"
    working = Worker(name, plane.log, plane.copiers, plane.settings)
    subscribers = Subscribers(working, plane.broker, plane.settings)
    subscribers.attach()
    await plane.broker.start()
    try:
        yield subscribers.beat
    finally:
        await working.hand.stop_all()


ROLES = {"commands": commands, "dispatcher": dispatcher, "worker": worker}
