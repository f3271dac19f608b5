"""Both doors on the bus: request and reply, and publish and go."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from eventsourcing.persistence import PersistenceError
from faststream.exceptions import NackMessage
from faststream.nats import NatsBroker, NatsMessage, PullSub
from psycopg import OperationalError as DatabaseDownError
from psycopg_pool import PoolTimeout

from domain import names
from domain.access.claims import Identity, shown
from domain.data_flow import State
from domain.errors import DataPlaneError, InvalidMessageError
from domain.signaling import Reply
from handlers import bus
from handlers.access import administration
from handlers.access.asked import Asked, Door
from handlers.access.assembly import Access
from handlers.access.gate import RefusedIdentityError
from handlers.commands.answer import Fill, answered, as_recorded, refused
from handlers.commands.confirmations import Confirmations
from handlers.commands.handle import Applied, CommandHandler
from handlers.messages import Control

_log = logging.getLogger(__name__)

# An administration's `answer`.
Answering = Callable[[Asked, bytes], Awaitable[Reply]]

_DATABASE_DOWN = (DatabaseDownError, PersistenceError, PoolTimeout)
_LONGEST_DELAY_SECONDS = 30
# Signals come in order, so one control plane's keys must not keep the others waiting.
_MOST_WAITS_FOR_KEYS = 4
_STOPPED = {"suspend": State.SUSPENDED, "terminate": State.TERMINATED}


class Doors:
    """Parses, calls, answers; what is decided is decided elsewhere."""

    def __init__(
        self,
        handler: CommandHandler,
        confirmations: Confirmations,
        access: Access,
        others: Mapping[str, Answering],
        fill: Fill = as_recorded,
    ) -> None:
        """Subscribe it with `attach`. `others` answer the verbs that are not a flow's.

        By request only: nobody publishes these and goes.
        """
        self._others = others
        self._fill = fill
        self._handler = handler
        self._access = access
        self._confirmations = confirmations

    def attach(self, broker: NatsBroker) -> None:
        """Hear requests, durable signals, and the workers' heartbeats."""
        broker.subscriber(
            names.COMMAND_SUBJECTS, queue=names.COMMANDS_QUEUE, max_workers=64
        )(self.request)
        broker.subscriber(
            names.SIGNAL_SUBJECTS,
            stream=bus.SIGNALS,
            durable=names.SIGNAL_DURABLE,
            config=bus.signal_consumer(),
            pull_sub=PullSub(batch_size=1, timeout=1),
        )(self.signal)
        broker.subscriber(names.WORKER_SUBJECTS)(self._confirmations.heard)

    async def request(self, message: NatsMessage) -> Reply:
        """A command whose sender waits for the answer."""
        try:
            return await self._answer(message, Asked.of(message, durable=False))
        except _DATABASE_DOWN:
            _log.warning("the database does not answer")
            unavailable = DataPlaneError(
                "the database does not answer", code="plane.unavailable"
            )
            return refused(unavailable)

    async def signal(self, message: NatsMessage) -> Reply:
        """A command whose sender has gone; stored before it is acknowledged."""
        asked = Asked.of(message, durable=True)
        try:
            return await self._answer(message, asked)
        except _DATABASE_DOWN:
            raise _again(asked) from None

    async def _answer(self, message: NatsMessage, asked: Asked) -> Reply:
        identity = Identity()
        try:
            if asked.verb in administration.VERBS and asked.door is not Door.SIGNAL:
                return await self._access.administration.answer(asked, message.body)
            if asked.verb in self._others and asked.door is not Door.SIGNAL:
                return await self._others[asked.verb](asked, message.body)
            caller = await self._access.gate.admit(asked)
            identity = Identity(claimed=shown(caller.control_plane_id))
            body = _json(message.body)
            applied = await self._handler.signal(asked.verb, body, caller)
        except RefusedIdentityError as error:
            return await self._refuse(asked, error, error.identity)
        except DataPlaneError as error:
            return await self._refuse(asked, error, identity)
        if asked.verb != "status":
            fields = {"verb": asked.verb, "data_flow_id": applied.flow.data_flow_id}
            _log.info("command %s", applied.outcome, extra={"fields": fields})
        told = await self._confirm(asked.verb, applied)
        return answered(applied, confirmation=told, fill=self._fill)

    async def _refuse(
        self, asked: Asked, error: DataPlaneError, identity: Identity
    ) -> Reply:
        if (
            asked.door is Door.SIGNAL
            and error.code == "access.keys-unavailable"
            and asked.deliveries < _MOST_WAITS_FOR_KEYS
        ):
            raise _again(asked)
        fields = {"verb": asked.verb, "code": error.code}
        _log.info("command refused", extra={"fields": fields})
        if error.code.startswith("access."):
            await self._access.refusals.note(asked, error, identity)
        return refused(error)

    async def _confirm(self, verb: str, applied: Applied) -> str | None:
        state = _STOPPED.get(verb)
        if state is None or applied.flow.state is not state:
            return None
        control = Control(data_flow_id=applied.flow.data_flow_id, state=state)
        stopped = await self._confirmations.stop(control)
        return "confirmed" if stopped else "pending"


def _again(asked: Asked) -> NackMessage:
    return NackMessage(delay=min(2**asked.deliveries, _LONGEST_DELAY_SECONDS))


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        raise InvalidMessageError("the message is not JSON") from None
