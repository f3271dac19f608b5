"""Both doors on the bus: request and reply, and publish and go."""

import json
import logging

from eventsourcing.persistence import PersistenceError
from faststream.exceptions import NackMessage
from faststream.nats import NatsBroker, NatsMessage, PullSub
from psycopg import OperationalError as DatabaseDownError
from psycopg_pool import PoolTimeout

from domain import names
from domain.data_flow import State
from domain.errors import DataPlaneError, InvalidMessageError
from domain.signaling import Reply
from handlers import bus
from handlers.commands.answer import answered, refused
from handlers.commands.confirmations import Confirmations
from handlers.commands.handle import Applied, CommandHandler
from handlers.messages import Control

_log = logging.getLogger(__name__)

_DATABASE_DOWN = (DatabaseDownError, PersistenceError, PoolTimeout)
_LONGEST_DELAY_SECONDS = 30
_STOPPED = {"suspend": State.SUSPENDED, "terminate": State.TERMINATED}


class Doors:
    """Parses, calls, answers; what is decided is decided elsewhere."""

    def __init__(self, handler: CommandHandler, confirmations: Confirmations) -> None:
        """Subscribe it with `attach`."""
        self._handler = handler
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
            return await self._answer(message)
        except _DATABASE_DOWN:
            _log.warning("the database does not answer")
            unavailable = DataPlaneError(
                "the database does not answer", code="plane.unavailable"
            )
            return refused(unavailable)

    async def signal(self, message: NatsMessage) -> Reply:
        """A command whose sender has gone; stored before it is acknowledged."""
        try:
            return await self._answer(message)
        except _DATABASE_DOWN:
            deliveries = message.raw_message.metadata.num_delivered
            raise NackMessage(
                delay=min(2**deliveries, _LONGEST_DELAY_SECONDS)
            ) from None

    async def _answer(self, message: NatsMessage) -> Reply:
        verb = names.verb_of(message.raw_message.subject)
        actor = message.headers.get("Waybill-Actor", "nats")
        try:
            applied = await self._handler.signal(verb, _json(message.body), actor)
        except DataPlaneError as error:
            fields = {"verb": verb, "code": error.code}
            _log.info("command refused", extra={"fields": fields})
            return refused(error)
        if verb != "status":
            fields = {"verb": verb, "data_flow_id": applied.flow.data_flow_id}
            _log.info("command %s", applied.outcome, extra={"fields": fields})
        return answered(applied, confirmation=await self._confirm(verb, applied))

    async def _confirm(self, verb: str, applied: Applied) -> str | None:
        state = _STOPPED.get(verb)
        if state is None or applied.flow.state is not state:
            return None
        control = Control(data_flow_id=applied.flow.data_flow_id, state=state)
        stopped = await self._confirmations.stop(control)
        return "confirmed" if stopped else "pending"


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        raise InvalidMessageError("the message is not JSON") from None
