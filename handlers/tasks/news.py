"""What others are told of a task: CloudEvents, whose data is the task's event."""

from datetime import datetime
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

from domain.message import Recorded

_EMPTY: Final[tuple[tuple[str, JsonValue], ...]] = (("inputs", {}), ("log", []))


class TaskNews(BaseModel):
    """CloudEvents 1.0 in JSON.

    `data` holds `taskId`, `service`, `userId` and the fields of the event: `inputs` and
    `dataFlowId` of `task.submitted.v1`, `reason` of `task.cancel-requested.v1`,
    `status`, `percent`, `code`, `detail` and `log` of `task.reported.v1`. What is too
    large for one message is told with empty `inputs` and `log`.
    """

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, JsonValue]

    @classmethod
    def of(cls, recorded: Recorded, service: str, user_id: str) -> Self:
        """Of an event of a task that is this user's, of this service."""
        event: Any = recorded.event
        fields = event.model_dump(mode="json")
        return cls(
            id=str(recorded.metadata.event_id),
            source=f"/services/{service}/tasks",
            type=event.TOPIC,
            subject=event.task_id,
            time=recorded.metadata.occurred_at,
            data={
                **{to_camel(name): value for name, value in fields.items()},
                "service": service,
                "userId": user_id,
            },
        )

    def shortened(self) -> Self:
        """Without what may be large."""
        short: dict[str, JsonValue] = {
            name: empty for name, empty in _EMPTY if name in self.data
        }
        return self.model_copy(update={"data": {**self.data, **short}})
