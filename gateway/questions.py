"""Reads over the bus: the same answers that HTTP gets, from the same read models."""

import asyncio
import json
import logging

import psycopg
from nats.aio.msg import Msg
from psycopg_pool import PoolTimeout
from pydantic import Field

from domain import names
from domain.access.operators import require_operator
from domain.errors import DataPlaneError, InvalidMessageError
from domain.signaling import DataFlowId, IncomingMessage, Problem
from domain.task import Status
from domain.task.messages import Service
from gateway.authorization import read_key
from gateway.dependencies import Dependencies
from gateway.known import known
from gateway.problems import problem
from gateway.reports import PLACE, ReportQuery, Wanted, report_page
from gateway.task_lists import TaskQuery, task_page
from projections import positions, queries
from projections.report_views import ReportPage
from projections.tasks_views import TaskList
from projections.views import ProgressReport, View

log = logging.getLogger(__name__)

_AUTHORIZATION = "Authorization"
_AT_ONCE = 4
# The broker counts the headers too.
_SPARE_BYTES = 1024


class ProgressQuestion(IncomingMessage):
    """How far is the copying of a flow?"""

    data_flow_id: DataFlowId


class ReportQuestion(ProgressQuestion):
    """What became of each object? `after` is the `next` of the page before."""

    outcome: Wanted = "all"
    after: str | None = Field(default=None, pattern=PLACE)
    limit: int = Field(default=200, ge=1, le=1000)


class TasksQuestion(IncomingMessage):
    """Which tasks are there? `before` is the `next` of the page before."""

    service: Service | None = None
    status: Status | None = None
    before: int | None = Field(default=None, ge=0, lt=1 << 63)
    limit: int = Field(default=50, ge=1, le=200)


class Answer(View):
    """One of those that were asked for; or why there is none."""

    progress: ProgressReport | None = None
    report: ReportPage | None = None
    tasks: TaskList | None = None
    problem: Problem | None = None


class Questions:
    """Answers `waybill.query.*`, to operators, a few at once."""

    def __init__(self, here: Dependencies) -> None:
        """Give `answer` to the bus."""
        self._here = here
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()

    async def hear(self, message: Msg) -> None:
        """Answer in a task of its own, so that the next one need not wait for it."""
        await self._slots.acquire()
        task = asyncio.create_task(self._respond(message))
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()

    async def _respond(self, message: Msg) -> None:
        if not message.reply:
            return
        try:
            answer = await self._answer(message)
        except DataPlaneError as error:
            answer = _refusal(error.code, error.detail)
        except (psycopg.Error, PoolTimeout):
            answer = _refusal("plane.unavailable", "the database does not answer")
        except Exception:
            log.exception("a question failed")
            answer = _refusal("plane.internal", "something failed inside the plane")
        try:
            await message.respond(answer)
        except Exception as error:  # noqa: BLE001 (nobody waits for it any more)
            log.warning("no answer", extra={"fields": {"error": type(error).__name__}})

    async def _answer(self, message: Msg) -> bytes:
        await asyncio.to_thread(self._let_in, message)
        said = _json(message.data)
        match names.verb_of(message.subject):
            case "progress":
                return await self._progress(ProgressQuestion.read(said))
            case "report":
                return await self._report(ReportQuestion.read(said))
            case "tasks":
                return await self._tasks(TasksQuestion.read(said))
            case _:
                raise InvalidMessageError("there is no such question")

    def _let_in(self, message: Msg) -> None:
        settings = self._here.settings
        if settings.authorization != "development":
            said = (message.headers or {}).get(_AUTHORIZATION, "")
            require_operator(said, read_key(settings.operator_key_file))

    async def _progress(self, asked: ProgressQuestion) -> bytes:
        name = "transfer_progress"
        async with self._here.pool.connection() as connection:
            row = await known(connection, name, queries.progress, asked.data_flow_id)
            lag = await positions.lag(connection, name)
        return _bytes(Answer(progress=ProgressReport(progress=row, lag=lag)))

    async def _report(self, asked: ReportQuestion) -> bytes:
        """A page; of fewer objects than asked for where the broker takes no more."""
        limit = asked.limit
        while True:
            query = ReportQuery(outcome=asked.outcome, after=asked.after, limit=limit)
            async with self._here.pool.connection() as connection:
                page = await report_page(connection, asked.data_flow_id, query)
            made = _bytes(Answer.model_construct(report=page))
            if len(made) <= self._most or limit == 1:
                return made
            limit = max(1, min(limit, len(page.objects)) // 2)

    async def _tasks(self, asked: TasksQuestion) -> bytes:
        """A page; of fewer tasks too, and one that is too large has no inputs."""
        limit = asked.limit
        while True:
            query = TaskQuery(status=asked.status, before=asked.before, limit=limit)
            page = await task_page(query, self._here, asked.service)
            made = _bytes(Answer(tasks=page))
            if len(made) <= self._most:
                return made
            if limit == 1:
                return _bytes(Answer(tasks=page.without_inputs()))
            limit = max(1, min(limit, len(page.tasks)) // 2)

    @property
    def _most(self) -> int:
        """The bytes that an answer may have."""
        return self._here.bus.max_payload - _SPARE_BYTES


def _json(data: bytes) -> object:
    try:
        said: object = json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidMessageError("the message is not JSON") from None
    return said


def _refusal(code: str, detail: str) -> bytes:
    return _bytes(Answer(problem=problem(code, detail)))


def _bytes(answer: Answer) -> bytes:
    return answer.model_dump_json().encode()
