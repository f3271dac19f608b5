"""The data flows of tasks: begun and ended as any other, with the task's own event."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain import data_flow
from domain.data_flow import State
from domain.data_flow.commands import StartDataFlow, TerminateDataFlow
from domain.demands import require_possible
from domain.location import Location
from domain.message import Cause
from eventlog import Append
from handlers.commands.handle import CommandHandler, load
from handlers.commands.intake import Intake
from handlers.messages import Control


@dataclass(frozen=True)
class Flows:
    """`stop` has the workers put a flow down, and waits a while for them."""

    commands: CommandHandler
    stop: Callable[[Control], Awaitable[object]]

    async def begin(
        self, message: Mapping[str, Any], cause: Cause, also: Append, *, trusted: bool
    ) -> None:
        """Begin it, and record `also`, in one transaction. Raises the caller's errors.

        Of whoever is not trusted both sides are somebody else's: nothing of our own is
        given away there, and only hosts that others may name are called.
        """
        reader = self.commands.reader
        intake = reader.read("start", message, data_flow.INITIAL)
        command = intake.command
        assert isinstance(command, StartDataFlow)  # noqa: S101 (what "start" means)
        require_possible(command.options, command.source, command.destination)
        if not trusted:
            sides = {
                "source": self._foreign(command.source),
                "destination": self._foreign(command.destination),
            }
            command = command.model_copy(update=sides)
        await self.commands.carry(Intake(command, intake.secrets, (also,)), cause)

    async def end(
        self, data_flow_id: str, reason: str, cause: Cause, also: Append
    ) -> None:
        """End it where it is not over, and record `also` with that, or alone.

        Raises IllegalTransitionError where it has completed just now.
        """
        flow, _ = await load(self.commands.log, data_flow_id)
        if flow.final:
            await self.commands.log.append(cause, also)
            return
        command = TerminateDataFlow(
            data_flow_id=data_flow_id, message_id=cause.causation_id, reason=reason
        )
        await self.commands.carry(Intake(command, also=(also,)), cause)
        await self.stop(Control(data_flow_id=data_flow_id, state=State.TERMINATED))

    def _foreign(self, side: Location | None) -> Location | None:
        if side is None:
            return None
        endpoint = side.fields.get("endpoint_url")
        if isinstance(endpoint, str):
            self.commands.reader.strangers.check(endpoint)
        return side.model_copy(update={"foreign": True})
