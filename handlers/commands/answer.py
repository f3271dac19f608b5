"""What a control plane is answered: from the state, or as it was answered before."""

from collections.abc import Callable, Mapping
from typing import Any

from domain.data_flow.state import Answer, DataFlow, State
from domain.errors import DataPlaneError
from domain.names import stream_id
from domain.signaling import Problem, Reply, StatusMessage
from handlers.commands.handle import Applied, Outcome

_WITH_ADDRESS = ("prepare", "start", "resume")
_TOLD = (State.PREPARED, State.STARTED)

# An address as it is recorded and its flow's id; what is told may hold more.
Fill = Callable[[Mapping[str, Any], str], dict[str, Any]]


def as_recorded(address: Mapping[str, Any], _: str) -> dict[str, Any]:
    """Nothing is added."""
    return dict(address)


def answered(
    applied: Applied, *, confirmation: str | None = None, fill: Fill = as_recorded
) -> Reply:
    """The reply to a message that was applied, now or earlier.

    `fill` adds to an address what must not be recorded: tokens, made at each answer.
    """
    flow = applied.flow
    recorded = flow.answers.get((applied.verb, applied.message_id or ""))
    answer = recorded or _unrecorded(applied)
    return Reply(
        outcome=applied.outcome,
        status=_status(flow, applied, answer, fill),
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


def _unrecorded(applied: Applied) -> Answer:
    """To a message without an id, as older control planes send them; or a question."""
    flow = applied.flow
    told = applied.verb in _WITH_ADDRESS and flow.state in _TOLD
    return Answer(flow.state, flow.reply_address if told else None)


def _status(
    flow: DataFlow, applied: Applied, answer: Answer, fill: Fill
) -> StatusMessage:
    # Derived, not drawn: the same message gets the same answer.
    about = f"{flow.data_flow_id}/{applied.verb}/{applied.message_id or answer.state}"
    address = answer.data_address
    return StatusMessage(
        message_id=str(stream_id("answer", about)),
        data_flow_id=flow.data_flow_id,
        state=answer.state,
        data_address=address and fill(address, flow.data_flow_id),
    )
