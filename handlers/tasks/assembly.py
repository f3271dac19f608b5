"""Puts the parts of tasks together, for the commands handler."""

from collections.abc import Awaitable, Callable
from functools import partial

from nats.aio.client import Client

from handlers.access.gate import Gate
from handlers.commands.handle import CommandHandler
from handlers.files.settings import FilesSettings
from handlers.messages import Control
from handlers.tasks.access import TaskAccess
from handlers.tasks.administration import TaskAdministration
from handlers.tasks.flows import Flows
from handlers.tasks.room import room
from handlers.tasks.settings import TaskSettings


def administration(
    gate: Gate,
    commands: CommandHandler,
    stop: Callable[[Control], Awaitable[object]],
    client: Client,
) -> TaskAdministration:
    """With the settings of this process; users have the keys of the file server.

    It answers through this client.
    """
    return TaskAdministration(
        TaskAccess(gate, FilesSettings().api_keys()),
        commands.log,
        Flows(commands, stop),
        TaskSettings(),
        partial(room, client),
    )
