"""The protocol's bodies as the OpenAPI description shows them.

Reading is done by `domain.signaling`, which takes more than is described here.
"""

import re
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.scheduling.priority import MOST_URGENT
from domain.signaling import CreatingMessage

# As the messages take it (`domain.signaling`): printable, and short.
Identifier = Annotated[
    str, Path(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+$")
]


def _digits(value: object) -> object:
    # A query is text, and pydantic reads "+0.0" as a whole number.
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value):
        msg = "must be a whole number"
        raise ValueError(msg)
    return value


# Behind the bounds, so that the OpenAPI document still names them.
WHOLE = BeforeValidator(_digits)


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


class NotificationBody(_Body):
    """DataFlowStartedNotificationMessage, DataFlowResumeMessage."""

    message_id: str
    data_address: dict[str, Any] | None = None


class ReasonBody(_Body):
    """DataFlowSuspendMessage, DataFlowTerminateMessage."""

    message_id: str
    reason: str | None = None


class PriorityBody(_Body):
    """How urgent a flow is, the more the sooner; 3 where nothing was said."""

    message_id: str | None = None
    priority: Annotated[int, Field(ge=1, le=MOST_URGENT)]


class EmptyBody(_Body):
    """Nothing, or an empty object."""


class StateBody(_Body):
    """DataFlowStatusResponseMessage."""

    data_flow_id: str
    state: str


def described(body: type[BaseModel]) -> dict[str, Any]:
    """The request body of an endpoint, for its OpenAPI description."""
    content = {"application/json": {"schema": body.model_json_schema()}}
    required = body in (CreatingMessage, PriorityBody)
    return {"requestBody": {"required": required, "content": content}}
