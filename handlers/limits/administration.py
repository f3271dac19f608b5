"""What an operator may do with limits: set, clear, look."""

import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from nats.errors import Error as BusError

from domain import limits, names
from domain.errors import InvalidMessageError, VersionConflictError
from domain.limits import (
    AllLimits,
    ClearLimits,
    LimitsChanged,
    LimitsCommand,
    SetLimits,
)
from domain.limits.messages import ClearLimitsMessage, SetLimitsMessage
from domain.limits.summary import LimitsSummary
from domain.message import Cause
from domain.signaling import Reply
from eventlog import Append, EventLog
from handlers.access.asked import Asked
from handlers.access.gate import Gate
from handlers.commands.handle import Outcome
from handlers.messages import LimitsNews

_log = logging.getLogger(__name__)

_ATTEMPTS = 4
VERBS = frozenset({names.SET_LIMITS, names.CLEAR_LIMITS, names.LIST_LIMITS})


@dataclass(frozen=True)
class LimitsAdministration:
    """The one way into the stream of limits. `publish` tells the workers."""

    gate: Gate
    log: EventLog
    publish: Callable[[LimitsNews], Awaitable[object]]

    async def answer(self, asked: Asked, body: bytes) -> Reply:
        """Do it. Raises AccessError for who is no operator, and the caller's errors."""
        actor = self.gate.operator(asked)
        match asked.verb:
            case names.SET_LIMITS:
                said = SetLimitsMessage.read(_json(body))
                command = SetLimits(scope=said.scope, limits=said.limits)
                return await self._applied(command, actor)
            case names.CLEAR_LIMITS:
                scope = ClearLimitsMessage.read(_json(body)).scope
                return await self._applied(ClearLimits(scope=scope), actor)
            case _:
                known, _ = await self._load()
                return Reply(outcome=Outcome.HANDLED, limits=_told(known))

    async def _applied(self, command: LimitsCommand, actor: str) -> Reply:
        for _ in range(_ATTEMPTS):
            known, version = await self._load()
            events = limits.decide(command, known)
            if not events:
                return Reply(outcome=Outcome.IGNORED, limits=_told(known))
            try:
                await self._append(events, version, actor)
            except VersionConflictError:
                continue
            for event in events:
                known = limits.evolve(known, event)
            # A worker that does not hear of it finds it in the log.
            with contextlib.suppress(BusError, OSError, TimeoutError):
                await self.publish(LimitsNews(version=version + len(events)))
            return Reply(outcome=Outcome.HANDLED, limits=_told(known))
        raise VersionConflictError("the limits are being changed elsewhere")

    async def _append(
        self, events: tuple[LimitsChanged, ...], version: int, actor: str
    ) -> None:
        scope = events[0].scope
        cause = Cause(
            causation_id=f"{names.SET_LIMITS}:{scope}",
            correlation_id=scope,
            actor=actor,
            occurred_at=datetime.now(UTC),
        )
        await self.log.append(cause, Append(names.limits_stream(), version, events))
        fields = {"scope": scope, "actor": actor}
        _log.info(events[0].TOPIC, extra={"fields": fields})

    async def _load(self) -> tuple[AllLimits, int]:
        known, version = limits.INITIAL, 0
        for each in await self.log.load(names.limits_stream()):
            known = limits.evolve(known, cast("LimitsChanged", each.event))
            version = each.version
        return known, version


def _told(known: AllLimits) -> tuple[LimitsSummary, ...]:
    now = datetime.now(UTC)
    return tuple(LimitsSummary.of(s, each, now) for s, each in sorted(known.items()))


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidMessageError("the message is not JSON") from None
