"""Does what an asynchronous prepare or start has begun, and says when it is done."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.data_flow import READY, DataFlow
from domain.data_flow.commands import ReadyDataFlow, ReportError
from domain.errors import DataPlaneError
from eventlog import EventLog
from handlers.commands.handle import CommandHandler, load
from handlers.coordinator.agreements import Agreements
from handlers.coordinator.transfers import caused_by
from handlers.policy import PolicyCheck, Question

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preparer:
    """Every step may be repeated: a restart begins again with the agreement."""

    log: EventLog
    commands: CommandHandler
    policies: Sequence[PolicyCheck] = ()
    # None: agreements are not fetched.
    agreements: Agreements | None = None

    async def make_ready(self, data_flow_id: str) -> None:
        """PREPARING becomes PREPARED, STARTING becomes STARTED; or an error is told.

        Raises whatever may go away by itself; it is then called again, later.
        """
        flow, _ = await load(self.log, data_flow_id)
        if flow.state not in READY or flow.error is not None:
            return
        cause = caused_by(data_flow_id, flow.agreement_id, "preparer")
        try:
            agreement = await self._agreement(flow)
            await self._ask(flow, agreement)
        except DataPlaneError as error:
            if error.retryable:
                raise
            _log.warning("not made ready", extra={"fields": {"code": error.code}})
            refusal = ReportError(
                data_flow_id=data_flow_id, code=error.code, detail=error.detail
            )
            await self.commands.tell(refusal, cause)
            return
        ready = ReadyDataFlow(data_flow_id=data_flow_id, agreement=agreement)
        await self.commands.tell(ready, cause)

    async def _agreement(self, flow: DataFlow) -> dict[str, Any] | None:
        return await self.agreements.fetch(flow) if self.agreements else None

    async def _ask(self, flow: DataFlow, agreement: Mapping[str, Any] | None) -> None:
        assert flow.terms is not None  # noqa: S101 (every flow has them)
        question = Question(
            data_flow_id=flow.data_flow_id,
            role=flow.role,
            direction=flow.direction,
            terms=flow.terms,
            source=flow.source,
            destination=flow.destination,
            agreement=agreement,
        )
        for policy in self.policies:
            refusal = await policy.refusal(question)
            if refusal is not None:
                raise DataPlaneError(refusal, code="policy.refused")
