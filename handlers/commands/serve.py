"""The role `commands`: puts its pieces together, and listens."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

from faststream.nats import NatsBroker
from nats.aio.client import Client

from domain import names
from eventlog import EventLog
from handlers.access import assembly
from handlers.access.gate import Gate
from handlers.commands.confirmations import Confirmations
from handlers.commands.handle import CommandHandler
from handlers.commands.subscribers import Answering, Doors
from handlers.door.tokens import DoorTokens
from handlers.limits.administration import VERBS as LIMITS_VERBS
from handlers.limits.administration import LimitsAdministration
from handlers.secret_store import SecretStore
from handlers.settings import Settings
from handlers.tasks import assembly as tasking
from handlers.tasks.administration import VERBS as TASK_VERBS
from handlers.tasks.reactor import Reactor


class Plane(Protocol):
    """What the role needs of the plane."""

    @property
    def settings(self) -> Settings: ...
    @property
    def log(self) -> EventLog: ...
    @property
    def broker(self) -> NatsBroker: ...
    @property
    def client(self) -> Client: ...
    @property
    def secrets(self) -> SecretStore: ...
    @property
    def tokens(self) -> DoorTokens: ...
    def commands(self) -> CommandHandler: ...


@asynccontextmanager
async def commands(plane: Plane) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Hears control planes, operators and users; tells others of tasks."""
    confirmations = Confirmations(
        plane.client,
        heartbeat_seconds=plane.settings.heartbeat_seconds,
        confirm_seconds=plane.settings.confirm_seconds,
    )
    handler = plane.commands()
    reactor = Reactor(plane.log, plane.client, handler)
    async with assembly.access(plane.settings, plane.log, plane.secrets) as access:
        others = _others(plane, access.gate, handler, confirmations)
        doors = Doors(handler, confirmations, access, others, plane.tokens.fill)
        doors.attach(plane.broker)
        await plane.broker.start()
        yield partial(_together, access.replays.run, reactor.run)


def _others(
    plane: Plane, gate: Gate, handler: CommandHandler, confirmations: Confirmations
) -> dict[str, Answering]:
    """By verb, who answers what is not a flow's."""
    limits = LimitsAdministration(
        gate,
        plane.log,
        lambda news: plane.broker.publish(news, names.limits_subject()),
    )
    tasks = tasking.administration(gate, handler, confirmations.stop, plane.client)
    return {
        **dict.fromkeys(LIMITS_VERBS, limits.answer),
        **dict.fromkeys(TASK_VERBS, tasks.answer),
    }


async def _together(*duties: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for duty in duties:
            group.create_task(duty())
