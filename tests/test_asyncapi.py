"""The AsyncAPI document says what the code does with the bus."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.validators import Draft202012Validator

from domain import names
from domain.message import Message
from domain.signaling import Problem, Reply, StatusMessage
from handlers.files.job_events import WHATS
from handlers.messages import Confirmation, Control, Heartbeat, SegmentName, SegmentTask
from tests.domain.test_examples import CREATING, DIALECTS, FOLLOWING, example
from waybill.asyncapi import document
from waybill.asyncapi.__main__ import text

SCHEMA = Path(__file__).parent / "schemas" / "asyncapi-3.0.0" / "asyncapi.schema.json"
DOCUMENT: dict[str, Any] = json.loads((files("gateway") / "asyncapi.json").read_bytes())
CHANNELS: dict[str, Any] = DOCUMENT["channels"]


def errors(payload: str, body: Any) -> list[str]:
    """What the payload's schema says against a body."""
    schemas = DOCUMENT["components"]["schemas"]
    found = {
        "$ref": f"#/components/schemas/{payload}",
        "components": {"schemas": schemas},
    }
    return [each.message for each in Draft202012Validator(found).iter_errors(body)]


def payload_of(channel: str) -> str:
    reference: str = DOCUMENT["components"]["messages"][channel]["payload"]["$ref"]
    return reference.rpartition("/")[2]


def references(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for each in part.values():
                yield from references(each)
        case list():
            for each in part:
                yield from references(each)
        case _:
            return


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Each channel with a subject, and what its subjects look like."""
    return {
        name: re.compile(re.sub(r"\\\{\w+\\\}", "[^.]+", re.escape(channel["address"])))
        for name, channel in CHANNELS.items()
        if channel["address"]
    }


def channel_of(subject: str) -> str:
    """The one channel that the subject is of."""
    (found,) = [name for name, each in patterns().items() if each.fullmatch(subject)]
    return found


def test_the_committed_document_is_what_the_code_makes() -> None:
    committed = (files("gateway") / "asyncapi.json").read_text("utf-8")
    assert committed == text(), "run: python -m waybill.asyncapi"


def test_the_document_is_valid() -> None:
    schema = json.loads(SCHEMA.read_bytes())
    found = Draft7Validator(schema).iter_errors(json.loads(json.dumps(document())))
    assert [f"{each.json_path}: {each.message}" for each in found] == []


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        target: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def test_every_schema_is_one_and_is_used() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for each in schemas.values():
        Draft202012Validator.check_schema(each)
    used = {each.rpartition("/")[2] for each in references(DOCUMENT)}
    assert set(schemas) <= used


def test_every_subject_of_the_code_is_in_the_document() -> None:
    made = {
        names.COMMAND_SUBJECTS: [names.command_subject(v) for v in names.COMMAND_VERBS],
        names.SIGNAL_SUBJECTS: [names.signal_subject(v) for v in names.COMMAND_VERBS],
        names.TASK_SUBJECTS: [names.task_subject("parts", "flow-1", "0-p1")],
        names.CONTROL_SUBJECTS: [names.control_subject("flow-1")],
        names.PROGRESS_SUBJECTS: [names.progress_subject("flow-1")],
        names.QUERY_SUBJECTS: [names.query_subject(v) for v in names.QUERY_VERBS],
        names.WORKER_SUBJECTS: [names.worker_subject("worker-1")],
        names.LIMITS_SUBJECTS: [names.limits_subject()],
        names.EVENT_SUBJECTS: [names.file_job_subject(each) for each in WHATS],
        names.WITNESS_SUBJECTS: [names.WITNESS_KEYS, names.witness_subject(7)],
    }
    filters = {v for n, v in vars(names).items() if n.endswith("_SUBJECTS")}
    assert set(made) == filters
    for subjects in made.values():
        for subject in subjects:
            assert channel_of(subject)


def test_every_channel_is_of_a_subject_of_the_code() -> None:
    filters = [v for n, v in vars(names).items() if n.endswith("_SUBJECTS")]
    heads = tuple(each.rstrip("*>") for each in filters)
    for channel in CHANNELS.values():
        assert channel["address"] is None or channel["address"].startswith(heads)
        assert channel["tags"]


# Messages, as they are sent


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", CREATING)
def test_what_creates_a_flow_is_of_its_schema(name: str, dialect: Any) -> None:
    body = dialect(example(name))
    assert errors("CreatingMessage", body) == []
    assert errors("CreatingMessage", {**body, "labels": None, "new": 1}) == []
    for missing in ({"processId", "dataFlowId"}, {"profile", "transferType"}):
        less = {name: value for name, value in body.items() if name not in missing}
        assert errors("CreatingMessage", less)
        assert errors("CreatingMessage", {**less, **dict.fromkeys(missing)})


@pytest.mark.parametrize("name", FOLLOWING)
def test_what_follows_up_is_of_its_schema(name: str) -> None:
    body = example(name)
    assert errors("FollowUpMessage", {**body, "dataFlowId": "flow-1"}) == []
    assert errors("FollowUpMessage", body)


STATUS = StatusMessage(message_id="m-1", data_flow_id="flow-1", state="STARTED")
PROBLEM = Problem(code="flow.unknown", detail="d", error_class="terminal", owner="o")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(outcome="handled", status=STATUS),
        Reply(outcome="refused", problem=PROBLEM),
        Reply(outcome="handled", status=STATUS, confirmation="pending"),
    ],
)
def test_an_answer_is_of_its_schema(reply: Reply) -> None:
    body = json.loads(reply.model_dump_json(by_alias=True))
    assert errors(payload_of("command-reply"), body) == []


SEGMENT = SegmentName(data_flow_id="flow-1", segment_id="0-p1")


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        (
            names.task_subject("parts", "flow-1", "0-p1"),
            SegmentTask(data_flow_id="flow-1", segment_id="0-p1", epoch=1),
        ),
        (
            names.control_subject("flow-1"),
            Control(data_flow_id="flow-1", state="SUSPENDED"),
        ),
        (
            names.worker_subject("host-1"),
            Heartbeat(worker="host-1", slots=4, segments=(SEGMENT,)),
        ),
    ],
)
def test_an_internal_message_is_of_its_schema(subject: str, message: Message) -> None:
    body = json.loads(message.model_dump_json())
    assert errors(payload_of(channel_of(subject)), body) == []
    assert errors(payload_of(channel_of(subject)), {**body, "unknown": 1})


def test_a_confirmation_is_of_its_schema() -> None:
    body = json.loads(Confirmation(worker="host-1").model_dump_json())
    assert errors(payload_of("control-reply"), body) == []
