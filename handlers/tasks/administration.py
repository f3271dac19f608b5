"""What may be done with tasks: submit, report, cancel, delete, look."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from uuid_utils.compat import uuid7

from domain import names, task
from domain.errors import (
    AccessError,
    DataPlaneError,
    IllegalTransitionError,
    InvalidMessageError,
    Side,
    VersionConflictError,
)
from domain.message import Cause
from domain.signaling import Reply
from domain.task import (
    INITIAL,
    SYNC,
    CancelTask,
    DeleteTask,
    ReportTask,
    SubmitTask,
    TaskCommand,
    UnknownTaskError,
)
from domain.task.inputs import bounded, checked, invalid, masked, texts
from domain.task.life import Life
from domain.task.messages import (
    CancelTaskMessage,
    ReportTaskMessage,
    SubmitTaskMessage,
    TaskMessage,
)
from domain.task.summary import TaskSummary
from domain.task.sync import credentials_named, start_message
from eventlog import Append, EventLog
from handlers.access.asked import Asked
from handlers.commands.handle import Outcome
from handlers.tasks.access import TaskAccess, Who
from handlers.tasks.flows import Flows
from handlers.tasks.loading import Loaded, load
from handlers.tasks.settings import TaskSettings

_log = logging.getLogger(__name__)

_ATTEMPTS = 4
VERBS = frozenset(
    {
        *(names.SUBMIT_TASK, names.REPORT_TASK, names.SHOW_TASK),
        *(names.CANCEL_TASK, names.DELETE_TASK),
    }
)
# Records what was decided of a task, and whatever goes with it.
_Record = Callable[[Life | None, Append, Cause], Awaitable[object]]


@dataclass(frozen=True)
class TaskAdministration:
    """The one way into the streams of tasks; an answer is one message of the bus."""

    access: TaskAccess
    log: EventLog
    flows: Flows
    settings: TaskSettings
    most_bytes: Callable[[], int]

    async def answer(self, asked: Asked, body: bytes) -> Reply:
        """Do it. Raises AccessError for who may not, and the caller's errors."""
        said = _json(body)
        match asked.verb:
            case names.SUBMIT_TASK:
                return await self._submit(asked, SubmitTaskMessage.read(said))
            case names.REPORT_TASK:
                return await self._report(asked, ReportTaskMessage.read(said))
            case names.CANCEL_TASK:
                return await self._cancel(asked, CancelTaskMessage.read(said))
            case names.DELETE_TASK:
                return await self._delete(asked, TaskMessage.read(said))
            case _:
                return await self._show(asked, TaskMessage.read(said))

    async def _submit(self, asked: Asked, said: SubmitTaskMessage) -> Reply:
        who = self.access.user(asked, said.user_id)
        if who.user_id not in {None, said.user_id}:
            raise AccessError(
                "the API key is another user's", code="access.key-invalid"
            )
        if not self.settings.known(said.service):
            raise DataPlaneError(
                "there is no such service",
                code="task.service-unknown",
                side=Side.CALLER,
            )
        inputs = checked(texts(said.inputs))
        task_id, sync = said.task_id or str(uuid7()), said.service == SYNC
        command = SubmitTask(
            task_id=task_id,
            service=said.service,
            user_id=said.user_id,
            inputs=bounded(masked(inputs)),
            data_flow_id=task_id if sync else None,
        )
        if not sync:
            return await self._change(command, who, None, self._alone)
        message, trusted = start_message(task_id, said.user_id, inputs), not who.user_id
        for each in credentials_named(message):
            if not (trusted or self.settings.lends(each, said.user_id)):
                raise invalid("credentials: no such name for this user")

        async def begin(_: Life | None, append: Append, cause: Cause) -> None:
            await self.flows.begin(message, cause, append, trusted=trusted)

        return await self._change(command, who, None, begin)

    async def _report(self, asked: Asked, said: ReportTaskMessage) -> Reply:
        command = ReportTask(
            **said.model_dump(exclude={"service", "user_id"}, exclude_none=True)
        )
        return await self._change(
            command, self.access.operator(asked), said, self._alone
        )

    async def _cancel(self, asked: Asked, said: CancelTaskMessage) -> Reply:
        command = CancelTask(task_id=said.task_id, reason=said.reason)
        who = self.access.user(asked, said.user_id)
        return await self._change(command, who, said, self._ending)

    async def _delete(self, asked: Asked, said: TaskMessage) -> Reply:
        who = self.access.user(asked, said.user_id)
        known = await self._known(said, who)
        # Of a flow it is always known whether it is over; a publisher may be gone.
        foreign = known.life is not None and known.life.task.data_flow_id is None
        forced = foreign and who.user_id is None and said.user_id is None
        command = DeleteTask(task_id=said.task_id, forced=forced)
        return await self._change(command, who, said, self._ending)

    async def _show(self, asked: Asked, said: TaskMessage) -> Reply:
        who = self.access.user(asked, said.user_id)
        return self._told(Outcome.HANDLED, (await self._known(said, who)).life)

    async def _change(
        self,
        command: TaskCommand,
        who: Who,
        said: TaskMessage | None,
        record: _Record,
    ) -> Reply:
        """Decide it, and have it recorded; decided anew where another was first."""
        cause = Cause(
            causation_id=f"{type(command).__name__}:{command.task_id}",
            correlation_id=command.task_id,
            actor=who.actor,
            occurred_at=datetime.now(UTC),
        )
        for _ in range(_ATTEMPTS):
            known = await self._of(command.task_id, said, who)
            life = known.life
            events = task.decide(command, life.task if life else INITIAL)
            if not events:
                return self._told(Outcome.IGNORED, life)
            append = Append(names.task_stream(command.task_id), known.version, events)
            try:
                await record(life, append, cause)
            except (VersionConflictError, IllegalTransitionError):
                continue
            fields = {"task_id": command.task_id, "actor": who.actor}
            _log.info(events[0].TOPIC, extra={"fields": fields})
            after = await load(self.log, command.task_id)
            return self._told(Outcome.HANDLED, after.life)
        raise VersionConflictError("the task is being changed elsewhere")

    async def _of(self, task_id: str, said: TaskMessage | None, who: Who) -> Loaded:
        if said is None:
            return await load(self.log, task_id)
        return await self._known(said, who)

    async def _known(self, said: TaskMessage, who: Who) -> Loaded:
        """The task, if there is one for whoever asks. Raises UnknownTaskError."""
        known = await load(self.log, said.task_id)
        life = known.life
        if life is None or not life.task.exists or self._forgotten(life):
            raise _unknown()
        whose = {said.user_id, who.user_id} - {None}
        if whose - {life.task.user_id} or said.service not in {None, life.task.service}:
            raise _unknown()
        return known

    def _forgotten(self, life: Life) -> bool:
        ended = life.ended_at
        return ended is not None and datetime.now(UTC) - ended > self.settings.shown_for

    async def _alone(self, _: Life | None, append: Append, cause: Cause) -> None:
        await self.log.append(cause, append)

    async def _ending(self, life: Life | None, append: Append, cause: Cause) -> None:
        flow = life.task.data_flow_id if life else None
        if flow is None:
            # A flow of the same id may be anybody's.
            await self.log.append(cause, append)
            return
        await self.flows.end(flow, "asked for by its task", cause, append)

    def _told(self, outcome: Outcome, life: Life | None) -> Reply:
        if life is None:
            raise _unknown()
        settings = self.settings
        told = TaskSummary.of(life, settings.zone, settings.task_log_entries)
        return Reply(outcome=outcome, task=told.fitting(self.most_bytes()))


def _unknown() -> UnknownTaskError:
    return UnknownTaskError("there is no task with this id")


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidMessageError("the message is not JSON") from None
