"""The broker, as the gateway uses it: one request per signal, and ticks of progress."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, MaxPayloadError
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from domain import names
from domain.errors import DataPlaneError
from domain.signaling import Reply
from gateway.problems import BodyTooLargeError

log = logging.getLogger(__name__)

Hear = Callable[[Msg], Awaitable[None]]

_QUEUES = (
    (names.TASK_STREAM, names.TASK_DURABLE),
    (names.SIGNAL_STREAM, names.SIGNAL_DURABLE),
)
_ACTOR, _AUTHORIZATION = "Waybill-Actor", "Authorization"
# The broker counts headers as payload, and hangs up on whoever exceeds its limit.
_HEADER_BYTES = 4096


class Bus:
    """Connects in the background and for ever; until then every command is refused."""

    def __init__(self, nats_url: str, timeout_seconds: float) -> None:
        """Not connected yet."""
        self._url = nats_url
        self._timeout = timeout_seconds
        self._client = Client()
        self._hear: Hear | None = None
        self._hear_workers: Hear | None = None

    def listen_to_workers(self, hear: Hear) -> None:
        """Have it hear each heartbeat of a worker. To be called before it runs."""
        self._hear_workers = hear

    def answer_with(self, hear: Hear) -> None:
        """Have it hear each question. To be called before it runs."""
        self._hear = hear

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Connected, or trying to."""
        connecting = asyncio.create_task(self._connect())
        try:
            yield
        finally:
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError, Error, OSError):
                await connecting
            with contextlib.suppress(Error, OSError):
                await self._client.close()

    @property
    def connected(self) -> bool:
        """Whether a command would be sent now."""
        return self._client.is_connected

    @property
    def max_payload(self) -> int:
        """The bytes that the broker takes in one message."""
        return self._client.max_payload

    async def command(
        self, verb: str, body: bytes, actor: str, authorization: str = ""
    ) -> Reply:
        """Ask the commands handlers. Raises DataPlaneError where none answers.

        `authorization` is the header of the caller, which they judge.
        Without an answer the command may have had its effect all the same: sent again
        with the same message id, it gets the same answer.
        """
        if not self.connected:
            raise _unavailable("the broker cannot be reached")
        size = len(body) + len(authorization.encode())
        if size > self._client.max_payload - _HEADER_BYTES:
            raise BodyTooLargeError
        subject, headers = names.command_subject(verb), {_ACTOR: actor}
        if authorization:
            headers[_AUTHORIZATION] = authorization
        try:
            message = await self._client.request(
                subject, body, timeout=self._timeout, headers=headers
            )
        except MaxPayloadError:
            raise BodyTooLargeError from None
        except (Error, TimeoutError, OSError) as error:
            raise _unavailable("no commands handler has answered") from error
        try:
            return Reply.model_validate_json(message.data)
        except ValidationError:
            raise DataPlaneError("the commands handler's answer is not valid") from None

    async def queues(self) -> list[tuple[str, int, int, int]]:
        """Per work queue: name, messages waiting, in hand, delivered before.

        Raises DataPlaneError when the broker does not answer; a queue that nobody has
        made yet is left out.
        """
        if not self.connected:
            raise _unavailable("the broker cannot be reached")
        found: list[tuple[str, int, int, int]] = []
        jetstream = self._client.jetstream()  # pyright: ignore[reportUnknownMemberType]
        for stream, durable in _QUEUES:
            try:
                told = await jetstream.consumer_info(stream, durable)
            except NotFoundError:
                continue
            except (Error, TimeoutError, OSError) as error:
                raise _unavailable("the broker does not answer") from error
            counts = told.num_pending, told.num_ack_pending, told.num_redelivered
            waiting, in_hand, again = (count or 0 for count in counts)
            found.append((stream, waiting, in_hand, again))
        return found

    @asynccontextmanager
    async def ticks(self, data_flow_id: str) -> AsyncGenerator[asyncio.Event]:
        """An event that is set whenever there may be news of the flow's progress."""
        news = asyncio.Event()

        async def wake(_: Msg) -> None:
            news.set()

        if not self.connected:
            yield news
            return
        subject = names.progress_subject(data_flow_id)
        subscription = await self._client.subscribe(  # pyright: ignore[reportUnknownMemberType]
            subject, cb=wake
        )
        try:
            yield news
        finally:
            with contextlib.suppress(Error, OSError):
                await subscription.unsubscribe()

    async def _connect(self) -> None:
        await self._client.connect(
            self._url,
            name="waybill-gateway",
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=_error,
            disconnected_cb=_disconnected,
            reconnected_cb=_reconnected,
        )
        if self._hear:
            await self._client.subscribe(  # pyright: ignore[reportUnknownMemberType]
                names.QUERY_SUBJECTS, queue=names.QUERIES_QUEUE, cb=self._hear
            )
        if self._hear_workers:
            await self._client.subscribe(  # pyright: ignore[reportUnknownMemberType]
                names.WORKER_SUBJECTS, cb=self._hear_workers
            )
        log.info("broker connected")


def _unavailable(detail: str) -> DataPlaneError:
    return DataPlaneError(detail, code="plane.unavailable")


async def _error(error: Exception) -> None:
    log.warning("broker error", extra={"fields": {"error": type(error).__name__}})


async def _disconnected() -> None:
    log.warning("broker disconnected")


async def _reconnected() -> None:
    log.info("broker reconnected")
