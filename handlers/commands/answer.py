"""What a control plane is answered: from the state, or as it was answered before."""

from domain.data_flow.state import Answer, DataFlow
from domain.errors import DataPlaneError
from domain.names import stream_id
from domain.signaling import Problem, Reply, StatusMessage
from handlers.commands.handle import Applied, Outcome


def answered(applied: Applied, *, confirmation: str | None = None) -> Reply:
    """The reply to a message that was applied, now or earlier."""
    flow = applied.flow
    recorded = flow.answers.get((applied.verb, applied.message_id or ""))
    answer = recorded or Answer(flow.state)
    return Reply(
        outcome=applied.outcome,
        status=_status(flow, applied, answer),
        confirmation=confirmation,
    )


def refused(error: DataPlaneError) -> Reply:
    """The reply to a message that cannot be applied."""
    entry = error.entry
    return Reply(
        outcome=Outcome.REFUSED,
        problem=Problem(
            code=error.code,
            detail=error.detail,
            error_class=entry.error_class,
            owner=entry.owner,
        ),
    )


def _status(flow: DataFlow, applied: Applied, answer: Answer) -> StatusMessage:
    # Derived, not drawn: the same message gets the same answer, to the last byte.
    about = f"{flow.data_flow_id}/{applied.verb}/{applied.message_id or answer.state}"
    return StatusMessage(
        message_id=str(stream_id("answer", about)),
        data_flow_id=flow.data_flow_id,
        state=answer.state,
        data_address=answer.data_address,
    )
