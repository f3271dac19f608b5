"""Puts the document together."""

from typing import Any, Final

from domain import names
from waybill.asyncapi.channel import HEADERS, KINDS, Audience, Channel, Way
from waybill.asyncapi.channels import channels
from waybill.asyncapi.payloads import schemas

_ABOUT: Final = f"""\
What goes over NATS. Control planes use the subjects `{names.COMMAND_SUBJECTS}` and
`{names.SIGNAL_SUBJECTS}`; observers listen to `{names.PROGRESS_SUBJECTS}`. Whatever is
tagged internal is between Waybill's own processes, and may change without notice: a
broker that is shared must keep others away from it.

On input a null is the same as an absent field, and unknown fields are passed over.
"""
_BYTES: Final = {"Nothing", "SealEntries"}
_TAGS: Final = {
    Audience.CONTROL_PLANES: "For control planes.",
    Audience.OPERATORS: "For those who run this plane.",
    Audience.OBSERVERS: "For anybody who may watch.",
    Audience.INTERNAL: "Between Waybill's own processes; not for others.",
}


def document() -> dict[str, Any]:
    """The whole document, ready for JSON."""
    every = list(channels())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Waybill",
            "version": "1",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
            "tags": [
                {"name": tag, "description": about} for tag, about in _TAGS.items()
            ],
        },
        "defaultContentType": "application/json",
        "servers": {
            "nats": {
                "host": "{host}",
                "protocol": "nats",
                "description": "NATS with JetStream.",
                "variables": {"host": {"default": "127.0.0.1:4222"}},
            }
        },
        "channels": {each.name: _channel(each) for each in every},
        "operations": {
            f"{way}-{each.name}": _operation(each, way)
            for each in every
            for way in each.ways
        },
        "components": {
            "messages": {each.name: _message(each) for each in every},
            "schemas": schemas(),
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "address": channel.subject,
        "description": channel.about,
        "messages": {
            channel.name: {"$ref": f"#/components/messages/{channel.name}"},
        },
        "tags": [{"name": channel.audience}],
    }
    if channel.parameters:
        made["parameters"] = {
            name: {"description": about, **({"enum": KINDS} if name == "kind" else {})}
            for name, about in channel.parameters.items()
        }
    return made


def _operation(channel: Channel, way: Way) -> dict[str, Any]:
    made: dict[str, Any] = {
        "action": way,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "messages": [_message_of(channel.name)],
        "tags": [{"name": channel.audience}],
    }
    if channel.queue and way is Way.RECEIVE:
        made["bindings"] = {"nats": {"queue": channel.queue}}
    if channel.reply is not None:
        made["reply"] = {
            "channel": {"$ref": f"#/channels/{channel.reply}"},
            "messages": [_message_of(channel.reply)],
        }
        if "reply_to" in channel.headers:
            made["reply"]["address"] = {"location": "$message.header#/reply_to"}
    return made


def _message_of(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{name}/messages/{name}"}


def _message(channel: Channel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": channel.name,
        "payload": {"$ref": f"#/components/schemas/{channel.payload}"},
    }
    if channel.payload in _BYTES:
        made["contentType"] = "application/octet-stream"
    if channel.headers:
        made["headers"] = {
            "type": "object",
            "properties": {
                name: {"type": "string", "description": HEADERS[name]}
                for name in channel.headers
            },
        }
    return made
