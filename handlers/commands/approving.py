"""What an approval approves: the plan, as the transfer's stream holds it."""

from domain.data_flow.commands import ApproveDataFlow
from domain.signaling import FollowUpMessage
from eventlog import EventLog
from handlers.coordinator.transfers import load_transfer


async def approval(log: EventLog, message: FollowUpMessage) -> ApproveDataFlow:
    """The command, with what is planned now; a complete plan does not change."""
    plan, _ = await load_transfer(log, message.data_flow_id)
    return ApproveDataFlow(
        data_flow_id=message.data_flow_id,
        message_id=message.message_id,
        planned=plan.planned,
        objects=plan.objects,
        size_bytes=plan.size_bytes,
        deletes=plan.deletions.deletes,
        deletes_digest=plan.deletions.digest if plan.deletions.deletes else "",
    )
