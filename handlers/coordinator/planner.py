"""Plans a started transfer, or finds that it cannot be planned."""

import logging
from dataclasses import dataclass

from domain.data_flow import DataFlow
from domain.demands import require_possible
from domain.errors import DataPlaneError, VersionConflictError
from domain.names import transfer_stream
from domain.transfer.events import TransferFailed, TransferWaiting
from eventlog import Append, EventLog
from handlers.causes import first_cause
from handlers.coordinator.opening import origin_of
from handlers.coordinator.planning import Planning
from handlers.coordinator.transfer_writer import TransferWriter
from handlers.coordinator.transfers import caused_by, load_transfer
from handlers.copiers import Copiers

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Planner:
    """Plans transfers; a page that is recorded is never planned again."""

    log: EventLog
    copiers: Copiers
    watch_seconds: float = 10.0

    async def plan(self, flow: DataFlow) -> None:
        """Plan what is not planned yet; what cannot be planned fails the transfer.

        Raises what may pass by itself: it is to be called again, later.

        A flow without an end is planned until it is cancelled. Safe to call again, and
        to be cancelled at any point.
        """
        state, version = await load_transfer(self.log, flow.data_flow_id)
        if state.ended or (state.planned and not flow.approved):
            return
        try:
            # Also of an address that a resume has brought.
            require_possible(flow.options, flow.source, flow.destination)
            async with (
                self.copiers.of(flow) as copier,
                origin_of(flow, copier, self.copiers, self.log) as origin,
            ):
                writer = TransferWriter(self.log, flow, state, version)
                planning = Planning(writer, flow, copier, origin, self.watch_seconds)
                await planning.run()
        except (DataPlaneError, BaseExceptionGroup) as error:
            cause = first_cause(error)
            # A conflict is no fault of the plan: it is read again, and gone on with.
            conflict = isinstance(cause, VersionConflictError)
            if conflict or not isinstance(cause, DataPlaneError):
                raise
            if cause.retryable:
                # What may pass is waited for: nothing is lost by going on later.
                raise cause from None
            _log.warning("planning failed", extra={"fields": {"code": cause.code}})
            if cause.waited_out:
                await self._waits(flow, cause)
            else:
                await self._failed(flow, cause)

    async def _waits(self, flow: DataFlow, error: DataPlaneError) -> None:
        """Not failed: what is planned stays so, and a resume goes on behind it."""
        data_flow_id = flow.data_flow_id
        state, version = await load_transfer(self.log, data_flow_id)
        event = TransferWaiting(
            data_flow_id=data_flow_id,
            code=error.code,
            side=error.side,
            detail=error.detail,
            resumes=flow.resumes,
        )
        if state.waited_at != flow.resumes:
            append = Append(transfer_stream(data_flow_id), version, (event,))
            await self.log.append(caused_by(data_flow_id, flow.agreement_id), append)

    async def _failed(self, flow: DataFlow, error: DataPlaneError) -> None:
        data_flow_id = flow.data_flow_id
        state, version = await load_transfer(self.log, data_flow_id)
        event = TransferFailed(
            data_flow_id=data_flow_id,
            code=error.code,
            detail=f"{error.side}: {error.detail}",
        )
        if not state.ended:
            append = Append(transfer_stream(data_flow_id), version, (event,))
            await self.log.append(caused_by(data_flow_id, flow.agreement_id), append)
