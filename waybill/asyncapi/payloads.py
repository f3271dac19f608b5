"""The payloads' schemas, from the models that read and write them."""

from typing import Any, Literal, TypeAlias, cast

from pydantic import AliasChoices, BaseModel
from pydantic.json_schema import models_json_schema

from domain.control_plane.messages import (
    AuthorizationEntry,
    ControlPlaneRegistrationMessage,
)
from domain.limits.messages import (
    ClearLimitsMessage,
    SetLimitsMessage,
    WindowMessage,
)
from domain.signaling import (
    CreatingMessage,
    FollowUpMessage,
    IncomingMessage,
    PriorityMessage,
    Reply,
)
from domain.task.messages import (
    CancelTaskMessage,
    ReportTaskMessage,
    SubmitTaskMessage,
    TaskMessage,
)
from gateway.questions import (
    Answer,
    ProgressQuestion,
    ReportQuestion,
    TasksQuestion,
)
from handlers.files.job_events import FileJobEvent
from handlers.messages import (
    Confirmation,
    Control,
    Heartbeat,
    LimitsNews,
    SegmentTask,
)
from handlers.tasks.news import TaskNews

Schema: TypeAlias = dict[str, Any]

_BESIDE = ("description", "default")
_REF = "#/components/schemas/{model}"
_MODELS: tuple[tuple[type[BaseModel], Literal["validation", "serialization"]], ...] = (
    (CreatingMessage, "validation"),
    (FollowUpMessage, "validation"),
    (PriorityMessage, "validation"),
    (ControlPlaneRegistrationMessage, "validation"),
    (SetLimitsMessage, "validation"),
    (ClearLimitsMessage, "validation"),
    (Reply, "validation"),
    (ProgressQuestion, "validation"),
    (ReportQuestion, "validation"),
    (TasksQuestion, "validation"),
    (SubmitTaskMessage, "validation"),
    (TaskMessage, "validation"),
    (CancelTaskMessage, "validation"),
    (ReportTaskMessage, "validation"),
    (TaskNews, "serialization"),
    (Answer, "validation"),
    (SegmentTask, "validation"),
    (Control, "validation"),
    (Confirmation, "validation"),
    (Heartbeat, "validation"),
    (LimitsNews, "validation"),
    (FileJobEvent, "validation"),
)
_INCOMING: tuple[type[IncomingMessage], ...] = (
    CreatingMessage,
    FollowUpMessage,
    PriorityMessage,
    ControlPlaneRegistrationMessage,
    AuthorizationEntry,
    SetLimitsMessage,
    WindowMessage,
    ClearLimitsMessage,
    ProgressQuestion,
    ReportQuestion,
    TasksQuestion,
    SubmitTaskMessage,
    TaskMessage,
    CancelTaskMessage,
    ReportTaskMessage,
)
# Not models: there is nothing, or next to nothing, to read.
_PLAIN: dict[str, Schema] = {
    "Nothing": {
        "type": "string",
        "maxLength": 0,
        "description": "An empty body: that it came is all it says.",
    },
    "SealEntries": {
        "type": "string",
        "format": "binary",
        "description": "Per event 8 bytes of position and 32 of digest; those that the"
        " messages before did not have.",
    },
    "NoFields": {"type": "object", "description": "An object; its fields are ignored."},
    "ControlPlaneName": {
        "type": "object",
        "properties": {"controlplaneId": {"type": "string", "minLength": 1}},
        "required": ["controlplaneId"],
    },
}


def schemas() -> dict[str, Schema]:
    """All payloads by name, and what they refer to."""
    _, found = models_json_schema(_MODELS, by_alias=True, ref_template=_REF)
    made: dict[str, Schema] = cast("dict[str, Schema]", _untitled(found["$defs"]))
    for model in _INCOMING:
        made[model.__name__] = _as_read(model, made[model.__name__])
    return {**dict(sorted(made.items())), **_PLAIN}


def _as_read(model: type[IncomingMessage], schema: Schema) -> Schema:
    """As the reader takes it: null is absent, and older names are understood."""
    properties: dict[str, Schema] = dict(schema["properties"])
    required: list[str] = list(schema.get("required", ()))
    either: list[Schema] = []
    for field in model.model_fields.values():
        match field.validation_alias:
            case AliasChoices(choices=[str(newer), str(older)]):
                plain = properties[newer]
                said = (
                    f"The older name of {newer}; where both are given, {newer} counts."
                )
                properties[older] = {**plain, "description": said}
                if newer in required:
                    required.remove(newer)
                    names = [_given(name, plain) for name in (newer, older)]
                    either.append({"anyOf": names})
            case _:
                pass
    read: Schema = {**schema, "required": required}
    read["properties"] = {
        name: each if name in required else _nullable(each)
        for name, each in properties.items()
    }
    if not required:
        del read["required"]
    return {**read, "allOf": either} if either else read


def _given(name: str, schema: Schema) -> Schema:
    return {"required": [name], "properties": {name: schema}}


def _nullable(schema: Schema) -> Schema:
    options = schema.get("anyOf", [])
    if {"type": "null"} in options:
        return schema
    bare = {k: v for k, v in schema.items() if k not in _BESIDE}
    beside = {k: v for k, v in schema.items() if k in _BESIDE}
    return {**beside, "anyOf": [bare, {"type": "null"}]}


def _untitled(schema: object) -> object:
    """Without the titles that pydantic makes of the fields' names."""
    match schema:
        case dict():
            each = cast("Schema", schema)
            drop = isinstance(each.get("title"), str)
            return {
                name: _untitled(value)
                for name, value in each.items()
                if not (drop and name == "title")
            }
        case list():
            return [_untitled(value) for value in schema]
        case _:
            return schema
