"""An earlier flow, whose failed objects are to be copied again."""

from domain.data_flow import DataFlow
from domain.errors import UnknownFlowError
from eventlog import EventLog
from handlers.coordinator.transfers import load_transfer


async def require_failures(log: EventLog, earlier: DataFlow) -> None:
    """Raise UnknownFlowError, or IllegalTransitionError while it may still fail."""
    if not earlier.exists:
        raise UnknownFlowError("failedOf: there is no data flow with this id")
    if not earlier.moves_data:
        raise earlier.refusal("be retried: the other side copied")
    transfer, _ = await load_transfer(log, earlier.data_flow_id)
    if not (transfer.ended or earlier.final):
        raise earlier.refusal("be retried: it is not done yet")
