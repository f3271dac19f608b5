"""Lets the deletions of a mirror begin, or gives them up: once, when all is copied."""

from domain.names import transfer_stream
from domain.transfer.events import DeletionsReleased, DeletionsWithheld
from eventlog import Append, EventLog
from handlers.coordinator.rows import Rows
from handlers.coordinator.transfers import caused_by, load_transfer


async def deletions_wait(log: EventLog, rows: Rows, data_flow_id: str) -> bool:
    """Whether deletions of a whole plan wait; to be asked again until none does.

    They are released once every object was copied, and given up if one could not be.
    """
    if not await rows.withheld(data_flow_id):
        return False
    if await rows.unfinished(data_flow_id):
        return True
    failed, _ = await rows.failed_uploads(data_flow_id)
    # Read after the question what is unfinished: the counts are final now.
    flow = await rows.flow(data_flow_id)
    state, version = await load_transfer(log, data_flow_id)
    if flow is None or flow.gate == "held" or state.ended or state.deletions.settled:
        return True
    event: DeletionsReleased | DeletionsWithheld = DeletionsReleased(
        data_flow_id=data_flow_id, deletes=state.deletions.deletes
    )
    if failed or flow.failure_code is not None:
        event = DeletionsWithheld(
            data_flow_id=data_flow_id,
            code="plan.copies-failed",
            detail=f"{failed + flow.failed_objects} objects could not be copied",
        )
    append = Append(transfer_stream(data_flow_id), version, (event,))
    await log.append(caused_by(data_flow_id, flow.agreement_id), append)
    return True
