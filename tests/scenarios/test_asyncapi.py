"""What goes over the bus while a flow is led to its end is as the document says."""

import json
from collections import Counter

from nats.aio.msg import Msg

from domain import names
from domain.data_flow import State
from tests.scenarios import storage
from tests.scenarios.flows import PUSH, Copy, told
from tests.scenarios.plane import Plane
from tests.services import BucketPair
from tests.test_asyncapi import channel_of, errors, payload_of

# A reply to anything else is the broker's own, to a publish.
ASKED = ("waybill.command.", "waybill.control.")
EXPECTED = {
    "command-prepare",
    "command-started",
    "command-start",
    "command-suspend",
    "command-resume",
    "command-status",
    "signal-terminate",
    "command-reply",
    "signal-reply",
    "task",
    "control",
    "control-reply",
    "worker",
    "progress",
}


async def test_each_message_is_of_its_schema(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    heard: list[Msg] = []

    async def hear(message: Msg) -> None:
        heard.append(message)

    for subjects in ("waybill.>", "_INBOX.>"):
        await plane.client.subscribe(subjects, cb=hear)
    plane.start("commands", "dispatcher", "worker", "projections", "gateway")
    await storage.seed(bucket_pair, {"in/a": 10})
    copy = Copy(bucket_pair, "in/", "out/")
    await plane.request("start", copy.start("flow-1"))
    await plane.reaches("flow-1", State.COMPLETED)
    await plane.http(
        "POST",
        "/dataflows/prepare",
        copy.creating("flow-2", PUSH, copy.destination_side()),
    )
    for verb in ("started", "suspend", "resume"):
        await plane.request(verb, told("flow-2", verb))
    await plane.http("GET", "/dataflows/flow-2/status")
    await plane.signal("terminate", told("flow-2", "terminate"))

    async def all_kinds() -> bool:
        return channels(heard).keys() >= EXPECTED

    await plane.until("a message of each kind", all_kinds)
    for message in heard:
        channel = channel_in(message, heard)
        if channel is not None:
            body = json.loads(message.data) if message.data else ""
            assert errors(payload_of(channel), body) == [], (channel, body)


def channels(heard: list[Msg]) -> Counter[str | None]:
    return Counter(channel_in(each, heard) for each in heard)


def channel_in(message: Msg, heard: list[Msg]) -> str | None:
    """The channel that it is of; None for what is the broker's own."""
    if message.subject.startswith("waybill."):
        return channel_of(message.subject)
    for each in heard:
        if each.reply == message.subject and each.subject.startswith(ASKED):
            head = names.control_subject("x").rpartition(".")[0]
            return "control-reply" if each.subject.startswith(head) else "command-reply"
        if (each.headers or {}).get("reply_to") == message.subject:
            return "signal-reply"
    return None
