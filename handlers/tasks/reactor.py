"""What follows from the events of tasks: others are told, failed flows are ended.

One of the commands handlers does it. An event is passed over only after what follows
from it was done; killed in between, it is done again: the broker drops the second
copy, and a flow is ended once.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from nats.aio.client import Client
from psycopg import AsyncConnection

from domain.data_flow.commands import TerminateDataFlow
from domain.data_flow.events import DataFlowErrored
from domain.errors import WAITED_OUT, IllegalTransitionError
from domain.message import Recorded
from domain.names import task_event_subject, task_stream
from domain.task import TaskEvent, TaskSubmitted
from eventlog import EventLog, Follower
from handlers.commands.handle import CommandHandler
from handlers.commands.intake import Intake
from handlers.tasks.loading import load
from handlers.tasks.news import TaskNews
from handlers.tasks.room import room

_log = logging.getLogger(__name__)

_KINDS: tuple[type[TaskEvent], ...] = get_args(TaskEvent)
_TOPICS = frozenset({DataFlowErrored.TOPIC, *(each.TOPIC for each in _KINDS)})
_FLUSH_SECONDS = 5
_AGAIN_SECONDS = 1.0
ACTOR = "tasks"


@dataclass(frozen=True)
class Reactor:
    """Follows the log; to be run beside the doors."""

    log: EventLog
    client: Client
    commands: CommandHandler

    async def run(self) -> None:
        """Until cancelled; what fails is tried again."""
        follower = Follower(self.log.pool, "tasks", "work", self._apply, topics=_TOPICS)
        while True:
            try:
                await follower.run()
            except Exception as error:  # noqa: BLE001 (nothing may end it)
                fields = {"error": f"{type(error).__name__}: {error}"}
                _log.warning("tasks are not followed", extra={"fields": fields})
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _apply(self, _: AsyncConnection, page: Sequence[Recorded]) -> None:
        told = False
        for each in page:
            if isinstance(each.event, DataFlowErrored):
                await self._end(each, each.event)
            else:
                await self._tell(each)
                told = True
        if told:
            await self.client.flush(_FLUSH_SECONDS)

    async def _tell(self, recorded: Recorded) -> None:
        service, user_id = await self._whose(recorded)
        news = TaskNews.of(recorded, service, user_id)
        subject = task_event_subject(service, recorded.event.TOPIC.split(".")[1])
        said = self._fitting(news)
        if said is not None:
            await self.client.publish(subject, said, headers={"Nats-Msg-Id": news.id})

    def _fitting(self, news: TaskNews) -> bytes | None:
        """As the broker takes it. What it never will must not hold up the others."""
        said, most = news.model_dump_json().encode(), room(self.client)
        if len(said) <= most:
            return said
        short = news.shortened().model_dump_json().encode()
        fields = {"task_id": news.subject, "size_bytes": len(said)}
        if len(short) > most:
            _log.warning(
                "%s is too large to be told", news.type, extra={"fields": fields}
            )
            return None
        _log.warning(
            "%s is told without its inputs", news.type, extra={"fields": fields}
        )
        return short

    async def _whose(self, recorded: Recorded) -> tuple[str, str]:
        event: Any = recorded.event
        if not isinstance(event, TaskSubmitted):
            # A stream begins with it.
            first = (await self.log.load(task_stream(event.task_id)))[0].event
            assert isinstance(first, TaskSubmitted)  # noqa: S101 (its first event)
            event = first
        return event.service, event.user_id

    async def _end(self, recorded: Recorded, event: DataFlowErrored) -> None:
        """Nobody resumes a task that has failed: its flow is over, its secrets go."""
        if event.code in WAITED_OUT:
            return
        life = (await load(self.log, event.data_flow_id)).life
        if life is None or life.task.data_flow_id != event.data_flow_id:
            return
        command = TerminateDataFlow(
            data_flow_id=event.data_flow_id,
            message_id=f"failed:{recorded.metadata.event_id}",
            reason=f"its task has failed: {event.code}",
        )
        cause = recorded.metadata.follow(ACTOR, datetime.now(UTC))
        # Completed meanwhile: then it is over too.
        with suppress(IllegalTransitionError):
            await self.commands.carry(Intake(command), cause)
