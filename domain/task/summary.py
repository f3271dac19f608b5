"""A task as it is told to whoever may see it."""

import json
from datetime import datetime, tzinfo
from typing import Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from domain.task.life import Life
from domain.task.status import Status


class TaskSummary(BaseModel):
    """Never stale. `inputs` are without what is secret.

    `log` are the latest lines, the oldest first: `<iso timestamp>,<message>`.
    `dataFlowId` names the flow that carries it out, null where it is done elsewhere.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )

    task_id: str
    service: str
    user_id: str
    status: Status
    inputs: dict[str, str | tuple[str, ...]]
    data_flow_id: str | None
    percent: float | None
    code: str
    detail: str
    submitted_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    log: tuple[str, ...]

    @classmethod
    def of(cls, life: Life, zone: tzinfo, entries: int) -> Self:
        """With that many of the latest lines, by the clock of a zone."""
        task = life.task
        latest = life.log[-entries:] if entries else ()
        return cls(
            task_id=task.task_id,
            service=task.service,
            user_id=task.user_id,
            status=task.status,
            inputs=dict(task.inputs),
            data_flow_id=task.data_flow_id,
            percent=task.percent,
            code=task.code,
            detail=task.detail,
            submitted_at=life.submitted_at.astimezone(zone),
            updated_at=life.updated_at.astimezone(zone),
            ended_at=life.ended_at.astimezone(zone) if life.ended_at else None,
            log=tuple(each.text(zone) for each in latest),
        )

    def fitting(self, most_bytes: int) -> Self:
        """Without its inputs or its older lines, where it is larger as ASCII JSON.

        Whichever of them is the larger goes first.
        """
        told = self
        while _bytes(told.model_dump(mode="json")) > most_bytes:
            if told.log and _bytes(told.log) >= _bytes(told.inputs):
                later = told.log[len(told.log) // 2 + 1 :]
                told = told.model_copy(update={"log": later})
            elif told.inputs:
                told = told.model_copy(update={"inputs": {}})
            else:
                break
        return told


def _bytes(each: object) -> int:
    return len(json.dumps(each))
